import gc
import warnings
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf

from core.errors import UserError
from core.inference import pixel_gradients
from core.inference.explain import explain, explain_shuffled
from core.inference.methods import EXPLANATIONS, GRADCAM
from core.inference.network_parts import network_parts
from core.inference.occlusion import SQUARES, occlusion_heats
from core.inference.overlay import overlay
from core.inference.pixel_gradients import attributions, smoothgrad_heats
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
        explanation = explain(GRADCAM, model, pixels[position], 1, LAYER)
        heat = explanation.heat
        assert heat.shape == (SIZE, SIZE) and heat.dtype == np.float32
        assert heat.min() == 0 and heat.max() == 1 and not explanation.note
        hottest = np.unravel_index(heat.argmax(), heat.shape)
        assert np.hypot(*(hottest - centres[position])) < 14


@pytest.mark.parametrize("method", EXPLANATIONS)
def test_every_method_warns_of_nothing_and_says_nothing(model, method, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)
        explain(method, model, blobs(2, seed=1)[0][1], 1, LAYER)
    assert not capfd.readouterr().out


@pytest.mark.parametrize("method", EXPLANATIONS)
def test_every_method_puts_most_of_its_heat_about_the_object(model, method):
    pixels, centres = blobs(4, seed=1)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    for position in (1, 3):
        heat = explain(method, model, pixels[position], 1, LAYER).heat
        about = np.hypot(rows - centres[position][0], columns - centres[position][1]) < 16
        assert heat[about].mean() > 1.3 * heat[~about].mean()


def test_integrated_gradients_add_up_to_the_score(model):
    # Completeness: Sundararajan et al. 2017, proposition 1.
    parts, pixels = network_parts(model, LAYER), blobs(2, seed=1)[0][1]
    images = np.stack([np.zeros_like(pixels), pixels])[..., np.newaxis].astype(np.float32)
    black, whole = parts.scores(images, parts.tail).numpy()[:, 1]
    assert whole - black > 1
    total = attributions(parts, pixels, 1, parts.tail, 128).sum()
    assert total == pytest.approx(whole - black, rel=0.02)
    # The steps of a map are fewer: nearly the same.
    few = attributions(parts, pixels, 1, parts.tail, pixel_gradients.STEPS).sum()
    assert few == pytest.approx(whole - black, rel=0.15)


def test_smoothgrad_is_the_mean_gradient_of_the_score_over_noisy_copies(model):
    parts, pixels = network_parts(model, LAYER), blobs(2, seed=1)[0][1]
    np.random.seed(0)
    noise = np.random.normal(0, 0.15 * np.ptp(pixels), (24, SIZE, SIZE, 1)).astype(np.float32)
    np.random.seed(7)
    expected = np.random.random()
    with tf.GradientTape() as tape:
        images = tf.constant(pixels[..., np.newaxis] + noise)
        tape.watch(images)
        scores = parts.scores(images, parts.tail)[:, 1]
    direct = np.abs(tape.gradient(scores, images).numpy().mean(axis=0)[..., 0])
    np.random.seed(7)
    (heat,) = smoothgrad_heats(parts, pixels, 1, [parts.tail])
    assert np.random.random() == expected
    capped = np.minimum(direct, np.percentile(direct, 99))
    np.testing.assert_allclose(heat, capped, atol=1e-4 * capped.max())


def test_occlusion_is_the_fall_of_the_log_odds_under_each_square(model):
    pixels, centres = blobs(2, seed=1)
    parts = network_parts(model, LAYER)
    (heat,) = occlusion_heats(parts, pixels[1], 1, [parts.tail])
    patch = -(-SIZE // SQUARES)
    assert SIZE % patch  # the last squares are cut off
    row, column = (centre // patch for centre in centres[1])
    covered = pixels[1].astype(np.float32)
    covered[row * patch :, column * patch :][:patch, :patch] = 127.5
    images = np.stack([pixels[1], covered])[..., np.newaxis].astype(np.float32)
    scores = np.diff(parts.scores(images, parts.tail).numpy(), axis=1)[:, 0]
    place = (np.array([row, column]) * patch + patch // 2).tolist()
    # Squares are blown up to pixels; none stands at the very middle of one.
    assert heat[*place] == pytest.approx(scores[0] - scores[1], rel=0.05)


def test_pixels_as_floats_predict_the_same(model):
    # tf-explain feeds floats to an input that is declared uint8.
    pixels = blobs(4, seed=1)[0][..., None]
    np.testing.assert_array_equal(
        model(pixels, training=False), model(pixels.astype(np.float32), training=False)
    )


def test_a_certain_prediction_still_has_a_map(model):
    kernel, bias = model.get_layer("head_logits").get_weights()
    pixels = blobs(2, seed=1)[0][1]
    heat = explain(GRADCAM, model, pixels, 1, LAYER).heat
    model.get_layer("head_logits").set_weights([kernel * 1000, bias])
    assert model(pixels[None, ..., None]).numpy().max() == 1
    certain = explain(GRADCAM, model, pixels, 1, LAYER)
    model.get_layer("head_logits").set_weights([kernel, bias])
    np.testing.assert_allclose(certain.heat, heat, atol=1e-4)


def test_a_map_that_says_nothing_is_empty_and_says_so(model):
    kernel, bias = model.get_layer("head_logits").get_weights()
    model.get_layer("head_logits").set_weights([kernel * 0, bias])
    explanation = explain(GRADCAM, model, blobs(2, seed=1)[0][1], 1, LAYER)
    model.get_layer("head_logits").set_weights([kernel, bias])
    assert not explanation.heat.any() and "empty" in explanation.note


def test_heads_are_shuffled_beside_the_network_and_never_in_it(model):
    pixels = blobs(2, seed=1)[0][1]
    before = [weights.copy() for weights in model.get_weights()]
    nodes = sum(len(layer._outbound_nodes) for layer in model.layers)
    own, *others = explain_shuffled("gradcam", model, pixels, 1, LAYER, [0, 1])
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))
    # A cached network that grew with each question would fill the memory in the end.
    assert sum(len(layer._outbound_nodes) for layer in model.layers) == nodes
    np.testing.assert_array_equal(own.heat, explain(GRADCAM, model, pixels, 1, LAYER).heat)
    parts = network_parts(model, LAYER)
    kernel = parts.tail.get_layer("head_logits").get_weights()[0]
    shuffled = [parts.shuffled_tail(s).get_layer("head_logits").get_weights()[0] for s in (0, 0, 1)]
    assert (shuffled[0] == shuffled[1]).all() and (shuffled[0] != shuffled[2]).any()
    assert (np.sort(shuffled[0], axis=None) == np.sort(kernel, axis=None)).all()
    assert any((other.heat != own.heat).any() for other in others)


def test_parts_leave_with_their_network():
    head = HeadConfig(units=4, dropout=0)
    passing = build_classifier("TinyCNN", ("a", "b"), head, "none", read_settings({}), 32)
    parts = network_parts(passing, LAYER)
    assert network_parts(passing, LAYER) is parts
    gone = weakref.ref(passing)
    del passing
    gc.collect()
    assert gone() is None


def test_an_unknown_layer_or_class_is_named(model):
    pixels = blobs(2, seed=1)[0][1]
    with pytest.raises(UserError, match="'mixed10'"):
        explain(GRADCAM, model, pixels, 1, "mixed10")
    with pytest.raises(UserError, match="Class 2"):
        explain(GRADCAM, model, pixels, 2, LAYER)


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
