from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version

import pytest

import litebrush
from litebrush import interpreters
from litebrush.errors import EngineError
from litebrush.interpreters import INTERPRETERS, VARIABLE, choose_interpreter, load_interpreter

INSTALLED = [package for package in INTERPRETERS if package.version is not None]
MISSING = [package for package in INTERPRETERS if package.version is None]


def verify(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "litebrush", "verify", "denoise"],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env={**os.environ, **environment},
    )


def install_only(monkeypatch, *names: str) -> None:
    """Let packages of these names be installed, and no others."""

    def find(distribution: str) -> str:
        if distribution in names:
            return "1.2"
        raise interpreters.PackageNotFoundError(distribution)

    monkeypatch.setattr(interpreters, "version", find)


@pytest.mark.parametrize("package", INSTALLED, ids=lambda package: package.name)
def test_each_interpreter_that_is_installed_runs_the_shipped_int8_model(package):
    done = verify(**{VARIABLE: package.name})
    assert done.returncode == 0, done.stderr
    promise = "identical" if package.exact else "within tolerance"
    assert f"verified  denoise int8: {promise}" in done.stdout
    assert f"{package.name} {package.version} on cpu" in done.stdout


@pytest.mark.parametrize("package", MISSING, ids=lambda package: package.name)
def test_one_that_is_missing_is_an_error_that_says_what_to_type(package):
    done = verify(**{VARIABLE: package.name})
    assert done.returncode == 2
    assert f"{VARIABLE} says '{package.name}', which is not installed; type: {package.install}" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_unknown_one_is_refused_with_the_names_that_there_are():
    with pytest.raises(EngineError, match="there is ai-edge-litert, tflite-runtime, tensorflow"):
        choose_interpreter({VARIABLE: "tflite"})


@pytest.mark.parametrize(
    ("installed", "taken"),
    [
        (("ai-edge-litert", "tflite-runtime", "tensorflow"), "ai-edge-litert"),
        (("tflite-runtime", "tensorflow"), "tflite-runtime"),
        (("tensorflow",), "tensorflow"),
        (("tensorflow-cpu",), "tensorflow"),
    ],
)
def test_the_smallest_that_is_installed_is_taken_first(installed, taken, monkeypatch):
    install_only(monkeypatch, *installed)
    assert choose_interpreter({}).name == taken
    assert choose_interpreter({VARIABLE: ""}).name == taken


def test_a_chosen_one_comes_before_the_first(monkeypatch):
    install_only(monkeypatch, "ai-edge-litert", "tflite-runtime")
    assert choose_interpreter({VARIABLE: "tflite-runtime"}).name == "tflite-runtime"


def test_without_any_the_error_says_what_to_type(monkeypatch):
    install_only(monkeypatch)
    with pytest.raises(EngineError, match=r"pip install ai-edge-litert .*pip install 'litebrush\[tflite-runtime\]'"):
        choose_interpreter({})


def test_one_that_is_broken_is_an_error_that_names_another(monkeypatch, tmp_path):
    (tmp_path / "tflite_runtime").mkdir()
    (tmp_path / "tflite_runtime" / "__init__.py").touch()
    (tmp_path / "tflite_runtime" / "interpreter.py").write_text("raise ImportError('built for another numpy')")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("tflite_runtime", "tflite_runtime.interpreter"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    install_only(monkeypatch, "ai-edge-litert", "tflite-runtime")
    with pytest.raises(EngineError, match=f"another numpy.*numpy below 2, or choose .*{VARIABLE}=ai-edge-litert"):
        load_interpreter({VARIABLE: "tflite-runtime"})


def test_a_model_says_which_interpreter_runs_it():
    package = choose_interpreter()
    assert litebrush.load("denoise").engine == f"{package.name} {version(package.name)}"


def test_asking_what_is_installed_imports_nothing():
    names = {package.module.partition(".")[0] for package in INTERPRETERS}
    program = (
        "import sys; from litebrush.interpreters import choose_interpreter, INTERPRETERS; choose_interpreter()\n"
        f"print([package.version for package in INTERPRETERS] and {names!r} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
