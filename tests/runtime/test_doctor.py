from __future__ import annotations

import dataclasses
import json
import subprocess
import sys

import pytest
from click.testing import CliRunner
from made.gpu import litebrush

from litebrush import doctor
from litebrush.advice import advise
from litebrush.cli import main
from litebrush.doctor import Findings, InterpreterFinding, Trial, attempt
from litebrush.interpreters import VARIABLE, choose_interpreter
from litebrush.machine import Machine, board_model, cpu_model, this_machine
from litebrush.zoo import MODELS

WORKS = Trial("litebrush verify", True, "verified")
CRASHES = Trial("litebrush verify", False, "crashed (SIGSEGV)", crashed=True)
PI_4 = Machine("Raspberry Pi 4 Model B", "Cortex-A72", "aarch64", 4, False, 4 * 10**9, "Debian", "3.11.2", {})


def findings(machine: Machine = PI_4, taken: str = "ai-edge-litert", problem: str = "", **trials: Trial) -> Findings:
    """What a doctor found, with an interpreter for each trial."""
    interpreters = tuple(
        InterpreterFinding(name.replace("_", "-"), "2.3.0", "pip install it", trial) for name, trial in trials.items()
    )
    return Findings("0.1.0", machine, taken, problem, interpreters, {}, {})


def test_the_doctor_tells_what_works_and_how_to_have_what_is_missing():
    done = litebrush("doctor")
    assert done.returncode == 0, done.stderr
    package = choose_interpreter()
    assert f"works   {package.name} {package.version} (taken): verified  {MODELS[0].name} int8" in done.stdout
    assert "edgetpu: the delegate library 'libedgetpu.so.1' cannot be loaded" in done.stdout
    assert all(f"works   {model.name}: verified" in done.stdout for model in MODELS)
    assert f"Python              {this_machine().python}, numpy " in done.stdout
    assert done.stderr == ""


@pytest.mark.gpu
def test_the_doctor_names_the_gpu_and_knows_a_software_one(software_gpu):
    trial = attempt(["verify", "denoise", "--precision", "float16", "--accelerator", "gpu"])
    assert "on gpu (SwiftShader" in trial.said
    found = dataclasses.replace(findings(ai_edge_litert=WORKS), accelerators={"gpu": trial})
    assert any("the GPU here is a program" in sentence for sentence in advise(found))


def test_a_report_is_whole_where_an_interpreter_was_chosen_that_there_is_not():
    done = litebrush("doctor", "--json", **{VARIABLE: "nothing"})
    report = json.loads(done.stdout)
    assert report["problem"].startswith(f"{VARIABLE} says 'nothing'")
    assert report["advice"][0] == report["problem"]
    assert report["models"]["denoise"]["works"] is False
    assert report["machine"]["architecture"] == this_machine().architecture
    assert {each["name"] for each in report["interpreters"]} == {"ai-edge-litert", "tflite-runtime", "tensorflow"}
    assert done.returncode == 0  # the doctor tries each interpreter that is installed, whatever was chosen


@pytest.mark.parametrize(("trial", "status"), [(WORKS, 0), (CRASHES, 1)])
def test_the_status_says_whether_anything_here_can_run_a_model(trial, status, monkeypatch):
    monkeypatch.setattr("litebrush.commands.doctor.examine", lambda: findings(ai_edge_litert=trial))
    assert CliRunner().invoke(main, ["doctor"]).exit_code == status


def test_a_crash_in_native_code_does_not_take_the_doctor_with_it(monkeypatch, tmp_path):
    crashing = tmp_path / "python"
    crashing.write_text("#!/bin/sh\nkill -SEGV $$\n")
    crashing.chmod(0o755)
    monkeypatch.setattr(doctor.sys, "executable", str(crashing))
    trial = attempt(["verify"])
    assert trial == Trial("litebrush verify", False, "crashed (SIGSEGV)", crashed=True)


def test_what_hangs_is_given_up(monkeypatch, tmp_path):
    hanging = tmp_path / "python"
    hanging.write_text("#!/bin/sh\nexec sleep 60\n")
    hanging.chmod(0o755)
    monkeypatch.setattr(doctor.sys, "executable", str(hanging))
    assert attempt(["verify"], limit_s=0.2).said == "gave no answer within 0.2 seconds"


def test_what_cannot_be_started_is_told(monkeypatch):
    monkeypatch.setattr(doctor.sys, "executable", "/nowhere/python")
    assert attempt(["verify"]).said == "cannot be started: No such file or directory"


def test_a_trial_says_what_to_type_to_see_it_again():
    trial = attempt(["verify", "nothing"], {VARIABLE: "ai-edge-litert"})
    assert trial.command == f"{VARIABLE}=ai-edge-litert litebrush verify nothing"
    assert trial.said.startswith("no shipped model is called 'nothing'")
    assert not trial.works


def test_a_crash_on_arm_is_told_with_the_version_that_runs():
    advice = advise(findings(ai_edge_litert=CRASHES, tflite_runtime=WORKS))
    assert "pip install ai-edge-litert==2.1.6" in advice[0]
    assert advice[1] == f"take another interpreter: export {VARIABLE}=tflite-runtime"


def test_a_cpu_without_dot_products_is_told_what_int8_is_good_for():
    assert any("int8 is about as fast as float32 here" in sentence for sentence in advise(findings()))
    with_them = dataclasses.replace(PI_4, int8_dot_product=True)
    assert not any("int8" in sentence for sentence in advise(findings(with_them, ai_edge_litert=WORKS)))


def test_a_system_of_32_bits_is_told_of_tflite_runtime():
    advice = advise(findings(dataclasses.replace(PI_4, architecture="armv7l"), problem="none is installed"))
    assert advice[0] == "none is installed"
    assert "pip install 'litebrush[tflite-runtime]'" in advice[1]


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("CPU implementer\t: 0x41\nCPU part\t: 0xd08\n", "Cortex-A72"),
        ("CPU implementer\t: 0x41\nCPU part\t: 0xfff\n", "Arm part 0xfff"),
        ("CPU implementer\t: 0x61\nCPU part\t: 0x022\n", "part 0x022"),
        ("model name\t: AMD EPYC\nflags\t: fpu\n", "AMD EPYC"),
        ("", ""),
    ],
)
def test_the_cpu_is_known_by_its_name_or_part_number(text, model, tmp_path):
    (tmp_path / "cpuinfo").write_text(text)
    assert cpu_model(tmp_path / "cpuinfo") == model


def test_a_board_is_known_by_the_device_tree(tmp_path):
    (tmp_path / "model").write_bytes(b"Raspberry Pi 4 Model B Rev 1.4\0")
    assert board_model(tmp_path / "model") == "Raspberry Pi 4 Model B Rev 1.4"
    assert board_model(tmp_path / "none") == ""


def test_the_doctor_needs_no_numpy():
    program = "import sys, litebrush.commands.doctor; print({'numpy', 'PIL'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
