from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from importlib.metadata import requires

import pytest
from made.generator_file import write_generator
from made.ssh_server import SSHD, ssh_server

from litebrush.bench.thin_wheel import thin_wheel

REQUIRED = "LITEBRUSH_REQUIRE_SSH"


@pytest.fixture(scope="module")
def device(tmp_path_factory):
    """The environment of a process that can reach a device by ssh, and the device's home."""
    if SSHD is None:
        if os.environ.get(REQUIRED):
            pytest.fail("there is no sshd; apt install openssh-server")
        pytest.skip("there is no sshd; apt install openssh-server")
    home = tmp_path_factory.mktemp("home")
    with ssh_server(tmp_path_factory.mktemp("ssh"), home) as binaries:
        yield {**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}"}, home


def bench(environment: dict[str, str], *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "litebrush", "bench", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=300)


def test_a_device_measures_shipped_models_and_files_and_sends_the_result_back(device, tmp_path):
    environment, home = device
    model = write_generator(tmp_path / "it's mine.tflite")
    asked = (model, "deblock", "--precision", "int8")
    done = bench(environment, *asked, "--ssh", "device", "--json", tmp_path / "out.json")
    assert done.returncode == 0, done.stderr
    document = json.loads((tmp_path / "out.json").read_text())
    assert [each["model"] for each in document["measured"]] == ["tiny-gan", "deblock"]
    assert all(each["timing"]["latency"]["runs"] >= 50 for each in document["measured"])
    assert done.stdout.splitlines()[2].split()[:3] == ["deblock", "int8", "cpu"]
    installed = home / ".cache/litebrush/bench/lib"
    (package,) = installed.glob("python*/site-packages/litebrush")
    assert (package / "zoo").is_dir()
    assert not list(installed.glob("python*/site-packages/litebrush_train"))


def test_what_fails_on_the_device_is_told_by_the_device(device):
    environment, _ = device
    done = bench(environment, "deblock", "--ssh", "device", "--accelerator", "edgetpu")
    assert done.returncode == 2
    assert "libedgetpu.so.1" in done.stderr  # the device's own words
    assert "measuring on 'device' ended with status 2; it says why above" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_connection_is_said_in_a_line(device):
    environment, _ = device
    done = bench(environment, "deblock", "--ssh", "nowhere.invalid")
    assert done.returncode == 2
    assert "no connection to 'nowhere.invalid'; try: ssh nowhere.invalid true" in done.stderr


def test_a_host_is_never_taken_for_an_option(device, tmp_path):
    environment, _ = device
    done = bench(environment, "deblock", "--ssh", f"-oProxyCommand=touch {tmp_path}/touched")
    assert done.returncode == 2
    assert not (tmp_path / "touched").exists()
    assert "no connection to '-oProxyCommand=" in done.stderr


def test_the_wheel_holds_the_runtime_and_asks_for_what_it_needs(tmp_path):
    name, content = thin_wheel()
    (tmp_path / name).write_bytes(content)
    with zipfile.ZipFile(tmp_path / name) as wheel:
        names = wheel.namelist()
        metadata = wheel.read(next(each for each in names if each.endswith("METADATA"))).decode()
    assert "litebrush/zoo/denoise-int8.tflite" in names
    assert not [each for each in names if each.startswith(("litebrush_train", "litebrush_export"))]
    assert all(f"Requires-Dist: {each}" in metadata for each in requires("litebrush") if "numpy" in each)
