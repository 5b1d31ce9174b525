"""Square pictures of one size, with their classes: what generators and autoencoders learn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from litebrush.errors import DataError
from litebrush.framing import centre_part
from litebrush_train.pictures import ImageFolder, load_image_folders


def read_squares(folders: tuple[Path, ...], side: int, validation_share: float, store: Path) -> ImageFolder:
    """Images as squares of ``side`` pixels; smaller images are skipped."""
    return load_image_folders(folders, validation_share, side, lambda picture: centre_part(picture, side, side), store)


def require_classes(images: ImageFolder) -> None:
    """Refuse class folders that do not make classes; a flat folder has none, and is fine.

    Raises:
        DataError: one class only, or images beside the class folders.
    """
    if len(images.classes) == 1:
        raise DataError(
            f"all images lie in one class folder, '{images.classes[0]}'; give folders of two or more classes, "
            "or put the images into one flat folder to draw without classes"
        )
    beside = [
        stored.path for part in (images.training, images.validation) for stored in part.stored if not stored.label
    ]
    if images.classes and beside:
        raise DataError(
            f"{len(beside)} images, such as '{beside[0]}', lie beside the class folders; move each into its class"
        )


def one_hot(labels: NDArray[np.integer], classes: int) -> NDArray[np.float32]:
    """Class numbers as float32 vectors of one 1 and zeros."""
    return np.eye(classes, dtype=np.float32)[labels]
