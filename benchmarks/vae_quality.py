"""What the shipped autoencoder keeps of pictures that training never saw, beside PCA with as many components.

Reconstructions by each shipped precision and by PCA, fitted on the pictures that training saw; and a sheet of
reconstructions, of pictures drawn from the prior and of interpolations.

    python benchmarks/vae_quality.py --data clothing/train --reference clothing/val --name clothing/val

Pictures drawn from the prior are compared with real ones where benchmarks/generator_fidelity.py has measured it:

    python benchmarks/generator_fidelity.py models/*.tflite ... --results benchmarks/results/vae_fidelity.json
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from quality_table import RESULTS, QualityTable
from real_pictures import Squares, read_both
from rich.progress import track

import litebrush
from litebrush.metrics import psnr_db
from litebrush.zoo import find_shipped

MODEL = "clothing-vae"
FIDELITY = RESULTS / "vae_fidelity.json"
REALITY = "real pictures"
SHOWN = 10
GAP = 4

Pictures = NDArray[np.uint8]


class PrincipalComponents:
    """Pictures as sums of as many principal components as the autoencoder's latent is long."""

    def __init__(self, pictures: Pictures, components: int) -> None:
        """Fit, by the singular values of (count, values) pictures."""
        values = pictures.reshape(len(pictures), -1).astype(np.float32)
        self._mean = values.mean(axis=0)
        self._basis = np.linalg.svd(values - self._mean, full_matrices=False)[2][:components]

    def __call__(self, picture: Pictures) -> Pictures:
        """(side, side, 3) uint8 RGB, through the components and back."""
        latent = self._basis @ (picture.ravel() - self._mean)
        restored = np.rint(self._mean + latent @ self._basis)
        return np.clip(restored, 0, 255).astype(np.uint8).reshape(picture.shape)


def row(pictures: list[Pictures]) -> Pictures:
    """Pictures side by side on white."""
    framed = [np.pad(each, [(0, GAP), (0, GAP), (0, 0)], constant_values=255) for each in pictures]
    return np.hstack(framed)


def sheet(autoencoder: litebrush.Autoencoder, pca: PrincipalComponents, pictures: list[Pictures]) -> Image.Image:
    """Real pictures, the same by the autoencoder and by PCA; pictures of the prior; and ways between two."""
    rows = [
        row(pictures),
        row([np.asarray(autoencoder(Image.fromarray(each))) for each in pictures]),
        row([pca(each) for each in pictures]),
        row([np.asarray(each) for each in autoencoder.sample(len(pictures), seed=1)]),
    ]
    for first, last in ((0, 1), (2, 3)):
        pair = (Image.fromarray(pictures[first]), Image.fromarray(pictures[last]))
        rows.append(row([np.asarray(each) for each in autoencoder.interpolate(*pair, steps=len(pictures))]))
    small = Image.fromarray(np.vstack(rows))
    return small.resize((small.width * 3 // 2, small.height * 3 // 2), Image.Resampling.LANCZOS)


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--reference", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--name", required=True, help="What the reference is called in tables.")
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS / f"{MODEL}_quality.json")
@click.option("--picture", type=click.Path(path_type=Path), default=f"docs/images/{MODEL}.jpg")
def main(data: Path, reference: Path, name: str, out: Path, picture: Path) -> None:
    """Measure the shipped autoencoder."""
    models = {each.value: litebrush.load(MODEL, each) for each in find_shipped(MODEL).precisions}
    preferred = litebrush.load(MODEL)
    latent = preferred.encode(np.zeros((64, 64, 3), np.uint8))
    with tempfile.TemporaryDirectory() as store:
        learned_from, kept_apart = (Squares.of(each) for each in read_both(data, reference, 64, Path(store)))
    pca = PrincipalComponents(learned_from.pictures, latent.size)
    restored: dict[str, list[float]] = {}
    for column, restore in {**models, f"PCA, {latent.size} components": pca}.items():
        restored[column] = [
            psnr_db(np.asarray(restore(each)), each) for each in track(kept_apart.pictures, column, transient=True)
        ]
    figures = {
        "reconstruction, mean PSNR (dB)": {
            column: round(float(np.mean(values)), 3) for column, values in restored.items()
        }
    }
    if FIDELITY.exists():
        drawn = json.loads(FIDELITY.read_text(encoding="utf-8"))
        fids = {each["precision"]: round(each["figures"]["fid"], 1) for each in drawn["precisions"]}
        figures["drawn from the prior, MobileNet-FID"] = {**fids, REALITY: round(drawn["floor"]["fid"], 1)}
    table = QualityTable("figures", name, len(kept_apart.pictures), "figure", figures)
    table.show()
    table.write(out)
    chosen = np.random.default_rng(0).choice(len(kept_apart.pictures), SHOWN, replace=False)
    sheet(preferred, pca, [kept_apart.pictures[place] for place in chosen]).save(picture, quality=90)


if __name__ == "__main__":
    main()
