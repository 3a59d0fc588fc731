"""Rows of the table of backbones as graphs: pixels as Keras would scale them, layers by name."""

import re
import sys

import keras
import numpy as np
import pytest

from core.inference.explain import explain
from core.inference.methods import GRADCAM
from core.models.backbone_graph import BATCH_NORM_MOMENTUM, build_backbone, scaled_pixels
from core.models.backbones import BACKBONES, Backbone
from core.models.classifier import build_classifier
from core.models.head import HeadConfig
from core.settings import read_settings


@pytest.mark.parametrize("name", [name for name, row in BACKBONES.items() if row.in_paper])
def test_scaling_inside_the_model_is_that_of_the_keras_application(name):
    row = BACKBONES[name]
    image = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    ours = keras.Model(*scaled_pixels(row, 16))(image).numpy()
    application = getattr(keras.applications, name)
    colour = np.repeat(image, 3, axis=-1).astype(np.float32)
    theirs = sys.modules[application.__module__].preprocess_input(colour)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-4)


def test_layer_names_do_not_depend_on_what_was_built_before():
    first = build_backbone(BACKBONES["InceptionV3"], 96)
    second = build_backbone(BACKBONES["InceptionV3"], 96)
    names = [layer.name for layer in second.layers]
    assert names == [layer.name for layer in first.layers]
    assert len(set(names)) == len(names)
    numbers = sorted(int(n[7:]) for n in names if re.fullmatch(r"conv2d_\d+", n))
    assert numbers == list(range(1, 94)) and "conv2d" in names


def test_another_keras_application_is_one_row(monkeypatch, tmp_path):
    row = Backbone(
        name="EfficientNetB0",
        title="EfficientNet B0",
        sentence="Scales its own pixels, and has other batch statistics than the seven.",
        year=2019,
        input_size=224,
        min_size=32,
        scaling="none",
        gradcam_layer="top_activation",
        parameters_millions=4.0,
    )
    monkeypatch.setitem(BACKBONES, row.name, row)
    settings = read_settings({"CHESTBENCH_ARTIFACTS": str(tmp_path)})
    model = build_classifier(
        row.name, ("a", "b"), HeadConfig(units=8), "none", settings, image_size=64
    )
    momenta = {layer.momentum for layer in model.layers if hasattr(layer, "momentum")}
    assert momenta == {BATCH_NORM_MOMENTUM}
    image = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    assert explain(GRADCAM, model, image, 0, row.gradcam_layer).heat.shape == (64, 64)
