"""Conversion without a contract: files that any interpreter runs, and that litebrush cannot load.

It happens in a process of its own, ``python -m litebrush_export.plain``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from litebrush.contract import Precision
from litebrush.errors import ConversionError, ModelFileError
from litebrush_export.apart import answer, run_apart
from litebrush_export.flatbuffer_network import open_flatbuffer
from litebrush_export.quantization import CalibrationSample, quantize
from litebrush_export.representative import real_arrays
from litebrush_export.sources import FoundSignature, Shape, SourceKind, recognize

_CALIBRATED = (Precision.INT8, Precision.INT16X8)


@dataclass(frozen=True)
class PlainFile:
    """One file that was written."""

    path: Path
    precision: Precision
    size_bytes: int


def convert_plain(
    source: Path, precisions: tuple[Precision, ...], calibration: Path | None, out: Path
) -> tuple[PlainFile, ...]:
    """Write one .tflite a precision, without contract and golden result.

    Args:
        source: a SavedModel, a Keras file or a float .tflite; all sides but the batch must be fixed.
        precisions: what to write; all but mixtures, whose cost a contract says how to measure.
        calibration: an .npz of the inputs' real values, first axis = sample; int8 and int16x8 need it.
        out: folder, made if needed.

    Raises:
        ConversionError: the source cannot be opened or converted, or the precision asks for more than was given.
        ModelFileError: a file could not be written.
    """
    kind = recognize(source)
    if Precision.MIXED in precisions:
        raise ConversionError(
            "a mixture is found by measuring what it costs, and without a contract nobody knows how: give --contract "
            "and --calibration; '--print-contract' writes a contract to fill in"
        )
    calibrated = [each.value for each in precisions if each in _CALIBRATED]
    if calibrated and calibration is None:
        raise ConversionError(
            f"{calibrated[0]} needs samples of what goes in, and without a contract there are none: give --contract "
            f"and --calibration, or leave {calibrated[0]} out with --precision float32,float16,dynamic; "
            "'--print-contract' writes a contract to fill in"
        )
    with tempfile.TemporaryDirectory(prefix="litebrush-") as temporary:
        names = ",".join(precision.value for precision in precisions)
        arguments = (str(source), names, temporary, *([] if calibration is None else [str(calibration)]))
        run_apart(f"converting the {kind.value} '{source}'", __name__, *arguments)
        files = {each: (Path(temporary) / f"{each.value}.tflite").read_bytes() for each in precisions}
    return _write_all(files, source.stem, out)


def _write_all(files: Mapping[Precision, bytes], name: str, out: Path) -> tuple[PlainFile, ...]:
    """Write beside their places, then put all of them there."""
    written = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".litebrush-", dir=out) as staging:
            for precision, flatbuffer in files.items():
                staged = Path(staging) / f"{name}-{precision.value}.tflite"
                staged.write_bytes(flatbuffer)
                written.append(PlainFile(out / staged.name, precision, len(flatbuffer)))
            for file in written:
                (Path(staging) / file.path.name).replace(file.path)
    except OSError as problem:
        raise ModelFileError(f"cannot write to '{out}': {problem.strerror or problem}") from None
    return tuple(written)


def _convert_here(source: str, precisions: str, out: str, calibration: str = "") -> None:
    network, flatbuffer = _float32_of(Path(source), Path(out))
    for name in precisions.split(","):
        precision = Precision(name)
        samples = _samples(Path(calibration), network) if precision in _CALIBRATED else iter(())
        (Path(out) / f"{name}.tflite").write_bytes(quantize(flatbuffer, precision, samples))


def _float32_of(source: Path, folder: Path) -> tuple[tuple[FoundSignature, ...], bytes]:
    kind = recognize(source)
    if kind is SourceKind.TFLITE:
        opened = open_flatbuffer(source)
        return opened.signatures, opened.flatbuffer
    import tensorflow as tf

    from litebrush_export.tensorflow_network import open_keras_file, open_saved_model

    network = open_saved_model(source) if kind is SourceKind.SAVED_MODEL else open_keras_file(source)
    signatures = _told_apart(network.signatures)
    network.save(folder, {each.name: _fixed_shapes(each) for each in signatures})
    names = [each.name for each in signatures]
    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder / "saved_model"), signature_keys=names)
    return signatures, bytes(converter.convert())


def _told_apart(signatures: tuple[FoundSignature, ...]) -> tuple[FoundSignature, ...]:
    """Without those that repeat ``serving_default`` under another name, as Keras 3 writes them."""
    default = next((each for each in signatures if each.name == "serving_default"), None)
    if default is None:
        return signatures
    tensors = (default.inputs, default.outputs)
    return tuple(each for each in signatures if each is default or (each.inputs, each.outputs) != tensors)


def _fixed_shapes(signature: FoundSignature) -> dict[str, Shape]:
    for tensor in signature.inputs:
        if None in tensor.shape[1:]:
            raise ConversionError(
                f"input '{tensor.name}' is of shape {tensor.written_shape}; a file for a device has fixed sides: "
                "declare the shape in a contract and give it with --contract"
            )
    return {tensor.name: tuple(1 if side is None else side for side in tensor.shape) for tensor in signature.inputs}


def _samples(calibration: Path, signatures: tuple[FoundSignature, ...]) -> Iterator[CalibrationSample]:
    for signature in signatures:
        arrays = real_arrays(calibration, signature.name, tuple(tensor.name for tensor in signature.inputs))
        for index in range(min(len(array) for array in arrays.values())):
            yield signature.name, {name: array[index : index + 1] for name, array in arrays.items()}


if __name__ == "__main__":
    answer(_convert_here)
