from __future__ import annotations

import io
import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from made.browser import (
    WITH_SOFTWARE_GPU,
    as_pixels,
    build_page,
    bytes_argument,
    call,
    launched,
    opened,
    picture_argument,
    playwright_driver,
    served,
)
from made.embedded import holes, photo, write_small_models
from made.generator_file import write_generator
from made.pictures import photo_pixels
from PIL import Image

import litebrush
from litebrush.contract import Precision
from litebrush.damage import with_rims
from litebrush.noise import add_gaussian_noise
from litebrush.tasks import Task
from litebrush.zoo import find_shipped

VECTORS = json.loads((Path(__file__).parent.parent / "vectors/latents.json").read_text())
pytestmark = pytest.mark.apps


@pytest.fixture(scope="module")
def generator_path(tmp_path_factory) -> Path:
    return write_generator(tmp_path_factory.mktemp("generator") / "tiny.tflite")


@pytest.fixture(scope="module")
def dist(generator_path, tmp_path_factory) -> Path:
    """A page with models of different contracts: told of the noise or not, with pictures or classes."""
    shipped = [find_shipped("denoise").path(Precision.FLOAT32), find_shipped("deblock").path(Precision.FLOAT16)]
    return build_page(tmp_path_factory.mktemp("page") / "web", *shipped, generator_path)


@pytest.fixture(scope="module")
def driver(dist):
    with playwright_driver() as driver:
        yield driver


@pytest.fixture(scope="module")
def chromium(driver):
    with launched(driver) as chromium:
        yield chromium


@pytest.fixture(scope="module")
def address(dist):
    with served(dist) as address:
        yield address


@pytest.fixture
def page(chromium, address):
    page = opened(chromium, address)
    yield page
    page.context.close()


def largest_difference(found: np.ndarray, expected: np.ndarray) -> int:
    assert found.shape == expected.shape
    return int(np.abs(found.astype(int) - expected.astype(int)).max())


def repaired_in_page(page, name: str, content: bytes) -> tuple[np.ndarray, str]:
    """What the page lets one download, and what it says was done."""
    page.set_input_files("#choose", {"name": name, "mimeType": "image/png", "buffer": content})
    page.wait_for_selector("#repair[data-state=ready]")
    page.click("#repair-button")
    page.wait_for_selector("#repair[data-state=done]")
    with page.expect_download() as download:
        page.click("#download")
    assert download.value.suggested_filename == f"{Path(name).stem}-repaired.png"
    return np.asarray(Image.open(download.value.path()).convert("RGB")), page.inner_text("#done-words")


def saved(pixels: np.ndarray, kind: str, **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['seed']}-{vector['picture']}")
def test_javascript_makes_the_same_latents_bit_for_bit(page, vector):
    count = len(vector["words"])
    numbers = f"{vector['seed']}n", f"{vector['picture']}n", str(count)
    assert call(page, "randomWords", *numbers) == vector["words"]
    values = np.array(call(page, "latent", *numbers), np.float32)
    assert values.tobytes() == np.array(vector["normal_values"], np.float32).tobytes()


def test_the_page_draws_what_python_draws(page, generator_path):
    page.click("nav a[href='#draw']")
    page.wait_for_selector("#drawn figure")
    page.fill("#seed", "18446744073709551615")
    page.get_by_role("radio", name="boot").check(force=True)
    page.wait_for_selector("canvas[aria-label='boot, seed 18446744073709551615, number 3']")
    with page.expect_download() as download:
        page.get_by_role("link", name="Save boot, seed 18446744073709551615, number 3").click()
    found = np.asarray(Image.open(download.value.path()).convert("RGB"))
    images = litebrush.load(generator_path)(count=4, label="boot", seed=2**64 - 1)
    assert largest_difference(found, np.asarray(images[3])) <= 1


def test_the_page_repairs_as_python_does(page):
    noisy = add_gaussian_noise(photo_pixels(290, 330, seed=1), 20, np.random.default_rng(0))  # two by two tiles
    with litebrush.Repairer(partial(litebrush.load, precision="float32")) as repairer:
        expected = repairer.repair(Image.fromarray(noisy))
    found, words = repaired_in_page(page, "noisy.png", saved(noisy, "PNG"))
    assert [deed.words.lower() for deed in expected.done] == [words.lower()]
    assert "(estimated)" in words
    assert largest_difference(found, np.asarray(expected.picture)) <= 1


def test_a_strongly_compressed_photo_is_deblocked_first(page):
    file = saved(photo_pixels(264, 270, seed=2), "JPEG", quality=20)
    with litebrush.Repairer(partial(litebrush.load, precision="float16")) as repairer:
        expected = repairer.repair(Image.open(io.BytesIO(file)))
    found, words = repaired_in_page(page, "blocks.jpg", file)
    assert [deed.words.lower() for deed in expected.done] == words.lower().split("\n")
    assert "quality 20" in words
    assert largest_difference(found, np.asarray(expected.picture)) <= 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("text.jpg", b"no picture at all", "not a picture that this browser can read"),
        ("cut.png", saved(photo_pixels(80, 80, seed=0), "PNG")[:3000], "cut short"),
        ("cut.jpg", saved(photo_pixels(80, 80, seed=0), "JPEG")[:-200], "cut short"),
        ("dot.png", saved(photo_pixels(6, 9, seed=0), "PNG"), "only 9x6 pixels"),
    ],
)
def test_a_broken_file_is_refused_with_words_and_the_page_goes_on(page, name, content, words):
    page.set_input_files("#choose", {"name": name, "mimeType": "image/png", "buffer": content})
    page.wait_for_selector("#refusal:not([hidden])")
    assert words in page.inner_text("#refusal")
    assert f"“{name}”" in page.inner_text("#refusal")
    page.set_input_files("#choose", {"name": "a.png", "mimeType": "image/png", "buffer": saved(photo(0), "PNG")})
    page.wait_for_selector("#repair[data-state=ready]")
    assert page.is_hidden("#refusal")


def test_a_seed_that_is_none_is_refused_with_words(page):
    page.click("nav a[href='#draw']")
    page.fill("#seed", "18446744073709551616")
    page.press("#seed", "Enter")
    page.wait_for_selector("#refusal:not([hidden])")
    assert "give a whole number from 0 to 18446744073709551615" in page.inner_text("#refusal")


def test_the_page_says_that_it_runs_on_wasm_where_there_is_no_gpu(page):
    assert page.inner_text("#accelerator option:checked") == "WASM"


def test_once_loaded_it_works_without_a_network(chromium, dist):
    with served(dist) as address:
        page = opened(chromium, address)
    page.reload()  # the server is gone
    page.wait_for_selector("html[data-ready]")
    page.click("nav a[href='#draw']")
    page.wait_for_selector("#drawn figure")
    assert "offline" in page.inner_text("#offline")
    page.context.close()


def test_a_damaged_model_is_refused_with_words(chromium, generator_path, tmp_path):
    damaged = build_page(tmp_path / "web", generator_path)
    (model,) = (damaged / "models").iterdir()
    content = bytearray(model.read_bytes())
    content[2000] ^= 1
    model.write_bytes(content)
    with served(damaged) as address:
        page = opened(chromium, address, "draw")
        page.wait_for_selector("#refusal:not([hidden])")
        assert "is damaged" in page.inner_text("#refusal")
        page.context.close()


def test_on_a_gpu_the_page_says_so_and_draws_the_same(driver, dist, generator_path):
    with launched(driver, *WITH_SOFTWARE_GPU) as chromium, served(dist) as address:
        page = chromium.new_page()
        page.set_default_timeout(180_000)
        page.goto(f"{address}#draw")
        page.wait_for_selector("#drawn figure")
        assert page.inner_text("#accelerator option:checked") == "WebGPU (automatic)"
        drawn = call(page, "draw", "'tiny_gan_float32'", "'webgpu'", "7n", "0n", "'coat'")
    assert drawn["accelerator"] == "webgpu"
    expected = litebrush.load(generator_path)(label="coat", seed=7)[0]
    assert largest_difference(as_pixels(drawn["picture"]), np.asarray(expected)) <= 1


def test_a_photo_is_chosen_repaired_and_compared_by_keyboard_alone(page):
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "example":
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("#repair[data-state=ready]")
    page.focus("#repair-button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#repair[data-state=done]")
    assert page.evaluate("document.activeElement.id") == "done-title"
    page.focus("#compare")
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("#compare", "aria-valuetext") == "51 % before, 49 % after"


def test_every_control_has_a_name(page):
    nameless = "[...document.querySelectorAll('button, a, input, select, canvas')].filter((each) => !(each.ariaLabel"
    nameless += " || each.textContent.trim() || each.labels?.[0]?.textContent.trim())).map((each) => each.outerHTML)"
    page.click("nav a[href='#draw']")
    page.wait_for_selector("#drawn figure")
    assert page.evaluate(nameless) == []


@pytest.fixture(scope="module")
def small_models(tmp_path_factory) -> dict[Task, Path]:
    return write_small_models(tmp_path_factory.mktemp("models"), Precision.FLOAT32)


@pytest.fixture(scope="module")
def small_page(chromium, small_models, tmp_path_factory):
    with served(build_page(tmp_path_factory.mktemp("small") / "web", *small_models.values())) as address:
        page = opened(chromium, address)
        yield page
        page.context.close()


def test_painted_damage_is_filled_in_as_python_does(small_page, small_models):
    expected = litebrush.load(small_models[Task.INPAINT])(photo(0), holes())
    order = f"photo: {picture_argument(photo(0))}, quality: null, mask: {bytes_argument(holes())}"
    result = call(small_page, "repair", "'wasm'", f"{{{order}, steps: ['inpaint_float32'], noiseLevel: 'auto'}}")
    found = as_pixels(result["picture"])
    assert largest_difference(found, expected) <= 1
    assert np.array_equal(found[holes() == 0], photo(0)[holes() == 0])


def test_damage_is_found_with_its_rims_as_python_does(small_page, small_models):
    result = call(small_page, "findDamage", "'damage_float32'", "'wasm'", picture_argument(photo(1)))
    detector = litebrush.load(small_models[Task.DETECT])
    unsure = np.abs(detector.likelihood(photo(1)).astype(int) - 127) <= 1
    found = np.array(result["mask"], np.uint8).reshape(unsure.shape)
    sure = ~with_rims(unsure)
    assert np.array_equal(found[sure] > 0, with_rims(detector(photo(1)) > 0)[sure])
    assert 0 < (found > 0).mean() < 1


def test_a_picture_is_encoded_and_decoded_as_python_does(small_page, small_models):
    autoencoder = litebrush.load(small_models[Task.AUTOENCODE])
    square = photo_pixels(64, 64, seed=3)
    code = call(small_page, "encode", "'vae_float32'", "'wasm'", picture_argument(square))
    assert np.allclose(code, autoencoder.encode(square), atol=1e-5)
    decoded = call(small_page, "decode", "'vae_float32'", "'wasm'", json.dumps(code))
    assert largest_difference(as_pixels(decoded["picture"]), np.asarray(autoencoder(square))) <= 1


def test_a_video_is_restored_with_its_memory_as_python_does(small_page, small_models):
    stream = litebrush.load(small_models[Task.RESTORE_SEQUENCE]).stream(noise_level=25)
    for number in range(3):
        begins = "true" if number == 0 else "false"
        frame = photo(4)
        arguments = "'video_float32'", "'wasm'", picture_argument(frame), "25", begins
        restored = call(small_page, "nextFrame", *arguments)
        assert largest_difference(as_pixels(restored["picture"]), stream(frame)) <= 1


def test_damage_can_be_painted_by_keyboard(small_page):
    small_page.set_input_files("#choose", {"name": "a.png", "mimeType": "image/png", "buffer": saved(photo(0), "PNG")})
    small_page.wait_for_selector("#repair[data-state=ready]")
    small_page.focus("#paint")
    for key in ("ArrowRight", "Space", "Shift+ArrowDown"):
        small_page.keyboard.press(key)
    small_page.click("#repair-button")
    small_page.wait_for_selector("#repair[data-state=done]")
    assert "filled in" in small_page.inner_text("#done-words")
