"""Which class a picture shows, told from its features: a measure of whether a generator obeys its label.

probe = fit_probe(extractor(real), labels, class_count=14, balanced=False)
probe.accuracy(extractor(generated), requested_labels)

"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.floating]
Labels = NDArray[np.integer]

_PENALTIES = (3.0, 1.0, 0.3, 0.1, 0.03, 0.01)
_HELD_OUT_SHARE = 0.2
_MOST_STEPS = 1000
_GRADIENT_TOLERANCE = 1e-4
_SMALLEST_DEVIATION = 1e-6


@dataclass(frozen=True)
class LinearProbe:
    """Multinomial logistic regression on standardized features.

    Attributes:
        mean, deviation: (D,) float64 of the features it was fitted on.
        weights: (D, C) float64.
        bias: (C,) float64.
        penalty: strength of the L2 penalty it was fitted with.
    """

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    penalty: float

    def predict(self, features: Features) -> NDArray[np.int64]:
        """The likeliest class of each of (N, D) feature vectors, (N,)."""
        return np.argmax(self.log_likelihood(features), axis=1)

    def log_likelihood(self, features: Features) -> NDArray[np.float64]:
        """Logarithm of each class's probability, (N, C), for (N, D) feature vectors."""
        logits = (features - self.mean) / self.deviation @ self.weights + self.bias
        return logits - _log_sum_exp(logits)

    def accuracy(self, features: Features, labels: Labels) -> float:
        """Share of (N, D) feature vectors whose likeliest class is their label, 0 to 1."""
        return float(np.mean(self.predict(features) == labels))


def fit_probe(features: Features, labels: Labels, class_count: int, balanced: bool, seed: int = 0) -> LinearProbe:
    """Fit a probe, its penalty chosen on a fifth of each class that is held out meanwhile.

    Args:
        features: (N, D) of real training pictures.
        labels: (N,) their classes, 0 to ``class_count - 1``; each class at least twice.
        class_count: C.
        balanced: whether every class weighs the same in the fit, however many pictures it has.
        seed: of the choice of pictures held out.

    Raises:
        ValueError: features and labels do not belong together, or a class has fewer than two pictures.
    """
    _check(features, labels, class_count, fewest=2)
    held_out = _stratified_choice(labels, class_count, seed)
    importance = _importance(labels[held_out], class_count, balanced)

    def held_out_likelihood(penalty: float) -> float:
        probe = fit_with_penalty(features[~held_out], labels[~held_out], class_count, balanced, penalty)
        by_class = probe.log_likelihood(features[held_out])
        return float(importance @ by_class[np.arange(len(by_class)), labels[held_out]])

    return fit_with_penalty(features, labels, class_count, balanced, max(_PENALTIES, key=held_out_likelihood))


def fit_with_penalty(
    features: Features, labels: Labels, class_count: int, balanced: bool, penalty: float
) -> LinearProbe:
    """Fit a probe by accelerated gradient descent on the whole set (Nesterov 1983), to the optimum.

    Minimizes the mean cross-entropy plus ``penalty / 2`` times the squared weights; the bias is free.

    Raises:
        ValueError: features and labels do not belong together, or a class has no picture.
    """
    _check(features, labels, class_count, fewest=1)
    targets = np.eye(class_count)[labels]
    importance = _importance(labels, class_count, balanced)
    mean = importance @ features
    deviation = np.maximum(np.sqrt(importance @ np.square(features - mean)), _SMALLEST_DEVIATION)
    standardized = (features - mean) / deviation

    # The softmax's Hessian is at most half the inputs' second moment (Böhning 1992), which the principal axes make
    # diagonal: each axis gets the longest step that never overshoots.
    second_moments, axes = np.linalg.eigh(standardized.T @ (importance[:, None] * standardized))
    inputs = np.concatenate([standardized @ axes, np.ones((len(features), 1))], axis=1)
    penalties = np.append(np.full(len(axes), penalty), 0.0)[:, None]
    curvatures = np.append(second_moments, 1.0)[:, None] / 2 + penalties

    solution = ahead = np.zeros((len(penalties), class_count))
    momentum = 1.0
    for _ in range(_MOST_STEPS):
        errors = importance[:, None] * (_probabilities(inputs @ ahead) - targets)
        gradient = inputs.T @ errors + penalties * ahead
        if np.abs(gradient).max() < _GRADIENT_TOLERANCE:
            break
        previous, solution = solution, ahead - gradient / curvatures
        if np.vdot(gradient, solution - previous) > 0:  # uphill: gather momentum anew (O'Donoghue and Candès 2015)
            momentum = 1.0
        next_momentum = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = solution + (momentum - 1) / next_momentum * (solution - previous)
        momentum = next_momentum
    return LinearProbe(mean, deviation, axes @ ahead[:-1], ahead[-1], penalty)


def _check(features: Features, labels: Labels, class_count: int, fewest: int) -> None:
    if features.ndim != 2 or labels.shape != (len(features),):
        raise ValueError(
            f"features of shape {features.shape} with labels of shape {labels.shape}; expected (N, D), (N,)"
        )
    counts = np.bincount(labels, minlength=class_count)
    if len(counts) > class_count:
        raise ValueError(f"a label is {len(counts) - 1}; with {class_count} classes the highest is {class_count - 1}")
    if counts.min() < fewest:
        raise ValueError(f"pictures of class {counts.argmin()}: {counts.min()}; at least {fewest} are needed")


def _stratified_choice(labels: Labels, class_count: int, seed: int) -> NDArray[np.bool_]:
    random = np.random.default_rng(seed)
    chosen = np.zeros(len(labels), bool)
    for label in range(class_count):
        members = np.flatnonzero(labels == label)
        chosen[random.choice(members, max(1, round(len(members) * _HELD_OUT_SHARE)), replace=False)] = True
    return chosen


def _importance(labels: Labels, class_count: int, balanced: bool) -> NDArray[np.float64]:
    """Weight of each picture, (N,), summing to 1."""
    counts = np.bincount(labels, minlength=class_count)
    return 1 / (class_count * counts[labels]) if balanced else np.full(len(labels), 1 / len(labels))


def _log_sum_exp(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    highest = logits.max(axis=1, keepdims=True)
    return highest + np.log(np.exp(logits - highest).sum(axis=1, keepdims=True))


def _probabilities(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.exp(logits - _log_sum_exp(logits))
