"""Convolutional sparse coding, unrolled."""

from __future__ import annotations

import tf_keras as keras

from litebrush_train.layers import DepthToSpace, SoftThreshold, SpaceToDepth
from litebrush_train.restoration_recipes import SparseCodingRecipe

CODES = "codes"


def sparse_coder(recipe: SparseCodingRecipe, height: int | None = None, width: int | None = None) -> keras.Model:
    """Learned iterative soft thresholding with a strided convolutional dictionary (Simon and Elad 2019).

    A picture is a sum of atoms, each three strides wide and high, at places ``stride`` apart. Codes start at zero; each
    iteration adds what analysis filters find in what the codes leave unexplained, and moves them towards zero by a
    threshold that each atom learns as a multiple of the noise level (Gregor and LeCun 2010). Filters work on
    stride x stride pixels folded into channels, so each is a 3x3 convolution.

    Inputs, both float32 in [0, 1]:
        image:       (batch, height, width, 3) noisy RGB
        noise_level: (batch, height/2, width/2, 1) standard deviation in grey levels, divided by 255
    Output:
        restored:    (batch, height, width, 3) RGB, not clipped. The layer ``codes`` holds the last codes,
                     (batch, height/stride, width/stride, atoms).
    """
    # Layers
    pixels = 3 * recipe.stride**2

    def analysis(number: int) -> keras.layers.Layer:
        return keras.layers.Conv2D(recipe.atoms, 3, padding="same", name=f"analysis{number}")

    def synthesis(name: str, **more: object) -> keras.layers.Layer:
        return keras.layers.Conv2D(pixels, 3, padding="same", name=name, **more)

    def shrunk(codes: keras.KerasTensor, number: int) -> keras.KerasTensor:
        threshold = keras.layers.Conv2D(
            recipe.atoms,
            1,
            use_bias=False,
            kernel_initializer=keras.initializers.Constant(1.0),
            kernel_constraint=keras.constraints.NonNeg(),
            name=f"threshold{number}",
        )(level)
        name = CODES if number == recipe.iterations else f"codes{number}"
        return SoftThreshold(name=name)([codes, threshold])

    # Functional model
    image = keras.Input((height, width, 3), name="image")
    noise_level = keras.Input((height and height // 2, width and width // 2, 1), name="noise_level")
    level = noise_level
    if recipe.stride == 4:
        level = keras.layers.AveragePooling2D(2, name="coarse_noise_level")(noise_level)
    folded = SpaceToDepth(recipe.stride, name="folded")(image)  # (batch, H/s, W/s, 3*s*s)
    codes = shrunk(analysis(0)(folded), 0)
    for number in range(1, recipe.iterations + 1):
        unexplained = keras.layers.Add(name=f"unexplained{number}")([folded, synthesis(f"explained{number}")(codes)])
        codes = keras.layers.Add(name=f"moved{number}")([codes, analysis(number)(unexplained)])
        codes = shrunk(codes, number)
    restored = DepthToSpace(recipe.stride, name="restored", dtype="float32")(synthesis("dictionary")(codes))
    return keras.Model([image, noise_level], restored, name="sparse_coder")


def sparse_coder_radius(recipe: SparseCodingRecipe) -> int:
    """Pixels beyond which an input pixel cannot change an output pixel: each 3x3 filter reaches one stride further."""
    filters = 2 * (recipe.iterations + 1)
    return filters * recipe.stride + recipe.stride - 1
