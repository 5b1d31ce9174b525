from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from made.pictures import photo_pixels
from PIL import Image

from litebrush.loading import open_model
from litebrush.zoo import MODELS, find_model


def litebrush(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "litebrush", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def test_repair_writes_a_picture_of_the_same_size(photo_file, tmp_path):
    done = litebrush("repair", photo_file, "-o", tmp_path / "out.png", "--noise-level", 25)
    assert done.returncode == 0
    assert size_of(tmp_path / "out.png") == (64, 48)
    assert "noise of level 25.0 removed by denoise int8 on cpu" in done.stdout
    assert done.stderr == ""


def test_repair_takes_a_model_file_and_a_noise_level(photo_file, tmp_path):
    from litebrush.contract import Precision

    model = find_model("denoise", Precision.FLOAT32)
    done = litebrush("repair", photo_file, "-o", tmp_path / "o.webp", "--model", model, "--noise-level", 12)
    assert done.returncode == 0
    assert "by denoise float32" in done.stdout


def test_repair_takes_a_folder_and_ends_with_status_1_where_a_photo_is_bad(photo_file, tmp_path):
    album = tmp_path / "album"
    album.mkdir()
    (album / "good.png").write_bytes(photo_file.read_bytes())
    (album / "bad.png").write_bytes(photo_file.read_bytes()[:300])
    done = litebrush("repair", album, "-o", tmp_path / "out", "--steps", "denoise")
    assert done.returncode == 1
    assert "1 repaired, 1 failed" in done.stdout
    assert "bad.png' is damaged" in done.stderr
    assert "1 of 2 photos could not be repaired" in done.stderr
    assert os.listdir(tmp_path / "out") == ["good.png"]
    again = litebrush("repair", album, "-o", tmp_path / "out", "--steps", "denoise")
    assert "1 skipped, 1 failed" in again.stdout


def write_text_model(folder: Path) -> Path:
    path = folder / "text.tflite"
    path.write_text("I am not a model")
    return path


def write_foreign_model(folder: Path) -> Path:
    from litebrush.contract import Precision
    from litebrush.modelfile import read_model

    path = folder / "foreign.tflite"
    path.write_bytes(read_model(find_model("denoise", Precision.INT8)).flatbuffer)
    return path


def write_picture(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def truncated_png(folder: Path) -> Path:
    whole = folder / "whole.png"
    Image.fromarray(photo_pixels(64, 64)).save(whole)
    return write_picture(folder / "cut.png", whole.read_bytes()[:3000])


def one_pixel(folder: Path) -> Path:
    Image.new("RGB", (1, 1)).save(folder / "dot.png")
    return folder / "dot.png"


def small_mask(folder: Path) -> Path:
    Image.new("L", (20, 20)).save(folder / "mask.png")
    return folder / "mask.png"


def test_repair_finds_a_scratch_and_fills_it_in(tmp_path):
    pixels = photo_pixels(160, 200)
    scratch = np.zeros(pixels.shape[:2], np.bool_)
    scratch[20:140, 100:103] = True
    pixels[scratch] = 250
    Image.fromarray(pixels).save(tmp_path / "old.png")
    found, new = tmp_path / "found.png", tmp_path / "new.png"
    done = litebrush(
        "repair", tmp_path / "old.png", "-o", new, "--mask", "auto", "--steps", "inpaint", "--save-mask", found
    )
    assert done.returncode == 0, done.stderr
    mask, repaired = (np.asarray(Image.open(path)) for path in (found, new))
    assert (mask[scratch] == 255).mean() > 0.5
    assert (mask[~scratch] == 255).mean() < 0.01
    assert np.array_equal(repaired[mask == 0], pixels[mask == 0])
    assert repaired[scratch].mean() < 220


BAD_REPAIRS = {
    "an empty file": (lambda folder: [write_picture(folder / "e.png", b""), "-o", folder / "out.png"], "is empty"),
    "a truncated PNG": (lambda folder: [truncated_png(folder), "-o", folder / "out.png"], "damaged"),
    "one pixel": (lambda folder: [one_pixel(folder), "-o", folder / "out.png"], "1x1 pixels is too small"),
    "no such photo": (lambda folder: [folder / "none.png", "-o", folder / "out.png"], "there is no file"),
    "a text file as a model": (
        lambda folder: [folder / "photo.png", "-o", folder / "out.png", "--model", write_text_model(folder)],
        "not a TFLite model",
    ),
    "a model without contract": (
        lambda folder: [folder / "photo.png", "-o", folder / "out.png", "--model", write_foreign_model(folder)],
        "fill it in, and export with '--contract",
    ),
    "an unknown model": (
        lambda folder: [folder / "photo.png", "-o", folder / "out.png", "--model", "paint"],
        "no shipped model is called 'paint'; there is ",
    ),
    "a mask to save over the photo": (
        lambda folder: [folder / "photo.png", "-o", folder / "out.png", "--save-mask", folder / "." / "photo.png"],
        "is the photo; choose another place with --save-mask",
    ),
    "a mask to save where the result goes": (
        lambda folder: [folder / "photo.png", "-o", folder / "out.png", "--save-mask", folder / "out.png"],
        "is the output; choose another place with --save-mask",
    ),
    "a mask to save under a strange name": (
        lambda folder: [folder / "photo.png", "-o", folder / "out.png", "--save-mask", folder / "mask.xyz"],
        "has no known picture suffix",
    ),
    "an output folder that is not there": (
        lambda folder: [folder / "photo.png", "-o", folder / "none" / "out.png"],
        "make it or choose another",
    ),
    "an output inside a file": (
        lambda folder: [folder / "photo.png", "-o", folder / "photo.png" / "out.png"],
        "make it or choose another",
    ),
    "an output nobody can write": (lambda folder: [folder / "photo.png", "-o", "/proc/out.png"], "cannot write"),
    "the original as output": (lambda folder: [folder / "photo.png", "-o", folder / "photo.png"], "is the original"),
    "a step that does not exist": (
        lambda folder: [folder / "photo.png", "-o", folder / "out.png", "--steps", "inpaint,polish"],
        "no step is called 'polish'; there is inpaint, deblock, denoise",
    ),
    "a mask that is neither a file nor auto": (
        lambda folder: [folder / "photo.png", "-o", folder / "out.png", "--mask", "aut"],
        "or 'auto' to have damage looked for",
    ),
    "a mask of another size": (
        lambda folder: [
            *(folder / "photo.png", "-o", folder / "out.png", "--mask"),
            small_mask(folder),
        ],
        "the mask is of 20x20 pixels, the photo of 64x48",
    ),
    "a noise level out of range": (
        lambda folder: [folder / "photo.png", "-o", folder / "out.png", "--noise-level", "90"],
        "knows 0 to 50",
    ),
}


@pytest.mark.parametrize("case", BAD_REPAIRS)
def test_bad_input_ends_with_status_2_one_line_and_nothing_written(case, photo_file, tmp_path):
    make_arguments, message = BAD_REPAIRS[case]
    arguments = make_arguments(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    done = litebrush("repair", *arguments)
    lines = done.stderr.splitlines()
    assert done.returncode == 2
    assert len(lines) == 1
    assert message in lines[0]
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_step_whose_model_has_no_float32_file_takes_float16_and_says_so(tmp_path):
    Image.fromarray(photo_pixels(64, 80, seed=2)).save(tmp_path / "blocks.jpg", quality=20)
    asked = (tmp_path / "blocks.jpg", "-o", tmp_path / "out.png", "--precision", "float32")
    done = litebrush("repair", *asked)
    assert done.returncode == 0, done.stderr
    assert "deblock float16" in done.stdout
    alone = litebrush("repair", *asked, "--model", "deblock")
    assert (alone.returncode, alone.stderr) == (
        2,
        "Error: 'deblock' is not shipped in float32; there is float16, int8\n",
    )


def heed_interrupts() -> None:
    """Where the tests run as a job in the background, the shell has them ignore interrupts, and their children too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_leaves_nothing_half_written(tmp_path):
    pixels = np.tile(photo_pixels(1000, 1000), (4, 4, 1))  # seconds of work: the signal must come in the midst of it
    Image.fromarray(pixels).save(tmp_path / "large.png", compress_level=0)
    arguments = [sys.executable, "-m", "litebrush", "repair", "--precision", "float32", "--steps", "denoise"]
    arguments += [tmp_path / "large.png", "-o", tmp_path / "out.png"]
    watcher, terminal = pty.openpty()
    process = subprocess.Popen(arguments, stderr=terminal, stdout=terminal, preexec_fn=heed_interrupts)
    os.close(terminal)
    seen = b""
    while b"repairing large.png" not in seen:
        seen += os.read(watcher, 1000)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) != 0
    seen += os.read(watcher, 10000)
    os.close(watcher)
    assert b"Traceback" not in seen
    assert os.listdir(tmp_path) == ["large.png"]


def test_verify_replays_every_shipped_file():
    done = litebrush("verify")
    assert done.returncode == 0
    assert done.stdout.count("verified  ") == sum(len(model.precisions) for model in MODELS)
    assert "denoise int8: identical" in done.stdout


def test_verify_ends_with_status_1_when_the_result_is_another(tmp_path):
    import dataclasses

    from litebrush.contract import Precision
    from litebrush.modelfile import read_model, write_model

    model = read_model(find_model("denoise", Precision.INT8))
    golden = dataclasses.replace(model.contract.golden, output_sha256={"restore/restored": "0" * 64})
    write_model(
        dataclasses.replace(model, contract=dataclasses.replace(model.contract, golden=golden)), tmp_path / "m.tflite"
    )
    done = litebrush("verify", tmp_path / "m.tflite", "denoise")
    assert done.returncode == 1
    assert "does not reproduce its golden result" in done.stdout
    assert "verified  denoise int8: identical" in done.stdout
    assert "1 of 2 models did not prove themselves" in done.stderr


def test_inspect_prints_the_contract_for_people_and_for_programs():
    readable = litebrush("inspect", "denoise")
    assert "licence" in readable.stdout
    assert f"halo {open_model('denoise').contract.tiling.halo} px" in readable.stdout
    document = json.loads(litebrush("inspect", "denoise", "--json").stdout)
    assert document["name"] == "denoise"
    assert document["precision"] == "int8"


def test_models_lists_what_is_shipped():
    done = litebrush("models")
    assert done.returncode == 0
    assert all(f"  {precision.value}" in done.stdout for model in MODELS for precision in model.precisions)


@pytest.mark.parametrize("command", [[], ["repair"], ["verify"], ["inspect"], ["models"], ["train", "denoise"]])
def test_help_shows_examples(command):
    done = litebrush(*command, "--help")
    assert done.returncode == 0
    assert "Usage:" in done.stdout
    assert "Examples:" in done.stdout or command == ["models"]


def test_a_folder_without_the_extra_says_what_to_type(tmp_path):
    blocker = tmp_path / "sitecustomize.py"
    blocker.write_text(
        "import importlib.util as u, sys\n"
        "real = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'tensorflow' else real(name, *rest)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "litebrush", "train", "denoise", "--data", ".", "--out", str(tmp_path / "run")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert done.returncode == 2
    assert "pip install 'litebrush[train]'" in done.stderr


def test_a_photo_of_each_kind_goes_through(tmp_path):
    image = Image.fromarray(photo_pixels(40, 40))
    for mode, suffix in [("L", "png"), ("RGBA", "png"), ("P", "png"), ("CMYK", "tif"), ("I;16", "png")]:
        source = tmp_path / f"{mode.replace(';', '')}.{suffix}"
        if mode == "I;16":
            Image.fromarray(np.full((40, 40), 30000, np.uint16)).save(source)
        else:
            image.convert(mode).save(source)
        target = tmp_path / f"out-{source.stem}.png"
        done = litebrush("repair", source, "-o", target, "--steps", "denoise", "--noise-level", 10)
        assert done.returncode == 0, done.stderr
        assert size_of(target) == (40, 40)
