"""report.html: what each precision did to the picture, measured and shown, in one file that needs no other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import jinja2

from litebrush.atomic import atomic_file
from litebrush.contract import ModelContract, Precision
from litebrush.tasks import Task
from litebrush.tensors import Role, TensorSpec
from litebrush_export.figures import Pictures
from litebrush_export.lint import Finding, Lint, grouped
from litebrush_export.mixed import Search
from litebrush_export.parity import Parity
from litebrush_export.picture_error import ERROR_GAIN, written_shift
from litebrush_export.report_samples import Sample, Source, make_samples, with_missing_marked
from litebrush_export.sparsity import Sparsity

_PURPOSE = {
    Task.RESTORE: "restores pictures",
    Task.INPAINT: "fills in what is missing from pictures",
    Task.DETECT: "finds what is damaged in pictures",
    Task.GENERATE: "generates pictures",
    Task.AUTOENCODE: "makes small codes of pictures, and pictures of codes",
    Task.RESTORE_SEQUENCE: "restores pictures that follow one another",
}
_INPUT_TITLES = {Task.AUTOENCODE: "picture", Task.INPAINT: "input, missing in pink"}
_COLOURS = ("red", "green", "blue")
_ENDS = {Role.IMAGE: ("black", "white"), Role.MASK: ("whole", "missing or damaged")}


@dataclass(frozen=True)
class ReportedFile:
    """One file that was written.

    Attributes:
        name: of the file.
        parity: how it compares.
        pictures: what it makes of the held-out samples, (count, H, W, C) uint8.
        lints: what the target's delegates take of it.
        sparsity: where its kernels have many zeros.
        search: how it was found, of ``mixed``.
    """

    name: str
    parity: Parity
    pictures: Pictures
    lints: tuple[Lint, ...] = ()
    sparsity: Sparsity | None = None
    search: Search | None = None


@dataclass(frozen=True)
class ReportData:
    """All that the page shows. Pictures and masks are uint8, one of each for every held-out sample, in one order.

    Attributes:
        contract: of the model; precision, golden and verdicts do not matter.
        files: what was written, at least one.
        reference: what the float32 network makes of the samples, (count, H, W, C).
        given: the pictures that went in, (count, H, W, 3); None for a generator.
        given_masks: the masks that went in, (count, H, W, 1), 255 = missing; None where there are none.
        truth: of the shape of ``reference``; None where there is none. An autoencoder's is what went in.
        frames: how many samples after one another are one sequence; 1 for single pictures.
        names: what each sample is, in a word, such as a generator's label; empty where there is nothing to say.
        rewrites: what was changed in the network on the way, a sentence each.
    """

    contract: ModelContract
    files: tuple[ReportedFile, ...]
    reference: Pictures
    given: Pictures | None = None
    given_masks: Pictures | None = None
    truth: Pictures | None = None
    frames: int = 1
    names: tuple[str, ...] = ()
    rewrites: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.files:
            raise ValueError("a report needs a file to report on")
        shape = self.reference.shape
        same = [(file.name, file.pictures) for file in self.files]
        if self.truth is not None:
            same.append(("the truth", self.truth))
        for what, pictures in same:
            if pictures.shape != shape:
                raise ValueError(f"pictures of {what} are of shape {pictures.shape}, those of float32 of {shape}")
        for what, given in (("inputs", self.given), ("masks", self.given_masks), ("names", self.names or None)):
            if given is not None and len(given) != len(self.reference):
                raise ValueError(f"there are {len(given)} {what} for {len(self.reference)} samples")
        if self.frames < 1 or len(self.reference) % self.frames:
            raise ValueError(f"{len(self.reference)} samples cannot be sequences of {self.frames} frames")


def write_report(path: Path, data: ReportData) -> None:
    """Write the page whole or not at all.

    Raises:
        OSError: the folder does not exist or cannot be written to.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("litebrush_export"),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        autoescape=True,
    )
    parities = [file.parity for file in data.files]
    text = environment.get_template("report.html.jinja").render(
        contract=data.contract,
        purpose=_PURPOSE[data.contract.task],
        lead=_lead(data.files),
        files=data.files,
        figure=parities[0].figure if parities[0].to_truth is not None else None,
        in_colour=len(parities[0].error.channel_shifts) > 1,
        widest_shift=max(1.0, *(abs(shift) for parity in parities for shift in parity.error.channel_shifts)),
        samples=_samples(data),
        count=len(data.reference),
        changed=any(parity.error.largest for parity in parities),
        gain=ERROR_GAIN,
        infinity=float("inf"),
        written_shift=written_shift,
        range_of=_range,
        linted=any(file.lints for file in data.files),
        findings=_findings(data.files),
        rewrites=data.rewrites,
        search=next((file.search for file in data.files if file.search is not None), None),
        sparse=[file for file in data.files if file.sparsity is not None],
    )
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _samples(data: ReportData) -> tuple[Sample, ...]:
    task = data.contract.task
    sources = []
    if data.given is not None:
        given = data.given if data.given_masks is None else with_missing_marked(data.given, data.given_masks)
        to_truth = task in (Task.RESTORE, Task.RESTORE_SEQUENCE) and given.shape == data.reference.shape
        sources.append(Source(_INPUT_TITLES.get(task, "input"), given, to_truth=to_truth))
    if data.truth is not None and task is not Task.AUTOENCODE:
        sources.append(Source("truth", data.truth))
    sources.append(Source("float32", data.reference, to_truth=True))
    for file in data.files:
        precision, changed = file.parity.precision, (file.pictures != data.reference).any()
        if precision is not Precision.FLOAT32:
            sources.append(Source(precision.value, file.pictures, to_truth=True, to_float32=True))
        elif changed:
            sources.append(Source("float32, as written", file.pictures, to_truth=True, to_float32=True))
    figure = data.files[0].parity.figure
    return make_samples(sources, data.reference, data.truth, figure, data.frames, data.names)


def _lead(files: tuple[ReportedFile, ...]) -> str:
    """What the smallest file saves and costs, in a sentence; empty where there is no float32 file beside it."""
    float32 = next((file.parity for file in files if file.parity.precision is Precision.FLOAT32), None)
    smallest = min((file.parity for file in files), key=lambda parity: parity.size_bytes)
    if float32 is None or smallest is float32:
        return ""
    ratio = float32.size_bytes / smallest.size_bytes
    than = "the float32 file" if float32.error.largest else "float32"
    said = f"{smallest.precision.value} is {ratio:.1f} times smaller than {than}"
    if smallest.to_truth is not None and float32.to_truth is not None:
        figure, change = smallest.figure, smallest.to_truth - float32.to_truth
        amount = f"{figure.written(abs(change))} {figure.unit}".strip() + f" of {figure.name}"
        nearness = f"{amount} {'farther from' if change < 0 else 'nearer to'}"
        said += f" and {nearness if round(change, figure.digits) else 'as near to'} the truth"
    shifts = smallest.error.channel_shifts
    shift, colour = max(zip(shifts, _COLOURS), key=lambda pair: abs(pair[0]))
    where = f"Its colours shifted most in {colour}:" if len(shifts) == len(_COLOURS) else "Its masks shifted by"
    return f"{said}. {where} {abs(shift):.2f} levels of 255, to the {'brighter' if shift > 0 else 'darker'}."


def _findings(files: tuple[ReportedFile, ...]) -> list[tuple[tuple[str, int, Finding], list[str]]]:
    """Each finding with its target and number of operators, and the precisions that it is the same for."""
    precisions: dict[tuple[str, int, str, str], list[str]] = {}
    first: dict[tuple[str, int, str, str], Finding] = {}
    for file in files:
        for lint in file.lints:
            for count, finding in grouped((*lint.findings, *lint.overflows)):
                key = (lint.target, count, finding.operator, finding.reason)
                first.setdefault(key, finding)
                precisions.setdefault(key, []).append(file.parity.precision.value)
    return [((key[0], key[1], first[key]), named) for key, named in precisions.items()]


def _range(spec: TensorSpec) -> str:
    """Which real values an input or output has, and what they stand for."""
    if spec.role in _ENDS:
        low, high = _ENDS[spec.role]
        return f"{spec.minimum:g} ({low}) to {spec.maximum:g} ({high})"
    if spec.role is Role.NOISE_LEVEL:
        return f"0 to {spec.highest:g} grey levels, where {spec.minimum:g} is 0 and {spec.maximum:g} is 255"
    return "one-hot" if spec.role is Role.LABEL else "real values"
