"""All photographs of a folder, repaired into another one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from litebrush.errors import ImageError
from litebrush.image import IMAGE_SUFFIXES
from litebrush.repairing import Repair

RepairFile = Callable[[Path, Path], Repair]


class Fate(str, Enum):
    """What became of a photograph.

    REPAIRED:  it was read, repaired and written.
    SKIPPED:   its repaired file was there already.
    FAILED:    it could not be read, repaired or written; the others go on.
    """

    REPAIRED = "repaired"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True)
class Outcome:
    """What became of one photograph.

    Attributes:
        source: the photograph.
        fate: in a word.
        words: what was done, or why it failed.
    """

    source: Path
    fate: Fate
    words: str = ""


@dataclass(frozen=True)
class Folder:
    """The photographs below a folder, and where their repaired files go.

    Attributes:
        source: the folder; those in it are found, too.
        target: gets the same names in the same folders. It may lie within ``source``: what is in it is left out.
        photos: relative to ``source``, in order.
    """

    source: Path
    target: Path
    photos: tuple[Path, ...]

    def repair(self, repair_file: RepairFile) -> Iterator[Outcome]:
        """Repair one photograph after another, and say what became of it.

        A repaired file appears whole or not at all, so a run that was stopped at any moment goes on where it was.
        """
        for photo in self.photos:
            source, target = self.source / photo, self.target / photo
            if target.exists():
                yield Outcome(source, Fate.SKIPPED)
                continue
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                repair = repair_file(source, target)
            except (ImageError, OSError) as problem:
                yield Outcome(source, Fate.FAILED, str(problem))
            else:
                yield Outcome(
                    source,
                    Fate.REPAIRED,
                    ", ".join(deed.words for deed in repair.done) or "nothing to repair was found",
                )


def find_photos(source: Path, target: Path) -> Folder:
    """Look for photographs, by their suffix, in a folder and those below it; hidden ones are left out.

    Raises:
        ImageError: there are none, the target is the folder itself or a file.
    """
    if target.exists() and (not target.is_dir() or target.samefile(source)):
        raise ImageError(f"'{target}' is {'the folder itself' if target.is_dir() else 'a file'}; choose another folder")
    within = target.resolve()
    found: list[Path] = []
    for folder, subfolders, names in os.walk(source):
        here = Path(folder)
        subfolders[:] = [name for name in subfolders if name[0] != "." and (here / name).resolve() != within]
        found += [here / name for name in names if name[0] != "." and Path(name).suffix.lower() in IMAGE_SUFFIXES]
    if not found:
        raise ImageError(f"no photographs in '{source}'; expected files ending in {', '.join(sorted(IMAGE_SUFFIXES))}")
    return Folder(source, target, tuple(sorted(path.relative_to(source) for path in found)))
