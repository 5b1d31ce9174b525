from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import tf_keras
from hypothesis import given
from hypothesis import strategies as st
from made.foreign import save_tflite, write_contract, write_pictures

import litebrush
from litebrush.contract import Precision
from litebrush.errors import ConversionError
from litebrush.loading import open_model
from litebrush_export.adoption import adopted
from litebrush_export.exported import Exported
from litebrush_export.pipeline import export
from litebrush_export.pruning import Pruning, prune, zeros_by_layer
from litebrush_export.sparsity import require_zeros_kept
from litebrush_export.table import sparsity_tables
from litebrush_export.target import TARGETS
from litebrush_export.variants import Order

PRECISIONS = (*TARGETS["cpu"].precisions, Precision.INT16X8)


@pytest.fixture(scope="module")
def tflite(tmp_path_factory) -> Path:
    return save_tflite(tmp_path_factory.mktemp("tflite") / "x.tflite")


@pytest.fixture(scope="module")
def pruned(tflite, tmp_path_factory) -> dict[Precision, Exported]:
    folder = tmp_path_factory.mktemp("pruned")
    contract = write_contract(folder / "contract.toml", "cleaned")
    with adopted(tflite, contract, write_pictures(folder / "pictures")) as handover:
        files = export(handover, Order(PRECISIONS, pruning=Pruning(0.6)), folder / "out")
    return {file.parity.precision: file for file in files}


def flat_kernels(flatbuffer: bytes) -> list[np.ndarray]:
    from litebrush_export.pruning import _kernels

    return [kernel.values for kernel in _kernels(bytearray(flatbuffer))]


@given(st.floats(0.01, 0.99))
def test_the_smallest_weights_go_and_no_others(tflite, sparsity):
    before = np.concatenate(flat_kernels(tflite.read_bytes()))
    after = np.concatenate(flat_kernels(prune(tflite.read_bytes(), Pruning(sparsity))))
    gone = after == 0
    assert gone.sum() == round(sparsity * len(before))
    assert np.array_equal(after[~gone], before[~gone])
    if gone.any() and not gone.all():
        assert np.abs(before[gone]).max() <= np.abs(before[~gone]).min()


def test_two_of_every_four_along_the_inputs_go_where_inputs_come_in_fours(tflite):
    first, second = flat_kernels(prune(tflite.read_bytes(), Pruning(None)))
    assert np.count_nonzero(first == 0) == 0  # three inputs
    assert np.all(np.count_nonzero(second.reshape(-1, 4) == 0, axis=1) == 2)


def test_everything_but_the_kernels_stays_byte_for_byte(tflite):
    before = np.frombuffer(tflite.read_bytes(), np.uint8)
    after = np.frombuffer(prune(tflite.read_bytes(), Pruning(0.5)), np.uint8)
    assert len(before) == len(after)
    assert np.all(after[before != after] == 0)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_zeros_survive_in_every_precision(pruned, precision):
    model = open_model(pruned[precision].path)
    layers = zeros_by_layer(model.flatbuffer)
    assert [layer.weights for layer in layers] == [216, 216]
    assert sum(layer.zeros for layer in layers) >= round(0.6 * 432)
    assert litebrush.verify(pruned[precision].path).identical


def test_the_cost_is_told_against_the_network_before_pruning(pruned):
    for file in pruned.values():
        assert 10 < file.parity.psnr_to_float32_db < 60
        assert file.sparsity.zipped_bytes < file.sparsity.size_bytes
    card = (pruned[Precision.INT8].path.parent / "MODEL_CARD.md").read_text()
    assert "## Zeros in the kernels" in card
    assert "| 2 | CONV_2D | 3x3x3x8 |" in card
    files, layers = sparsity_tables(tuple(pruned.values()))
    assert (files.row_count, layers.row_count) == (len(PRECISIONS), 2)


def test_what_is_slower_than_float32_is_said_to_be(pruned):
    parity = pruned[Precision.INT8].parity
    assert dataclasses.replace(parity, relative_time=2.0).slower_than_float32
    assert not dataclasses.replace(parity, relative_time=0.5).slower_than_float32


def test_lost_zeros_are_found_out(tflite):
    dense = tflite.read_bytes()
    with pytest.raises(ConversionError, match="int8 kept 0 of the 216 zero weights"):
        require_zeros_kept(prune(dense, Pruning(0.5)), dense, Precision.INT8)


@pytest.mark.parametrize("text", ["0", "1", "1.5", "-0.2", "nan", "4:8", "much"])
def test_a_way_to_prune_that_does_not_exist_is_refused(text):
    with pytest.raises(ConversionError, match="2:4"):
        Pruning.parse(text)


def test_zeros_that_training_made_survive_conversion(tmp_path):
    import tensorflow as tf

    model = tf_keras.Sequential([tf_keras.layers.Conv2D(8, 3, input_shape=(8, 8, 4), batch_size=1)])
    kernel, bias = model.get_weights()
    kernel[..., ::2] = 0
    model.set_weights([kernel, bias])
    (layer,) = zeros_by_layer(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    assert layer.zeros == kernel.size // 2
