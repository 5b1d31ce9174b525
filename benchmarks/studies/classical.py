"""Peers that no training made, each at the strength that suits these very pictures best: a favour to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import bm3d
import cv2
import numpy as np
from inpaint_quality import classical
from skimage import restoration
from sklearn.decomposition import MiniBatchDictionaryLearning
from sklearn.feature_extraction.image import extract_patches_2d, reconstruct_from_patches_2d

from litebrush.image import Pixels
from studies.trials import Example

_PATCH_PX, _ATOMS = 8, 96
_PIXEL_RANGE = 255


@dataclass(frozen=True)
class ClassicalPeer:
    """A method of the literature, and the strengths that it is tried at.

    Attributes:
        name: the method and who wrote the program.
        repair: an example and a strength -> a picture.
        strengths: what its tuning tries; one alone where it has none.
    """

    name: str
    repair: Callable[[Example, float], Pixels]
    strengths: Sequence[float] = (0.0,)


def _bytes(picture: np.ndarray) -> Pixels:
    return np.rint(np.clip(picture, 0, 1) * _PIXEL_RANGE).astype(np.uint8)


def _real(picture: Pixels) -> np.ndarray:
    return picture.astype(np.float32) / _PIXEL_RANGE


def bm3d_denoised(noisy: Pixels, level: float) -> Pixels:
    """A picture without its noise by BM3D (Dabov et al. 2007), by its authors' program.

    Args:
        noisy: (H, W, 3) uint8 RGB.
        level: of the noise, in grey levels.
    """
    return _bytes(bm3d.bm3d_rgb(_real(noisy).astype(np.float64), level / _PIXEL_RANGE))


def _bm3d(example: Example, level: float) -> Pixels:
    return bm3d_denoised(example.degraded, level)


def _opencv_means(example: Example, level: float) -> Pixels:
    return cv2.fastNlMeansDenoisingColored(example.degraded, None, level, level, 7, 21)


def _total_variation(example: Example, weight: float) -> Pixels:
    return _bytes(restoration.denoise_tv_chambolle(_real(example.degraded), weight, channel_axis=2))


def _wavelet(example: Example, level: float) -> Pixels:
    real = _real(example.degraded)
    sigma = level / _PIXEL_RANGE
    return _bytes(restoration.denoise_wavelet(real, sigma, channel_axis=2, convert2ycbcr=True, rescale_sigma=True))


def _means(example: Example, level: float) -> Pixels:
    sigma = level / _PIXEL_RANGE
    real = _real(example.degraded)
    return _bytes(restoration.denoise_nl_means(real, 5, 6, 0.8 * sigma, fast_mode=True, sigma=sigma, channel_axis=2))


def dictionary_denoised(noisy: Pixels, atoms: int) -> Pixels:
    """Patches as sums of so few atoms that were learned from the noisy picture itself (Elad and Aharon 2006)."""
    real = _real(noisy)
    patches = extract_patches_2d(real, (_PATCH_PX, _PATCH_PX))
    flat = patches.reshape(len(patches), -1)
    means = flat.mean(axis=1, keepdims=True)
    centred = flat - means
    learner = MiniBatchDictionaryLearning(
        n_components=_ATOMS,
        batch_size=256,
        max_iter=20,
        fit_algorithm="lars",
        transform_algorithm="omp",
        transform_n_nonzero_coefs=atoms,
        random_state=0,
    )
    random = np.random.default_rng(0)
    learner.fit(centred[random.choice(len(centred), 4000, replace=False)])
    codes = learner.transform(centred)
    rebuilt = (codes @ learner.components_ + means).reshape(patches.shape)
    return _bytes(reconstruct_from_patches_2d(rebuilt, real.shape))


def _dictionary(example: Example, level: float) -> Pixels:
    return dictionary_denoised(example.degraded, int(level))


def _biharmonic(example: Example, _strength: float) -> Pixels:
    return _bytes(restoration.inpaint_biharmonic(_real(example.degraded), example.holes, channel_axis=2))


def _opencv_inpainter(method: int) -> Callable[[Example, float], Pixels]:
    fill = classical(method)
    return lambda example, _strength: fill(example.degraded, example.holes)


_DENOISERS = (
    ClassicalPeer("BM3D (bm3d)", _bm3d, (15, 20, 25, 30)),
    ClassicalPeer("non-local means (OpenCV)", _opencv_means, (4, 6, 8, 10, 12, 15)),
    ClassicalPeer("total variation (scikit-image)", _total_variation, (0.03, 0.05, 0.07, 0.09, 0.12, 0.16)),
    ClassicalPeer("wavelet (scikit-image)", _wavelet, (5, 10, 15, 20, 25, 30)),
    ClassicalPeer("non-local means (scikit-image)", _means, (5, 10, 15, 20, 25, 30)),
    ClassicalPeer("dictionary learning (scikit-learn)", _dictionary, (2, 3)),
)
CLASSICAL_PEERS: dict[str, tuple[ClassicalPeer, ...]] = {
    "noise": _DENOISERS,
    "JPEG": (
        ClassicalPeer("BM3D (bm3d)", _bm3d, (5, 8, 12)),
        ClassicalPeer("non-local means (OpenCV)", _opencv_means, (1, 2, 3, 4, 6)),
        ClassicalPeer("total variation (scikit-image)", _total_variation, (0.01, 0.02, 0.03, 0.05)),
        ClassicalPeer("wavelet (scikit-image)", _wavelet, (2, 4, 6, 8, 12)),
        ClassicalPeer("non-local means (scikit-image)", _means, (2, 4, 6, 8, 12)),
    ),
    "video": _DENOISERS[:-1],
    "holes": (
        ClassicalPeer("Telea (OpenCV)", _opencv_inpainter(cv2.INPAINT_TELEA)),
        ClassicalPeer("Navier-Stokes (OpenCV)", _opencv_inpainter(cv2.INPAINT_NS)),
        ClassicalPeer("biharmonic (scikit-image)", _biharmonic),
    ),
}
"""By the kind of a trial."""
