"""The same benchmark on another device: a Raspberry Pi, a Jetson, anything with OpenSSH and a Python.

One connection does it. A tar archive with a wheel of the runtime and the models goes in, the table's JSON comes out.
What litebrush needs is installed once, into an environment under the device's ``~/.cache/litebrush/bench``.
"""

from __future__ import annotations

import io
import shlex
import shutil
import subprocess
import tarfile
from pathlib import Path

from litebrush.bench.document import BenchmarkDocument, parse_document
from litebrush.bench.order import Order
from litebrush.bench.thin_wheel import thin_wheel
from litebrush.errors import BenchmarkError
from litebrush.loading import is_name

_RESULT = "--- litebrush bench ---"
_NO_CONNECTION = 255  # ssh's own exit status
_SCRIPT = """
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
tar -x -f - -C "$folder"
environment="${{XDG_CACHE_HOME:-$HOME/.cache}}/litebrush/bench"
python="$environment/bin/python"
"$python" -m pip --version >/dev/null 2>&1 || {{
    rm -rf "$environment"
    python3 -m venv --system-site-packages "$environment" >&2
}}
pip() {{ "$python" -m pip install --quiet --disable-pip-version-check "$@" >&2; }}
pip "$folder"/*.whl
pip --force-reinstall --no-deps "$folder"/*.whl
cd "$folder"
echo {result}
"$environment/bin/litebrush" bench --json - {arguments}
"""


def measure_over_ssh(host: str, order: Order) -> BenchmarkDocument:
    """Carry out an order on another device.

    Args:
        host: what ``ssh`` takes, such as ``pi@raspberrypi.local`` or ``ssh://pi@10.0.0.7:2222``.
        order: what to measure; its files are taken along.

    Raises:
        ModelFileError, ContractError: as :meth:`litebrush.bench.order.Order.wishes`.
        BenchmarkError: there is no ``ssh`` here, no connection, or the device failed; it has said why.
    """
    if shutil.which("ssh") is None:
        raise BenchmarkError("there is no 'ssh' on this machine; install OpenSSH's client")
    list(order.wishes())  # mistakes are told here, not there
    files = {f"model-{index}/{Path(source).name}": source for index, source in enumerate(order.sources)}
    there = {source: name for name, source in files.items() if not is_name(source)}
    arguments = order.arguments(tuple(there.get(source, source) for source in order.sources))
    script = _SCRIPT.format(result=shlex.quote(_RESULT), arguments=shlex.join(arguments))
    done = subprocess.run(
        ["ssh", "--", host, f"sh -c {shlex.quote(script)}"],
        input=_archive({name: Path(source).read_bytes() for source, name in there.items()}),
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode == _NO_CONNECTION:
        raise BenchmarkError(f"no connection to '{host}'; try: ssh {host} true")
    if done.returncode != 0:
        raise BenchmarkError(
            f"measuring on '{host}' ended with status {done.returncode}; it says why above. It needs python3 with venv "
            "(on Debian: apt install python3-venv), and a network once to install what litebrush needs"
        )
    _, _, result = done.stdout.decode("utf-8", "replace").partition(f"{_RESULT}\n")
    return parse_document(result, f"what '{host}' sent")


def _archive(models: dict[str, bytes]) -> bytes:
    name, wheel = thin_wheel()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, content in {name: wheel, **models}.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()
