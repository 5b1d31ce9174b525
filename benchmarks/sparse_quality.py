"""The shipped sparse coder beside dictionary learning: decibels, share of the codes that are not zero, and time.

The other dictionary is scikit-learn's: learned from each noisy picture itself, its patches coded by orthogonal matching
pursuit (Elad and Aharon 2006), with as many atoms a patch as suit the very pictures best. It is slow, so both are
compared on every sixth photo; the first line is of all. Needs ``pip install 'litebrush[bench]'``.

    python benchmarks/sparse_quality.py --photos CBSD68/ --name CBSD68
"""

from __future__ import annotations

import time
from pathlib import Path

import click
import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from quality_table import RESULTS, QualityTable, read_photos
from rich.progress import track
from studies.classical import dictionary_denoised

import litebrush
from litebrush.image import Pixels
from litebrush.loading import open_model
from litebrush.metrics import psnr_db
from litebrush.noise import add_gaussian_noise
from litebrush.samples import arrays_of, real_values
from litebrush.zoo import find_shipped
from litebrush_export.flatbuffer import read_graphs

MODEL, LEVEL, EVERY = "denoise-sparse", 25, 6
ATOMS_A_PATCH = (2, 3)
TILE = 256


def nonzero_codes(photo: Pixels) -> float:
    """Share of the last codes that are not zero, in the float network, on the first tile of a photo."""
    model = open_model(MODEL, "float16")
    signature = model.contract.signature
    last_convolution = [each for each in read_graphs(model.flatbuffer)[0].operators if each.name == "CONV_2D"][-1]
    interpreter = Interpreter(
        model_content=model.flatbuffer,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,  # those keep no tensors
    )
    interpreter.allocate_tensors()
    sample = {**arrays_of(signature, model.golden), "image": photo[:TILE, :TILE], "noise_level": np.array(LEVEL)}
    runner = interpreter.get_signature_runner(signature.name).get_input_details()
    for spec in signature.inputs:
        interpreter.set_tensor(runner[spec.name]["index"], real_values(spec, sample[spec.name]))
    interpreter.invoke()
    return float(np.mean(interpreter.get_tensor(last_convolution.activations[0].index) != 0))


@click.command()
@click.option("--photos", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--name", required=True, help="What the photos are called in tables.")
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS / f"{MODEL}_quality.json")
def main(photos: Path, name: str, out: Path) -> None:
    """Measure the shipped sparse coder on a folder of clean photos."""
    clean = read_photos(photos)
    noisy = [
        add_gaussian_noise(photo, LEVEL, np.random.Generator(np.random.Philox(key=[LEVEL, index])))
        for index, photo in enumerate(clean)
    ]
    restorers = {each.value: litebrush.load(MODEL, each) for each in find_shipped(MODEL).precisions}
    of_all: dict[str, list[float]] = {precision: [] for precision in restorers}
    of_some: dict[str, list[float]] = {precision: [] for precision in restorers}
    seconds: dict[str, list[float]] = {precision: [] for precision in restorers}
    for index, (degraded, photo) in enumerate(zip(track(noisy, MODEL), clean)):
        for precision, restorer in restorers.items():
            began = time.process_time()
            value = psnr_db(restorer(degraded, LEVEL), photo)
            of_all[precision].append(value)
            if index % EVERY == 0:
                of_some[precision].append(value)
                seconds[precision].append(time.process_time() - began)
    tried: dict[str, list[float]] = {}
    times: dict[str, list[float]] = {}
    for atoms in ATOMS_A_PATCH:
        column = f"dictionary, {atoms} atoms"
        for degraded, photo in zip(track(noisy[::EVERY], column), clean[::EVERY]):
            began = time.process_time()
            result = dictionary_denoised(degraded, atoms)
            times.setdefault(column, []).append(time.process_time() - began)
            tried.setdefault(column, []).append(psnr_db(result, photo))

    def means(columns: dict[str, list[float]], digits: int = 3) -> dict[str, float]:
        return {column: round(float(np.mean(values)), digits) for column, values in columns.items()}

    large = [photo for photo in noisy if min(photo.shape[:2]) >= TILE]
    figures = {
        "PSNR (dB), all": means(of_all),
        f"PSNR (dB), {len(clean[::EVERY])} of them": means({**of_some, **tried}),
        "processor time a photo (s)": means({**seconds, **times}),
        "codes not zero (%)": {"float16": round(100 * float(np.mean([nonzero_codes(photo) for photo in large])), 1)},
    }
    table = QualityTable("noise level 25", name, len(clean), "figure", figures)
    table.show()
    table.write(out)


if __name__ == "__main__":
    main()
