"""What to put in the place of an operator that a delegate does not take."""

from __future__ import annotations

_STATIC = "give the network static shapes, so that the converter computes it away"
_REMEDIES = {
    "LEAKY_RELU": "use RELU, which also fuses into the convolution",
    "PRELU": "use RELU, which also fuses into the convolution",
    "ELU": "use RELU, which also fuses into the convolution",
    "GELU": "use RELU, which also fuses into the convolution",
    "TRANSPOSE_CONV": "use DEPTH_TO_SPACE after a convolution, or a resize before one",
    "DEPTH_TO_SPACE": "use RESIZE_NEAREST_NEIGHBOR before a convolution, or TRANSPOSE_CONV",
    "SPACE_TO_DEPTH": "use a convolution of kernel 2 and stride 2",
    "RESIZE_NEAREST_NEIGHBOR": "use DEPTH_TO_SPACE after a convolution",
    "RESIZE_BILINEAR": "use DEPTH_TO_SPACE after a convolution",
    "WHILE": "export one step, with the state as an input and an output",
    "IF": "export both ways as signatures, and choose in the caller",
    "CONV_3D": "use 2-D convolutions, with the frames as channels",
    "CONV_3D_TRANSPOSE": "use 2-D convolutions, with the frames as channels",
    "SHAPE": _STATIC,
    "EXPAND_DIMS": _STATIC,
    "BROADCAST_TO": "make it an input of the full shape, or let ADD or MUL broadcast",
    "RANDOM_STANDARD_NORMAL": "make the latent an input",
    "RANDOM_UNIFORM": "make the latent an input",
    "SIGN": "use RELU on both signs: relu(x) and relu(-x)",
    "ABS": "use RELU on both signs: relu(x) + relu(-x)",
    "NEG": "multiply by -1",
    "MIRROR_PAD": "pad with zeros in the layer (padding = same)",
    "QUANTIZE": "export it with int8 inputs and outputs",
    "DEQUANTIZE": "export float32 or int8, whose weights need no widening",
}


def remedy_for(operator: str) -> str:
    """In words; general where there is nothing better to say."""
    return _REMEDIES.get(operator, f"build the network without {operator}, or put it first or last")
