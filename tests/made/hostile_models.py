"""The shipped denoiser, damaged, loaded, verified and run: ``python -m made.hostile_models`` is run by its test.

Told what is damaged:

    file      the bytes of the file, anywhere
    contract  values of the contract and of the golden result, in an archive that is whole
    network   the network, with a digest that is right again: so the damage reaches the interpreter
"""

from __future__ import annotations

import copy
import hashlib
import io
import json
import os
import random
import warnings
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

import litebrush
from litebrush.commands.inspect import described
from litebrush.contract import Precision
from litebrush.errors import LitebrushError
from litebrush.loading import open_engines, open_model
from litebrush.modelfile import read_model
from litebrush.restorer import Restorer
from litebrush.verification import verify_golden
from litebrush.zoo import find_model
from made.isolation import arguments, judge_seeds
from made.mutations import edit_number, mutated
from made.pictures import photo_pixels

WHOLE = find_model("denoise", Precision.INT8)
PHOTO = photo_pixels(50, 70)
NOISE_LEVEL = 25.0
_NUMBERS = (0, -1, 1, 2, 3, 64, 255, 1.5, 10**9, 2**31, 2**63, 10**400, -0.0, 1e308, 1e-308, float("nan"), float("inf"))
_OTHERS = (None, True, "", "nan", "64", "image", "\x1b[2J", "\ud800", "a/b", [], {}, [[]], [1, 64, 64, 3], {"a": 1})
_NONSENSE = (*_NUMBERS, *_OTHERS)
_ARRAYS = (
    np.zeros((0, 8, 8), np.uint8),
    np.zeros((8, 8, 3), np.complex64),
    np.full((), np.nan, np.float32),
    np.full((), -5, np.float32),
    np.full((), 1e30, np.float32),
    np.full((64, 64, 3), np.inf, np.float32),
    np.array("text"),
    np.zeros(3, [("a", "i4")]),
    np.zeros((1, 1, 3), np.uint8),
)


def rezipped(content: bytes, **members: bytes) -> bytes:
    """A model's file with another ``contract``, ``golden`` or ``digest`` in its archive, or another ``network``."""
    names = {"contract": "litebrush.json", "golden": "golden.npz", "digest": "flatbuffer.sha256"}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {key: archive.read(name) for key, name in names.items()}
        network = content[: archive.infolist()[0].header_offset]
    if "network" in members:
        parts["digest"] = hashlib.sha256(members["network"]).hexdigest().encode()
    parts.update((key, value) for key, value in members.items() if key in names)
    file = io.BytesIO(members.get("network", network))
    file.seek(0, os.SEEK_END)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for key, name in names.items():
            archive.writestr(name, parts[key])
    return file.getvalue()


def npz(arrays: dict[str, Any]) -> bytes:
    """Arrays as a golden result is stored."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def with_nonsense(document: Any, source: random.Random) -> Any:
    """A contract in which a value at any depth is another, is missing, or stands there too much."""
    changed = copy.deepcopy(document)
    at, key = changed, source.choice(list(changed))
    while isinstance(at[key], (dict, list)) and at[key] and source.random() < 0.85:
        at = at[key]
        key = source.choice(list(at)) if isinstance(at, dict) else source.randrange(len(at))
    kind = source.randrange(8)
    if kind == 0:
        del at[key]
    elif kind == 1 and isinstance(at, dict):
        at["surprise"] = at[key]
    elif kind == 2 and isinstance(at, list):
        at.append(copy.deepcopy(at[key]))
    else:
        at[key] = source.choice(_NONSENSE)
    return changed


def damaged_contract(content: bytes, seed: int) -> bytes:
    """A file with one or two wrong values in its contract, or an array of its golden result replaced."""
    source = random.Random(seed)
    if source.random() < 0.15:
        golden = dict(read_model(content).golden)
        golden[source.choice(list(golden))] = source.choice(_ARRAYS)
        return rezipped(content, golden=npz(golden))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        document = json.loads(archive.read("litebrush.json"))
    for _ in range(source.choice((1, 1, 2))):
        document = with_nonsense(document, source)
    return rezipped(content, contract=json.dumps(document).encode())


def damaged_network(content: bytes, seed: int) -> bytes:
    """A file with one to four numbers or bits of its network changed, and the digest that belongs to them."""
    source = random.Random(seed)
    network = bytearray(read_model(content).flatbuffer)
    for _ in range(source.choice((1, 1, 2, 4))):
        at = source.choice((source.randrange(2000), len(network) - 12_000 + source.randrange(11_996)))
        at = source.choice((at, at, source.randrange(len(network) - 4)))
        if source.random() < 0.5:
            edit_number(network, at & ~3, source)
        else:
            network[at] ^= 1 << source.randrange(8)
    return rezipped(content, network=bytes(network))


def main() -> None:
    (what,) = arguments()
    warnings.simplefilter("error")
    content = WHOLE.read_bytes()
    whole = read_model(content)
    with litebrush.load(content) as restorer:
        expected = restorer(PHOTO, noise_level=NOISE_LEVEL)

    def run(damaged: bytes) -> str:
        model = open_model(damaged)
        described(model)
        engines = open_engines(model.flatbuffer, model.contract, threads=1)
        verify_golden(model, engines)
        with Restorer(model.contract, engines) as loaded:
            result = loaded(PHOTO, noise_level=NOISE_LEVEL)
        assert result.shape == PHOTO.shape
        return "right" if np.array_equal(result, expected) else "another result"

    def untouched(damaged: bytes) -> str:
        model = open_model(damaged)
        same = model.flatbuffer == whole.flatbuffer and model.contract == whole.contract
        golden = all(np.array_equal(model.golden[key], array) for key, array in whole.golden.items())
        return "right" if same and golden else "damage that was not found"

    kinds: dict[str, Callable[[int], str]] = {
        "file": lambda seed: untouched(mutated(content, seed) if seed % 2 else _damaged_archive(content, seed)),
        "contract": lambda seed: run(damaged_contract(content, seed)),
        "network": lambda seed: run(damaged_network(content, seed)),
    }

    def judge(seed: int) -> str:
        try:
            return kinds[what](seed)
        except LitebrushError as problem:
            return type(problem).__name__

    judge_seeds(judge)


def _damaged_archive(content: bytes, seed: int) -> bytes:
    begin = len(read_model(content).flatbuffer)
    return content[:begin] + mutated(content[begin:], seed)


if __name__ == "__main__":
    main()
