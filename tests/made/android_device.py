"""An ``adb`` that stands for an Android device: what it prints is what TensorFlow's ``benchmark_model`` prints."""

from __future__ import annotations

import textwrap
from pathlib import Path

_ADB = """\
#!/bin/sh
folder={folder}
echo "$*" >> "$folder/asked"
case "$1 $2" in
    "push "*) echo "1 file pushed" ;;
    *--enable_op_profiling=true*) cat "$folder/profile" ;;
    *--use_gpu=true*) cat "$folder/gpu" ;;
    *--graph=*) cat "$folder/cpu" ;;
    *getprop*) printf 'Google\\nPixel 8\\narm64-v8a\\n14\\nTensor G3\\n9\\n5.15.137\\n' ;;
    *cpuinfo*) printf 'processor: 0\\nFeatures\\t: fp asimd asimddp i8mm\\n' ;;
esac
"""
_CPU = """\
INFO: STARTING!
INFO: Loaded model /data/local/tmp/litebrush-bench/model.tflite
INFO: Created TensorFlow Lite XNNPACK delegate for CPU.
INFO: Initialized session in 16.242ms.
INFO: Running benchmark for at least 2 iterations and at least 0.5 seconds but terminate if exceeding 150 seconds.
INFO: count=14 first=36026 curr=33549 min=33000 max=36026 avg=34458.6 std=2439

INFO: Running benchmark for at least 50 iterations and at least 1 seconds but terminate if exceeding 150 seconds.
INFO: count=50 first=24904 curr=25089 min=24706 max=25447 avg=2.49684e+04 std=144{percentiles}

INFO: Inference timings in us: Init: 16242, First inference: 36026, Warmup (avg): 34458.6, Inference (avg): 24968.4
INFO: Note: as the benchmark tool itself affects memory footprint, the following is only APPROXIMATE to the actual.
INFO: Memory footprint delta from the start of the tool (MB): init=4.92969 overall=38.809
"""
_SUMMARY = """\
============================== Summary by node type ==============================
\t             [Node type]\t  [count]\t  [avg ms]\t    [avg %]\t    [cdf %]\t  [mem KB]\t[times called]
{rows}

Timings (microseconds): count=50 first=24904 curr=25089 min=24706 max=25447 avg=24968.4 std=144
"""
_INITIALIZATION = "\t         AllocateTensors\t        1\t     0.156\t   100.000%\t   100.000%\t     0.000\t        1"
_OPERATORS = (
    "\t                 CONV_2D\t       10\t    22.500\t    90.000%\t    90.000%\t     0.000\t       10\n"
    "\t          DEPTH_TO_SPACE\t        1\t     2.500\t    10.000%\t   100.000%\t     0.000\t        1"
)
WHOLLY_TAKEN = "INFO: Applied GPU delegate, and the model graph will be completely executed by the delegate.\n"
FELL_BACK = "INFO: Though GPU delegate is explicitly applied, the model graph will not be executed by the delegate.\n"


def android_device(folder: Path, on_gpu: str = WHOLLY_TAKEN, prints_percentiles: bool = True) -> Path:
    """A folder with an ``adb`` for PATH; what it was asked stands in ``asked`` there."""
    percentiles = " p5=24750 median=24950 p95=25300" if prints_percentiles else ""
    cpu = _CPU.format(percentiles=percentiles)
    profile = "".join(_SUMMARY.format(rows=rows) for rows in (_INITIALIZATION, _OPERATORS))
    for name, text in {"cpu": cpu, "gpu": on_gpu + cpu, "profile": cpu + profile}.items():
        (folder / name).write_text(text)
    adb = folder / "adb"
    adb.write_text(textwrap.dedent(_ADB).format(folder=folder))
    adb.chmod(0o755)
    return folder
