"""One .tflite file that proves itself: a flatbuffer, and behind it a ZIP archive with contract and golden result.

Every TFLite interpreter ignores what follows the flatbuffer (the convention of TFLite Metadata for associated
files), and every unzip reads it; an .onnx file carries the same (:mod:`litebrush.onnx_form`)::

    $ unzip -l denoise-int8.tflite
    litebrush.json   the contract
    golden.npz       a sample of each signature, and the outputs expected for it (see litebrush.samples)
    flatbuffer.sha256

"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from litebrush.atomic import atomic_file
from litebrush.contract import ModelContract
from litebrush.errors import ContractError, ModelFileError
from litebrush.onnx_form import HEADER_BYTES, header, is_onnx, network_of
from litebrush.samples import Arrays, array_key, arrays_of, is_sample, kept_corner
from litebrush.tensors import Role, Signature, TensorSpec

_IDENTIFIER = b"TFL3"
_CONTRACT, _GOLDEN, _DIGEST = "litebrush.json", "golden.npz", "flatbuffer.sha256"
_MOST_UNPACKED = 100_000_000  # bytes of an archive; a golden result takes a few megabytes
_EARLIEST = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class ModelFile:
    """A model as it lies on a disk.

    Attributes:
        flatbuffer: the bytes for the interpreter; of an .onnx file, its protobuf.
        contract: what it promises.
        golden: what it must reproduce: a stored sample of each signature, states left out, and by output name what is
            kept of each output, in the output tensor's own dtype.
    """

    flatbuffer: bytes
    contract: ModelContract
    golden: Arrays

    @property
    def sha256(self) -> str:
        """Digest of the flatbuffer."""
        return hashlib.sha256(self.flatbuffer).hexdigest()

    @property
    def suffix(self) -> str:
        """Of the file: ``.tflite`` or ``.onnx``."""
        return ".onnx" if is_onnx(self.flatbuffer) else ".tflite"


def read_model(source: Path | bytes) -> ModelFile:
    """Read and check a litebrush model.

    Raises:
        ModelFileError: missing, empty, neither a TFLite nor an ONNX model, damaged.
        ContractError: a model without a contract, or with one that contradicts itself.
    """
    name = "these bytes" if isinstance(source, bytes) else f"'{source}'"
    content = source if isinstance(source, bytes) else _read_bytes(source)
    if not content:
        raise ModelFileError(f"{name} is empty; export or copy the model again")
    in_onnx = is_onnx(content)
    kind = "an ONNX" if in_onnx else "a TFLite"
    if content[4:8] != _IDENTIFIER and not in_onnx:
        raise ModelFileError(
            f"{name} is not a TFLite model; give a .tflite or .onnx file that 'litebrush export' wrote"
        )
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except zipfile.BadZipFile:
        raise ContractError(
            f"{name} is {kind} model without a readable litebrush contract: exported without one, made by another "
            "tool, or cut short. litebrush cannot know which input is the picture, nor its range and task: write them "
            "down with 'litebrush export SOURCE --print-contract > contract.toml', fill it in, and export with "
            "'--contract contract.toml --calibration IMAGES'; SOURCE may be a float .tflite too"
        ) from None
    try:
        _require_harmless(archive)
        contract = ModelContract.from_json(_unpacked(archive, _CONTRACT))
        packed_arrays = io.BytesIO(_unpacked(archive, _GOLDEN))
        _require_harmless(zipfile.ZipFile(packed_arrays))
        with np.load(packed_arrays, allow_pickle=False) as golden:
            arrays = dict(golden)
        digest = _unpacked(archive, _DIGEST).decode("ascii")
        before_archive = content[: min(member.header_offset for member in archive.infolist())]
        flatbuffer = network_of(before_archive) if in_onnx else before_archive
    except ContractError as problem:
        raise ContractError(f"{name}: {problem}") from None
    except KeyError as problem:
        raise ContractError(
            f"{name} has no litebrush contract ({problem}); export it with 'litebrush export'"
        ) from None
    except Exception as problem:  # zipfile, zlib and numpy raise many kinds on damaged bytes
        raise ModelFileError(f"{name} is damaged ({problem}); export or copy the model again") from None
    _require_golden(arrays, contract, name)
    model = ModelFile(flatbuffer, contract, arrays)
    if model.sha256 != digest:
        raise ModelFileError(f"{name} is damaged: its network is not the one that was exported; copy it again")
    return model


def _require_harmless(archive: zipfile.ZipFile) -> None:
    """Refuse an archive that would fill the memory, or that two readers would read differently; unpack nothing."""
    members = archive.infolist()
    for name, times in Counter(member.filename for member in members).most_common(1):
        if times > 1:
            raise ModelFileError(f"its archive holds '{name}' {times} times")
    for member in members:  # the other methods of compression may take any amount of memory for a few bytes
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ModelFileError(f"'{member.filename}' in its archive is compressed in another way than litebrush does")
    if sum(member.file_size for member in members) > _MOST_UNPACKED:
        raise ModelFileError(f"its archive unpacks to more than {_MOST_UNPACKED / 1e6:.0f} MB")


def _unpacked(archive: zipfile.ZipFile, name: str) -> bytes:
    member = archive.getinfo(name)
    with archive.open(member) as packed:  # ZipFile.read would unpack more than the size that the archive tells
        return packed.read(member.file_size)


def _require_golden(golden: Arrays, contract: ModelContract, name: str) -> None:
    wanted: set[str] = set()
    for signature in contract.signatures:
        arrays = arrays_of(signature, golden)
        inputs = [spec for spec in signature.inputs if spec.role is not Role.STATE]
        wanted.update(array_key(signature, spec.name) for spec in (*inputs, *signature.outputs))
        if missing := [spec.name for spec in (*inputs, *signature.outputs) if spec.name not in arrays]:
            raise ContractError(f"{name}: its golden result lacks '{signature.name}/{missing[0]}'")
        misfits = [spec for spec in inputs if not is_sample(spec, arrays[spec.name])]
        if not misfits:  # the kept corner of the outputs is that of a picture that fits
            misfits = [spec for spec in signature.outputs if not _is_kept(signature, arrays, spec)]
        for spec in misfits:
            raise ContractError(
                f"{name}: its golden array '{signature.name}/{spec.name}' of shape {arrays[spec.name].shape} and type "
                f"{arrays[spec.name].dtype} does not fit the model"
            )
    if unknown := sorted(golden.keys() - wanted):
        raise ContractError(f"{name}: its golden result has '{unknown[0]}', which is no tensor of the model")


def _is_kept(signature: Signature, arrays: Arrays, spec: TensorSpec) -> bool:
    corner = kept_corner(signature, arrays, spec)
    kept = arrays[spec.name]
    return (
        kept.shape == tuple(axis.stop for axis in corner) and kept.dtype.kind in "iuf" and bool(np.isfinite(kept).all())
    )


def _read_bytes(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():  # a device or a pipe might never end
            raise ModelFileError(f"'{path}' is not a regular file; give a .tflite file")
        return path.read_bytes()
    except FileNotFoundError:
        raise ModelFileError(f"there is no file '{path}'; 'litebrush models' lists the shipped models") from None
    except OSError as problem:
        raise ModelFileError(f"cannot read '{path}': {problem.strerror}") from None
    except (ValueError, MemoryError) as problem:
        raise ModelFileError(f"cannot read {str(path)!r}: {problem or 'it is larger than the memory'}") from None


def write_model(model: ModelFile, path: Path) -> None:
    """Write a model whole or not at all. Equal models give equal bytes.

    Raises:
        ModelFileError: the folder is missing or cannot be written to, the disk is full.
    """
    golden = io.BytesIO()
    np.savez_compressed(golden, **model.golden)  # type: ignore[arg-type]  # its stub has options among the names
    try:
        with atomic_file(path) as temporary:
            in_onnx = is_onnx(model.flatbuffer)
            begin = len(model.flatbuffer)
            temporary.write_bytes(model.flatbuffer + bytes(HEADER_BYTES if in_onnx else 0))
            with zipfile.ZipFile(temporary, "a", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr(_member(_CONTRACT), model.contract.to_json())
                archive.writestr(_member(_GOLDEN), golden.getvalue())
                archive.writestr(_member(_DIGEST), model.sha256)
            if in_onnx:
                with temporary.open("r+b") as file:
                    file.seek(begin)
                    file.write(header(temporary.stat().st_size - begin - HEADER_BYTES))
    except OSError as problem:
        raise ModelFileError(f"cannot write '{path}': {problem.strerror or problem}") from None


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _EARLIEST)
    member.compress_type = zipfile.ZIP_DEFLATED
    return member
