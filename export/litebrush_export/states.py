"""One scale for a recurrent network's state as it goes in and as it comes out.

Calibration gives the two their own scales, and a caller who copies bytes from step to step would drift. The output is
requantized inside of the network to the scale of the input, so that copying bytes is right.
"""

from __future__ import annotations

import numpy as np

from litebrush.contract import ModelContract
from litebrush_export.editing import EditableModel, is_quantized


def tie_states(flatbuffer: bytes, contract: ModelContract) -> bytes:
    """The network with equal scales of each state's input and output; the same bytes where they are equal already.

    Args:
        flatbuffer: a network of any precision; in float there is nothing to do.
        contract: says which output becomes which input.
    """
    model = EditableModel(flatbuffer)
    changed = False
    for pair in contract.states:
        graph, tensors = model.signature_tensors(contract.signature.name)
        before, after = tensors[pair.output], graph.tensor(tensors[pair.input])
        if is_quantized(after) and not _same_scale(graph.tensor(before).quantization, after.quantization):
            tied = graph.new_tensor(before, f"{pair.output}_tied", quantization=after.quantization)
            graph.operators = [*graph.operators, graph.new_operator("QUANTIZE", before, tied)]
            model.redirect_output(graph, before, tied)
            changed = True
    return model.packed() if changed else flatbuffer


def _same_scale(one: object, other: object) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("scale", "zeroPoint"))
