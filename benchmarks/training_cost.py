"""What a training step of each family costs here: time, share of it spent waiting for data, memory; and its network.

    python benchmarks/training_cost.py --photos photos/ --classes clothing/ --video video/ --masks masks/

Each family trains in a process of its own with its shipped recipe, for a few steps only. Writes
benchmarks/results/training_cost.json and docs/training_cost.md.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from jinja2 import Environment, FileSystemLoader
from rich.console import Console
from rich.table import Table

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from machine import processor

from litebrush.contract import ModelContract
from litebrush_train.cli import FAMILIES, FamilyCommand

_HERE = Path(__file__).parent
_STEPS, _LINE_EVERY = 90, 30
_MULTIPLYING = ("Conv2D", "Conv2DBackpropInput", "DepthwiseConv2dNative", "MatMul")


@dataclass(frozen=True)
class Cost:
    """Of one family with its shipped recipe.

    Attributes:
        family: its name.
        parameters: of the networks that reach a device.
        working_size: shapes of the first signature's picture, in words.
        million_multiply_adds: of one inference of all signatures.
        batch_size: examples a step.
        seconds_a_step, data_share: over the last steps, tracing left out.
        peak_mb: of the whole process, TensorFlow included.
    """

    family: str
    parameters: int
    working_size: str
    million_multiply_adds: float
    batch_size: int
    seconds_a_step: float
    data_share: float
    peak_mb: float


@click.command()
@click.option("--photos", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--classes", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of class folders.")
@click.option("--video", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of frames.")
@click.option("--masks", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of damage masks.")
def main(photos: Path, classes: Path, video: Path, masks: Path) -> None:
    """Measure all families, one after the other, and write the table."""
    data = {"gan": (classes,), "vae": (classes,), "rnn": (photos, video)}
    costs = []
    with tempfile.TemporaryDirectory() as folder:
        for family in FAMILIES:
            more = ("--masks", str(masks)) if family.takes_masks else ()
            costs.append(_measure(family, data.get(family.name, (photos,)), more, Path(folder) / family.name))
    document = {"processor": processor(), "cores": len(os.sched_getaffinity(0)), "costs": [asdict(c) for c in costs]}
    (_HERE / "results" / "training_cost.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    templates = Environment(loader=FileSystemLoader(_HERE / "templates"), trim_blocks=True, keep_trailing_newline=True)
    text = templates.get_template("training_cost.md.jinja").render(document)
    (_HERE.parent / "docs" / "training_cost.md").write_text(text, encoding="utf-8")
    _print(costs)


def _measure(family: FamilyCommand, data: tuple[Path, ...], more: tuple[str, ...], run: Path) -> Cost:
    settings = (f"training.steps={_STEPS}", f"run.checkpoint_every={_LINE_EVERY}", "compression.method=none")
    command = [sys.executable, "-m", "litebrush", "train", family.name, "--out", str(run), *more]
    command += [part for folder in data for part in ("--data", str(folder))]
    command += [part for setting in settings for part in ("--set", setting)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise click.ClickException(f"training {family.name} ended with status {os.waitstatus_to_exitcode(status)}")
    with (run / "logs" / "training.csv").open(newline="", encoding="utf-8") as file:
        last = list(csv.DictReader(file))[-1]
    contract = ModelContract.from_json((run / "handover" / "contract.json").read_bytes())
    multiply_adds, parameters = _graph(run / "handover" / "saved_model", contract)
    tensors = [spec for each in contract.signatures for spec in (*each.inputs, *each.outputs)]
    height, width = next(spec.shape[1:3] for spec in tensors if spec.role.is_picture)
    return Cost(
        family=family.name,
        parameters=parameters,
        working_size=f"{width}x{height}",
        million_multiply_adds=multiply_adds / 1e6,
        batch_size=int(contract.provenance.recipe["training"]["batch_size"]),
        seconds_a_step=float(last["seconds_a_step"]),
        data_share=float(last["data_share"]),
        peak_mb=usage.ru_maxrss / 1000,
    )


def _graph(saved_model: Path, contract: ModelContract) -> tuple[float, int]:
    """Multiply-adds of one run of all signatures, and parameters, as the graphs have them."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    loaded = tf.saved_model.load(str(saved_model))
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    operations = 0.0
    for signature in contract.signatures:
        frozen = convert_variables_to_constants_v2(loaded.signatures[signature.name])
        node = tf.compat.v1.profiler.profile(frozen.graph, cmd="op", options=options)
        while node.children:  # the view by operator is a chain
            (node,) = node.children
            operations += node.float_ops if node.name in _MULTIPLYING else 0
    parameters = {id(v): v for s in contract.signatures for v in loaded.signatures[s.name].variables}
    return operations / 2, sum(int(tf.size(variable)) for variable in parameters.values())


def _print(costs: list[Cost]) -> None:
    table = Table(title="A training step of each family, shipped recipes")
    for heading in ("family", "parameters", "size", "million MACs", "batch", "s a step", "data share", "peak MB"):
        table.add_column(heading, justify="left" if heading == "family" else "right")
    for cost in costs:
        table.add_row(
            cost.family,
            f"{cost.parameters:,}",
            cost.working_size,
            f"{cost.million_multiply_adds:,.1f}",
            str(cost.batch_size),
            f"{cost.seconds_a_step:.3f}",
            f"{cost.data_share:.1%}",
            f"{cost.peak_mb:,.0f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
