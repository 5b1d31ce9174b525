"""Small models of every task for generated apps, with contracts that differ, and photos through Python's runtime."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from litebrush.contract import Golden, ModelContract, Precision
from litebrush.loading import open_engines
from litebrush.modelfile import ModelFile, read_model, write_model
from litebrush.runner import SignatureRunner
from litebrush.samples import arrays_of
from litebrush.tasks import Task
from litebrush.tensors import Role, TensorSpec
from litebrush_export.pipeline import export
from litebrush_export.variants import Order
from made.families import make_handover
from made.pictures import photo_pixels

SIZE = (90, 117)  # of photos: two tiles of 64x64 on each axis, and no multiple of anything


def photo(seed: int) -> np.ndarray:
    return photo_pixels(*SIZE, seed=seed)


def holes() -> np.ndarray:
    mask = np.zeros(SIZE, np.uint8)
    mask[20:30, 40:80] = mask[60:64, 2:9] = 255
    return mask


def write_small_models(folder: Path, precision: Precision) -> dict[Task, Path]:
    """One of each task that has pictures of any size or codes. Tiles are of the file's own size, as apps have them."""
    changes: dict[Task, Callable[[TensorSpec], TensorSpec]] = {
        Task.INPAINT: _with_reversed_mask,
        Task.DETECT: _with_signed_image,
    }
    models = {}
    for task in (Task.INPAINT, Task.DETECT, Task.AUTOENCODE, Task.RESTORE_SEQUENCE):
        handover = make_handover(task, folder / f"{task.value}-handover")
        (exported,) = export(handover, Order((precision,)), folder / task.value)
        models[task] = _rewritten(exported.path, changes.get(task, lambda spec: spec))
    return models


def _with_reversed_mask(spec: TensorSpec) -> TensorSpec:
    return replace(spec, minimum=1.0, maximum=0.0) if spec.role is Role.MASK else spec


def _with_signed_image(spec: TensorSpec) -> TensorSpec:
    return replace(spec, minimum=-1.0, maximum=1.0) if spec.role is Role.IMAGE else spec


def _rewritten(path: Path, change: Callable[[TensorSpec], TensorSpec]) -> Path:
    """The same network, whose tensors mean something else; of the golden result what it gives now."""
    model = read_model(path)
    signatures = tuple(
        replace(each, inputs=tuple(map(change, each.inputs)), outputs=tuple(map(change, each.outputs)))
        for each in model.contract.signatures
    )
    tiling = replace(model.contract.tiling, resizable=False) if model.contract.tiling else None
    contract = replace(model.contract, signatures=signatures, tiling=tiling, golden=Golden(1e-4))
    write_model(ModelFile(model.flatbuffer, contract, _golden(model, contract)), path)
    return path


def _golden(model: ModelFile, contract: ModelContract) -> dict[str, np.ndarray]:
    engines = open_engines(model.flatbuffer, contract, threads=1)
    golden = {}
    for signature in contract.signatures:
        inputs = {spec.name for spec in signature.inputs}
        sample = {name: values for name, values in arrays_of(signature, model.golden).items() if name in inputs}
        results = SignatureRunner(signature, engines[signature.name]).run(sample)
        golden.update({f"{signature.name}/{name}": values for name, values in {**sample, **results}.items()})
    return golden
