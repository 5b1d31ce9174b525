from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras
from ai_edge_litert.interpreter import Interpreter
from made.pictures import photo_pixels

from litebrush.errors import FeatureError
from litebrush_train.features import InceptionFeatures, TfliteFeatures

SIDE = 16
PICTURES = np.stack([photo_pixels(SIDE, SIDE, seed=seed) for seed in range(3)])
FULL_RANGE = np.concatenate([PICTURES, np.zeros_like(PICTURES[:1]), np.full_like(PICTURES[:1], 255)])


def classifier() -> keras.Model:
    """Convolution, global average pooling, head: the shape of every common classifier."""
    keras.utils.set_random_seed(0)
    image = keras.Input((SIDE, SIDE, 3), batch_size=1)
    features = keras.layers.Conv2D(5, 3, activation="relu", name="convolution")(image)
    pooled = keras.layers.GlobalAveragePooling2D(name="pooling")(features)
    return keras.Model(image, keras.layers.Dense(4, activation="softmax", name="head")(pooled))


def converted(model: keras.Model, path: Path, integer: type | None = None) -> Path:
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if integer is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([p[None] / np.float32(127.5) - 1] for p in FULL_RANGE)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = integer
    path.write_bytes(converter.convert())
    return path


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return classifier()


@pytest.fixture(scope="module")
def float_file(model, tmp_path_factory) -> Path:
    return converted(model, tmp_path_factory.mktemp("features") / "tiny.tflite")


def pooled_by_keras(model: keras.Model, pictures: np.ndarray) -> np.ndarray:
    feature_model = keras.Model(model.input, model.get_layer("pooling").output)
    return np.concatenate([feature_model(picture[None] / np.float32(127.5) - 1) for picture in pictures])


def test_takes_the_input_of_the_classifiers_head(model, float_file):
    features = TfliteFeatures(float_file)(PICTURES)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, pooled_by_keras(model, PICTURES), atol=1e-5)


@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs:UserWarning")  # the converter, whatever it is given
@pytest.mark.parametrize("integer", [tf.uint8, tf.int8])
def test_an_integer_network_gets_the_bytes_of_the_picture(model, tmp_path, integer):
    features = TfliteFeatures(converted(model, tmp_path / "tiny.tflite", integer))(PICTURES)
    truth = pooled_by_keras(model, PICTURES)
    np.testing.assert_allclose(features, truth, atol=0.03 * np.abs(truth).max())


def test_a_float_network_trained_on_another_range_gets_that(model, float_file):
    dark = PICTURES // 2  # what half the range makes of the picture is what the range makes of half the picture
    half = TfliteFeatures(float_file, float_range=(-1.0, 0.0))(PICTURES)
    np.testing.assert_allclose(half, pooled_by_keras(model, dark), atol=0.01)


def test_another_tensor_is_taken_by_name_or_index(float_file):
    chosen = TfliteFeatures(float_file)
    interpreter_index = _index_of(float_file, chosen.tensor)
    for tensor in (chosen.tensor, interpreter_index):
        assert np.array_equal(TfliteFeatures(float_file, tensor)(PICTURES), chosen(PICTURES))
    probabilities = TfliteFeatures(float_file, _output_of(float_file))(PICTURES)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def _index_of(path: Path, name: str) -> int:
    interpreter = Interpreter(str(path))
    return next(details["index"] for details in interpreter.get_tensor_details() if details["name"] == name)


def _output_of(path: Path) -> str:
    return Interpreter(str(path)).get_output_details()[0]["name"]


def test_without_pooling_the_flattened_output_is_taken(tmp_path):
    image = keras.Input((SIDE, SIDE, 3), batch_size=1)
    model = keras.Model(image, keras.layers.Conv2D(2, 3)(image))
    features = TfliteFeatures(converted(model, tmp_path / "flat.tflite"))(PICTURES)
    expected = model.predict_on_batch(PICTURES[:1] / np.float32(127.5) - 1)
    assert features.shape == (3, (SIDE - 2) ** 2 * 2)
    np.testing.assert_allclose(features[0], expected.ravel(), atol=1e-5)


def test_pictures_of_any_size_are_scaled(float_file):
    extractor = TfliteFeatures(float_file)
    plain, small_and_wide = (np.full((1, *size, 3), (200, 90, 30), np.uint8) for size in ((SIDE, SIDE), (5, 40)))
    assert np.array_equal(extractor(small_and_wide), extractor(plain))


def test_the_name_for_figures_is_the_family_or_the_file(float_file, tmp_path):
    copy = tmp_path / "my_mobilenet_v3_224.tflite"
    copy.write_bytes(float_file.read_bytes())
    assert TfliteFeatures(copy).name == "MobileNet"
    assert TfliteFeatures(float_file).name == "tiny"
    output = _output_of(float_file)
    assert TfliteFeatures(float_file, output).name == f"tiny@{_index_of(float_file, output)}"


def test_refuses_what_is_no_network_or_no_picture(float_file, tmp_path):
    (tmp_path / "text.tflite").write_text("no network")
    with pytest.raises(FeatureError, match="not a TFLite network"):
        TfliteFeatures(tmp_path / "text.tflite")
    with pytest.raises(FeatureError, match="cannot read"):
        TfliteFeatures(tmp_path / "absent.tflite")
    with pytest.raises(FeatureError, match="no tensor 'nothing'"):
        TfliteFeatures(float_file, "nothing")
    with pytest.raises(FeatureError, match="expected uint8 RGB"):
        TfliteFeatures(float_file)(PICTURES.astype(np.float32))


def test_refuses_a_network_that_takes_no_picture(tmp_path):
    numbers = keras.Input((7,), batch_size=1)
    path = converted(keras.Model(numbers, keras.layers.Dense(2)(numbers)), tmp_path / "numbers.tflite")
    with pytest.raises(FeatureError, match="expected one picture"):
        TfliteFeatures(path)


def test_a_failed_download_says_what_to_do_instead(monkeypatch):
    def fail(**_: object) -> None:
        raise Exception("URL fetch failure")  # as bare as Keras's own

    monkeypatch.setattr("tf_keras.applications.InceptionV3", fail)
    with pytest.raises(FeatureError, match="--features FILE"):
        InceptionFeatures()
