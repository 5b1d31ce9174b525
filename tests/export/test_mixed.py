from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

import litebrush
from litebrush.contract import Precision
from litebrush.errors import ConversionError
from litebrush.loading import open_model
from litebrush.tasks import Task
from litebrush_export.conversion import convert
from litebrush_export.diagnosis import diagnose
from litebrush_export.handover import read_handover
from litebrush_export.islands import eight_bit_operators
from litebrush_export.judge import Judge
from litebrush_export.mixed import search_mixture
from litebrush_export.operators import float_operators
from litebrush_export.pipeline import export
from litebrush_export.variants import Order


@pytest.fixture(scope="module")
def inpainter(folders):
    """An untrained network; the truth is what it makes in float32, but for some noise, so that int8 costs something."""
    folder = folders[Task.INPAINT]
    handover, float32 = read_handover(folder), convert(folder, Precision.FLOAT32)
    reference = Judge(handover, float32).reference.astype(int)
    noise = np.random.default_rng(0).integers(-1, 2, reference.shape)
    truth = np.clip(reference + noise, 0, 255).astype(np.uint8)
    known = dataclasses.replace(handover, validation={**handover.validation, "inpaint/target": truth})
    return Judge(known, float32), convert(folder, Precision.INT8)


@pytest.fixture(scope="module")
def loss(inpainter) -> float:
    judge, int8 = inpainter
    return judge.judge(judge.float32) - judge.judge(int8)


def test_the_simulation_explains_what_int8_costs(inpainter):
    judge, int8 = inpainter
    diagnosis = diagnose(judge, int8)
    assert diagnosis.simulated == pytest.approx(diagnosis.integer, abs=0.02)
    assert diagnosis.float32 == judge.judge(judge.float32)
    assert [layer.place for layer in diagnosis.layers] == list(eight_bit_operators(int8))
    assert diagnosis.costliest[0].total == max(layer.total for layer in diagnosis.layers)


def test_kernels_are_weighed_where_they_are_the_rounded_ones(inpainter):
    judge, int8 = inpainter
    for layer in diagnose(judge, int8).layers:
        assert (layer.weights is not None) == (layer.operator == "CONV_2D")


def test_the_chosen_mixture_is_the_fastest_within_the_budget(inpainter, loss):
    judge, int8 = inpainter
    search = search_mixture(judge, {"int8": int8}, {}, 0.9 * loss)
    assert search.chosen.figure >= search.float32 - 0.9 * loss
    fitting = [each for each in search.mixtures if each.figure >= search.float32 - search.budget]
    assert search.chosen.time == min(each.time for each in fitting)
    assert float_operators(search.chosen.flatbuffer)
    assert judge.judge(search.chosen.flatbuffer) == search.chosen.figure


def test_int8_itself_is_chosen_where_it_is_good_enough(inpainter, loss):
    judge, int8 = inpainter
    search = search_mixture(judge, {"int8": int8}, {}, loss + 0.01)
    assert search.chosen.flatbuffer is int8
    assert {each.name for each in search.candidates} == {"int8", "float32"}


def test_the_front_is_ever_slower_and_ever_better(inpainter, loss):
    judge, int8 = inpainter
    front = search_mixture(judge, {"int8": int8}, {}, 0.9 * loss).front
    assert [each.time for each in front] == sorted(each.time for each in front)
    assert all(one.figure < other.figure for one, other in itertools.pairwise(front))


def test_a_budget_that_nothing_meets_is_an_error_with_the_nearest(inpainter):
    judge, int8 = inpainter
    with pytest.raises(ConversionError, match=r"no mixture .* stays within -5 dB .* the nearest, '.*', reaches"):
        search_mixture(judge, {"int8": int8}, {}, -5.0)


def test_a_generator_has_no_truth_to_keep_a_budget_by(folders, tmp_path):
    with pytest.raises(ConversionError, match="needs held-out samples with their truth"):
        export(folders[Task.GENERATE], Order((Precision.MIXED,)), tmp_path / "models")


def test_a_mixed_file_proves_itself_and_tells_how_it_was_found(exported):
    file = exported[Precision.MIXED]
    assert litebrush.verify(file.path).contract.precision is Precision.MIXED
    assert file.search is not None
    assert file.parity.to_truth >= exported[Precision.FLOAT32].parity.to_truth - 1.0
    folder = file.path.parent
    for page in ("MODEL_CARD.md", "report.html"):
        assert "How the mixture was found" in (folder / page).read_text()


def test_int16x8_is_nearer_to_float32_than_int8(exported):
    errors = [exported[each].parity.psnr_to_float32_db for each in (Precision.INT16X8, Precision.INT8)]
    assert errors[0] > errors[1]
    contract = open_model(exported[Precision.INT16X8].path).contract
    assert contract.golden.tolerance > 0
