"""The runtime, as it is installed here, as a wheel for another device: neither training nor export goes along."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import litebrush
from litebrush import __version__
from litebrush.errors import BenchmarkError

_PACKAGE = "litebrush"
_WHEEL = "Wheel-Version: 1.0\nGenerator: litebrush bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def thin_wheel() -> tuple[str, bytes]:
    """File name and content of a wheel of the runtime and its shipped models.

    Raises:
        BenchmarkError: litebrush runs here without being installed, so that what it needs is not known.
    """
    try:
        installed = distribution(_PACKAGE)
    except PackageNotFoundError:
        raise BenchmarkError(
            "litebrush is not installed here, so what it needs on the device is not known; type: pip install ."
        ) from None
    about = f"{_PACKAGE}-{__version__}.dist-info"
    files = {f"{_PACKAGE}/{name}": content for name, content in _package_files(Path(litebrush.__file__).parent).items()}
    files[f"{about}/METADATA"] = (installed.read_text("METADATA") or "").encode()
    files[f"{about}/WHEEL"] = _WHEEL.encode()
    files[f"{about}/entry_points.txt"] = (installed.read_text("entry_points.txt") or "").encode()
    files[f"{about}/RECORD"] = _record(files, f"{about}/RECORD")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return f"{_PACKAGE}-{__version__}-py3-none-any.whl", packed.getvalue()


def _package_files(folder: Path) -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _record(files: dict[str, bytes], own_name: str) -> bytes:
    """Digest and size of each file, as the wheel format demands."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        writer.writerow((name, f"sha256={digest}", len(content)))
    writer.writerow((own_name, "", ""))
    return lines.getvalue().encode()
