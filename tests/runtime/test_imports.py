from __future__ import annotations

import subprocess
import sys

import pytest

import litebrush

FORBIDDEN = ("tensorflow", "tf_keras", "keras", "tensorflow_model_optimization", "litebrush_train", "litebrush_export")


def import_with_blocked(statement: str) -> subprocess.CompletedProcess[str]:
    """Run a statement in a process where importing a forbidden package raises."""
    program = f"""
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {FORBIDDEN!r}:
            raise AssertionError('forbidden import of ' + name)
sys.meta_path.insert(0, Block())
{statement}
"""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


def test_the_runtime_runs_a_model_without_tensorflow_and_its_siblings():
    done = import_with_blocked(
        "import numpy, litebrush, litebrush.cli\n"
        "litebrush.load('denoise')(numpy.zeros((16, 16, 3), numpy.uint8), 25)\n"
        "litebrush.verify('denoise')"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("module", FORBIDDEN)
def test_the_check_itself_can_fail(module):
    done = import_with_blocked(f"import {module}")
    assert done.returncode != 0
    assert "forbidden import" in done.stderr


def test_importing_litebrush_imports_nothing_heavy():
    program = "import sys, litebrush; print({'numpy', 'PIL', 'ai_edge_litert'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_public_names_are_these():
    assert sorted(litebrush.__all__) == [
        "Autoencoder",
        "DamageDetector",
        "Generator",
        "Inpainter",
        "LitebrushError",
        "ModelContract",
        "Precision",
        "Repairer",
        "Restorer",
        "SequenceRestorer",
        "Verification",
        "errors",
        "load",
        "models",
        "repair",
        "verify",
    ]
    assert all(hasattr(litebrush, name) for name in litebrush.__all__)
    assert set(litebrush.__all__) <= set(dir(litebrush))
    assert callable(litebrush.repair)
