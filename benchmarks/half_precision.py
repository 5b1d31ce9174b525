"""What half precision does to the shipped float16 denoiser, on any CPU: why the GPU's tolerance is what it is.

python benchmarks/half_precision.py [PHOTO]...

A GPU that computes in half precision is rare on a desk. XNNPACK does so when it is forced to, rounding each
activation to 16 bits; this prints how far the result is then off, in shares of the picture's range.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from ai_edge_litert.compiled_model import CompiledModel, CpuOptions, HardwareAccelerator, Options

from litebrush.accelerators import HALF_PRECISION_TOLERANCE
from litebrush.contract import Precision
from litebrush.image import read_image, to_photo
from litebrush.loading import open_engines, open_model
from litebrush.noise import estimate_noise_level
from litebrush.runner import SignatureRunner
from litebrush.samples import Arrays, arrays_of

FORCE_HALF_PRECISION = 4  # TFLITE_XNNPACK_DELEGATE_FLAG_FORCE_FP16


@click.command()
@click.argument("photos", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(photos: tuple[Path, ...]) -> None:
    """Print the largest and the mean difference on the golden sample, and on the upper left corner of each photo."""
    model = open_model("denoise", Precision.FLOAT16)
    signature = model.contract.signature
    engine = open_engines(model.flatbuffer, model.contract, threads=1)[signature.name]
    runner = SignatureRunner(signature, engine)
    options = Options(HardwareAccelerator.CPU, cpu_options=CpuOptions(xnnpack_flags=FORCE_HALF_PRECISION))
    compiled = CompiledModel.from_buffer(model.flatbuffer, options=options)
    inputs = {name: compiled.create_input_buffer_by_name(signature.name, name) for name in engine.inputs}
    outputs = {name: compiled.create_output_buffer_by_name(signature.name, name) for name in engine.outputs}
    samples: dict[str, Arrays] = {"golden": arrays_of(signature, model.golden)}
    samples |= {photo.name: _corner(photo) for photo in photos}
    for name, sample in samples.items():
        single = runner.run(sample)["restored"]
        for tensor, buffer in inputs.items():
            buffer.write(engine.input(tensor))
        compiled.run_by_name(signature.name, inputs, outputs)
        half = outputs["restored"].read(single.size, np.float32).reshape(single.shape)
        difference = np.abs(half - single)
        print(f"{name:<24}largest {difference.max():.5f}   mean {difference.mean():.5f}")
    print(f"{'allowed':<24}        {HALF_PRECISION_TOLERANCE:.5f}")


def _corner(path: Path) -> Arrays:
    pixels = to_photo(read_image(path)).pixels[:256, :256]
    return {"image": pixels, "noise_level": np.array(min(estimate_noise_level(pixels), 50), np.float32)}


if __name__ == "__main__":
    main()
