from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from litebrush_train.distances import diversity, frechet_distance, kernel_distance, relative_diversity

seeds = st.integers(0, 2**32 - 1)


def features_with(mean: np.ndarray, covariance: np.ndarray, count: int = 50, seed: int = 0) -> np.ndarray:
    """Vectors whose sample mean and covariance are exactly these."""
    drawn = np.random.default_rng(seed).normal(size=(count, len(mean)))
    drawn -= drawn.mean(axis=0)
    whitening = np.linalg.inv(np.linalg.cholesky(np.cov(drawn.T))).T
    return drawn @ whitening @ np.linalg.cholesky(covariance).T + mean


@given(seeds)
def test_frechet_distance_of_gaussians_with_axes_in_common(seed):
    random = np.random.default_rng(seed)
    means, deviations = random.normal(size=(2, 4)), random.uniform(0.1, 3, (2, 4))
    a, b = (features_with(mean, np.diag(deviation**2), seed=seed) for mean, deviation in zip(means, deviations))
    expected = np.sum((means[0] - means[1]) ** 2) + np.sum((deviations[0] - deviations[1]) ** 2)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6, abs=1e-9)


@given(seeds)
def test_frechet_distance_of_gaussians_with_different_axes(seed):
    factors = np.random.default_rng(seed).normal(size=(2, 2, 2))
    covariances = factors @ factors.transpose(0, 2, 1) + 0.1 * np.eye(2)
    a, b = (features_with(np.zeros(2), covariance, seed=seed) for covariance in covariances)
    product = covariances[0] @ covariances[1]
    trace_of_root = np.sqrt(np.trace(product) + 2 * np.sqrt(np.linalg.det(product)))  # holds for 2x2 matrices
    expected = np.trace(covariances[0]) + np.trace(covariances[1]) - 2 * trace_of_root
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_frechet_distance_of_a_shift_is_its_squared_length_even_with_fewer_vectors_than_dimensions():
    features = np.random.default_rng(0).normal(size=(10, 30)).astype(np.float32)
    shift = np.linspace(-1, 1, 30)
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-4)
    assert frechet_distance(features, features + shift) == pytest.approx(shift @ shift, rel=1e-4)


def test_frechet_distance_is_symmetric():
    random = np.random.default_rng(0)
    a, b = random.normal(size=(40, 6)), random.uniform(size=(30, 6))
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a))


def test_kernel_distance_agrees_with_its_definition_pair_by_pair():
    random = np.random.default_rng(0)
    a, b = random.normal(size=(5, 3)), random.normal(1, 2, size=(5, 3))

    def kernel(x: np.ndarray, y: np.ndarray) -> float:
        return (x @ y / 3 + 1) ** 3

    def mean_of_pairs(vectors: np.ndarray) -> float:
        return np.mean([kernel(x, y) for i, x in enumerate(vectors) for j, y in enumerate(vectors) if i != j])

    expected = mean_of_pairs(a) + mean_of_pairs(b) - 2 * np.mean([kernel(x, y) for x in a for y in b])
    assert kernel_distance(a, b) == pytest.approx(expected)


def test_kernel_distance_within_one_distribution_is_zero_on_average():
    distances = []
    for seed in range(200):
        a, b = np.random.default_rng(seed).normal(size=(2, 20, 4))
        distances.append(kernel_distance(a, b, subsets=1))
    assert abs(np.mean(distances)) < 3 * np.std(distances) / np.sqrt(len(distances))
    assert min(distances) < 0  # a biased estimate never is


def test_kernel_distance_grows_with_a_shift_and_does_not_change_from_call_to_call():
    a, b = np.random.default_rng(0).normal(size=(2, 300, 8))
    distances = [kernel_distance(a, b + shift, subset_size=100, subsets=10) for shift in (0, 0.5, 1, 2)]
    assert distances == sorted(distances)
    assert distances[1] == kernel_distance(a, b + 0.5, subset_size=100, subsets=10)


def test_diversity_agrees_with_distances_pair_by_pair():
    features = np.random.default_rng(0).normal(100, 1, size=(12, 5))
    distances = [np.linalg.norm(x - y) for i, x in enumerate(features) for y in features[:i]]
    assert diversity(features) == pytest.approx(np.mean(distances))


def test_diversity_of_copies_is_zero():
    assert diversity(np.full((2000, 5), 3.3, np.float32)) == pytest.approx(0, abs=1e-6)


def test_diversity_of_many_is_estimated_from_some():
    features = np.random.default_rng(0).normal(size=(3000, 50))
    assert diversity(features) == pytest.approx(np.sqrt(2 * 50), rel=0.01)
    assert diversity(features) == diversity(features)


def test_relative_diversity_sees_a_collapse_within_classes_that_differ():
    random = np.random.default_rng(0)
    centres = np.array([[0.0, 0.0], [100.0, 0.0], [0.0, 100.0]])
    labels = np.repeat([0, 1, 2], 40)
    real = centres[labels] + random.normal(size=(120, 2))
    collapsed = centres[labels] + random.normal(size=(120, 2)) / 10
    assert relative_diversity(real, labels, real, labels) == pytest.approx(1)
    assert relative_diversity(collapsed, labels, real, labels) == pytest.approx(0.1, rel=0.2)


def test_relative_diversity_leaves_out_classes_of_one_picture_and_refuses_to_have_none():
    features = np.array([[0.0], [1.0], [5.0]])
    labels = np.array([0, 0, 1])
    assert relative_diversity(features, labels, features, labels) == pytest.approx(1)
    with pytest.raises(ValueError, match="no class"):
        relative_diversity(features, np.arange(3), features, labels)


@pytest.mark.parametrize("measure", [frechet_distance, kernel_distance])
@pytest.mark.parametrize(("a", "b"), [((5, 3), (5, 4)), ((1, 3), (5, 3)), ((5,), (5,))])
def test_distances_refuse_sets_they_cannot_compare(measure, a, b):
    with pytest.raises(ValueError, match="expected"):
        measure(np.zeros(a), np.zeros(b))
