"""Old photographs before and after ``litebrush.repair``, which looks for their damage; and clean ones.

python benchmarks/old_photos.py --old old_photos/ --clean CBSD68/ --name CBSD68
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from PIL import Image
from quality_table import RESULTS, QualityTable, read_photos
from rich.progress import track

import litebrush
from litebrush.image import IMAGE_SUFFIXES, read_image
from litebrush.metrics import psnr_db

HEIGHT_PX = 420
GAP_PX = 6
ENOUGH_DB = 40


def beside(before: Image.Image, after: Image.Image) -> Image.Image:
    """Two pictures of one size side by side, on white."""
    width = round(before.width * HEIGHT_PX / before.height)
    sheet = Image.new("RGB", (2 * width + GAP_PX, HEIGHT_PX), "white")
    for place, picture in enumerate((before, after)):
        sheet.paste(
            picture.convert("RGB").resize((width, HEIGHT_PX), Image.Resampling.LANCZOS), (place * (width + GAP_PX), 0)
        )
    return sheet


def in_rows(sheets: list[Image.Image], columns: int = 2) -> Image.Image:
    """Sheets of one height in rows, on white."""
    rows = [sheets[start : start + columns] for start in range(0, len(sheets), columns)]
    width = max(sum(sheet.width + 3 * GAP_PX for sheet in row) for row in rows) - 3 * GAP_PX
    page = Image.new("RGB", (width, len(rows) * (HEIGHT_PX + GAP_PX) - GAP_PX), "white")
    for number, row in enumerate(rows):
        left = 0
        for sheet in row:
            page.paste(sheet, (left, number * (HEIGHT_PX + GAP_PX)))
            left += sheet.width + 3 * GAP_PX
    return page


@click.command(help=__doc__)
@click.option("--old", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--clean", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--name", required=True, help="What the clean photos are called in tables.")
@click.option("--picture", type=click.Path(path_type=Path), default="bench-output/old_photos.jpg")
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS / "clean_photos.json")
def main(old: Path, clean: Path, name: str, picture: Path, out: Path) -> None:  # noqa: D103
    sheets = []
    with litebrush.Repairer() as repairer:
        for path in sorted(each for each in old.iterdir() if each.suffix.lower() in IMAGE_SUFFIXES):
            photo = read_image(path)
            repair = repairer.repair(photo, mask="auto")
            click.echo(f"{path.name}: {', '.join(deed.words for deed in repair.done) or 'left as it is'}")
            sheets.append(beside(photo, repair.picture))
        photos = read_photos(clean)
        values = [psnr_db(repairer(photo), photo) for photo in track(photos, "clean photos")]
    picture.parent.mkdir(parents=True, exist_ok=True)
    in_rows(sheets).save(picture, quality=88)
    changed = [value for value in values if np.isfinite(value)]
    figures = {
        "photos": {
            "left as they are": len(values) - len(changed),
            "changed": len(changed),
            f"at {ENOUGH_DB} dB or more": sum(value >= ENOUGH_DB for value in values),
        },
        **({"PSNR of the changed (dB)": {"least": round(min(changed), 2)}} if changed else {}),
    }
    table = QualityTable("clean photos, repaired", name, len(photos), "figure", figures)
    table.show()
    table.write(out)


if __name__ == "__main__":
    main()
