"""How far one set of pictures is from another, and how varied a set is, in a feature space.

Every function takes features as (N, D) arrays, computes in float64, and gives the same figure each time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.floating]
Labels = NDArray[np.integer]

_KERNEL_DEGREE = 3
_MOST_IN_DIVERSITY = 1000


def frechet_distance(features_a: Features, features_b: Features) -> float:
    """Fréchet distance between Gaussians fitted to two sets; lower is closer, 0 for equal sets.

    Heusel et al. 2017, "GANs trained by a two time-scale update rule converge to a local Nash equilibrium", equation 6.
    It grows as the sets shrink, so it only compares at equal counts.

    Raises:
        ValueError: fewer than two vectors in a set, or sets of different dimensions.
    """
    _check(features_a, features_b, fewest=2)
    a, b = features_a.astype(np.float64), features_b.astype(np.float64)
    shift = a.mean(axis=0) - b.mean(axis=0)
    covariance_a, covariance_b = _covariance(a), _covariance(b)
    # The eigenvalues of A B are those of the symmetric root(A) B root(A), which are real and not negative.
    root_a = _square_root(covariance_a)
    product = np.linalg.eigvalsh(_symmetric(root_a @ covariance_b @ root_a))
    trace_of_root = np.sqrt(np.maximum(product, 0)).sum()
    return max(0.0, float(shift @ shift + np.trace(covariance_a) + np.trace(covariance_b) - 2 * trace_of_root))


def kernel_distance(
    features_a: Features, features_b: Features, subset_size: int = 1000, subsets: int = 100, seed: int = 0
) -> float:
    """Kernel distance: unbiased squared maximum mean discrepancy, averaged over random subsets; lower is closer.

    Binkowski et al. 2018, "Demystifying MMD GANs", with their kernel (x.y / D + 1)^3. Unlike the Fréchet distance it
    does not depend on the counts on average, and may fall a little below 0 for sets from one distribution.

    Args:
        features_a, features_b: (N, D).
        subset_size: vectors of each set in a subset; the smaller set's count, if that is less.
        subsets: how many to average over; one, where a subset is the whole of both sets.
        seed: of the subsets.

    Raises:
        ValueError: fewer than two vectors in a set, or sets of different dimensions.
    """
    _check(features_a, features_b, fewest=2)
    random = np.random.default_rng(seed)
    size = min(subset_size, len(features_a), len(features_b))
    if size == len(features_a) == len(features_b):
        subsets = 1  # each would be the whole
    return float(
        np.mean(
            [
                _squared_discrepancy(*(_subset(f, size, random) for f in (features_a, features_b)))
                for _ in range(subsets)
            ]
        )
    )


def diversity(features: Features, seed: int = 0) -> float:
    """Mean Euclidean distance between two different pictures of a set, over at most 1000 of them; 0 if all are alike.

    Raises:
        ValueError: fewer than two vectors.
    """
    _check(features, features, fewest=2)
    chosen = _subset(features, min(_MOST_IN_DIVERSITY, len(features)), np.random.default_rng(seed))
    chosen -= chosen.mean(axis=0)  # keeps the cancellation below small
    squares = np.einsum("nd,nd->n", chosen, chosen)
    squared_distances = squares[:, None] + squares - 2 * chosen @ chosen.T
    np.fill_diagonal(squared_distances, 0)
    return float(np.sqrt(np.maximum(squared_distances, 0)).sum() / (len(chosen) * (len(chosen) - 1)))


def relative_diversity(
    features: Features, labels: Labels, reference: Features, reference_labels: Labels, seed: int = 0
) -> float:
    """Diversity within a class as a share of the real pictures' in that class, averaged over the classes.

    1 is as varied as reality; near 0, each class has collapsed to one picture. Classes with fewer than two pictures
    in either set are left out.

    Args:
        features, reference: (N, D) of generated and of real pictures.
        labels, reference_labels: (N,) class of each.

    Raises:
        ValueError: no class has two pictures in both sets, or the real pictures of a class are all alike.
    """
    _check(features, reference, fewest=1)
    ratios = []
    for label in np.intersect1d(labels, reference_labels):
        made, real = features[labels == label], reference[reference_labels == label]
        if min(len(made), len(real)) < 2:
            continue
        real_diversity = diversity(real, seed)
        if real_diversity == 0:
            raise ValueError(f"the real pictures of class {label} are all alike; diversity has nothing to compare with")
        ratios.append(diversity(made, seed) / real_diversity)
    if not ratios:
        raise ValueError("no class has two pictures in both sets; at least one is needed")
    return float(np.mean(ratios))


def _check(features_a: Features, features_b: Features, fewest: int) -> None:
    shapes = features_a.shape, features_b.shape
    if any(len(shape) != 2 or shape[0] < fewest for shape in shapes) or shapes[0][1] != shapes[1][1]:
        raise ValueError(
            f"features have shapes {shapes[0]} and {shapes[1]}; expected (N, D), N at least {fewest}, one D"
        )


def _subset(features: Features, size: int, random: np.random.Generator) -> NDArray[np.float64]:
    return features[random.choice(len(features), size, replace=False)].astype(np.float64)


def _covariance(features: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = features - features.mean(axis=0)
    return centred.T @ centred / (len(features) - 1)


def _symmetric(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return (matrix + matrix.T) / 2


def _square_root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    eigenvalues, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.maximum(eigenvalues, 0)) @ vectors.T


def _squared_discrepancy(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Equation 4 of Binkowski et al.: pairs of a vector with itself are left out."""
    count = len(a)
    within = sum((kernel.sum() - np.trace(kernel)) / (count * (count - 1)) for kernel in (_kernel(a, a), _kernel(b, b)))
    return float(within - 2 * _kernel(a, b).mean())


def _kernel(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    base = a @ b.T / a.shape[1] + 1
    return base**_KERNEL_DEGREE
