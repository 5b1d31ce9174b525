"""Videos and other sequences of pictures through a model that remembers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import numpy as np

from litebrush.contract import ModelContract
from litebrush.engine import Array, Engine
from litebrush.image import ImageLike, Pixels, to_photo
from litebrush.restorer import NoiseLevel, Restorer, noise_level_for, require_size
from litebrush.scene import Thumbnail, is_cut, thumbnail
from litebrush.tasks import Task
from litebrush.tensors import Role
from litebrush.tiled_model import TiledModel
from litebrush.tiled_network import CPU_TILE_LIMIT, PicturePlan

_Image = TypeVar("_Image", bound=ImageLike)


class SequenceRestorer(TiledModel):
    """Makes the frames of a video better, each with what is remembered of those before it.

    >>> restorer = litebrush.load("video.tflite")
    >>> stream = restorer.stream()
    >>> clean = stream(frame)                          # and the next, as they come
    >>> for clean in restorer(frames): ...             # or all of them
    """

    task = Task.RESTORE_SEQUENCE

    def __init__(
        self, contract: ModelContract, engines: Mapping[str, Engine], tile_limit: int = CPU_TILE_LIMIT
    ) -> None:
        """As :class:`litebrush.tiled_model.TiledModel`."""
        super().__init__(contract, engines, tile_limit)
        self._input = contract.signature.input(Role.IMAGE).name
        self._output = contract.signature.output(Role.IMAGE).name

    def __call__(self, frames: Iterable[_Image], noise_level: NoiseLevel = "auto") -> Iterator[_Image]:
        """Restore frame after frame, each when it is asked for; see :class:`Stream`."""
        return map(self.stream(noise_level), frames)

    def stream(self, noise_level: NoiseLevel = "auto") -> Stream:
        """A sequence of frames that remembers nothing yet.

        Args:
            noise_level: standard deviation of the noise in grey levels, or ``"auto"`` to estimate it at the first frame
                of each scene; a model that is not told the noise level takes ``"auto"`` only.
        """
        return Stream(self, noise_level)

    def restore_pixels(
        self,
        plan: PicturePlan,
        pixels: Pixels,
        noise_level: float | None,
        states: dict[str, Array],
        spare: dict[str, Array],
    ) -> Pixels:
        """Restore (H, W, 3) uint8 RGB pixels in turn with other calls.

        Args:
            plan: of the frame's size.
            pixels: the frame.
            noise_level: one that :func:`litebrush.restorer.noise_level_for` gave.
            states: what is remembered, by input name.
            spare: arrays of the same kind. The new states are written to them, and then they change places with
                ``states``.
        """
        restored = np.empty(pixels.shape, np.uint8)
        following = {pair.output: spare[pair.input] for pair in self.contract.states}
        with self._in_turn():
            self.network.run(plan, {self._input: pixels, **states}, {self._output: restored, **following}, noise_level)
        for name in states:
            states[name], spare[name] = spare[name], states[name]
        return restored


class Scenes:
    """Tells the scenes of a video apart, and keeps one noise level during each.

    Attributes:
        count: scenes that have begun.
        noise_level: of the scene, in grey levels; None where the network is not told.
    """

    def __init__(self, contract: ModelContract, noise_level: NoiseLevel) -> None:
        """Before the first frame. ``noise_level`` is that of :meth:`SequenceRestorer.stream`."""
        self._contract, self._asked = contract, noise_level
        self._size: tuple[int, ...] | None = None
        self._last: Thumbnail | None = None
        self.count = 0
        self.noise_level: float | None = None

    def end(self) -> None:
        """The next frame begins a scene, whatever it looks like."""
        self._last = None

    def begins_with(self, pixels: Pixels) -> bool:
        """Whether a frame, (H, W, 3) uint8 RGB, begins a scene: the first, another size, a cut.

        Raises:
            ImageError: a noise level that the model was not trained for.
        """
        before, self._last = self._last, None
        size, self._size = self._size, pixels.shape
        after = thumbnail(pixels)
        begins = before is None or size != self._size or is_cut(before, after)
        if begins:
            self.noise_level = noise_level_for(self._contract.name, self._contract.signature, pixels, self._asked)
            self.count += 1
        self._last = after
        return begins


class Stream:
    """One sequence of frames on its way through a :class:`SequenceRestorer`.

    What is remembered belongs to the stream; several streams of one model take turns. A scene cut and a frame of
    another size begin anew. One stream is for one thread.
    """

    def __init__(self, restorer: SequenceRestorer, noise_level: NoiseLevel) -> None:
        """As :meth:`SequenceRestorer.stream`."""
        self._restorer = restorer
        self._scenes = Scenes(restorer.contract, noise_level)
        self._plan: PicturePlan | None = None
        self._states: dict[str, Array] = {}
        self._spare: dict[str, Array] = {}

    @property
    def scenes(self) -> int:
        """How many scenes have begun."""
        return self._scenes.count

    def reset(self) -> None:
        """Forget: the next frame begins a scene."""
        self._scenes.end()

    def __call__(self, frame: _Image) -> _Image:
        """Restore the next frame.

        Args:
            frame: PIL image of any mode but F, or uint8 array (H, W), (H, W, 3) RGB or (H, W, 4) RGBA;
                at least 8 pixels on a side.

        Returns:
            The same kind of picture, upright; transparency, EXIF and colour profile are kept.

        Raises:
            ImageError: a picture that is not supported or too small, or a noise level the model was not trained for.
            EngineError: the model is closed, or the interpreter failed.
        """
        taken_apart = to_photo(frame)
        require_size(taken_apart)
        pixels = taken_apart.pixels
        if self._scenes.begins_with(pixels) or self._plan is None:
            network = self._restorer.network
            self._plan = network.plan(*pixels.shape[:2])
            self._states, self._spare = network.zero_states(self._plan), network.zero_states(self._plan)
        level = self._scenes.noise_level
        restored = self._restorer.restore_pixels(self._plan, pixels, level, self._states, self._spare)
        return taken_apart.with_pixels(restored)  # type: ignore[return-value]


class FrameByFrame:
    """A sequence of frames through a model that remembers nothing, with one noise level during each scene."""

    def __init__(self, restorer: Restorer, noise_level: NoiseLevel) -> None:
        """As :meth:`SequenceRestorer.stream`, for a model of single photographs."""
        self._restorer = restorer
        self._scenes = Scenes(restorer.contract, noise_level)

    @property
    def scenes(self) -> int:
        """How many scenes have begun."""
        return self._scenes.count

    def __call__(self, frame: _Image) -> _Image:
        """Restore the next frame; as :class:`Stream`."""
        taken_apart = to_photo(frame)
        require_size(taken_apart)
        self._scenes.begins_with(taken_apart.pixels)
        restored = self._restorer.restore_pixels(taken_apart.pixels, self._scenes.noise_level)
        return taken_apart.with_pixels(restored)  # type: ignore[return-value]
