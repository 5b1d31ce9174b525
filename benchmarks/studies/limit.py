"""How fast this CPU multiplies and adds at all, through the same engine, and what share of it each model reaches."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from litebrush.bench.macs import count_macs
from litebrush.contract import Precision
from litebrush.interpreter_engine import InterpreterEngine
from litebrush.loading import open_engines, open_model
from litebrush.runner import SignatureRunner
from litebrush.samples import arrays_of
from litebrush.zoo import ZooModel
from studies.processor_time import least_processor_ms

SIDE = 1024
_SIGNATURE = "serving_default"
_SECONDS = 20.0
_PROGRAM = """
import sys
import numpy as np, tensorflow as tf
side, integers, out = int(sys.argv[1]), sys.argv[2] == "int8", sys.argv[3]
weights = np.random.default_rng(0).normal(size=(side, side)).astype(np.float32)
spec = tf.TensorSpec((side, side), tf.float32, "x")
function = tf.function(lambda x: {"y": x @ weights}, input_signature=[spec])
converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()], tf.Module())
if integers:
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    sample = np.random.default_rng(1).normal(size=(side, side)).astype(np.float32)
    converter.representative_dataset = lambda: ([sample],)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
open(out, "wb").write(converter.convert())
"""


@dataclass(frozen=True)
class Peak:
    """The product of two matrices of SIDE x SIDE: billions of MACs a second on one thread."""

    precision: str
    gmacs_per_s: float


@dataclass(frozen=True)
class Share:
    """A network of a model: its billions of MACs a second, and that as a share of the peak of its arithmetic."""

    model: str
    precision: str
    signature: str
    gmacs_per_s: float
    share: float


@dataclass(frozen=True)
class Limit:
    """All that was measured, in turns."""

    peaks: tuple[Peak, ...]
    shares: tuple[Share, ...]


def study_limit(models: Sequence[ZooModel]) -> Limit:
    """Measure the peaks and all float32 and int8 files."""
    calls, macs = {}, {}
    for precision in (Precision.FLOAT32, Precision.INT8):
        network = _matrix_product(precision)
        key = ("peak", precision.value, "")
        calls["/".join(key)] = InterpreterEngine(network, _SIGNATURE, threads=1).invoke
        macs[key] = count_macs(network, _SIGNATURE)
        for model in models:
            if precision in model.precisions:
                file = open_model(model.name, precision)
                engines = open_engines(file.flatbuffer, file.contract, threads=1)
                for signature in file.contract.signatures:
                    runner = SignatureRunner(signature, engines[signature.name])
                    runner.feed(arrays_of(signature, file.golden))
                    key = (model.name, precision.value, signature.name)
                    calls["/".join(key)] = runner.engine.invoke
                    macs[key] = count_macs(file.flatbuffer, signature.name)
    times = least_processor_ms(calls, _SECONDS)
    speeds = {key: count / times["/".join(key)] / 1e6 for key, count in macs.items()}
    peaks = {precision: speed for (name, precision, _), speed in speeds.items() if name == "peak"}
    shares = [
        Share(name, precision, signature, speed, speed / peaks[precision])
        for (name, precision, signature), speed in speeds.items()
        if name != "peak"
    ]
    return Limit(tuple(Peak(*each) for each in peaks.items()), tuple(shares))


def _matrix_product(precision: Precision) -> bytes:
    """Converted in a process of its own, which imports TensorFlow."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "product.tflite")
        command = [sys.executable, "-c", _PROGRAM, str(SIDE), precision.value, str(out)]
        subprocess.run(command, check=True, capture_output=True)
        return out.read_bytes()
