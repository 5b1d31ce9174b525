from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from made.browser import missing
from made.embedded import holes, photo, write_small_models
from made.generator_file import write_generator
from made.pictures import photo_pixels
from PIL import Image

import litebrush
from litebrush.cli import main
from litebrush.contract import Precision
from litebrush.noise import add_gaussian_noise
from litebrush.tasks import Task
from litebrush.zoo import find_shipped

TFLITE, KOTLINC, SWIFT = "LITEBRUSH_TFLITE", "LITEBRUSH_KOTLINC", "LITEBRUSH_SWIFT"
SWIFT_TEST = """
mount --bind /proc "$1/proc" && mount --rbind /dev "$1/dev" && mount --bind "$2" "$1/mnt" &&
exec chroot "$1" /usr/libexec/swift/bin/swift-test --disable-sandbox --package-path /mnt
"""
JUNIT = ("/usr/share/java/junit4.jar", "/usr/share/java/hamcrest.jar")
pytestmark = pytest.mark.apps

Program = Callable[..., subprocess.CompletedProcess]


def generate(platform: str, out: Path, *models: Path) -> Path:
    words = [word for model in models for word in ("--model", str(model))]
    made = CliRunner().invoke(main, ["export", "app", "--platform", platform, *words, "--out", str(out)])
    assert made.exit_code == 0, made.output
    return out


@pytest.fixture(scope="module")
def tflite() -> Path:
    """Where the TensorFlow Lite C API of a newer Debian was unpacked, with a C library of its own."""
    root = os.environ.get(TFLITE)
    if not root or shutil.which("make") is None:
        missing(f"no make, or {TFLITE} does not say where the TensorFlow Lite C API is; .ci/native installs both")
    return Path(root)


def built(folder: Path, root: Path) -> Program:
    """The generated C program."""
    libraries = next(root.glob("usr/lib/*/libtensorflow-lite.so")).parent
    loader = next(root.glob("usr/lib*/**/ld-linux-*.so.*"))
    flags = {"LDFLAGS": f"-L{libraries} -Wl,--allow-shlib-undefined", "CFLAGS": "-O2 -Werror"}
    environment = {**os.environ, **flags}
    made = subprocess.run(
        ["make", f"TFLITE={root}/usr"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr

    def run(*arguments: object) -> subprocess.CompletedProcess:
        command = [loader, "--library-path", libraries, folder / "litebrush", *map(str, arguments)]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="module")
def small_models(tmp_path_factory) -> dict[Task, Path]:
    return write_small_models(tmp_path_factory.mktemp("models"), Precision.FLOAT32)


@pytest.fixture(scope="module")
def generator_path(tmp_path_factory) -> Path:
    return write_generator(tmp_path_factory.mktemp("generator") / "tiny.tflite")


@pytest.fixture(scope="module")
def program(tflite, small_models, generator_path, tmp_path_factory) -> Program:
    """Of models whose contracts differ in everything: tasks, ranges, polarity, states, quantization."""
    shipped = [find_shipped("denoise").path(precision) for precision in (Precision.FLOAT32, Precision.INT8)]
    models = (*shipped, generator_path, *small_models.values())
    return built(generate("c", tmp_path_factory.mktemp("program") / "c", *models), tflite)


def saved(pixels: np.ndarray, path: Path) -> Path:
    Image.fromarray(pixels).save(path)
    return path


def result(program: Program, out: Path, *arguments: object) -> np.ndarray:
    done = program("run", *arguments, out)
    assert done.returncode == 0, done.stderr
    return np.asarray(Image.open(out)).astype(int)


def test_the_program_reproduces_all_golden_results(program):
    checked = program("check")
    assert checked.returncode == 0, checked.stdout
    off = re.findall(r"(\w+) \S+: off by (\S+),", checked.stdout)
    assert {key for key, _ in off} >= {"denoise_int8", "denoise_float32", "tiny_gan_float32", "vae_float32"}
    assert all(float(share) <= 1e-4 for key, share in off if key.endswith("float32"))


def test_a_golden_result_that_is_not_reproduced_is_status_1(tflite, generator_path, tmp_path):
    program = built(generate("c", tmp_path / "c", generator_path), tflite)
    golden = tmp_path / "c/golden/tiny_gan_float32.generate.image.bin"
    golden.write_bytes(np.full(golden.stat().st_size // 4, 0.5, np.float32).tobytes())
    checked = program("check")
    assert checked.returncode == 1
    assert "WRONG" in checked.stdout


@pytest.mark.parametrize(("precision", "levels"), [(Precision.FLOAT32, 1), (Precision.INT8, 16)])
def test_a_photo_of_several_tiles_is_restored_as_python_does(program, precision, levels, tmp_path):
    noisy = add_gaussian_noise(photo_pixels(290, 330, seed=1), 20, np.random.default_rng(0))
    expected = litebrush.load("denoise", precision=precision)(noisy, noise_level=20)
    key = f"denoise_{precision.value}"
    found = result(program, tmp_path / "out.ppm", key, "--noise-level", 20, saved(noisy, tmp_path / "in.ppm"))
    assert np.abs(found - expected).max() <= levels  # 8-bit kernels other than XNNPACK's round otherwise


def test_the_program_draws_what_python_draws(program, generator_path, tmp_path):
    expected = litebrush.load(generator_path)(count=3, label="coat", seed=2**64 - 1)[2]
    words = "--label", "coat", "--seed", 2**64 - 1, "--index", 2
    found = result(program, tmp_path / "out.ppm", "tiny_gan_float32", *words)
    assert np.abs(found - np.asarray(expected)).max() <= 1


def test_a_hole_is_filled_by_a_model_whose_mask_is_reversed(program, small_models, tmp_path):
    expected = litebrush.load(small_models[Task.INPAINT])(photo(0), holes())
    files = saved(photo(0), tmp_path / "in.ppm"), saved(holes(), tmp_path / "mask.pgm")
    found = result(program, tmp_path / "out.ppm", "inpaint_float32", *files)
    assert np.abs(found - expected).max() <= 1
    assert np.array_equal(found[holes() == 0], photo(0)[holes() == 0])


def test_damage_is_found_by_a_model_of_another_range(program, small_models, tmp_path):
    detector = litebrush.load(small_models[Task.DETECT])
    found = result(program, tmp_path / "out.pgm", "damage_float32", saved(photo(1), tmp_path / "in.ppm"))
    unsure = np.abs(detector.likelihood(photo(1)).astype(int) - 127) <= 1
    assert np.array_equal(found[~unsure], detector(photo(1))[~unsure])


def test_a_picture_is_encoded_and_decoded(program, small_models, tmp_path):
    square = photo_pixels(64, 64, seed=3)
    found = result(program, tmp_path / "out.ppm", "vae_float32", saved(square, tmp_path / "in.ppm"))
    assert np.abs(found - np.asarray(litebrush.load(small_models[Task.AUTOENCODE])(square))).max() <= 1


def test_a_video_is_restored_with_its_memory(program, small_models, tmp_path):
    stream = litebrush.load(small_models[Task.RESTORE_SEQUENCE]).stream(noise_level=25)
    frames = [saved(photo(4), tmp_path / f"{number}.ppm") for number in range(3)]
    done = program("run", "video_float32", "--noise-level", 25, *frames, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    for number in range(3):
        found = np.asarray(Image.open(tmp_path / f"out{number:04}.ppm")).astype(int)
        assert np.abs(found - stream(photo(4))).max() <= 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "denoise_int8", "in.ppm", "out.ppm"), "give --noise-level 0 to 50"),
        (("run", "denoise_int8", "--noise-level", "51", "in.ppm", "out.ppm"), "give --noise-level 0 to 50"),
        (("run", "nothing", "in.ppm", "out.ppm"), "no model is called 'nothing'"),
        (("run", "tiny_gan_float32", "--label", "hat", "out.ppm"), "cannot draw 'hat'"),
        (("run", "tiny_gan_float32", "--label", "bag", "--seed", "-1", "out.ppm"), "expected a whole number"),
        (("run", "damage_float32", "Makefile", "out.pgm"), "'Makefile' is no PPM (P6) file"),
        (("run", "damage_float32", "nowhere.ppm", "out.pgm"), "cannot read 'nowhere.ppm'"),
        (("dance",), "usage: litebrush list"),
    ],
)
def test_what_is_wrong_is_said_in_words_with_status_2(program, arguments, words):
    done = program(*arguments)
    assert done.returncode == 2
    assert words in done.stderr


def test_the_pure_kotlin_parts_do_what_python_does(generator_path, tmp_path):
    compiler = os.environ.get(KOTLINC)
    if not compiler or shutil.which("java") is None or not all(Path(jar).exists() for jar in JUNIT):
        missing(f"no java, no JUnit, or {KOTLINC} does not say where kotlinc is; .ci/native installs them")
    shipped = [find_shipped("denoise").path(precision) for precision in (Precision.FLOAT32, Precision.INT8)]
    project = generate("android", tmp_path / "android", *shipped, generator_path)
    sources = [project / "litebrush/src/main/kotlin", project / "litebrush/src/test/kotlin"]
    jar = tmp_path / "pure.jar"
    compiled = subprocess.run(
        ["bash", compiler, "-cp", JUNIT[0], *sources, "-include-runtime", "-d", jar],
        capture_output=True,
        text=True,
        check=False,
    )
    assert compiled.returncode == 0, compiled.stderr
    classes = ":".join(map(str, (jar, *JUNIT)))
    tested = subprocess.run(
        ["java", "-cp", classes, "org.junit.runner.JUnitCore", "litebrush.PureTest"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert tested.returncode == 0, tested.stdout
    assert "OK (8 tests)" in tested.stdout


def test_the_pure_swift_parts_do_what_python_does(generator_path, tmp_path):
    root = os.environ.get(SWIFT)
    if not root or os.getuid() != 0:
        missing(f"not root, or {SWIFT} does not say where a Swift compiler is; .ci/native unpacks one")
    shipped = [find_shipped("denoise").path(precision) for precision in (Precision.FLOAT32, Precision.INT8)]
    project = generate("ios", tmp_path / "ios", *shipped, generator_path)
    libraries = "/usr/libexec/swift/lib/swift/linux:/usr/libexec/swift/lib"
    path = f"/usr/sbin:{os.environ['PATH']}:/usr/libexec/swift/bin"
    tested = subprocess.run(
        ["unshare", "--mount", "sh", "-c", SWIFT_TEST, "sh", root, project],
        env={"PATH": path, "HOME": "/tmp", "LD_LIBRARY_PATH": libraries},
        capture_output=True,
        text=True,
        check=False,
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "Executed 8 tests, with 0 failures" in tested.stdout + tested.stderr
