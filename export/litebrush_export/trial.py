"""A converted network on the held-out samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from litebrush.contract import ModelContract
from litebrush.encoding import dequantize, quantize
from litebrush.loading import open_engines
from litebrush.runner import SignatureRunner
from litebrush.samples import Arrays, arrays_of
from litebrush.tasks import Task
from litebrush.tensors import TARGET, Role, Signature, TensorSpec
from litebrush_export.figures import Pictures
from litebrush_export.handover import Handover
from litebrush_export.observation import Sample

Runners = dict[str, SignatureRunner]


def open_runners(contract: ModelContract, flatbuffer: bytes) -> Runners:
    """A runner for each signature, by its name."""
    engines = open_engines(flatbuffer, contract, threads=1)
    return {each.name: SignatureRunner(each, engines[each.name]) for each in contract.signatures}


def try_validation(runners: Runners, handover: Handover) -> Pictures:
    """What the network makes of the held-out samples: pictures or masks, (count, H, W, C) uint8.

    An autoencoder encodes and decodes each picture. A sequence begins with a state of zero and carries it on; its
    pictures come one after the other.
    """
    return np.stack(list(_TRIALS.get(handover.contract.task, _each)(runners, handover)))


def run_real(contract: ModelContract, flatbuffer: bytes, samples: Iterable[Sample]) -> list[NDArray[np.float32]]:
    """The real values of every output for samples of the representative dataset, one array an output and sample."""
    engines = open_engines(flatbuffer, contract, threads=1)
    results = []
    for name, inputs in samples:
        engine = engines[name]
        for tensor, values in inputs.items():
            engine.input(tensor)[...] = quantize(values, engine.inputs[tensor])
        engine.invoke()
        results += [dequantize(engine.output(tensor), info) for tensor, info in engine.outputs.items()]
    return results


def truth_of(handover: Handover) -> Pictures | None:
    """The truth of what :func:`try_validation` gives, in its order; None where there is none."""
    if handover.contract.task is Task.AUTOENCODE:
        encode = handover.contract.signatures[0]
        return arrays_of(encode, handover.validation)[encode.input(Role.IMAGE).name]
    truth = arrays_of(handover.contract.signature, handover.validation).get(TARGET)
    return None if truth is None else truth.reshape(-1, *truth.shape[-3:])


def given_of(handover: Handover, role: Role) -> Pictures | None:
    """The pictures or masks that go in, (count, H, W, C) uint8, in the order of :func:`try_validation`; or None."""
    signature = handover.contract.signatures[0]
    if not signature.has_input(role):
        return None
    given = arrays_of(signature, handover.validation)[signature.input(role).name]
    return given.reshape(-1, *given.shape[-3:])


def frames_of(handover: Handover) -> int:
    """How many pictures of :func:`try_validation` after one another are one sequence; 1 for single pictures."""
    if handover.contract.task is not Task.RESTORE_SEQUENCE:
        return 1
    signature = handover.contract.signature
    return int(arrays_of(signature, handover.validation)[signature.input(Role.IMAGE).name].shape[1])


def labels_of(handover: Handover) -> tuple[str, ...]:
    """The label of each held-out sample, in words; empty where a model takes none."""
    if not handover.contract.labels:
        return ()
    signature = handover.contract.signature
    one_hot = arrays_of(signature, handover.validation)[signature.input(Role.LABEL).name]
    return tuple(handover.contract.labels[index] for index in one_hot.argmax(axis=-1))


def noise_level_of(handover: Handover) -> float | None:
    """The noise level of all held-out samples in grey levels; None where there is none, or more than one."""
    for signature in handover.contract.signatures:
        if signature.has_input(Role.NOISE_LEVEL):
            levels = arrays_of(signature, handover.validation)[signature.input(Role.NOISE_LEVEL).name]
            return float(levels.flat[0]) if np.ptp(levels) == 0 else None
    return None


def _each(runners: Runners, handover: Handover) -> Iterator[Pictures]:
    runner = runners[handover.contract.signature.name]
    picture = _picture_output(runner.signature)
    for sample in _samples(runner.signature, arrays_of(runner.signature, handover.validation)):
        yield runner.picture(picture.name, runner.run(sample)[picture.name])


def _encoded_and_decoded(runners: Runners, handover: Handover) -> Iterator[Pictures]:
    encoder, decoder = (runners[signature.name] for signature in handover.contract.signatures)
    latent, picture = encoder.signature.output(Role.LATENT), decoder.signature.output(Role.IMAGE)
    latent_input = decoder.signature.input(Role.LATENT)
    for sample in _samples(encoder.signature, arrays_of(encoder.signature, handover.validation)):
        code = encoder.real(latent.name, encoder.run(sample)[latent.name])
        yield decoder.picture(picture.name, decoder.run({latent_input.name: code})[picture.name])


def _step_by_step(runners: Runners, handover: Handover) -> Iterator[Pictures]:
    runner = runners[handover.contract.signature.name]
    picture = _picture_output(runner.signature)
    for sequence in _samples(runner.signature, arrays_of(runner.signature, handover.validation)):
        states: dict[str, np.ndarray] = {}
        for sample in _samples(runner.signature, sequence):
            outputs = runner.run({**sample, **states})
            states = {pair.input: runner.real(pair.output, outputs[pair.output]) for pair in handover.contract.states}
            yield runner.picture(picture.name, outputs[picture.name])


def _samples(signature: Signature, arrays: Arrays) -> Iterator[Arrays]:
    """Along the first axis of the inputs' arrays, which are called after the tensors."""
    names = [spec.name for spec in signature.inputs if spec.name in arrays]
    for index in range(len(arrays[names[0]])):
        yield {name: arrays[name][index] for name in names}


def _picture_output(signature: Signature) -> TensorSpec:
    return next(spec for spec in signature.outputs if spec.role.is_picture)


_TRIALS: dict[Task, Callable[[Runners, Handover], Iterator[Pictures]]] = {
    Task.AUTOENCODE: _encoded_and_decoded,
    Task.RESTORE_SEQUENCE: _step_by_step,
}
