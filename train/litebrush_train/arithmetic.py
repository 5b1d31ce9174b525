"""The arithmetic that networks are trained in: 32 bits, or 16 bits with weights of 32."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import tf_keras as keras


@contextmanager
def arithmetic(policy: str) -> Iterator[None]:
    """Networks that are made inside compute by a Keras policy: ``float32`` or ``mixed_bfloat16``.

    Under ``mixed_bfloat16`` weights, optimizer and each network's outputs stay in float32; everything between is
    bfloat16 (Kalamkar et al. 2019), whose range is float32's, so losses need no scaling.
    """
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(policy)
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)
