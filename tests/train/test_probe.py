from __future__ import annotations

import numpy as np
import pytest

from litebrush_train.probe import fit_probe, fit_with_penalty

CENTRES = np.array([[0.0, 0.0, 5.0], [3.0, 0.0, 5.0], [0.0, 3.0, 5.0]])


def clusters(counts: tuple[int, ...], seed: int, spread: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    labels = np.repeat(np.arange(len(counts)), counts)
    features = CENTRES[labels] + np.random.default_rng(seed).normal(0, spread, (len(labels), 3))
    return features.astype(np.float32), labels


def test_tells_separate_classes_apart_in_features_it_has_not_seen():
    probe = fit_probe(*clusters((50, 50, 50), seed=0), class_count=3, balanced=False)
    assert probe.accuracy(*clusters((100, 100, 100), seed=1)) > 0.98


def test_does_not_mind_the_scale_of_a_feature_or_one_that_never_changes():
    features, labels = clusters((50, 50, 50), seed=0)
    scaled = np.concatenate([features * (1e-3, 1e3, 1), np.ones((150, 1))], axis=1)
    plain, other = (fit_with_penalty(given, labels, 3, False, 0.01) for given in (features, scaled))
    assert np.array_equal(plain.predict(features), other.predict(scaled))


def test_finds_the_optimum_of_the_penalized_likelihood():
    features, labels = clusters((60, 30, 10), seed=0, spread=1.5)
    penalty = 0.05
    probe = fit_with_penalty(features, labels, 3, False, penalty)
    standardized = (features - features.mean(axis=0)) / features.std(axis=0)

    def loss(weights: np.ndarray, bias: np.ndarray) -> float:
        logits = standardized @ weights + bias
        log_sums = np.log(np.exp(logits).sum(axis=1))
        likelihood = logits[np.arange(len(labels)), labels] - log_sums
        return -likelihood.mean() + penalty / 2 * np.sum(weights**2)

    best = loss(probe.weights, probe.bias)
    random = np.random.default_rng(0)
    for _ in range(50):
        step_weights, step_bias = random.normal(size=probe.weights.shape), random.normal(size=probe.bias.shape)
        for size in (-0.1, -0.01, 0.01, 0.1):
            assert loss(probe.weights + size * step_weights, probe.bias + size * step_bias) > best


def test_a_stronger_penalty_shrinks_the_weights():
    features, labels = clusters((50, 50, 50), seed=0)
    norms = [np.linalg.norm(fit_with_penalty(features, labels, 3, False, p).weights) for p in (0.01, 0.1, 1)]
    assert norms == sorted(norms, reverse=True)


def test_chooses_a_strong_penalty_where_features_are_mostly_noise():
    features, labels = clusters((50, 50, 50), seed=0)
    noise = np.random.default_rng(0).normal(size=(150, 300))
    assert fit_probe(features, labels, 3, balanced=False).penalty < fit_probe(noise, labels, 3, balanced=False).penalty


def test_balancing_finds_more_of_a_rare_class():
    train, test = clusters((300, 15, 300), seed=0, spread=1.5), clusters((300, 300, 300), seed=1, spread=1.5)
    recalls = {}
    for balanced in (False, True):
        probe = fit_with_penalty(*train, 3, balanced, 0.01)
        recalls[balanced] = np.mean(probe.predict(test[0][test[1] == 1]) == 1)
    assert recalls[True] > recalls[False] + 0.1


@pytest.mark.parametrize(
    ("feature_count", "labels", "complaint"),
    [
        (4, [0, 0, 1], "labels of shape"),
        (4, [0, 0, 1, 1, 1], "labels of shape"),
        (4, [0, 0, 2, 2], "highest is 1"),
        (4, [0, 0, 0, 1], "class 1: 1; at least 2"),
    ],
)
def test_refuses_labels_it_cannot_learn_from(feature_count, labels, complaint):
    with pytest.raises(ValueError, match=complaint):
        fit_probe(np.zeros((feature_count, 3)), np.array(labels), class_count=2, balanced=False)


def test_two_pictures_of_a_class_are_enough():
    features, labels = clusters((40, 40, 2), seed=0)
    assert fit_probe(features, labels, 3, balanced=True).accuracy(features, labels) > 0.9
