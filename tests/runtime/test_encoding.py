from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from litebrush.encoding import PictureEncoding, dequantize, quantize
from litebrush.engine import TensorInfo
from litebrush.tensors import Role, TensorSpec

ALL_BYTES = np.arange(256, dtype=np.uint8)
SHAPE = (1, 64, 64, 3)
SPEC = TensorSpec("image", Role.IMAGE, SHAPE)
PICTURE_SCALE = float(np.float32(1 / 255))


def info(dtype: type, scale: float = 0.0, zero_point: int = 0) -> TensorInfo:
    return TensorInfo(SHAPE, np.dtype(dtype), scale, zero_point)


def there_and_back(encoding: PictureEncoding, dtype: type) -> np.ndarray:
    tensor, decoded = np.empty(256, dtype), np.empty(256, np.uint8)
    encoding.encode(ALL_BYTES, tensor)
    encoding.decode(tensor, decoded)
    return decoded


def test_the_pictures_own_scale_is_an_exact_shift_by_128():
    encoding = PictureEncoding(SPEC, info(np.int8, PICTURE_SCALE, -128))
    tensor = np.empty(256, np.int8)
    encoding.encode(ALL_BYTES, tensor)
    assert encoding.exact
    assert np.array_equal(tensor, np.arange(-128, 128))
    assert np.array_equal(there_and_back(encoding, np.int8), ALL_BYTES)


@pytest.mark.parametrize(("minimum", "maximum"), [(0, 1), (-1, 1), (0, 255), (-0.5, 2)])
def test_every_byte_survives_a_float_tensor(minimum, maximum):
    spec = TensorSpec("image", Role.IMAGE, SHAPE, minimum, maximum)
    encoding = PictureEncoding(spec, info(np.float32))
    tensor = np.empty(256, np.float32)
    encoding.encode(ALL_BYTES, tensor)
    assert tensor[0] == pytest.approx(minimum)
    assert tensor[255] == pytest.approx(maximum)
    assert np.array_equal(there_and_back(encoding, np.float32), ALL_BYTES)


@given(scale=st.floats(0.0008, 0.05), zero_point=st.integers(-128, 127), dtype=st.sampled_from([np.int8, np.uint8]))
def test_a_quantized_tensor_is_off_by_half_a_step_inside_its_range(scale, zero_point, dtype):
    zero_point += 128 if dtype is np.uint8 else 0
    limits = np.iinfo(dtype)
    decoded = there_and_back(PictureEncoding(SPEC, info(dtype, scale, zero_point)), dtype)
    real = ALL_BYTES / 255
    inside = (real >= (limits.min - zero_point) * scale) & (real <= (limits.max - zero_point) * scale)
    half_a_step = 255 * scale / 2 + 0.501
    assert np.all(np.abs(decoded[inside].astype(float) - ALL_BYTES[inside]) <= half_a_step)


@given(scale=st.floats(0.0008, 0.05), zero_point=st.integers(-128, 127))
def test_values_outside_the_tensors_range_are_clipped_not_wrapped(scale, zero_point):
    decoded = there_and_back(PictureEncoding(SPEC, info(np.int8, scale, zero_point)), np.int8)
    assert np.all(np.diff(decoded.astype(int)) >= 0)


def test_float_results_beyond_the_range_become_black_and_white():
    decoded = np.empty(4, np.uint8)
    encoding = PictureEncoding(SPEC, info(np.float32))
    encoding.decode(np.array([-0.3, 0.0, 1.0, 7.0], np.float32), decoded)
    assert decoded.tolist() == [0, 0, 255, 255]


@given(level=st.floats(0, 50))
def test_a_noise_level_is_stored_to_the_nearest_grey_level(level):
    tensor = np.empty((1, 4, 4, 1), np.int8)
    PictureEncoding(SPEC, info(np.int8, PICTURE_SCALE, -128)).encode_value(level, tensor)
    assert np.all(tensor == tensor[0, 0, 0, 0])
    assert abs(int(tensor[0, 0, 0, 0]) + 128 - level) <= 0.5


@given(share=st.floats(0, 1), scale=st.floats(0.0078, 0.05), zero_point=st.integers(-128, 127))
def test_a_real_value_within_an_int8_tensors_range_comes_back_to_half_a_step(share, scale, zero_point):
    tensor = info(np.int8, scale, zero_point)
    real = np.array([(255 * share - 128 - zero_point) * scale], np.float32)
    back = dequantize(quantize(real, tensor), tensor)
    assert abs(back[0] - real[0]) <= 0.501 * scale


@given(real=st.floats(-1e6, 1e6, width=32))
def test_a_real_value_is_itself_in_a_float_tensor(real):
    values = np.array([real], np.float32)
    assert dequantize(quantize(values, info(np.float32)), info(np.float32)) == values


@given(scale=st.floats(1 / 32767, 1e-3))
def test_every_byte_survives_a_16_bit_tensor_that_covers_the_range(scale):
    covers = scale * 32767 >= 1
    decoded = there_and_back(PictureEncoding(SPEC, info(np.int16, scale)), np.int16)
    assert np.array_equal(decoded, ALL_BYTES) or not covers


def test_a_16_bit_value_outside_of_the_range_is_clipped():
    encoding = PictureEncoding(SPEC, info(np.int16, 1e-3))
    decoded = np.empty(3, np.uint8)
    encoding.decode(np.array([-32768, 600, 32767], np.int16), decoded)
    assert decoded.tolist() == [0, 153, 255]
