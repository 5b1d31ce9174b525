"""How good a converted network is on the held-out samples, in one figure."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from litebrush.metrics import psnr_db
from litebrush.samples import arrays_of
from litebrush_export.figures import FIGURES, Figure, Pictures
from litebrush_export.handover import Handover
from litebrush_export.trial import noise_level_of, open_runners, truth_of, try_validation


class Judge:
    """Compares networks of one hand-over.

    Attributes:
        handover: whose held-out samples are used.
        float32: the network in float32.
        figure: what is measured: nearness to the truth, or to what float32 makes where there is no truth.
    """

    def __init__(self, handover: Handover, float32: bytes) -> None:
        """Take the held-out samples of a hand-over, and its network in float32."""
        self.handover = handover
        self.float32 = float32
        figure = FIGURES[handover.contract.task]
        against_float32 = Figure("PSNR to float32", "dB", figure.of, psnr_db)
        self.figure = against_float32 if truth_of(handover) is None else figure

    @property
    def measured_on(self) -> str:
        """The held-out samples, in words."""
        level = noise_level_of(self.handover)
        return self.figure.of if level is None else f"{self.figure.of}, noise level {level:g}"

    @cached_property
    def reference(self) -> Pictures:
        """What float32 makes of the held-out samples, (count, H, W, C) uint8."""
        return self.pictures(self.float32)

    def pictures(self, flatbuffer: bytes) -> Pictures:
        """What a network makes of the held-out samples, (count, H, W, C) uint8."""
        return try_validation(open_runners(self.handover.contract, flatbuffer), self.handover)

    def judge(self, flatbuffer: bytes) -> float:
        """The figure of a network."""
        return self.judge_pictures(self.pictures(flatbuffer))

    def judge_pictures(self, pictures: Pictures) -> float:
        """The figure of what a network made."""
        truth = truth_of(self.handover)
        return self.figure.compute(pictures, self.reference if truth is None else truth)

    def run_once(self, flatbuffer: bytes) -> Callable[[], object]:
        """Runs every signature of a network on its golden sample, encoding included, on one thread; to be timed."""
        runners = open_runners(self.handover.contract, flatbuffer)
        samples = [(runner, arrays_of(runner.signature, self.handover.golden)) for runner in runners.values()]
        return lambda: [runner.run(sample) for runner, sample in samples]
