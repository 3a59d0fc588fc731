import inspect
import subprocess
import sys

import pytest

from core.errors import UserError
from core.models.backbone_graph import SCALINGS
from core.models.backbones import BACKBONES, check_image_size, get_backbone


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


@pytest.mark.parametrize("name", [name for name, row in BACKBONES.items() if row.weights_md5])
def test_checksums_are_those_that_keras_checks(name):
    import keras

    module = sys.modules[getattr(keras.applications, name).__module__]
    assert BACKBONES[name].weights_md5 in inspect.getsource(module)


def test_an_image_size_below_the_minimum_names_the_field():
    with pytest.raises(UserError, match=r"image_size is 64.*InceptionV3.*75"):
        check_image_size(BACKBONES["InceptionV3"], 64)
    assert check_image_size(BACKBONES["InceptionV3"], None) == 299


def test_an_unknown_backbone_names_the_known_ones():
    with pytest.raises(UserError, match=r"'VGG17'.*VGG16.*TinyCNN"):
        get_backbone("VGG17")


def test_reading_the_tables_does_not_load_keras():
    code = (
        "import sys; "
        "from core.models import backbone_graph, backbones, head, weights; "
        "sys.exit(sorted({'keras', 'tensorflow'} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
