"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def _read_umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


_UMASK = _read_umask()  # once, while importing: reading it means setting it, for all threads


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """A temporary file beside ``path`` that takes its name when the block ends well, and vanishes otherwise.

    Where ``path`` is a link, what it links to is replaced.

    The temporary file exists from the first moment, so a folder that cannot be written to is found out
    before any work is done. It keeps the suffix of ``path``: writers choose formats by it.

    Raises:
        OSError: the folder does not exist or cannot be written to.
    """
    path = path.resolve()
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    # named by ourselves: with tempfile, an interrupt that comes with the file would leave it
    temporary = path.with_name(f".litebrush-{secrets.token_hex(8)}{path.suffix}")
    try:
        temporary.touch(0o600, exist_ok=False)
        yield temporary
        temporary.chmod(0o666 & ~_UMASK)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside ``path`` that takes its place when the block ends well, and vanishes otherwise.

    Raises:
        OSError: the parent folder does not exist or cannot be written to, or ``path`` is a file.
    """
    path = path.resolve()
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "it is a file", str(path))
    temporary = Path(tempfile.mkdtemp(prefix=".litebrush-", dir=path.parent))
    old = temporary.with_name(temporary.name + "-old")
    try:
        yield temporary
        temporary.chmod(0o777 & ~_UMASK)
        if path.exists():
            path.replace(old)
        temporary.replace(path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        if old.exists() and not path.exists():
            old.replace(path)
        raise
    shutil.rmtree(old, ignore_errors=True)
