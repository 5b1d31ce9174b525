"""A contract file to fill in, with the tensors that were found in a network."""

from __future__ import annotations

from litebrush.tasks import Task
from litebrush.tensors import Role
from litebrush_export.sources import FoundSignature, FoundTensor

_HEAD = """\
# What the network means to litebrush. Check every line: what could not be known is empty or marked with '?'.
name = "my-model"
task = "{task}"  # {tasks}
training_data = ""  # names, sources and licences of the images
licence = ""  # of the weights, as an SPDX identifier
"""
_TILING = """
# How pictures of any size are cut. halo: radius of the receptive field in pixels (too small shows as seams);
# alignment: sides must be multiples of it; resizable: the network runs at other heights and widths too.
tiling = { halo = 32, alignment = 8, resizable = false }  # ? leave it out for 'generate' and 'autoencode'
"""
_LABELS = "labels = []  # ? names of the classes, in the order of the one-hot input\n"
_STATES = 'states = {}  # ? input = "output" that becomes the input of the next picture\n'
_RANGES = {
    Role.IMAGE: "range = [0, 1]  # ? values of black and white; perhaps [-1, 1]",
    Role.MASK: "range = [0, 1]  # ? values of a whole and of a missing or damaged pixel; [1, 0] where 0 is missing",
    Role.NOISE_LEVEL: "range = [0, 1]  # ? values of a noise level of 0 and of 255 grey levels\n"
    "highest = 50  # ? largest level that it was trained for",
}
_NAMED = {
    "mask": Role.MASK,
    "hole": Role.MASK,
    "noise": Role.NOISE_LEVEL,
    "sigma": Role.NOISE_LEVEL,
    "level": Role.NOISE_LEVEL,
    "label": Role.LABEL,
    "state": Role.STATE,
}
_TYPICAL_SIDE = 256


def contract_template(signatures: tuple[FoundSignature, ...]) -> str:
    """The file's text.

    The signatures are those of an autoencoder where the network has them, otherwise one: ``serving_default``, or the
    first.
    """
    written = [each for each in signatures if each.name in ("encode", "decode")]
    if len(written) != 2:
        written = [next((each for each in signatures if each.name == "serving_default"), signatures[0])]
    roles = {tensor: _likely_role(tensor) for each in written for tensor in (*each.inputs, *each.outputs)}
    task = Task.AUTOENCODE if len(written) == 2 else _likely_task(written[0])
    lines = [_HEAD.format(task=task.value if task else "", tasks=", ".join(each.value for each in Task))]
    lines += [_TILING] if task is None or task.tiled else []
    lines += [_LABELS] if Role.LABEL in roles.values() else []
    lines += [_STATES] if Role.STATE in roles.values() else []
    for signature in written:
        for side, tensors in (("inputs", signature.inputs), ("outputs", signature.outputs)):
            for tensor in tensors:
                lines.append(f"\n[signatures.{_quoted(signature.name)}.{side}.{_quoted(tensor.name)}]\n")
                lines.append(_tensor_lines(tensor, is_input=side == "inputs"))
    if left_out := [each.name for each in signatures if each not in written]:
        lines.append(f"\n# signatures that are left out: {', '.join(left_out)}\n")
    return "".join(lines)


def _tensor_lines(tensor: FoundTensor, is_input: bool) -> str:
    role = _likely_role(tensor)
    lines = [f'role = "{role.value if role else ""}"  # {", ".join(each.value for each in Role)}']
    if is_input:
        shape = [1, *(_TYPICAL_SIDE if side is None else side for side in tensor.shape[1:])]
        free = "  # ? the network leaves sides open" if None in tensor.shape[1:] else ""
        lines.append(f"shape = {shape}{free}")
    if tensor.dtype != "float32":
        lines.append(f"# it is of {tensor.dtype}; only float32 can be exported")
    lines.append(_RANGES.get(role or Role.IMAGE, "# stored as the real values that they are"))
    return "\n".join(lines) + "\n"


def _likely_role(tensor: FoundTensor) -> Role | None:
    named = next((role for part, role in _NAMED.items() if part in tensor.name.lower()), None)
    if named is not None:
        return named
    if len(tensor.shape) == 4:
        return Role.IMAGE if tensor.shape[3] == 3 else None
    return Role.LATENT if len(tensor.shape) == 2 else None


def _likely_task(signature: FoundSignature) -> Task | None:
    taken = {_likely_role(tensor) for tensor in signature.inputs}
    if len(signature.inputs) > len(taken):
        return None
    if Role.STATE in taken:
        return Task.RESTORE_SEQUENCE
    if Role.MASK in taken:
        return Task.INPAINT
    if Role.LATENT in taken:
        return Task.GENERATE
    if taken <= {Role.IMAGE, Role.NOISE_LEVEL}:
        gives_mask = any(tensor.shape[-1:] == (1,) for tensor in signature.outputs)
        return Task.DETECT if gives_mask else Task.RESTORE
    return None


def _quoted(name: str) -> str:
    return name if all(character.isalnum() or character in "_-" for character in name) else f'"{name}"'
