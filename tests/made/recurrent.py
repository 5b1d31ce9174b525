"""A recurrent network in the place of a real one, in integers, whose every output reaches as far as its halo allows."""

from __future__ import annotations

import numpy as np

from litebrush.engine import FakeEngine, TensorInfo
from litebrush.sequence import SequenceRestorer
from litebrush.tasks import Task
from made.contracts import make_task_contract
from made.doubles import bytes_tensor

HALO = 5
STATE_SHAPE = (1, 32, 32, 4)
STATE_IN = TensorInfo(STATE_SHAPE, np.dtype(np.int8), 0.5, 7)
_WEIGHTS = np.array([1, 3, 5, 7])


def around(values: np.ndarray, radius: int) -> np.ndarray:
    """Sums over a square about each place; beyond the border there are zeros, as for a convolution."""
    height, width = values.shape[:2]
    padded = np.pad(values, ((radius, radius), (radius, radius), (0, 0)))
    steps = range(2 * radius + 1)
    rows = sum(padded[step : step + height] for step in steps)
    return sum(rows[:, step : step + width] for step in steps)


def step(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A place of the next state hangs on all pixels within 5 of its own 2x2, and on all states within 3 places."""
    image = inputs["image"][0].astype(np.int64) + 128
    state = inputs["state"][0].astype(np.int64) - STATE_IN.zero_point
    seen = around(image.sum(axis=2, keepdims=True), HALO)
    cells = seen[::2, ::2] + 2 * seen[1::2, 1::2]
    remembered = around(state, 3)
    following = (cells * _WEIGHTS + remembered * _WEIGHTS[::-1]) % 101 - 50  # nothing cancels, nothing is clipped
    recalled = around(state.repeat(2, axis=0).repeat(2, axis=1), HALO)
    restored = (around(image, HALO) + recalled[..., :3]) % 256 - 128
    return {"restored": restored.astype(np.int8)[None], "next_state": following.astype(np.int8)[None]}


def recurrent_engine(state_out: TensorInfo = STATE_IN, function=step) -> FakeEngine:
    inputs = {"image": bytes_tensor(64, 3), "noise_level": bytes_tensor(32, 1), "state": STATE_IN}
    return FakeEngine(inputs, {"restored": bytes_tensor(64, 3), "next_state": state_out}, function)


def recurrent(tile_limit: int = 512, engine: FakeEngine | None = None) -> SequenceRestorer:
    contract = make_task_contract(Task.RESTORE_SEQUENCE)
    return SequenceRestorer(contract, {"restore": engine or recurrent_engine()}, tile_limit)


def counting(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Remembers how many pictures there were, and shows it: the first becomes all 1, the next all 2."""
    state = inputs["state"].astype(np.int64) - STATE_IN.zero_point + 1
    shown = np.full_like(inputs["image"], state.flat[0] - 128)
    return {"restored": shown, "next_state": (state + STATE_IN.zero_point).astype(np.int8)}
