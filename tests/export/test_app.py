from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from made.generator_file import write_generator

from litebrush.cli import main
from litebrush.contract import Precision
from litebrush.modelfile import read_model
from litebrush.zoo import find_shipped
from litebrush_export.appkit.embedded_model import embed
from litebrush_export.appkit.literals import c_string, kotlin_string, swift_string
from litebrush_export.appkit.platforms import PLATFORMS
from litebrush_export.appkit.vectors import make_vectors

VECTORS = json.loads((Path(__file__).parent.parent / "vectors/latents.json").read_text())


def generate(platform: str, out: Path, *models: object):
    words = [word for model in models for word in ("--model", str(model))]
    return CliRunner().invoke(main, ["export", "app", "--platform", platform, *words, "--out", str(out)])


@pytest.mark.parametrize("platform", PLATFORMS)
def test_each_project_holds_its_models_whole_and_says_how_to_build_it(platform, tmp_path):
    generator = write_generator(tmp_path / "tiny.tflite")
    made = generate(platform, tmp_path / "app", "denoise", generator)
    assert made.exit_code == 0, made.output
    models = sorted((tmp_path / "app" / PLATFORMS[platform].models_folder).iterdir())
    assert [read_model(path).contract.name for path in models] == ["denoise", "tiny-gan"]
    assert models[1].read_bytes() == generator.read_bytes()
    readme = (tmp_path / "app/README.md").read_text()
    assert "{{" not in readme
    assert "denoise" in readme


@pytest.mark.parametrize("platform", PLATFORMS)
def test_two_models_differ_in_the_generated_contracts_alone(platform, tmp_path):
    with_classes = write_generator(tmp_path / "a.tflite")
    without = write_generator(tmp_path / "b.tflite", labels=())
    for name, model in (("a", with_classes), ("b", without)):
        assert generate(platform, tmp_path / name, model).exit_code == 0
    names = [path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file()]
    differing = [name for name in names if not same(tmp_path / "a" / name, tmp_path / "b" / name)]
    folders = f"{PLATFORMS[platform].models_folder}/", f"{PLATFORMS[platform].golden_folder}/"
    sources = {name.name.lower() for name in differing if not name.as_posix().startswith(folders)}
    assert sources - {"readme.md"} <= {"models.c", "models.json", "models.kt", "models.swift"}
    assert len(sources - {"readme.md"}) == 1


def same(one: Path, other: Path) -> bool:
    return other.exists() and one.read_bytes() == other.read_bytes()


def test_the_browser_is_given_the_precision_that_it_takes(tmp_path):
    assert generate("web", tmp_path / "app", "denoise").exit_code == 0
    (model,) = json.loads((tmp_path / "app/public/models.json").read_text())
    assert model["precision"] == "float16"
    assert model["signatures"][0]["inputs"][0]["dtype"] == "float32"


def test_a_model_that_the_browser_cannot_take_is_refused_with_words(tmp_path):
    made = generate("web", tmp_path / "app", find_shipped("denoise").path(Precision.INT8))
    assert made.exit_code == 2
    assert "is int8, and LiteRT.js takes float32 and uint8 only; export and give the model in float16" in made.output
    assert not (tmp_path / "app").exists()


def test_a_folder_in_use_and_a_model_given_twice_are_refused_with_words(tmp_path):
    (tmp_path / "own.txt").write_text("mine")
    in_use = generate("c", tmp_path, "denoise")
    assert in_use.exit_code == 2
    assert "is in use" in in_use.output
    twice = generate("c", tmp_path / "app", "denoise", "denoise")
    assert twice.exit_code == 2
    assert "give each once" in twice.output


def test_nnapi_levels_are_those_of_the_operator_table():
    android = PLATFORMS["android"]
    int8 = embed(str(find_shipped("denoise").path(Precision.INT8)), android)
    dynamic = embed(str(find_shipped("denoise").path(Precision.DYNAMIC)), android)
    assert int8.nnapi_level == 29
    assert dynamic.nnapi_level is None


def test_the_projects_own_vectors_are_the_shared_ones():
    made = {(vector.seed, vector.picture): vector for vector in make_vectors().latents}
    for vector in VECTORS:
        mine = made[int(vector["seed"]), int(vector["picture"])]
        assert list(mine.words) == vector["words"]
        assert list(mine.normal_values) == vector["normal_values"]


@pytest.mark.parametrize("text", ["dress", 'a "b" \\ ?', "${x} $y \\(z)", "Kleid für 1 €", "裙 👗", "<&'>", "??/"])
def test_texts_become_string_literals_of_each_language(text, tmp_path):
    if shutil.which("cc") is None:
        pytest.skip("no C compiler; on Debian: apt install gcc libc6-dev")
    program = tmp_path / "text.c"
    program.write_text(f"#include <stdio.h>\nint main(void) {{ fputs({c_string(text)}, stdout); }}\n")
    subprocess.run(["cc", "-trigraphs", "-o", tmp_path / "text", program], check=True)
    assert subprocess.run([tmp_path / "text"], capture_output=True, check=True).stdout.decode() == text
    kotlin = kotlin_string(text)[1:-1]
    assert "$" not in kotlin
    assert kotlin.isascii()
    assert kotlin.encode().decode("unicode_escape").encode("utf-16", "surrogatepass").decode("utf-16") == text
    swift = swift_string(text)[1:-1]
    assert swift.isascii()
    assert '"' not in swift
    assert "\\(" not in swift


def test_help_shows_the_command():
    helped = CliRunner().invoke(main, ["export", "--help"])
    assert "app --platform PLATFORM --model FILE --out DIR" in helped.output
