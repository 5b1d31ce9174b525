"""A network that litebrush did not train, made into a hand-over: everything after is as for one that it did.

TensorFlow and Keras run in a process of its own, ``python -m litebrush_export.adoption``.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litebrush.errors import ConversionError
from litebrush.samples import golden_arrays
from litebrush_export.apart import answer, run_apart
from litebrush_export.declaration import declared_shapes, read_declaration
from litebrush_export.flatbuffer_network import open_flatbuffer
from litebrush_export.representative import read_samples
from litebrush_export.sources import Network, SourceKind, recognize
from litebrush_export.template import contract_template

_TEMPLATE, _ADOPT = "template", "adopt"


def print_template(source: Path) -> str:
    """A contract file to fill in, with the tensors found in a source.

    Raises:
        ConversionError: the source cannot be opened, or is a hand-over, which has its contract.
    """
    kind = recognize(source)
    if kind is SourceKind.HANDOVER:
        raise ConversionError(f"'{source}' is a hand-over, which has its contract; export it as it is")
    with tempfile.TemporaryDirectory(prefix="litebrush-") as temporary:
        out = Path(temporary) / "contract.toml"
        _do(kind, _TEMPLATE, source, out)
        return out.read_text(encoding="utf-8")


@contextmanager
def adopted(source: Path, contract: Path, calibration: Path) -> Iterator[Path]:
    """A hand-over folder of a SavedModel, a Keras file or a float .tflite, for as long as the block lasts.

    Args:
        source: the network.
        contract: the file that :mod:`litebrush_export.declaration` reads.
        calibration: a folder of images or an .npz, which :mod:`litebrush_export.representative` reads. A quarter of
            it is held out.

    Raises:
        ConversionError: the source cannot be opened, or the pictures are missing.
        ContractError: the contract cannot be understood, or does not fit the network or the arrays.
    """
    read_declaration(contract)
    with tempfile.TemporaryDirectory(prefix="litebrush-") as temporary:
        folder = Path(temporary) / "handover"
        folder.mkdir()
        _do(recognize(source), _ADOPT, source, folder, contract, calibration)
        yield folder


def _do(kind: SourceKind, what: str, *paths: Path) -> None:
    if kind is SourceKind.TFLITE:
        _WORK[what](*paths)
    else:
        run_apart(f"reading '{paths[0]}'", __name__, what, *map(str, paths))


def _open(source: Path) -> Network:
    kind = recognize(source)
    if kind is SourceKind.TFLITE:
        return open_flatbuffer(source)
    from litebrush_export.tensorflow_network import open_keras_file, open_saved_model

    return open_saved_model(source) if kind is SourceKind.SAVED_MODEL else open_keras_file(source)


def _write_template(source: Path, out: Path) -> None:
    out.write_text(contract_template(_open(source).signatures), encoding="utf-8")


def _write_handover(source: Path, folder: Path, contract_file: Path, calibration: Path) -> None:
    network = _open(source)
    declared = read_declaration(contract_file).contract(network)
    provenance = dataclasses.replace(declared.provenance, versions=network.versions)
    contract = dataclasses.replace(declared, provenance=provenance)
    samples = read_samples(calibration, contract)
    (folder / "contract.json").write_text(contract.to_json(), encoding="utf-8")
    network.save(folder, declared_shapes(contract))
    golden: dict[str, NDArray[Any]] = {}
    for signature in contract.signatures:
        run = partial(network.run, signature.name)
        golden |= golden_arrays(contract.task, signature, samples.validation, run)
    for name, arrays in (("calibration", samples.calibration), ("validation", samples.validation), ("golden", golden)):
        np.savez(folder / f"{name}.npz", **arrays)  # type: ignore[arg-type]  # its stub has options among the names


_WORK: dict[str, Callable[..., None]] = {_TEMPLATE: _write_template, _ADOPT: _write_handover}


if __name__ == "__main__":
    answer(lambda what, *paths: _WORK[what](*map(Path, paths)))
