from __future__ import annotations

import numpy as np
import pytest

from litebrush_train.distances import frechet_distance, kernel_distance
from litebrush_train.generation_quality import describe, measure
from litebrush_train.probe import LinearProbe, fit_probe

COLOURS = np.array([(220, 40, 40), (40, 220, 40), (40, 40, 220)])
LABELS = np.tile([0, 1, 2], 20)


class MeanColour:
    name = "Colour"

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        return pictures.mean(axis=(1, 2), dtype=np.float32)


def pictures_of(labels: np.ndarray, seed: int, deviation: float = 15) -> np.ndarray:
    """8x8 pictures of one colour each, near the colour of their class."""
    colours = COLOURS[labels] + np.random.default_rng(seed).normal(0, deviation, (len(labels), 3))
    return np.broadcast_to(np.clip(colours, 0, 255)[:, None, None], (len(labels), 8, 8, 3)).astype(np.uint8)


REAL = pictures_of(LABELS, seed=0)


@pytest.fixture(scope="module")
def probe() -> LinearProbe:
    return fit_probe(MeanColour()(REAL), LABELS, class_count=3, balanced=False)


def test_the_real_pictures_themselves_are_perfect(probe):
    quality = measure(REAL, LABELS, describe(REAL, LABELS, MeanColour(), probe))
    assert quality.fid == pytest.approx(0, abs=1e-6)
    assert quality.class_accuracy == 1
    assert quality.diversity == pytest.approx(1)
    assert (quality.generated_count, quality.reference_count) == (60, 60)


def test_a_generator_that_ignores_its_label_loses_only_class_accuracy(probe):
    good = measure(pictures_of(LABELS, seed=1), LABELS, describe(REAL, LABELS, MeanColour(), probe))
    deaf = measure(pictures_of(LABELS, seed=1), np.roll(LABELS, 1), describe(REAL, LABELS, MeanColour(), probe))
    assert (good.fid, good.kid) == (deaf.fid, deaf.kid)
    assert good.class_accuracy == 1
    assert deaf.class_accuracy == 0


def test_a_generator_with_one_picture_a_class_loses_diversity_and_keeps_class_accuracy(probe):
    collapsed = measure(pictures_of(LABELS, seed=1, deviation=0), LABELS, describe(REAL, LABELS, MeanColour(), probe))
    assert collapsed.class_accuracy == 1
    assert collapsed.diversity == pytest.approx(0, abs=1e-6)


def test_an_unconditional_generator_has_no_class_accuracy():
    made = pictures_of(LABELS, seed=1)
    quality = measure(made, None, describe(REAL, None, MeanColour(), None))
    assert quality.class_accuracy is None
    assert quality.fid == pytest.approx(frechet_distance(MeanColour()(made), MeanColour()(REAL)))
    assert quality.kid == kernel_distance(MeanColour()(made), MeanColour()(REAL))
    assert quality.diversity == pytest.approx(1, abs=0.1)


def test_figures_are_named_after_their_features():
    quality = measure(REAL, None, describe(REAL, None, MeanColour(), None))
    assert (quality.fid_name, quality.kid_name) == ("Colour-FID", "Colour-KID")


def test_refuses_pictures_of_another_size_and_half_given_classes(probe):
    with pytest.raises(ValueError, match="scale the real ones"):
        measure(REAL[:, :4], None, describe(REAL, None, MeanColour(), None))
    with pytest.raises(ValueError, match="belong together"):
        measure(REAL, LABELS, describe(REAL, None, MeanColour(), probe))
