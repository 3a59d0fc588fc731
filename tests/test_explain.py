import warnings

import keras
import numpy as np
import pytest

from core.errors import UserError
from core.inference.explain import gradcam
from core.inference.overlay import overlay
from core.models.backbones import BACKBONES
from core.models.classifier import build_classifier
from core.models.head import HeadConfig
from core.settings import read_settings

LAYER = BACKBONES["TinyCNN"].gradcam_layer
SIZE = 64


def blobs(count, seed):
    """Noise, in the odd images with a bright disc; also the disc's centres."""
    rng = np.random.default_rng(seed)
    pixels = rng.normal(100, 20, (count, SIZE, SIZE))
    centres = rng.integers(16, SIZE - 16, (count, 2))
    rows, columns = np.mgrid[:SIZE, :SIZE]
    for image, (row, column) in zip(pixels[1::2], centres[1::2], strict=True):
        image[np.hypot(rows - row, columns - column) < 8] += 80
    return np.clip(pixels, 0, 255).astype(np.uint8), centres


@pytest.fixture(scope="module")
def model():
    """A TinyCNN that tells discs from noise."""
    settings = read_settings({})
    head = HeadConfig(units=0, dropout=0)
    model = build_classifier("TinyCNN", ("noise", "disc"), head, "none", settings, image_size=SIZE)
    pixels, _ = blobs(32, seed=0)
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
    model.fit(pixels[..., None], np.arange(32) % 2, epochs=12, batch_size=16, verbose=0)
    return model


def test_heat_lies_where_the_object_is(model):
    pixels, centres = blobs(8, seed=1)
    for position in range(1, 8, 2):
        explanation = gradcam(model, pixels[position], 1, LAYER)
        heat = explanation.heat
        assert heat.shape == (SIZE, SIZE) and heat.dtype == np.float32
        assert heat.min() == 0 and heat.max() == 1 and not explanation.note
        hottest = np.unravel_index(heat.argmax(), heat.shape)
        assert np.hypot(*(hottest - centres[position])) < 14


def test_explaining_warns_of_nothing(model):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)
        gradcam(model, blobs(2, seed=1)[0][1], 1, LAYER)


def test_pixels_as_floats_predict_the_same(model):
    # tf-explain feeds floats to an input that is declared uint8.
    pixels = blobs(4, seed=1)[0][..., None]
    np.testing.assert_array_equal(
        model(pixels, training=False), model(pixels.astype(np.float32), training=False)
    )


def test_a_certain_prediction_still_has_a_map(model):
    kernel, bias = model.get_layer("head_logits").get_weights()
    pixels = blobs(2, seed=1)[0][1]
    heat = gradcam(model, pixels, 1, LAYER).heat
    model.get_layer("head_logits").set_weights([kernel * 1000, bias])
    assert model(pixels[None, ..., None]).numpy().max() == 1
    certain = gradcam(model, pixels, 1, LAYER)
    model.get_layer("head_logits").set_weights([kernel, bias])
    np.testing.assert_allclose(certain.heat, heat, atol=1e-4)


def test_a_map_that_says_nothing_is_empty_and_says_so(model):
    kernel, bias = model.get_layer("head_logits").get_weights()
    model.get_layer("head_logits").set_weights([kernel * 0, bias])
    explanation = gradcam(model, blobs(2, seed=1)[0][1], 1, LAYER)
    model.get_layer("head_logits").set_weights([kernel, bias])
    assert not explanation.heat.any() and LAYER in explanation.note


def test_an_unknown_layer_or_class_is_named(model):
    pixels = blobs(2, seed=1)[0][1]
    with pytest.raises(UserError, match="'mixed10'"):
        gradcam(model, pixels, 1, "mixed10")
    with pytest.raises(UserError, match="Class 2"):
        gradcam(model, pixels, 2, LAYER)


def test_the_overlay_colours_hot_places_and_leaves_cold_ones():
    image = np.full((40, 60), 100, np.uint8)
    heat = np.zeros((20, 30), np.float32)
    heat[:, 15:] = 1
    drawn = overlay(image, heat, 0.5)
    assert drawn.shape == (40, 60, 3) and drawn.dtype == np.uint8
    assert (drawn[:, :20] == 100).all()
    # The hot end of the scale is a pale yellow: red and green above blue.
    red, green, blue = drawn[20, 50].astype(int)
    assert red > blue and green > blue and red > 100
    np.testing.assert_array_equal(overlay(image, heat, 0.0), np.full((40, 60, 3), 100))
