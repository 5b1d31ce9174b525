"""A model as the templates of an app see it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from litebrush.accelerators import replay_tolerance
from litebrush.contract import ModelContract, Tiling
from litebrush.engine import Engine, TensorInfo
from litebrush.errors import ModelFileError
from litebrush.loading import is_name, open_engines
from litebrush.modelfile import ModelFile, read_model
from litebrush.onnx_form import is_onnx
from litebrush.runner import require_tensors
from litebrush.samples import arrays_of, fill_by_reflection
from litebrush.tensors import Signature, TensorSpec
from litebrush.tiled_network import TiledNetwork
from litebrush.zoo import find_shipped
from litebrush_export.appkit.platforms import Platform
from litebrush_export.lint import lint
from litebrush_export.target import TARGETS


@dataclass(frozen=True)
class EmbeddedTensor:
    """A tensor, as the contract promises it and as the file stores it.

    Attributes:
        spec: what it means.
        info: dtype, scale and zero point.
        becomes: of a state that comes out, the input that it is at the next picture; otherwise empty.
        golden_size: rows and columns of its golden values.
    """

    spec: TensorSpec
    info: TensorInfo
    becomes: str
    golden_size: tuple[int, int]

    @property
    def size(self) -> tuple[int, int, int]:
        """Height, width and channels; of (1, N) they are 1, 1 and N."""
        *places, channels = self.spec.shape[1:]
        height, width = places or (1, 1)
        return height, width, channels


@dataclass(frozen=True)
class EmbeddedSignature:
    """One way to run a network."""

    name: str
    inputs: tuple[EmbeddedTensor, ...]
    outputs: tuple[EmbeddedTensor, ...]


@dataclass(frozen=True)
class EmbeddedModel:
    """A model, and what an app must know of it.

    Attributes:
        key: unique in the project and a name in every language, such as ``denoise_int8``.
        content: of the file, contract and golden result included.
        contract: what it promises.
        tiling: how pictures are cut, the halo rounded up to whole places of the states; None where they are not.
        signatures: as in the contract.
        cpu_tolerance, gpu_tolerance: how far a replay of the golden result may be off.
        nnapi_level: lowest Android API level whose NNAPI takes the whole network; None where none does.
        golden: what goes into golden files, by file name.
    """

    key: str
    content: bytes
    contract: ModelContract
    tiling: Tiling | None
    signatures: tuple[EmbeddedSignature, ...]
    cpu_tolerance: float
    gpu_tolerance: float
    nnapi_level: int | None
    golden: dict[str, bytes]

    @property
    def file_name(self) -> str:
        """Of the model in the project."""
        return f"{self.key}.tflite"

    @property
    def sha256(self) -> str:
        """Digest of the whole file."""
        return hashlib.sha256(self.content).hexdigest()


def embed(source: str, platform: Platform) -> EmbeddedModel:
    """Read a model for a platform.

    Args:
        source: path of a .tflite file with a contract, or the name of a shipped model, of which the platform's
            preferred precision is taken.
        platform: where it goes.

    Raises:
        ModelFileError: no such model, a damaged one, or one that the platform cannot run.
        ContractError: a .tflite file without a contract.
        EngineError: no interpreter is installed, or it refuses the model.
    """
    path = _preferred_file(source, platform) if is_name(source) else Path(source)
    model = read_model(path)
    if is_onnx(model.flatbuffer):
        raise ModelFileError(f"'{path}' is an ONNX file, and LiteRT runs apps; give the .tflite file of the same model")
    contract = model.contract
    engines = open_engines(model.flatbuffer, contract, threads=1)
    signatures = tuple(_signature(model, signature, engines[signature.name]) for signature in contract.signatures)
    _require_dtypes(path, signatures, platform)
    precision = contract.precision.value if contract.precision else "model"
    key = re.sub(r"\W+", "_", f"{contract.name}_{precision}", flags=re.ASCII).lower()
    key = key if key[0].isalpha() else f"model_{key}"
    assert contract.golden is not None  # a file has one
    return EmbeddedModel(
        key=key,
        content=path.read_bytes(),
        contract=contract,
        tiling=TiledNetwork(contract, engines[contract.signature.name]).tiling if contract.tiling else None,
        signatures=signatures,
        cpu_tolerance=replay_tolerance(contract.golden, contract.precision, "cpu", exact=False),
        gpu_tolerance=replay_tolerance(contract.golden, contract.precision, "gpu"),
        nnapi_level=_nnapi_level(model.flatbuffer),
        golden={
            f"{key}.{signature.name}.{name}.bin": values
            for signature in contract.signatures
            for name, values in _golden_bytes(model, signature).items()
        },
    )


def _preferred_file(name: str, platform: Platform) -> Path:
    shipped = find_shipped(name)
    for precision in platform.preferred:
        if precision in shipped.precisions:
            return shipped.path(precision)
    wanted = ", ".join(precision.value for precision in platform.preferred)
    raise ModelFileError(f"'{name}' is shipped in none of {wanted}, which {platform.runs} takes; give a file")


def _signature(model: ModelFile, signature: Signature, engine: Engine) -> EmbeddedSignature:
    require_tensors(signature, engine)
    becomes = {pair.output: pair.input for pair in model.contract.states}
    kept = arrays_of(signature, model.golden)

    def tensor(spec: TensorSpec, info: TensorInfo, is_output: bool) -> EmbeddedTensor:
        shape = kept[spec.name].shape if is_output else spec.shape[1:]
        golden_size = (shape[0], shape[1]) if len(shape) == 3 else (1, 1)
        return EmbeddedTensor(spec, info, becomes.get(spec.name, ""), golden_size)

    return EmbeddedSignature(
        signature.name,
        tuple(tensor(spec, engine.inputs[spec.name], is_output=False) for spec in signature.inputs),
        tuple(tensor(spec, engine.outputs[spec.name], is_output=True) for spec in signature.outputs),
    )


def _nnapi_level(flatbuffer: bytes) -> int | None:
    lints = lint(flatbuffer, TARGETS["android-nnapi"])
    levels = [each.lowest_api_level or 0 for each in lints]
    return max(levels) if all(each.clean for each in lints) else None


def _golden_bytes(model: ModelFile, signature: Signature) -> dict[str, bytes]:
    """Pictures that go in as bytes that fill their tensors, all else as it is stored; states begin at zero."""
    kept = arrays_of(signature, model.golden)
    pictures = {
        spec.name: fill_by_reflection(kept[spec.name], *spec.shape[1:3])
        for spec in signature.inputs
        if spec.role.is_picture
    }
    named = {**kept, **pictures}
    specs = (spec for spec in (*signature.inputs, *signature.outputs) if spec.name in named)
    return {spec.name: np.ascontiguousarray(named[spec.name]).tobytes() for spec in specs}


def _require_dtypes(path: Path, signatures: tuple[EmbeddedSignature, ...], platform: Platform) -> None:
    tensors = (tensor for signature in signatures for tensor in (*signature.inputs, *signature.outputs))
    for tensor in tensors:
        dtype = tensor.info.dtype.name
        if dtype not in platform.dtypes:
            raise ModelFileError(
                f"'{path}': its tensor '{tensor.spec.name}' is {dtype}, and {platform.runs} takes "
                f"{' and '.join(platform.dtypes)} only; export and give the model in "
                f"{' or '.join(precision.value for precision in platform.preferred[:2])}"
            )
