"""Repair a folder of photographs on all cores of a machine, or of a cluster, with Ray Data.

    pip install litebrush 'ray[data]'
    python examples/cluster_repair.py album/ repaired/

Both folders are ones that every machine of the cluster sees. What is there already is skipped, so a run that was
stopped goes on when it is started again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from litebrush import LitebrushError, Repairer
from litebrush.photo_file import repair_file
from litebrush.photo_folder import find_photos

PHOTOS_AT_ONCE = 8


class Worker:
    """One process; it loads each model once, when the first photograph needs it."""

    def __init__(self) -> None:
        self._repairer = Repairer()

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Repair some photographs: ``source`` and ``target`` are columns of paths; ``words`` says what was done."""
        return {**batch, "words": [self._repair(*pair) for pair in zip(batch["source"], batch["target"])]}

    def _repair(self, source: str, target: str) -> str:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        try:
            repair = repair_file(Path(source), Path(target), self._repairer.repair_photo)
        except (LitebrushError, OSError) as problem:
            return f"failed: {problem}"
        return ", ".join(deed.words for deed in repair.done) or "nothing to repair was found"


@click.command()
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("target", type=click.Path(file_okay=False, path_type=Path))
@click.option("--workers", default=1, show_default=True, help="Processes; one for each core is a good number.")
def main(source: Path, target: Path, workers: int) -> None:
    """Repair the photographs below SOURCE into TARGET."""
    import ray

    folder = find_photos(source, target)
    pairs = [
        {"source": str((source / photo).resolve()), "target": str((target / photo).resolve())}
        for photo in folder.photos
        if not (target / photo).exists()
    ]
    click.echo(f"{len(pairs)} of {len(folder.photos)} photographs to repair")
    if not pairs:
        return
    photos = ray.data.from_items(pairs)
    for row in photos.map_batches(Worker, batch_size=PHOTOS_AT_ONCE, concurrency=workers, num_cpus=1).iter_rows():
        click.echo(f"{row['target']}: {row['words']}")


if __name__ == "__main__":
    main()
