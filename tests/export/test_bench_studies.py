from __future__ import annotations

import re
import time
from importlib.util import find_spec

import numpy as np
import pytest
from made.pictures import photo_pixels
from studies import engines
from studies.fidelity import ModelFidelity, PrecisionRow, study_fidelity
from studies.peers import CLASSICAL, OURS, PeerStudy, Point
from studies.photos import Photos, read_photos
from studies.plots import pareto, quality_against_time
from studies.processor_time import least_processor_ms
from studies.scaling import fit_line
from studies.trials import trial_for

from litebrush.contract import Precision
from litebrush.errors import DataError, EngineError
from litebrush.loading import TASK_CLASSES, open_engines, open_model
from litebrush.zoo import find_shipped


def test_a_line_is_found_again_whatever_the_sizes():
    sizes = [0.1, 1.0, 10.0, 100.0]
    line = fit_line(sizes, [0.02 + 0.3 * size for size in sizes])
    assert line.fixed == pytest.approx(0.02)
    assert line.slope == pytest.approx(0.3)
    assert line.largest_error == pytest.approx(0, abs=1e-9)


def test_the_fixed_part_of_a_line_is_never_negative_and_the_worst_point_is_named():
    line = fit_line([1.0, 2.0, 4.0], [1.0, 2.0, 5.0])
    assert line.fixed == 0
    assert line.worst in (1.0, 2.0, 4.0)
    assert line.largest_error > 0.05


def test_processor_time_leaves_waiting_out():
    times = least_processor_ms({"wait": lambda: time.sleep(0.02), "work": lambda: sum(range(200_000))}, seconds=0)
    assert times["wait"] < 10
    assert times["work"] > times["wait"]


def test_photos_come_from_a_folder_or_from_scikit_image(image_folder, tmp_path):
    assert len(read_photos(image_folder).pixels) == 5
    shipped = read_photos(None)
    assert all(square.shape == (256, 256, 3) for square in shipped.squares(256))
    with pytest.raises(DataError, match="there is no photograph in"):
        read_photos(tmp_path)
    with pytest.raises(DataError, match="name a folder of larger ones"):
        read_photos(image_folder).squares(256)


def test_a_picture_of_any_size_is_paved_with_photographs():
    photo = photo_pixels(40, 50)
    paved = Photos("one", (photo,)).paved(100, 70)
    assert paved.shape == (100, 70, 3)
    assert np.array_equal(paved[:40, :50], photo)
    assert np.array_equal(paved[40:80, :50], photo[::-1])


@pytest.mark.parametrize(("name", "kind"), [("denoise", "noise"), ("deblock", "JPEG")])
def test_a_model_is_tried_with_the_damage_of_its_task(name, kind):
    contract = open_model(name).contract
    trial = trial_for(contract)
    photo = photo_pixels(64, 64)
    one, again = trial.degrade(photo, 1), trial.degrade(photo, 1)
    assert trial.kind == kind
    assert np.array_equal(one.degraded, again.degraded)
    assert not np.array_equal(one.degraded, photo)


@pytest.mark.parametrize("engine", engines.ENGINES)
@pytest.mark.parametrize("precision", [Precision.FLOAT32, Precision.INT8])
def test_the_same_network_repairs_in_other_engines(engine, precision):
    if engine == "ncnn" and find_spec("ncnn") is None:
        pytest.skip("ncnn's converter brings PyTorch, gigabytes that no other test needs")
    model = open_model("denoise", precision)
    if engine == "ncnn" and precision is Precision.INT8:
        with pytest.raises(EngineError, match="no 8-bit network"):
            engines.foreign_engine(engine, model)
        return
    foreign = engines.foreign_engine(engine, model)
    restorer = TASK_CLASSES[model.contract.task](model.contract, {"restore": foreign})
    photo = photo_pixels(256, 256)  # the shape of the file: LiteRT alone can run others
    ours = TASK_CLASSES[model.contract.task](model.contract, open_engines(model.flatbuffer, model.contract, threads=1))
    difference = np.abs(restorer(photo, 25).astype(int) - ours(photo, 25))
    assert difference.max() <= (1 if precision is Precision.FLOAT32 else 16)


def test_an_engine_that_computes_something_else_is_not_taken(monkeypatch):
    monkeypatch.setitem(engines.ENGINES, "wrong", lambda file, like: lambda arrays: 1 - arrays["image"])
    with pytest.raises(EngineError, match="computes something else"):
        engines.foreign_engine("wrong", open_model("denoise", Precision.FLOAT32))


def test_each_precision_is_held_against_float32_and_the_truth():
    photos = Photos("two", (photo_pixels(256, 256), photo_pixels(300, 256, seed=1)))
    study = study_fidelity(find_shipped("deblock"), photos, None)
    float32, *others = study.rows
    assert [row.precision for row in study.rows] == [each.value for each in find_shipped("deblock").precisions]
    assert float32.same_psnr_db is None
    assert float32.channel_shifts == (0, 0, 0)
    assert all(row.psnr_db > study.degraded_psnr_db for row in study.rows)
    assert others[-1].same_psnr_db is not None
    assert study.pictures[-1].caption == "the truth"
    assert "<svg" in pareto(study)


def test_a_pareto_plot_is_drawn_of_a_model_without_truth():
    rows = tuple(
        PrecisionRow(name, 1000, 2.0, speed_up, None, None, same, (0.0,), 3)
        for name, speed_up, same in (("float32", 1.0, None), ("float16", 1.0, 60.0), ("int8", 3.0, 35.0))
    )
    assert "<svg" in pareto(ModelFidelity("gan", "draws", "seeds", 4, 64, None, rows, ()))


def test_every_peer_is_named_in_the_plot():
    points = (Point("a", OURS, 30.0, 10.0), Point("b", CLASSICAL, 31.0, 10_000.0, 25), Point("c", CLASSICAL, 30, 10.0))
    svg = quality_against_time(PeerStudy("denoise", "noise level 25", 4, 20.0, points, {}, ()))
    assert len(re.findall(r"<!-- [abc] -->", svg)) == 3
