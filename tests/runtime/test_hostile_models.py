from __future__ import annotations

import io
import json
import os
import struct
import subprocess
import sys
import zipfile
from collections import Counter

import numpy as np
import pytest
from made.hostile_models import WHOLE, npz, rezipped
from made.isolation import judged
from made.memory import peak_megabytes

import litebrush
from litebrush.apart import call_apart
from litebrush.errors import AcceleratorError, ContractError, LitebrushError, ModelFileError
from litebrush.loading import open_model
from litebrush.modelfile import read_model

ERRORS = {"ModelFileError", "ContractError", "VerificationError", "EngineError"}
CONTENT = WHOLE.read_bytes()
CRASHES = {"killed by SIGABRT", "killed by SIGSEGV", "killed by SIGBUS", "killed by SIGFPE", "killed by SIGILL"}


def ends_of(what: str, count: int) -> Counter[str]:
    return Counter(judged("made.hostile_models", range(count), what, megabytes=2000).values())


def test_damage_of_a_file_is_always_found():
    ends = ends_of("file", 900)
    assert ends.keys() <= {"ModelFileError", "ContractError", "right"}
    assert ends["right"] < 90, "the damage is too small"


def test_a_contract_of_nonsense_ends_in_a_result_or_in_words():
    ends = ends_of("contract", 700)
    assert ends.keys() <= {*ERRORS, "right", "another result"}


def test_a_damaged_network_with_a_right_digest_never_escapes_and_never_hangs():
    """It may kill the process: see docs/security.md."""
    ends = ends_of("network", 400)
    assert ends.keys() <= {*ERRORS, *CRASHES, "right", "another result"}


def litebrush_command(*arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "litebrush", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


@pytest.fixture
def deadly(tmp_path):
    """A model whose network says that a sum has a scale of 0: LiteRT aborts on it."""
    from ai_edge_litert.interpreter import Interpreter

    network = read_model(CONTENT).flatbuffer
    interpreter = Interpreter(model_content=network)
    details = {each["index"]: each for each in interpreter.get_tensor_details()}
    sums = [each["outputs"][0] for each in interpreter._get_ops_details() if each["op_name"] == "ADD"]
    scales = [struct.pack("<f", details[index]["quantization"][0]) for index in sums]
    scale = next(each for each in scales if network.count(each) == 1)
    path = tmp_path / "deadly.tflite"
    path.write_bytes(rezipped(CONTENT, network=network.replace(scale, bytes(4))))
    return path


def test_the_command_that_verifies_survives_a_network_that_kills_the_interpreter(deadly):
    load = subprocess.run([sys.executable, "-c", f"import litebrush; litebrush.load({str(deadly)!r})"])
    assert load.returncode < 0, "this interpreter does not die of it; find another network"
    done = litebrush_command("verify", deadly)
    assert (done.returncode, done.stdout) == (2, "")
    assert "killed the process that did it" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_command_that_inspects_never_shows_a_network_to_the_interpreter(deadly):
    assert litebrush_command("inspect", deadly).returncode == 0


def test_a_call_apart_gives_what_the_function_gives_and_raises_what_it_raises():
    assert call_apart("counting", len, "four") == 4
    with pytest.raises(ContractError, match="an error"):
        call_apart("failing", fail, ContractError("an error"))
    with pytest.raises(AcceleratorError, match="this; do that"):
        call_apart("failing", fail, AcceleratorError("this", "do that"))
    with pytest.raises(ModelFileError, match="aborting killed the process"):
        call_apart("aborting", os.abort)


def fail(problem: Exception) -> None:
    raise problem


@pytest.mark.parametrize("way", ["load", "load bytes", "verify", "open", "inspect command", "verify command", "repair"])
def test_a_changed_network_is_refused_in_every_way_before_the_interpreter_sees_it(way, tmp_path, photo_file):
    damaged = bytearray(CONTENT)
    damaged[len(read_model(CONTENT).flatbuffer) // 2] ^= 1
    path = tmp_path / "damaged.tflite"
    path.write_bytes(damaged)
    commands = {
        "inspect command": ("inspect", path),
        "verify command": ("verify", path),
        "repair": ("repair", photo_file, "-o", tmp_path / "out.png", "--model", path),
    }
    if way in commands:
        done = litebrush_command(*commands[way])
        assert done.returncode == 2
        assert "its network is not the one that was exported" in done.stderr
        return
    ways = {
        "load": lambda: litebrush.load(path),
        "load bytes": lambda: litebrush.load(bytes(damaged)),
        "verify": lambda: litebrush.verify(path),
        "open": lambda: open_model(path),
    }
    with pytest.raises(ModelFileError, match="its network is not the one that was exported"):
        ways[way]()


def test_a_network_whose_archive_was_cut_off_is_refused_before_the_interpreter_sees_it():
    with pytest.raises(ContractError, match="without a readable litebrush contract"):
        litebrush.load(read_model(CONTENT).flatbuffer)


def document() -> dict:
    with zipfile.ZipFile(io.BytesIO(CONTENT)) as archive:
        return json.loads(archive.read("litebrush.json"))


def changed(*path: str | int, to: object) -> bytes:
    contract = document()
    at = contract
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = to
    return json.dumps(contract).encode()


@pytest.mark.parametrize(
    ("contract", "message"),
    [
        (changed("signatures", 0, "inputs", 0, "shape", to=[1, 10**9, 10**9, 3]), "is not of the picture's size"),
        (changed("signatures", 0, "inputs", 0, "shape", to=[1, 10**30, 64, 3]), "a side that no network has"),
        (changed("signatures", 0, "inputs", 0, "shape", to=[1, 64.5, 64, 3]), "shape of TensorSpec is"),
        (changed("signatures", 0, "inputs", 0, "maximum", to=float("inf")), "which float32 cannot hold"),
        (changed("signatures", 0, "inputs", 0, "maximum", to=1e-300), "which float32 cannot hold"),
        (changed("tiling", "halo", to=-3), "a halo of -3 pixels is not possible"),
        (changed("tiling", "alignment", to=2.0), "alignment of Tiling is 2.0, not int"),
        (changed("golden", "tolerance", to=float("nan")), "tolerance is nan"),
        (changed("golden", "tolerance", to=float("inf")), "tolerance is inf"),
        (
            changed("quality", to=[{"what": "PSNR", "value": "30", "unit": "dB"}]),
            "value of Measurement is '30', not float",
        ),
        (changed("quality", to=[{"what": "PSNR", "value": 10**400, "unit": "dB"}]), "value of Measurement"),
        (changed("provenance", "versions", to=["numpy"]), "versions of Provenance"),
        (changed("name", to=["denoise"]), "name of ModelContract"),
        (changed("name", to="\ud800"), "is not JSON"),
        (changed("surprise", to=1), "ModelContract has no 'surprise'"),
        (b'{"litebrush": 2, "litebrush": 2}', "'litebrush' stands there 2 times"),
        (b'{"a":' * 50 + b"1" + b"}" * 50, "nested more than 20 deep"),
        (b"[" * 100_000, "is not JSON"),
        (b"9" * 100_000, "the contract is not"),
    ],
)
def test_a_contract_of_nonsense_is_refused_by_its_name(contract, message):
    with pytest.raises(ContractError, match=message):
        read_model(rezipped(CONTENT, contract=contract))


def golden_with(**arrays: np.ndarray) -> bytes:
    return npz({**read_model(CONTENT).golden, **{f"restore/{name}": array for name, array in arrays.items()}})


@pytest.mark.parametrize("noise_level", [np.nan, np.inf, -1, 51, 1e30])
def test_a_golden_noise_level_that_is_none_is_refused(noise_level):
    golden = golden_with(noise_level=np.array(noise_level, np.float32))
    with pytest.raises(ContractError, match=r"'restore/noise_level' .* does not fit the model"):
        read_model(rezipped(CONTENT, golden=golden))


def test_a_pickled_object_is_not_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "trapped"),)

    golden = golden_with(image=np.array(Trap(), dtype=object))
    with pytest.raises(ModelFileError, match="allow_pickle=False"):
        read_model(rezipped(CONTENT, golden=golden))
    assert not (tmp_path / "trapped").exists()


def array_that_claims(shape: str) -> bytes:
    """A .npy of 16 bytes of values whose header says otherwise."""
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(16)


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def understated(archive: bytes, size: int) -> bytes:
    """An archive whose one member says that it unpacks to one byte."""
    return archive.replace(struct.pack("<I", size), struct.pack("<I", 1))


BOMB = bytes(150_000_000)


@pytest.mark.parametrize(
    ("golden", "message"),
    [
        (lambda: packed({"restore/image.npy": BOMB}), "unpacks to more than 100 MB"),
        (lambda: understated(packed({"restore/image.npy": BOMB}), len(BOMB)), "is damaged"),
        (lambda: packed({"restore/image.npy": b"x"}, zipfile.ZIP_LZMA), "compressed in another way"),
        (lambda: packed({"restore/image.npy": array_that_claims("(10**9, 10**9)")}), "is damaged"),
        (lambda: packed({"restore/image.npy": array_that_claims("(1000000000000,)")}), "is damaged"),
        (lambda: packed({"restore/image.npy": array_that_claims("(1000, 1000, 1000)")}), "is damaged"),
        (lambda: b"no archive", "is damaged"),
    ],
    ids=["bomb", "bomb that lies", "method", "expression", "terabyte", "gigabyte", "none"],
)
def test_a_golden_result_that_would_fill_the_memory_is_refused_unpacked(golden, message, tmp_path):
    path = tmp_path / "m.tflite"
    path.write_bytes(rezipped(CONTENT, golden=golden()))
    with pytest.raises(ModelFileError, match=message):
        read_model(path)
    work = "try: litebrush.load('{}')\nexcept litebrush.LitebrushError: pass"
    assert peak_megabytes(work.format(path)) < 60


def test_a_contract_that_would_fill_the_memory_is_refused_unpacked(tmp_path):
    whole = rezipped(CONTENT, contract=b'{"litebrush": 2, "name": "' + b"a" * len(BOMB) + b'"}')
    for content in (whole, understated(whole, len(BOMB) + 28)):
        (tmp_path / "m.tflite").write_bytes(content)
        with pytest.raises(ModelFileError):
            read_model(tmp_path / "m.tflite")
        work = "try: litebrush.load('{}')\nexcept litebrush.LitebrushError: pass"
        assert peak_megabytes(work.format(tmp_path / "m.tflite")) < 60


def test_a_member_that_stands_there_twice_is_refused(tmp_path):
    path = tmp_path / "m.tflite"
    path.write_bytes(CONTENT)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("litebrush.json", b"{}")
    with pytest.raises(ModelFileError, match=r"holds 'litebrush.json' 2 times"):
        read_model(path)


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/stdin"])
def test_a_file_that_never_ends_is_not_read(path):
    with pytest.raises(ModelFileError, match="is not a regular file"):
        litebrush.load(path)


def test_a_path_that_can_name_no_file_is_refused_in_words():
    with pytest.raises(ModelFileError, match="cannot read"):
        litebrush.load("a\0b.tflite")


def test_what_a_contract_says_cannot_move_the_cursor_of_the_terminal(tmp_path):
    path = tmp_path / "m.tflite"
    path.write_bytes(
        rezipped(CONTENT, contract=changed("provenance", "training_data", to="\x1b[2J\x9b2Jfaces\nrow two"))
    )
    done = litebrush_command("inspect", path)
    assert "trained on ?[2J?2Jfaces row two\n" in done.stdout
    path.write_bytes(rezipped(CONTENT, contract=changed("\x1b[2J", to=1)))
    done = litebrush_command("inspect", path)
    assert done.returncode == 2
    assert "\x1b" not in done.stderr


def test_all_these_errors_are_ones_that_litebrush_raises_on_purpose():
    assert all(issubclass(getattr(litebrush.errors, name), LitebrushError) for name in ERRORS)
