"""What models are for, and which tensors each task has."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum

from litebrush.tensors import Role, Signature, TensorSpec, require


class Task(str, Enum):
    """What a model is for; it decides which class :func:`litebrush.load` returns.

    RESTORE:           a picture to a better one.
    INPAINT:           a picture and a mask of what is missing to a whole picture.
    DETECT:            a picture to a mask of what is damaged.
    GENERATE:          a latent, and perhaps a label, to a picture.
    AUTOENCODE:        a picture to a latent, and a latent to a picture.
    RESTORE_SEQUENCE:  a picture, and what is remembered of those before it, to a better picture.
    """

    RESTORE = "restore"
    INPAINT = "inpaint"
    DETECT = "detect"
    GENERATE = "generate"
    AUTOENCODE = "autoencode"
    RESTORE_SEQUENCE = "restore_sequence"

    @property
    def tiled(self) -> bool:
        """Whether pictures of any size are cut into tiles for it."""
        return self not in (Task.GENERATE, Task.AUTOENCODE)


@dataclass(frozen=True)
class SignatureRule:
    """The tensors of one signature.

    Attributes:
        takes: roles of the inputs, one of each.
        gives: roles of the outputs, one of each.
        may_take: roles that at most one input has.
        keeps_state: there are states among inputs and outputs.
        name: of the signature; None where any will do.
    """

    takes: tuple[Role, ...]
    gives: tuple[Role, ...]
    may_take: tuple[Role, ...] = ()
    keeps_state: bool = False
    name: str | None = None


ENCODE, DECODE = "encode", "decode"
SIGNATURE_RULES: dict[Task, tuple[SignatureRule, ...]] = {
    Task.RESTORE: (SignatureRule((Role.IMAGE,), (Role.IMAGE,), may_take=(Role.NOISE_LEVEL,)),),
    Task.INPAINT: (SignatureRule((Role.IMAGE, Role.MASK), (Role.IMAGE,)),),
    Task.DETECT: (SignatureRule((Role.IMAGE,), (Role.MASK,)),),
    Task.GENERATE: (SignatureRule((Role.LATENT,), (Role.IMAGE,), may_take=(Role.LABEL,)),),
    Task.AUTOENCODE: (
        SignatureRule((Role.IMAGE,), (Role.LATENT,), name=ENCODE),
        SignatureRule((Role.LATENT,), (Role.IMAGE,), name=DECODE),
    ),
    Task.RESTORE_SEQUENCE: (
        SignatureRule((Role.IMAGE,), (Role.IMAGE,), may_take=(Role.NOISE_LEVEL,), keeps_state=True),
    ),
}


def require_signatures(task: Task, signatures: tuple[Signature, ...]) -> None:
    """Refuse signatures that are not those of a task.

    Raises:
        ContractError: too few or too many signatures, or tensors of other roles.
    """
    rules = SIGNATURE_RULES[task]
    require(
        len(signatures) == len(rules),
        f"signatures of a model of task '{task.value}': expected {len(rules)}, found {len(signatures)}",
    )
    for rule, signature in zip(rules, signatures):
        _require_signature(task, rule, signature)


def _require_signature(task: Task, rule: SignatureRule, signature: Signature) -> None:
    which = f"signature '{signature.name}' of a model of task '{task.value}'"
    require(rule.name in (None, signature.name), f"{which} must be called '{rule.name}'")
    _require_roles(f"{which}: inputs", signature.inputs, rule.takes, rule.may_take, rule.keeps_state)
    _require_roles(f"{which}: outputs", signature.outputs, rule.gives, (), rule.keeps_state)


def _require_roles(
    which: str, specs: tuple[TensorSpec, ...], wanted: tuple[Role, ...], optional: tuple[Role, ...], keeps_state: bool
) -> None:
    found = Counter(spec.role for spec in specs)
    expected = [
        *(role.value for role in wanted),
        *(f"perhaps {role.value}" for role in optional),
        *(["one or more of state"] if keeps_state else []),
    ]
    right = (
        all(found[role] == 1 for role in wanted)
        and all(found[role] <= 1 for role in optional)
        and (found[Role.STATE] > 0) == keeps_state
        and found.keys() <= {*wanted, *optional, Role.STATE}
    )
    have = ", ".join(spec.role.value for spec in specs) or "none"
    require(right, f"{which} have the roles {have}; expected {', '.join(expected)}")
