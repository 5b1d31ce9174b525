"""The hand-over from training to export: a folder, so that no Keras object crosses the line.

handover/
    contract.json                task, tensors, tiling, provenance
    saved_model/                 named signatures, static shapes, batch 1
    quantization_aware_model/    the same with learned quantization ranges, where training went that far
    calibration.npz              representative dataset, from training samples
    validation.npz               samples that training never saw, with their truth
    golden.npz                   a small sample and what Keras makes of it

What the arrays are called and hold: see :mod:`litebrush.samples`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from litebrush.atomic import atomic_folder
from litebrush.contract import ModelContract
from litebrush.errors import ContractError
from litebrush.samples import Arrays, golden_arrays
from litebrush.tensors import Signature


@dataclass(frozen=True)
class Network:
    """One signature and what computes it.

    Attributes:
        signature: names and static shapes of the tensors.
        call: float32 tensors by input name, given by keyword, to float32 tensors by output name.
        owner: the Keras model or module whose variables the call reads.
    """

    signature: Signature
    call: Callable[..., Mapping[str, tf.Tensor]]
    owner: tf.Module


def write_handover(
    folder: Path,
    contract: ModelContract,
    networks: tuple[Network, ...],
    quantized: tuple[Network, ...],
    calibration: Arrays,
    validation: Arrays,
) -> Path:
    """Write the folder whole or not at all, in the place of an older one.

    Args:
        folder: where.
        contract: of the model.
        networks: one for each of the contract's signatures, in their order.
        quantized: the same after quantization-aware training, or none.
        calibration: samples from training pictures, states included; first axis = sample.
        validation: held-out samples without states, and their truth where there is one; a sequence has a second
            axis, time. The first sample becomes the golden one, the first 64x64 pixels of a larger picture.

    Raises:
        ContractError: the networks' signatures are not those of the contract.
    """
    for each in (networks, quantized):
        if each and tuple(network.signature for network in each) != contract.signatures:
            raise ContractError("the networks to hand over do not have the signatures of the contract")
    with atomic_folder(folder) as temporary:
        (temporary / "contract.json").write_text(contract.to_json(), encoding="utf-8")
        _save(networks, temporary / "saved_model")
        if quantized:
            _save(quantized, temporary / "quantization_aware_model")
        np.savez_compressed(temporary / "calibration.npz", **calibration)
        np.savez_compressed(temporary / "validation.npz", **validation)
        golden: dict[str, NDArray[Any]] = {}
        for network in networks:
            golden |= golden_arrays(contract.task, network.signature, validation, partial(_run, network))
        np.savez_compressed(temporary / "golden.npz", **golden)
    return folder


def _save(networks: tuple[Network, ...], folder: Path) -> None:
    module = tf.Module()
    module.read = [network.owner.variables for network in networks]  # the owners would be traced layer by layer
    functions = {network.signature.name: _concrete_function(network) for network in networks}
    tf.saved_model.save(module, str(folder), signatures=functions)


def _concrete_function(network: Network) -> Callable[..., Mapping[str, tf.Tensor]]:
    specs = {spec.name: tf.TensorSpec(spec.shape, tf.float32, name=spec.name) for spec in network.signature.inputs}
    call = tf.autograph.experimental.do_not_convert(lambda **inputs: network.call(**inputs))
    return tf.function(call).get_concrete_function(**specs)


def _run(network: Network, inputs: Arrays) -> Arrays:
    outputs = network.call(**{name: tf.constant(array) for name, array in inputs.items()})
    return {name: tensor.numpy() for name, tensor in outputs.items()}
