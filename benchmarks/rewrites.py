"""What each rewrite at export brings: operators, fidelity, time and delegates, before and after.

    python benchmarks/rewrites.py

Writes benchmarks/results/rewrites.json and docs/rewrites.md. Before and after take turns, and what counts is the time
that the thread itself had the processor; look at the ratios.
"""

from __future__ import annotations

import json
import os
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import click
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from jinja2 import Environment, FileSystemLoader
from machine import processor
from numpy.typing import NDArray
from rewrite_networks import Example, examples
from rich.console import Console
from rich.table import Table

from litebrush.contract import Precision
from litebrush.machine import has_int8_dot_product
from litebrush_export.flatbuffer import read_graphs
from litebrush_export.lint import lint
from litebrush_export.operators import float_operators
from litebrush_export.quantization import quantize
from litebrush_export.rewrites import rewrite
from litebrush_export.target import TARGETS

_HERE = Path(__file__).parent
_ROUNDS = 40
_FLOAT_TARGETS, _INTEGER_TARGETS = ("android-gpu", "android-nnapi"), ("edgetpu", "android-npu")
_SIGNATURE, _INPUT, _OUTPUT = "serving_default", "image", "result"


@dataclass(frozen=True)
class Taken:
    """What a delegate takes.

    Attributes:
        delegate: in words.
        precision: of the file.
        before, after: "operators that it takes of all, partitions"; None where the network could not be quantized.
    """

    delegate: str
    precision: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Row:
    """One network before and after its rewrite.

    Attributes:
        rewrite, name: as of the example.
        applied: names of all rewrites that found something to do.
        before, after: operators in float32, counted by name.
        float_difference: the largest difference of a result in float32, as a share of their range.
        int8_db_by_tensorflow: PSNR to float32 of int8 by TensorFlow's converter, without the rewrite.
        int8_db_before, int8_db_after: the same by litert-quantizer; None where it refused the network.
        float_in_int8_before, float_in_int8_after: operators that int8 by litert-quantizer leaves in float.
        float32_time, int8_time: time after over time before, one thread.
        taken: by delegate.
    """

    rewrite: str
    name: str
    applied: tuple[str, ...]
    before: dict[str, int]
    after: dict[str, int]
    float_difference: float
    int8_db_by_tensorflow: float | None
    int8_db_before: float | None
    int8_db_after: float | None
    float_in_int8_before: int | None
    float_in_int8_after: int | None
    float32_time: float
    int8_time: float | None
    taken: tuple[Taken, ...]


@click.command()
@click.option("--only", default="", help="Measure only the networks that have this in their name.")
def main(only: str) -> None:
    """Measure every rewrite and write the page."""
    rows = [measured(example) for example in examples() if only in f"{example.rewrite}: {example.name}"]
    document = {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "int8_dot_product": has_int8_dot_product(),
        "rounds": _ROUNDS,
        "rows": [asdict(row) for row in rows],
    }
    _print(rows)
    if only:
        return
    (_HERE / "results" / "rewrites.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    render(document)


def render(document: dict) -> None:
    """The page of what was measured."""
    templates = Environment(loader=FileSystemLoader(_HERE / "templates"), trim_blocks=True, keep_trailing_newline=True)
    text = templates.get_template("rewrites.md.jinja").render(document)
    (_HERE.parent / "docs" / "rewrites.md").write_text(text, encoding="utf-8")


def measured(example: Example) -> Row:
    """All figures of one network."""
    before = example.converted()
    after, applied = rewrite(before, TARGETS["cpu"])
    wholes = {"before": _quantized(before, example), "after": _quantized(after, example)}
    by_tensorflow = _tried(lambda: example.converted(integer=True))
    held_out = example.samples(1)
    reference = _results(before, held_out)
    decibels = {
        name: None if flatbuffer is None else _psnr_db(_results(flatbuffer, held_out), reference)
        for name, flatbuffer in {**wholes, "tensorflow": by_tensorflow}.items()
    }
    in_float = {name: None if each is None else sum(float_operators(each).values()) for name, each in wholes.items()}
    return Row(
        rewrite=example.rewrite,
        name=example.name,
        applied=tuple(each.name for each in applied),
        before=_operators(before),
        after=_operators(after),
        float_difference=float(np.max(np.abs(_results(after, held_out) - reference)) / np.ptp(reference)),
        int8_db_by_tensorflow=decibels["tensorflow"],
        int8_db_before=decibels["before"],
        int8_db_after=decibels["after"],
        float_in_int8_before=in_float["before"],
        float_in_int8_after=in_float["after"],
        float32_time=_time_ratio(after, before, held_out[0]),
        int8_time=_time_ratio(wholes["after"], wholes["before"], held_out[0]),
        taken=tuple(_taken(before, example)),
    )


def _taken(before: bytes, example: Example) -> list[Taken]:
    taken = []
    for name in (*_FLOAT_TARGETS, *_INTEGER_TARGETS):
        target, precision = TARGETS[name], "float32" if name in _FLOAT_TARGETS else "int8"
        pair = [before, rewrite(before, target)[0]]
        if precision == "int8":
            pair = [_quantized(each, example) for each in pair]
        lints = [None if each is None else lint(each, target) for each in pair]
        for number, table in enumerate(target.tables):
            shown = [None if each is None else _shown(each[number]) for each in lints]
            taken.append(Taken(table, precision, *shown))
    return taken


def _shown(found) -> str:
    return f"{found.delegated}/{found.operators}"


def _quantized(flatbuffer: bytes, example: Example) -> bytes | None:
    samples = [(_SIGNATURE, {_INPUT: sample}) for sample in example.samples(0)]
    return _tried(lambda: quantize(flatbuffer, Precision.INT8, samples))


def _tried(make: Callable[[], bytes]) -> bytes | None:
    """What is made, or None where the tool refuses: that is a result too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            return make()
        except (ValueError, RuntimeError) as problem:
            click.echo(f"refused: {problem}", err=True)
            return None


def _operators(flatbuffer: bytes) -> dict[str, int]:
    return dict(Counter(operator.name for graph in read_graphs(flatbuffer) for operator in graph.operators))


def _results(flatbuffer: bytes, samples: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Real values of all samples, whatever the types of inputs and outputs."""
    runner = Interpreter(model_content=flatbuffer, num_threads=1).get_signature_runner(_SIGNATURE)
    scale, zero = runner.get_output_details()[_OUTPUT]["quantization"]
    results = np.array([runner(**{_INPUT: _stored(runner, sample)})[_OUTPUT] for sample in samples])
    return results if results.dtype == np.float32 else (results.astype(np.float32) - zero) * scale


def _stored(runner, sample: NDArray[np.float32]) -> NDArray:
    spec = runner.get_input_details()[_INPUT]
    if spec["dtype"] == np.float32:
        return sample
    scale, zero = spec["quantization"]
    return np.clip(np.round(sample / scale) + zero, -128, 127).astype(spec["dtype"])


def _psnr_db(found: NDArray[np.float32], reference: NDArray[np.float32]) -> float:
    """The peak is the range of the reference."""
    error = float(np.mean(np.square(found.astype(np.float64) - reference)))
    return float(10 * np.log10(np.ptp(reference).astype(np.float64) ** 2 / error))


def _time_ratio(after: bytes | None, before: bytes | None, sample: NDArray[np.float32]) -> float | None:
    """Of the medians of the thread's own time, which does not count what else a shared machine does; in turns."""
    if after is None or before is None:
        return None
    calls = [_ready(each, sample) for each in (after, before)]
    rounds = [[_thread_ns(call) for call in calls] for _ in range(_ROUNDS)]
    new, old = np.median(rounds[2:], axis=0)  # the first two warm up
    return float(new / old)


def _thread_ns(call: Callable[[], object]) -> int:
    began = time.thread_time_ns()
    call()
    return time.thread_time_ns() - began


def _ready(flatbuffer: bytes, sample: NDArray[np.float32]) -> Callable[[], object]:
    interpreter = Interpreter(model_content=flatbuffer, num_threads=1)
    interpreter.allocate_tensors()
    (spec,) = interpreter.get_input_details()
    interpreter.set_tensor(spec["index"], _stored(interpreter.get_signature_runner(_SIGNATURE), sample))
    return interpreter.invoke


def _print(rows: list[Row]) -> None:
    table = Table(title="Before and after, litert-quantizer's int8")
    for heading in ("network", "operators", "float diff.", "int8 dB", "float32 time", "int8 time"):
        table.add_column(heading)
    for row in rows:
        decibels = ["refused" if each is None else f"{each:.1f}" for each in (row.int8_db_before, row.int8_db_after)]
        table.add_row(
            row.name,
            f"{sum(row.before.values())} -> {sum(row.after.values())}",
            f"{row.float_difference:.1e}",
            " -> ".join(decibels),
            f"{row.float32_time:.2f}",
            "" if row.int8_time is None else f"{row.int8_time:.2f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
