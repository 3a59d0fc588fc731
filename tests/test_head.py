import keras
import numpy as np
import pytest
from pydantic import ValidationError

from core.models.head import (
    SMALLEST_VARIANCE,
    STANDARDISE,
    HeadConfig,
    attach_head,
    pool_maps,
    standardise_features,
)


def head_on_maps(config, shape=(2, 2, 3), classes=4):
    maps = keras.Input(shape)
    return keras.Model(maps, attach_head(pool_maps(maps, config.pooling), classes, config))


def standardiser(features):
    """A model that ends after the standardisation of ``features`` average-pooled values."""
    whole = head_on_maps(HeadConfig(), (1, 1, features))
    return keras.Model(whole.input, whole.get_layer(STANDARDISE).output)


@pytest.mark.parametrize("pooling, width", [("avg", 3), ("flatten", 12)])
def test_layers_of_the_head(pooling, width):
    model = head_on_maps(HeadConfig(pooling=pooling, units=16, dropout=0.25, l2=0.01))
    assert [layer.name for layer in model.layers[1:]] == [
        "features",
        "head_standardise",
        "head_dense",
        "head_dropout",
        "head_logits",
        "probabilities",
    ]
    assert model.get_layer("features").output.shape == (None, width)
    assert model.get_layer("head_dropout").rate == 0.25
    assert model.get_layer("head_dense").kernel_regularizer.l2 == pytest.approx(0.01)
    assert len(model.losses) == 2
    maps = np.random.default_rng(0).normal(size=(5, 2, 2, 3))
    probabilities = model(maps).numpy()
    assert probabilities.shape == (5, 4)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_everything_optional_can_be_left_out():
    model = head_on_maps(HeadConfig(units=0, dropout=0, l2=0, standardise=False))
    assert [layer.name for layer in model.layers[1:]] == [
        "features",
        "head_logits",
        "probabilities",
    ]
    assert not model.losses
    standardise_features(model, [np.ones((2, 3))])


@pytest.mark.parametrize(
    "field, value",
    [("pooling", "max"), ("units", -1), ("dropout", 1.0), ("l2", -0.1), ("width", 3)],
)
def test_settings_out_of_range_name_the_field(field, value):
    with pytest.raises(ValidationError, match=field):
        HeadConfig(**{field: value})


def test_features_pass_unchanged_until_the_training_features_are_shown():
    model = standardiser(3)
    maps = np.random.default_rng(0).normal(5, 3, (7, 1, 1, 3)).astype(np.float32)
    np.testing.assert_allclose(model(maps), maps[:, 0, 0], atol=1e-5)


def test_training_features_come_out_centred_and_scaled(tmp_path):
    model = standardiser(3)
    features = np.random.default_rng(0).normal((1000, 0, -3), (1, 2, 3), (200, 3))
    features = features.astype(np.float32)
    standardise_features(model, np.array_split(features, 7))
    out = model(features[:, None, None]).numpy()
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(out.std(axis=0), 1, atol=1e-3)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(loaded(features[:, None, None]), out)


def test_a_feature_that_never_varied_does_not_outweigh_the_others():
    model = standardiser(2)
    features = np.random.default_rng(0).normal(0, 2, (100, 2)).astype(np.float32)
    features[:, 1] = 0
    standardise_features(model, [features])
    out = model(np.array([[[[0.0, 1.0]]]])).numpy()[0]
    # Mean variance is 2, so the floor is 2 thousandths of it.
    assert out[1] == pytest.approx(1 / np.sqrt(SMALLEST_VARIANCE * features.var(axis=0).mean()))
    standardise_features(model, [np.ones((4, 2))])
    np.testing.assert_array_equal(model(np.array([[[[1.0, 3.0]]]])), [[0, 2]])
