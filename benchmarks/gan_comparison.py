r"""The default GAN against the textbook's DCGAN, at equal time: each trains for so many minutes on a core of its own.

python benchmarks/gan_comparison.py train --data clothing/train --minutes 60 --out gan-comparison/
python benchmarks/gan_comparison.py measure --data clothing/train --reference clothing/val \
    --features mobilenet.tflite --out gan-comparison/

Both are asked for the classes of the reference's pictures, one picture for each, and compared with those; the floor is
what as many real pictures of the same classes reach.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import click

ARCHITECTURES = {
    "hinge": (),
    "dcgan": (
        "model.architecture=dcgan",
        "training.learning_rate=2e-4",  # of the paper
        "training.discriminator_learning_rate=2e-4",
    ),
}
_CHECKPOINT_EVERY = 100
_MORE_STEPS_THAN_THERE_IS_TIME_FOR = 1_000_000


@click.group()
def main() -> None:
    """Train both, then measure both."""


@main.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--minutes", type=float, default=60, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), required=True)
def train(data: Path, minutes: float, out: Path) -> None:
    """Train both at the same time, each bound to one core, and kill them when the time is over."""
    out.mkdir(parents=True, exist_ok=True)
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < len(ARCHITECTURES):
        raise click.ClickException(f"{len(ARCHITECTURES)} cores are needed, this machine has {len(cores)}")
    runs = [_begin(data, name, core, out) for name, core in zip(ARCHITECTURES, cores)]
    time.sleep(60 * minutes)
    if any(run.poll() is not None for run in runs):
        raise click.ClickException(f"a run ended early, see {out}/*.log")
    for name, run in zip(ARCHITECTURES, runs):
        run.send_signal(signal.SIGKILL)
        _, _, usage = os.wait4(run.pid, 0)
        seconds = json.dumps(usage.ru_utime + usage.ru_stime)
        (out / name / "cpu_seconds.json").write_text(seconds, encoding="utf-8")


def _begin(data: Path, name: str, core: int, out: Path) -> subprocess.Popen[bytes]:
    settings = (
        *ARCHITECTURES[name],
        f"training.steps={_MORE_STEPS_THAN_THERE_IS_TIME_FOR}",
        f"run.checkpoint_every={_CHECKPOINT_EVERY}",
    )
    command = [sys.executable, "-m", "litebrush", "train", "gan", "--data", str(data), "--out", str(out / name)]
    arguments = [part for setting in settings for part in ("--set", setting)]
    with (out / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [*command, *arguments], stderr=log, stdout=log, preexec_fn=lambda: os.sched_setaffinity(0, {core})
        )


@main.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--reference", type=click.Path(path_type=Path, exists=True), required=True, help="Never trained on.")
@click.option("--features", type=click.Path(path_type=Path), required=True, help="A .tflite image classifier.")
@click.option("--out", type=click.Path(path_type=Path, exists=True), required=True, help="Of the train command.")
@click.option("--results", type=click.Path(path_type=Path), default="benchmarks/results/gan_comparison.json")
@click.option("--page", type=click.Path(path_type=Path), default="docs/gan_comparison.md")
@click.option("--sheet", type=click.Path(path_type=Path), default="docs/images/gan_comparison.jpg")
def measure(data: Path, reference: Path, features: Path, out: Path, results: Path, page: Path, sheet: Path) -> None:
    """Measure the generators of both runs at their last checkpoints."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import gan_measurement  # loads TensorFlow, which the parent of two trainings has no use for
    import gan_page

    runs = {name: out / name for name in ARCHITECTURES}
    comparison, samples = gan_measurement.compare(data, reference, features, runs)
    gan_page.show(comparison)
    for path in (results, page, sheet):
        path.parent.mkdir(parents=True, exist_ok=True)
    results.write_text(json.dumps(asdict(comparison), indent=2) + "\n", encoding="utf-8")
    page.write_text(gan_page.page(comparison, os.path.relpath(sheet, page.parent)), encoding="utf-8")
    gan_page.sheet(samples).save(sheet, quality=80, optimize=True)


if __name__ == "__main__":
    main()
