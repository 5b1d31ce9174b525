from __future__ import annotations

import dataclasses
import json

import pytest
from click.testing import CliRunner
from made.benchmarks import PI_5, document, measured, write
from made.generator_file import write_generator

from litebrush.bench.document import parse_document
from litebrush.bench.order import Order
from litebrush.bench.table import markdown_lines, terminal_lines
from litebrush.cli import main
from litebrush.contract import Precision
from litebrush.errors import BenchmarkError, ModelFileError
from litebrush.zoo import MODELS, find_shipped


def bench(*arguments: object):
    return CliRunner().invoke(main, ["bench", *map(str, arguments)])


@pytest.fixture(scope="module")
def generator_file(tmp_path_factory):
    return write_generator(tmp_path_factory.mktemp("bench") / "mine.tflite")


def test_a_model_is_measured_from_loading_to_percentiles(generator_file, tmp_path):
    done = bench(generator_file, "--threads", "1,auto", "--json", tmp_path / "out.json")
    assert done.exit_code == 0, done.output
    table = done.output.splitlines()
    assert table[0].split()[:5] == ["model", "precision", "on", "threads", "load"]
    written = json.loads((tmp_path / "out.json").read_text())
    first, second = written["measured"]
    assert (first["threads_asked"], second["threads_asked"]) == ("1", "auto")
    latency = first["timing"]["latency"]
    assert latency["runs"] >= 50
    assert latency["mean_ms"] * latency["runs"] >= 999
    ordered = [latency[f"{name}_ms"] for name in ("min", "p50", "p90", "p95", "p99", "max")]
    assert ordered == sorted(ordered)
    assert ordered[0] > 0
    assert first["load_ms"] > 0
    assert first["timing"]["first_ms"] > 0
    assert first["macs"] > 0
    assert first["gmacs_per_s"] == pytest.approx(first["macs"] / latency["p50_ms"] / 1e6)
    assert 0 < first["peak_memory_mb"] < 100
    assert first["file_bytes"] == generator_file.stat().st_size
    assert written["machine"]["cores"] >= 1
    assert written["before"]["load"] is not None


def test_what_an_accelerator_refuses_is_named_and_the_rest_is_measured(generator_file):
    done = bench(generator_file, "--accelerator", "cpu,edgetpu")
    assert done.exit_code == 0, done.output
    assert "not measured: " in done.output
    assert "on edgetpu" in done.output


def test_nothing_measured_is_a_failure_with_the_reason(generator_file):
    done = bench(generator_file, "--accelerator", "edgetpu")
    assert done.exit_code == 2
    assert "nothing could be measured" in done.output
    assert "libedgetpu.so.1" in done.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("denoise", "--precision", "int4"), "'int4' is neither 'all' nor some of float32,"),
        (("denoise", "--threads", "1;2"), "'1;2' is no list such as 1,2,auto"),
        (("denoise", "--accelerator", "tpu"), "no accelerator is called 'tpu'"),
        (("nonsense",), "no shipped model is called 'nonsense'"),
        (("missing.tflite",), "there is no file 'missing.tflite'"),
        ((), "Missing argument 'MODEL...'"),
    ],
)
def test_a_mistake_is_told_before_anything_is_measured(arguments, words):
    done = bench(*arguments)
    assert done.exit_code == 2
    assert words in done.output


def test_an_order_is_every_combination_with_precisions_side_by_side(generator_file):
    wishes = list(Order(("denoise", str(generator_file)), (), (1, 2), ("cpu", "gpu")).wishes())
    shipped = find_shipped("denoise").precisions
    assert [wish.precision for wish in wishes[: len(shipped)]] == list(shipped)
    denoise = [(wish.threads, wish.accelerator) for wish in wishes if wish.source == "denoise"]
    assert denoise == [each for each in ((1, "cpu"), (2, "cpu"), (1, "gpu")) for _ in shipped]
    assert [wish.precision for wish in wishes if wish.source != "denoise"] == [None] * 3


def test_a_precision_that_is_not_shipped_is_refused():
    model = MODELS[0]
    with pytest.raises(ModelFileError, match="is not shipped in mixed"):
        list(Order((model.name,), (Precision.MIXED,), (1,), ("cpu",)).wishes())


def test_a_document_is_read_back_equal():
    written = document(measured(), measured(precision="float32"))
    assert parse_document(written.to_json(), "it") == written


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"litebrush_bench": 1}', "{" * 9])
def test_another_document_is_refused(text):
    with pytest.raises(BenchmarkError, match="is not what 'litebrush bench --json' writes"):
        parse_document(text, "it")


def test_a_document_of_another_format_is_refused():
    with pytest.raises(BenchmarkError, match="format 99"):
        parse_document(document().to_json().replace('"litebrush_bench": 1', '"litebrush_bench": 99'), "it")


def test_tables_tell_the_machine_the_profile_and_what_was_refused():
    for lines in (terminal_lines(document()), markdown_lines(document())):
        text = "\n".join(lines)
        assert "Raspberry Pi 4, Cortex-A72, 4 cores, no 8-bit dot products" in text
        assert "9.00 ms  90%  CONV_2D" in text
        assert "not measured: denoise int8 on gpu, threads: 1: a GPU computes int8 in float" in text
        assert "200.0" in lines[1] + lines[2]  # 2 GMAC in 10 ms
    assert markdown_lines(document())[0].startswith("| model | precision |")


def test_the_gate_lets_an_equal_result_pass(tmp_path):
    before, after = write(tmp_path / "a.json"), write(tmp_path / "b.json", measured(time_ms=10.9, psnr_db=29.95))
    done = bench("compare", before, after, "--max-slowdown", "10%", "--max-loss", "0.1dB")
    assert done.exit_code == 0, done.output
    assert "x1.090" in done.output


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (measured(time_ms=11.2), "denoise int8 (restore, cpu, 1 thread) became 12.0% slower (10.00 ms, now 11.20 ms)"),
        (measured(psnr_db=29.8), "denoise int8 (restore, cpu, 1 thread) lost 0.20 dB of 'PSNR of held-out pictures'"),
    ],
)
def test_the_gate_ends_with_status_1_and_a_reason(tmp_path, row, reason):
    done = bench(
        "compare",
        write(tmp_path / "a.json"),
        write(tmp_path / "b.json", row),
        "--max-slowdown=10%",
        "--max-loss=0.1 dB",
    )
    assert done.exit_code == 1
    assert reason in done.output
    assert "is allowed" in done.output


def test_the_gate_misses_what_is_no_longer_measured(tmp_path):
    before = write(tmp_path / "a.json", measured(), measured("deblock"))
    done = bench("compare", before, write(tmp_path / "b.json"))
    assert done.exit_code == 1
    assert "deblock int8 (restore, cpu, 1 thread) is no longer measured" in done.output


def test_times_of_two_machines_are_not_judged_and_quality_is(tmp_path):
    before, after = write(tmp_path / "a.json"), write(tmp_path / "b.json", measured(time_ms=99), machine=PI_5)
    assert bench("compare", before, after, "--max-loss", "0.1dB").exit_code == 0
    done = bench("compare", before, after, "--max-slowdown", "10%")
    assert done.exit_code == 2
    assert "Raspberry Pi 4" in done.output
    assert "cannot be compared" in done.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--max-slowdown", "1.1"), "'1.1' was given, expected something like 10%"),
        (("--max-loss", "3%"), "'3%' was given, expected something like 0.1dB"),
    ],
)
def test_a_limit_needs_its_unit(tmp_path, arguments, words):
    done = bench("compare", write(tmp_path / "a.json"), write(tmp_path / "b.json"), *arguments)
    assert done.exit_code == 2
    assert words in done.output


def test_files_without_a_model_in_common_cannot_be_compared(tmp_path):
    other = dataclasses.replace(measured(), model="deblock")
    done = bench("compare", write(tmp_path / "a.json"), write(tmp_path / "b.json", other))
    assert done.exit_code == 2
    assert "no model in common" in done.output
