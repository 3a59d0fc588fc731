import re
import subprocess
import sys

import numpy as np
import pytest

from core.errors import UserError
from core.inference.explain import explain
from core.inference.methods import GRADCAM
from core.models.backbones import (
    BACKBONES,
    BATCH_NORM_MOMENTUM,
    SCALINGS,
    Backbone,
    build_backbone,
    check_image_size,
    get_backbone,
    scaled_pixels,
)
from core.models.classifier import build_classifier
from core.models.head import HeadConfig
from core.settings import read_settings


def keras_application(name):
    import keras

    application = getattr(keras.applications, name)
    return application, sys.modules[application.__module__]


def test_the_table_has_the_seven_of_the_paper_and_one_for_teaching():
    assert [name for name, row in BACKBONES.items() if row.in_paper] == [
        "VGG16",
        "VGG19",
        "DenseNet201",
        "InceptionResNetV2",
        "InceptionV3",
        "ResNet50",
        "MobileNetV2",
    ]
    assert [name for name, row in BACKBONES.items() if not row.in_paper] == ["TinyCNN"]
    for name, row in BACKBONES.items():
        assert row.name == name and row.scaling in SCALINGS
        assert row.min_size <= row.input_size


@pytest.mark.parametrize("name", [name for name, row in BACKBONES.items() if row.in_paper])
def test_scaling_inside_the_model_is_that_of_the_keras_application(name):
    import keras

    row = BACKBONES[name]
    image = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    ours = keras.Model(*scaled_pixels(row, 16))(image).numpy()
    colour = np.repeat(image, 3, axis=-1).astype(np.float32)
    theirs = keras_application(name)[1].preprocess_input(colour)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("name", [name for name, row in BACKBONES.items() if row.weights_md5])
def test_checksums_are_those_that_keras_checks(name):
    import inspect

    assert BACKBONES[name].weights_md5 in inspect.getsource(keras_application(name)[1])


def test_layer_names_do_not_depend_on_what_was_built_before():
    first = build_backbone(BACKBONES["InceptionV3"], 96)
    second = build_backbone(BACKBONES["InceptionV3"], 96)
    names = [layer.name for layer in second.layers]
    assert names == [layer.name for layer in first.layers]
    assert len(set(names)) == len(names)
    numbers = sorted(int(n[7:]) for n in names if re.fullmatch(r"conv2d_\d+", n))
    assert numbers == list(range(1, 94)) and "conv2d" in names


def test_an_image_size_below_the_minimum_names_the_field():
    with pytest.raises(UserError, match=r"image_size is 64.*InceptionV3.*75"):
        check_image_size(BACKBONES["InceptionV3"], 64)
    assert check_image_size(BACKBONES["InceptionV3"], None) == 299


def test_an_unknown_backbone_names_the_known_ones():
    with pytest.raises(UserError, match=r"'VGG17'.*VGG16.*TinyCNN"):
        get_backbone("VGG17")


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


def test_reading_the_tables_does_not_load_keras():
    code = (
        "import sys, core.models.backbones, core.models.head, core.models.weights; "
        "sys.exit(sorted({'keras', 'tensorflow'} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
