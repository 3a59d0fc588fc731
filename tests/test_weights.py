import dataclasses
import http.server
import socket
import threading
from functools import partial

import h5py
import keras
import numpy as np
import pytest

from core.errors import UserError
from core.models.backbones import BACKBONES
from core.models.classifier import backbone_model, build_classifier
from core.models.head import HeadConfig
from core.models.weights import find_weights, imagenet_file, weights_fingerprint
from core.settings import read_settings

MOBILENET = BACKBONES["MobileNetV2"]


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory):
    """A MobileNetV2 as Keras makes it, and a folder with its weights in both HDF5 layouts."""
    keras.utils.set_random_seed(7)
    model = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(64, 64, 3))
    folder = tmp_path_factory.mktemp("pretrained")
    model.save_weights(folder / "new.weights.h5")
    model.save(folder / "whole.h5")
    # What Keras publishes: the old layout, without the graph.
    with h5py.File(folder / "whole.h5") as whole, h5py.File(folder / "old.h5", "w") as old:
        weights = whole["model_weights"]
        for name in weights:
            weights.copy(name, old)
        old.attrs.update(weights.attrs)
    return model, folder


@pytest.fixture
def settings(tmp_path):
    folder = tmp_path / "my weights"
    folder.mkdir()
    return read_settings(
        {"CHESTBENCH_ARTIFACTS": str(tmp_path / "artifacts"), "CHESTBENCH_WEIGHTS": str(folder)}
    )


def build(backbone, weights, settings):
    head = HeadConfig(units=8)
    return build_classifier(backbone, ("a", "b"), head, str(weights), settings, image_size=64)


def assert_backbone_weights(model, expected):
    for ours, theirs in zip(backbone_model(model).get_weights(), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_none_needs_no_file(settings):
    assert find_weights("VGG16", "none", settings) is None
    assert weights_fingerprint("VGG16", "none", settings) == "none"


@pytest.mark.parametrize("layout", ["new.weights.h5", "old.h5"])
def test_imagenet_is_looked_for_in_the_named_folder_first(layout, pretrained, settings):
    reference, folder = pretrained
    own = settings.artifacts / "weights"
    own.mkdir(parents=True)
    (own / imagenet_file(MOBILENET)).write_bytes(b"not this one")
    place = settings.weights / imagenet_file(MOBILENET)
    place.write_bytes((folder / layout).read_bytes())
    assert find_weights("MobileNetV2", "imagenet", settings) == place
    model = build("MobileNetV2", "imagenet", settings)
    assert_backbone_weights(model, reference.get_weights())
    assert model.get_layer("Conv1_relu") and model.get_layer("bn_Conv1").momentum == 0.9
    pixels = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 1), dtype=np.uint8)
    maps = reference(np.repeat(pixels, 3, -1) / 127.5 - 1.0).numpy()
    np.testing.assert_allclose(backbone_model(model)(pixels), maps.mean((1, 2)), atol=1e-4)


def test_the_artifacts_folder_and_the_name_keras_gives_the_file_do_as_well(settings):
    own = settings.artifacts / "weights"
    own.mkdir(parents=True)
    place = own / MOBILENET.weights_url.rpartition("/")[2]
    place.touch()
    assert find_weights("MobileNetV2", "imagenet", settings) == place


@pytest.mark.parametrize("layout", ["new.weights.h5", "old.h5", "whole.h5"])
def test_a_path_to_either_layout_is_loaded(layout, pretrained, settings):
    reference, folder = pretrained
    assert_backbone_weights(
        build("MobileNetV2", folder / layout, settings), reference.get_weights()
    )


def test_the_backbone_of_a_trained_run_is_taken_and_its_head_left(settings, tmp_path):
    trained = build_classifier(
        "TinyCNN", ("a", "b", "c"), HeadConfig(units=4), "none", settings, image_size=48, seed=5
    )
    trained.save(tmp_path / "model.keras")
    model = build("TinyCNN", tmp_path / "model.keras", settings)
    assert model.output.shape == (None, 2)
    assert_backbone_weights(model, backbone_model(trained).get_weights())
    trained.save_weights(tmp_path / "whole.weights.h5")
    model = build("TinyCNN", tmp_path / "whole.weights.h5", settings)
    assert_backbone_weights(model, backbone_model(trained).get_weights())


@pytest.mark.parametrize("name", ["tiny.keras", "tiny.weights.h5", "tiny.h5"])
def test_a_file_of_another_backbone_names_file_and_backbone(name, settings, tmp_path):
    tiny = build("TinyCNN", "none", settings)
    (tiny.save_weights if "weights" in name else tiny.save)(tmp_path / name)
    with pytest.raises(UserError, match=rf"{name}.*MobileNetV2"):
        build("MobileNetV2", tmp_path / name, settings)


def test_a_small_file_for_a_large_backbone_and_the_reverse(pretrained, settings):
    for layout in ("new.weights.h5", "old.h5", "whole.h5"):
        with pytest.raises(UserError, match=rf"{layout}.*TinyCNN"):
            build("TinyCNN", pretrained[1] / layout, settings)


@pytest.mark.parametrize("name", ["text.weights.h5", "text.h5", "text.keras"])
def test_a_file_that_cannot_be_read_is_named(name, settings, tmp_path):
    (tmp_path / name).write_text("not weights")
    with pytest.raises(UserError, match=rf"{name} cannot be read"):
        build("TinyCNN", tmp_path / name, settings)


def test_a_truncated_file_is_named(pretrained, settings, tmp_path):
    content = (pretrained[1] / "old.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match=r"cut\.h5 cannot be read"):
        build("MobileNetV2", tmp_path / "cut.h5", settings)


def test_an_hdf5_file_of_something_else_is_named(settings, tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["numbers"] = np.arange(3)
    with pytest.raises(UserError, match=r"other\.h5 was not made for TinyCNN"):
        build("TinyCNN", tmp_path / "other.h5", settings)


def test_a_path_that_is_not_there_or_not_weights_is_named(settings, tmp_path):
    with pytest.raises(UserError, match=r"absent\.h5 is not there"):
        find_weights("VGG16", str(tmp_path / "absent.h5"), settings)
    (tmp_path / "photo.png").touch()
    with pytest.raises(UserError, match=r"photo\.png is not a weights file"):
        find_weights("VGG16", str(tmp_path / "photo.png"), settings)


def test_tiny_cnn_has_no_imagenet_weights(settings):
    with pytest.raises(UserError, match=r"TinyCNN has no ImageNet weights.*'none'"):
        find_weights("TinyCNN", "imagenet", settings)


def test_without_network_the_sentence_says_which_file_goes_where(settings, monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    row = dataclasses.replace(MOBILENET, weights_url=f"http://127.0.0.1:{port}/nowhere.h5")
    monkeypatch.setitem(BACKBONES, "MobileNetV2", row)
    with pytest.raises(UserError) as raised:
        find_weights("MobileNetV2", "imagenet", settings)
    sentence = str(raised.value)
    for part in (
        row.weights_url,
        "mobilenetv2_imagenet_notop.weights.h5",
        str(settings.weights),
        str(settings.artifacts / "weights"),
        "CHESTBENCH_WEIGHTS",
    ):
        assert part in sentence
    assert socket.getdefaulttimeout() is None


def test_what_keras_downloads_is_loaded(pretrained, settings, monkeypatch, tmp_path, capfd):
    reference, folder = pretrained
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/old.h5"
        monkeypatch.setitem(
            BACKBONES, "MobileNetV2", dataclasses.replace(MOBILENET, weights_url=url)
        )
        model = build("MobileNetV2", "imagenet", settings)
        server.shutdown()
    assert_backbone_weights(model, reference.get_weights())
    assert (tmp_path / "models" / "old.h5").is_file()
    # Standard output is for answers that a program reads.
    assert capfd.readouterr().out == ""


def test_the_fingerprint_follows_the_content(settings, tmp_path):
    first, same, other = (tmp_path / f"{name}.h5" for name in ("first", "same", "other"))
    first.write_bytes(b"a")
    same.write_bytes(b"a")
    other.write_bytes(b"b")
    prints = [weights_fingerprint("VGG16", str(path), settings) for path in (first, same, other)]
    assert prints[0] == prints[1] != prints[2]
