import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf

from core.errors import UserError
from core.inference import occlusion, pixel_gradients
from core.inference.explain import explain
from core.inference.methods import EXPLANATIONS, GRADCAM
from core.models.backbone_graph import BATCH_NORM_MOMENTUM
from core.models.backbones import BACKBONES
from core.models.classifier import backbone_model, build_classifier, head_model, set_trainable
from core.models.head import HeadConfig
from core.settings import read_settings

CLASSES = ("normal", "bacteria", "coronavirus")
SMALL_HEAD = HeadConfig(units=8, dropout=0)


def images(count, size, seed=0):
    """Grey ramps of different direction and brightness, so that no two images are alike."""
    rng = np.random.default_rng(seed)
    ramp = np.linspace(-1, 1, size)
    slopes = rng.uniform(-60, 60, (2, count, 1, 1))
    light = rng.uniform(90, 160, (count, 1, 1))
    pixels = light + slopes[0] * ramp[:, None] + slopes[1] * ramp
    pixels = pixels + rng.normal(0, 10, pixels.shape)
    return np.clip(pixels, 0, 255).astype(np.uint8)[..., np.newaxis]


def build(backbone, head=SMALL_HEAD, size=None, seed=0):
    settings = read_settings({})
    return build_classifier(backbone, CLASSES, head, "none", settings, image_size=size, seed=seed)


def batch_norms(model):
    return [each for each in model.layers if isinstance(each, keras.layers.BatchNormalization)]


@pytest.fixture(scope="module", params=list(BACKBONES))
def trained(request, tmp_path_factory):
    """Row, pixels, the classifier after one training step, and the same classifier loaded."""
    row = BACKBONES[request.param]
    # Small, but with room for feature maps of more than one pixel.
    size = row.min_size + 48
    model = build(row.name, size=size)
    pixels = images(2, size)
    # Eagerly: tracing two hundred layers into a graph takes longer than the one step.
    model.compile(keras.optimizers.Adam(1e-4), "sparse_categorical_crossentropy", run_eagerly=True)
    before = model.get_weights()
    loss = model.train_on_batch(pixels, np.array([0, 2]))
    assert np.isfinite(loss)
    assert any((old != new).any() for old, new in zip(before, model.get_weights(), strict=True))
    path = tmp_path_factory.mktemp(row.name) / "model.keras"
    model.save(path)
    return row, pixels, model, keras.models.load_model(path, safe_mode=True)


def test_every_backbone_predicts_the_same_after_loading_in_safe_mode(trained):
    _, pixels, model, loaded = trained
    probabilities = model(pixels, training=False).numpy()
    assert probabilities.shape == (2, 3) and probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(loaded(pixels, training=False).numpy(), probabilities, atol=1e-6)


def spoken_for(row, pixels, model):
    """A class that some of the last maps speak for: untrained networks leave others empty."""
    notes = [
        explain(GRADCAM, model, pixels[0, ..., 0], c, row.gradcam_layer).note for c in range(3)
    ]
    return notes.index("")


@pytest.mark.parametrize("method", EXPLANATIONS)
def test_every_backbone_is_explained_by_every_method_after_loading(trained, method, monkeypatch):
    row, pixels, _, loaded = trained
    # The same way, in fewer looks: this is about networks, not about how fine a map is.
    monkeypatch.setattr(occlusion, "SQUARES", 3)
    monkeypatch.setattr(pixel_gradients, "STEPS", 3)
    monkeypatch.setattr(pixel_gradients, "COPIES", 3)
    chosen = spoken_for(row, pixels, loaded)
    explanation = explain(method, loaded, pixels[0, ..., 0], chosen, row.gradcam_layer)
    assert explanation.heat.shape == pixels.shape[1:3]
    assert explanation.heat.dtype == np.float32 and not explanation.note
    assert np.isfinite(explanation.heat).all()
    assert explanation.heat.min() == 0 and explanation.heat.max() == 1


def test_gradcam_of_every_backbone_is_the_published_formula(trained):
    # Selvaraju et al. 2017, equations 1 and 2, on the whole network at once.
    row, pixels, _, loaded = trained
    chosen = spoken_for(row, pixels, loaded)
    both = [loaded.get_layer(name).output for name in (row.gradcam_layer, "head_logits")]
    with tf.GradientTape() as tape:
        maps, scores = keras.Model(loaded.input, both)(pixels[:1], training=False)
        tape.watch(maps)
        score = keras.Model(loaded.get_layer(row.gradcam_layer).output, both[1])(maps)[0, chosen]
    np.testing.assert_allclose(score, scores[0, chosen], rtol=1e-4, atol=1e-4)
    weights = tape.gradient(score, maps).numpy()[0].mean(axis=(0, 1))
    heat = np.maximum((maps.numpy()[0] * weights).sum(axis=-1), 0)
    heat = cv2.resize(heat, pixels.shape[1:3], interpolation=cv2.INTER_LINEAR)
    heat = (heat - heat.min()) / np.ptp(heat)
    ours = explain(GRADCAM, loaded, pixels[0, ..., 0], chosen, row.gradcam_layer).heat
    np.testing.assert_allclose(ours, heat, atol=1e-4)


def test_every_backbone_is_flat_and_named_without_chance(trained):
    row, _, model, loaded = trained
    names = [layer.name for layer in loaded.layers]
    assert names[0] == "pixels" and names[-1] == "probabilities"
    assert loaded.input.dtype == "uint8"
    assert len(model.get_layer(row.gradcam_layer).output.shape) == 4
    for layer in loaded.layers:
        assert not isinstance(layer, (keras.Model, keras.layers.Lambda))
    own = names[names.index("features") + 1 :]
    assert all(name.startswith("head_") or name == "probabilities" for name in own)


def test_every_batch_normalisation_averages_over_few_steps_after_loading_too(trained):
    row, _, model, loaded = trained
    assert bool(batch_norms(model)) == (not row.name.startswith("VGG"))
    for layer in batch_norms(model) + batch_norms(loaded):
        assert layer.momentum == BATCH_NORM_MOMENTUM


def test_every_backbone_has_the_parameters_its_row_says(trained):
    row, _, model, _ = trained
    millions = backbone_model(model).count_params() / 1e6
    assert round(millions, 1) == row.parameters_millions


def test_tiny_cnn_is_tiny():
    assert backbone_model(build("TinyCNN")).count_params() < 300_000


@pytest.mark.parametrize("momentum, arrived", [(BATCH_NORM_MOMENTUM, True), (0.999, False)])
def test_batch_statistics_arrive_within_eighty_steps(momentum, arrived):
    # With the 0.999 of Keras's MobileNetV2, 92 % of the start values would still be there.
    model = build("TinyCNN", size=32)
    for layer in batch_norms(model):
        layer.momentum = momentum
    pixels = images(8, 32)
    for _ in range(80):
        training = model(pixels, training=True).numpy()
    evaluation = model(pixels, training=False).numpy()
    assert np.ptp(training, axis=0).max() > 0.2
    assert np.allclose(evaluation, training, atol=0.05) == arrived


def test_what_has_been_learnt_shows_in_evaluation():
    model = build("TinyCNN", size=48)
    pixels, labels = images(12, 48), np.arange(12) % 3
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
    for _ in range(40):
        loss = model.train_on_batch(pixels, labels)
    assert loss < 0.5
    assert (model.predict(pixels, verbose=0).argmax(axis=1) == labels).mean() > 0.9


@pytest.mark.parametrize("pooling", ["avg", "flatten"])
def test_the_two_parts_share_their_weights_with_the_whole(pooling, tmp_path):
    model = build("TinyCNN", HeadConfig(units=8, pooling=pooling), size=48)
    backbone, head = backbone_model(model), head_model(model)
    pixels = images(6, 48)
    features = backbone(pixels).numpy()
    assert features.shape == (6, 128 if pooling == "avg" else 3 * 3 * 128)
    np.testing.assert_allclose(head(features), model(pixels), atol=1e-6)
    before = model(pixels).numpy()
    head.compile("adam", "sparse_categorical_crossentropy")
    head.fit(features, np.arange(6) % 3, epochs=3, verbose=0)
    assert not np.allclose(model(pixels), before, atol=1e-4)
    np.testing.assert_allclose(head(features), model(pixels), atol=1e-6)
    # The parts leave traces in the shared layers; the whole must still save and load.
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(loaded(pixels), model(pixels), atol=1e-6)


def test_the_same_seed_gives_the_same_initial_weights():
    first, same, other = (build("TinyCNN", size=48, seed=seed) for seed in (1, 1, 2))
    pixels = images(2, 48)
    np.testing.assert_array_equal(first(pixels), same(pixels))
    assert not np.allclose(first(pixels), other(pixels), atol=1e-4)


def test_the_head_alone_trains_and_frozen_statistics_stay():
    model = build("TinyCNN", size=48)
    set_trainable(model, 0)
    assert {each.path.split("/")[0] for each in model.trainable_weights} == {
        "head_dense",
        "head_logits",
    }
    before = backbone_model(model).get_weights()
    model(images(4, 48), training=True)
    for old, new in zip(before, backbone_model(model).get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_last_part_of_the_backbone_trains():
    model = build("TinyCNN", size=48)
    set_trainable(model, 0.5)
    trained = {each.path.split("/")[0] for each in model.trainable_weights}
    names = {"block3_conv", "block3_norm", "block4_conv", "block4_norm"}
    assert trained == names | {"head_dense", "head_logits"}
    set_trainable(model, 1)
    assert model.get_layer("block1_conv").trainable and model.get_layer("block1_norm").trainable
    set_trainable(model, 1, freeze_batch_norm=True)
    assert model.get_layer("block1_conv").trainable
    assert not any(layer.trainable for layer in batch_norms(model))
    with pytest.raises(UserError, match="fraction"):
        set_trainable(model, 1.5)


def test_what_cannot_be_built_is_said_in_a_sentence():
    settings = read_settings({})
    with pytest.raises(UserError, match="two classes"):
        build_classifier("TinyCNN", ("normal",), SMALL_HEAD, "none", settings)
    with pytest.raises(UserError, match="image_size"):
        build_classifier("InceptionV3", CLASSES, SMALL_HEAD, "none", settings, image_size=64)


def test_under_mixed_precision_the_head_stays_in_single():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = build("TinyCNN", size=48)
        pixels = images(2, 48)
        assert model.get_layer("block1_conv").compute_dtype == "float16"
        assert model(pixels).numpy().dtype == np.float32
        heat = explain(GRADCAM, model, pixels[0, ..., 0], 0, "block4_relu").heat
        assert heat.dtype == np.float32 and np.isfinite(heat).all()
    finally:
        keras.config.set_dtype_policy(before)
