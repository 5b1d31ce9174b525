from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made.contracts import LABELS
from made.drawing import LATENT_SCALE, generator

from litebrush.errors import EngineError, ImageError
from litebrush.latents import latents


def pixels(images) -> np.ndarray:
    return np.stack([np.asarray(image) for image in images])


@given(seed=st.integers(0, 2**64 - 1), count=st.integers(1, 5), more=st.integers(1, 4), label=st.sampled_from(LABELS))
@settings(max_examples=20)
def test_the_same_seed_draws_the_same_pictures_whatever_the_count(seed, count, more, label):
    few, many = generator()(count, label, seed), generator()(count + more, label, seed)
    assert np.array_equal(pixels(few), pixels(many[:count]))


def test_pictures_say_what_they_were_drawn_from():
    images = generator()(4, seed=7)
    assert [image.info for image in images] == [
        {"seed": 7, "index": index, "label": LABELS[index % 3]} for index in range(4)
    ]
    assert all(image.mode == "RGB" and image.size == (64, 64) for image in images)


def test_a_fresh_seed_is_drawn_and_can_be_used_again():
    model = generator()
    first, second = model(label="boot")[0], model(label="boot")[0]
    assert first.info["seed"] != second.info["seed"]
    again = model(label="boot", seed=first.info["seed"])[0]
    assert np.array_equal(np.asarray(first), np.asarray(again))


def test_classes_of_one_seed_are_drawn_from_the_same_latent():
    model = generator()
    bag, boot = (np.asarray(model(label=label, seed=5)[0]).astype(int) for label in ("bag", "boot"))
    assert (boot - bag == 40).all()


def test_a_quantized_network_gets_the_latent_in_its_own_scale():
    expected = np.clip(np.rint(latents(5, 0, 1, 8)[0] / np.float32(LATENT_SCALE)), -128, 127)
    model = generator(quantized=True)
    model(label="coat", seed=5)
    engine = model._engines["generate"]
    assert np.array_equal(engine.input("latent")[0], expected)
    assert engine.input("label")[0].tolist() == [-128, -128, 127]


def test_the_way_between_two_seeds_begins_and_ends_with_their_pictures():
    model = generator()
    way = pixels(model.interpolate(1, 2, 5, "coat"))
    assert len(way) == 5
    assert np.array_equal(way[0], np.asarray(model(label="coat", seed=1)[0]))
    assert np.array_equal(way[-1], np.asarray(model(label="coat", seed=2)[0]))


BAD_CALLS = {
    "an unknown label": (lambda model: model(label="boat"), "cannot draw 'boat'; did you mean '[a-z]+'. it draws bag"),
    "no pictures": (lambda model: model(count=0), "0 pictures were asked for"),
    "a negative seed": (lambda model: model(seed=-1), "the seed is -1"),
    "one step": (lambda model: model.interpolate(1, 2, 1), "1 steps were asked for"),
    "a latent of another shape": (lambda model: model.draw(np.zeros(7, np.float32), "bag"), r"takes \(8,\)"),
    "no label": (lambda model: model.draw(np.zeros(8, np.float32)), "cannot draw None; it draws bag, boot, coat"),
}


@pytest.mark.parametrize("call", BAD_CALLS)
def test_what_cannot_be_drawn_is_refused_in_words(call):
    ask, words = BAD_CALLS[call]
    with pytest.raises(ImageError, match=words):
        ask(generator())


def test_a_closed_generator_says_so():
    with generator() as model:
        pass
    with pytest.raises(EngineError, match="'gan' was closed"):
        model()
