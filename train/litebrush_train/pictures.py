"""A folder of images, decoded once.

The decoded pictures lie in one unnamed file that is mapped into memory: the operating system keeps what is drawn
often and drops the rest, so a folder may be larger than the memory, and every draw is a slice.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from litebrush.errors import DataError, ImageError
from litebrush.image import IMAGE_SUFFIXES, read_rgb

Picture = NDArray[np.uint8]

_DECODERS = 2
_DECODED_AHEAD = 8


@dataclass(frozen=True)
class StoredPicture:
    """Where one decoded picture lies.

    Attributes:
        path: of the file that it came from.
        label: name of the class folder that it lies in, or "".
        offset: of its first byte.
        shape: (H, W, 3).
    """

    path: Path
    label: str
    offset: int
    shape: tuple[int, int, int]


class Pictures(Sequence[Picture]):
    """Decoded pictures, (H, W, 3) uint8 RGB each, as a sequence of read-only views."""

    def __init__(self, memory: NDArray[np.uint8], index: tuple[StoredPicture, ...]) -> None:
        """Look at the pictures of ``index`` in ``memory``."""
        self._memory = memory
        self.stored = index

    def __len__(self) -> int:
        return len(self.stored)

    def __getitem__(self, number: int) -> Picture:  # type: ignore[override]
        stored = self.stored[number]
        return self._memory[stored.offset : stored.offset + int(np.prod(stored.shape))].reshape(stored.shape)

    def chosen(self, numbers: Sequence[int]) -> Pictures:
        """Some of the pictures; nothing is copied."""
        return Pictures(self._memory, tuple(self.stored[number] for number in numbers))


@dataclass(frozen=True)
class Skipped:
    """A file that looks like an image and is not trained on."""

    path: Path
    reason: str


@dataclass(frozen=True)
class ImageFolder:
    """Pictures to train on and pictures that are held out.

    Attributes:
        training, validation: the two parts.
        classes: names of the class folders in alphabetical order; empty where the folder is flat.
        skipped: what could not be used, and why.
        digest: SHA-256 over names and contents of the pictures.
    """

    training: Pictures
    validation: Pictures
    classes: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    digest: str

    def labels(self, pictures: Pictures) -> NDArray[np.int64]:
        """The class of each picture as its place in ``classes``."""
        return np.array([self.classes.index(stored.label) for stored in pictures.stored], np.int64)


def evenly_spaced(pictures: Sequence[object], share: float) -> set[int]:
    """Places of a share of the pictures, at least one and not all, as far from each other as can be."""
    count = min(len(pictures) - 1, max(1, round(len(pictures) * share)))
    return {round((number + 0.5) * len(pictures) / count - 0.5) for number in range(count)}


def load_image_folders(
    folders: tuple[Path, ...],
    validation_share: float,
    smallest_side: int,
    shaped: Callable[[Picture], Picture] | None = None,
    store: Path | None = None,
    hold_out: Callable[[Pictures, float], set[int]] = evenly_spaced,
) -> ImageFolder:
    """Read every image below the folders, in order of their names.

    Args:
        folders: where the images are; their subfolders are classes.
        validation_share: share of the files to hold out, at least one.
        smallest_side: smaller images are skipped, in pixels.
        shaped: applied to each picture before it is kept, such as a crop to a square.
        store: folder for the decoded pixels, which take the space of uncompressed images until the process ends.
        hold_out: (all pictures, share) to the places of those to hold out.

    Raises:
        DataError: no such folder, or fewer than two usable images.
    """
    for folder in folders:
        if not folder.is_dir():
            raise DataError(f"'{folder}' is not a folder; give the folder that holds your images")
    labelled = _find(folders)
    skipped: list[Skipped] = []
    index: list[StoredPicture] = []
    digest = hashlib.sha256()
    with tempfile.TemporaryFile(dir=store, prefix=".litebrush-pictures-") as file:
        for path, picture in _decode(tuple(labelled), smallest_side, skipped):
            digest.update(os.fsencode(path.name) + b"\0" + picture.tobytes())
            kept = shaped(picture) if shaped else picture
            index.append(StoredPicture(path, labelled[path], file.tell(), kept.shape))
            file.write(np.ascontiguousarray(kept).data)
        if len(index) < 2:
            raise DataError(_why_unusable(folders, len(labelled), len(index), skipped, smallest_side))
        file.flush()
        memory = np.memmap(file, np.uint8, "r")
    pictures = Pictures(memory, tuple(index))
    chosen = hold_out(pictures, validation_share)
    return ImageFolder(
        training=pictures.chosen([number for number in range(len(index)) if number not in chosen]),
        validation=pictures.chosen(sorted(chosen)),
        classes=tuple(sorted({stored.label for stored in index} - {""})),
        skipped=tuple(skipped),
        digest=digest.hexdigest(),
    )


def _find(folders: tuple[Path, ...]) -> dict[Path, str]:
    """Each image file once, in order of its name, with the class folder that it lies in."""
    found: dict[Path, str] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in IMAGE_SUFFIXES:
                below = path.relative_to(folder).parts
                found.setdefault(path.resolve(), below[0] if len(below) > 1 else "")
    return found


def _decode(paths: tuple[Path, ...], smallest_side: int, skipped: list[Skipped]) -> Iterator[tuple[Path, Picture]]:
    """Usable pictures in order, a few decoded ahead."""
    from tqdm import tqdm  # late, so that who lacks it is told by a sentence

    with ThreadPoolExecutor(_DECODERS) as pool:
        remaining = iter(paths)
        ahead = [pool.submit(partial(read_rgb, path)) for path in islice(remaining, _DECODED_AHEAD)]
        for path in tqdm(paths, desc="reading images", unit=" images", leave=False):
            decoded = ahead.pop(0)
            ahead.extend(pool.submit(partial(read_rgb, following)) for following in islice(remaining, 1))
            try:
                picture = decoded.result()
            except ImageError as problem:
                skipped.append(Skipped(path, str(problem)))
                continue
            height, width = picture.shape[:2]
            if min(height, width) < smallest_side:
                reason = f"'{path}' is {width}x{height}; at least {smallest_side} pixels a side are needed"
                skipped.append(Skipped(path, reason))
                continue
            yield path, picture


def _why_unusable(
    folders: tuple[Path, ...], found: int, usable: int, skipped: list[Skipped], smallest_side: int
) -> str:
    where = " and ".join(f"'{folder}'" for folder in folders)
    if not found:
        return f"no images in {where}; expected files ending in {', '.join(sorted(IMAGE_SUFFIXES))}"
    too_small = sum("at least" in item.reason for item in skipped)
    return (
        f"{where}: {usable} usable of {found} images, at least 2 are needed; "
        f"{len(skipped) - too_small} could not be read, {too_small} are smaller than {smallest_side} pixels on a side"
    )
