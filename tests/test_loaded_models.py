"""Classifiers stay loaded within a limit, and a file that cannot be trusted is one sentence."""

import gc
import json
import shutil
import weakref
import zipfile

import keras
import numpy as np
import pytest
from tiny_study import queue, tiny_config, tiny_settings

from core import runs
from core.errors import UserError
from core.files import write_json
from core.inference import loaded_models
from core.inference.explain import explain
from core.inference.loaded_models import BYTES_PER_LAYER, load_classifier, size_of
from core.inference.methods import GRADCAM
from core.models.backbones import BACKBONES
from core.models.classifier import build_classifier

settings = tiny_settings


@pytest.fixture(scope="module")
def saved(settings, tmp_path_factory):
    """A classifier's file as a run of ``tiny_config`` leaves it."""
    config = tiny_config()
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    build_classifier(
        config.backbone, config.classes, config.head, "none", settings, config.size
    ).save(path)
    return path


@pytest.fixture(autouse=True)
def nothing_loaded():
    loaded_models._loaded.clear()
    yield
    loaded_models._loaded.clear()


@pytest.fixture
def finished(settings, saved):
    """Makes finished runs that share one model file, each under its own name."""

    def finished(file=saved):
        run = queue(tiny_config(), settings)
        runs.write_status(run, state=runs.FINISHED)
        shutil.copyfile(file, run.model_path)
        return runs.read_run(settings.runs, run.id)

    return finished


def limit(monkeypatch, models, size):
    monkeypatch.setenv("CHESTBENCH_MODEL_MEMORY", str(models * size / 1e9))


def kept():
    return [path.parent.name for path in loaded_models._loaded]


def test_a_model_stays_until_its_file_changes(finished):
    run = finished()
    model = load_classifier(run)
    assert load_classifier(run) is model
    run.model_path.touch()
    assert load_classifier(run) is not model
    assert kept() == [run.id]


def test_the_one_asked_longest_ago_leaves_and_is_freed(finished, monkeypatch):
    first, second, third = (finished() for _ in range(3))
    size = size_of(load_classifier(first))
    limit(monkeypatch, 2.5, size)
    leaving = weakref.ref(load_classifier(second))
    load_classifier(first)
    load_classifier(third)
    assert kept() == [first.id, third.id]
    assert leaving() is None


def test_below_one_model_the_one_asked_for_is_loaded_alone(finished, monkeypatch):
    first, second = finished(), finished()
    limit(monkeypatch, 0.1, size_of(load_classifier(first)))
    assert load_classifier(second).count_params()
    assert kept() == [second.id]
    assert load_classifier(first) and kept() == [first.id]


def test_a_models_size_is_its_weights_and_its_layers(finished):
    model = load_classifier(finished())
    weights = sum(np.asarray(weight).nbytes for weight in model.weights)
    assert size_of(model) == pytest.approx(weights + BYTES_PER_LAYER * len(model.layers), rel=0.01)


def test_a_run_that_was_deleted_or_lost_its_model_is_named(finished):
    run = finished()
    load_classifier(run)
    run.model_path.unlink()
    with pytest.raises(UserError, match=f"{run.id} is missing"):
        load_classifier(run)
    shutil.rmtree(run.folder)
    with pytest.raises(UserError, match=f"{run.id} was deleted"):
        load_classifier(run)


@pytest.mark.parametrize("change", [{"image_size": 48}, {"labels": "four"}])
def test_a_model_that_its_config_does_not_describe_is_refused(finished, settings, change):
    run = finished()
    load_classifier(run)
    write_json(run.folder / "config.json", run.config | change)
    with pytest.raises(UserError, match=f"{run.id} does not fit its config"):
        load_classifier(runs.read_run(settings.runs, run.id))


def test_damaged_files_are_one_sentence(finished, saved):
    whole = saved.read_bytes()
    rng = np.random.default_rng(0)
    damaged = [b"", b"broken", whole[: len(whole) // 2]]
    for _ in range(6):
        flipped = bytearray(whole)
        for place in rng.integers(0, len(whole), 60):
            flipped[place] ^= 1 << rng.integers(8)
        damaged.append(bytes(flipped))
    run = finished()
    for content in damaged:
        run.model_path.write_bytes(content)
        with pytest.raises(UserError, match=f"model.keras of {run.id}"):
            load_classifier(run)
    assert not kept()


def rewritten(saved, path, change):
    """A copy of a model's file whose description ``change`` has had its hands on."""
    with zipfile.ZipFile(saved) as whole, zipfile.ZipFile(path, "w") as copy:
        for name in whole.namelist():
            content = whole.read(name)
            if name == "config.json":
                description = json.loads(content)
                change(description)
                content = json.dumps(description).encode()
            copy.writestr(name, content)
    return path


def with_lambda(path, marker):
    """A model of Keras's own making whose last layer is Python code."""
    pixels = keras.Input((32, 32, 1), dtype="uint8")
    mean = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1.0)(pixels))
    shares = keras.layers.Dense(3, activation="softmax")(mean)
    code = keras.layers.Lambda(lambda x: (open(marker, "w").close(), x)[1])(shares)  # noqa: PTH123
    keras.Model(pixels, code).save(path)
    return path


FOREIGN = {
    "a class of another package": {"class_name": "Popen", "module": "subprocess", "config": {}},
    "a function": {"class_name": "function", "module": "builtins", "config": "exec"},
    "a lambda": {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}},
}


@pytest.mark.parametrize("kind", ["a Lambda layer", *FOREIGN])
def test_code_in_a_file_is_not_run_and_the_sentence_says_so(finished, saved, tmp_path, kind):
    marker, path = tmp_path / "ran", tmp_path / "model.keras"
    if kind in FOREIGN:
        foreign = FOREIGN[kind]
        rewritten(saved, path, lambda d: d["config"]["layers"][3]["config"].update(extra=foreign))
    else:
        with_lambda(path, str(marker))
        marker.unlink(missing_ok=True)
    run = finished(path)
    with pytest.raises(UserError, match=r"holds code of its own .* was not run"):
        load_classifier(run)
    assert not marker.exists() and not kept()


def test_many_loads_leave_nothing_behind(finished, monkeypatch):
    several = [finished() for _ in range(2)]
    limit(monkeypatch, 0.1, size_of(load_classifier(several[0])))
    known = []
    for run in several * 2:
        model = load_classifier(run)
        pixels = np.zeros((32, 32), np.uint8)
        model.predict_on_batch(pixels[None, :, :, None])
        explain(GRADCAM, model, pixels, 0, BACKBONES["TinyCNN"].gradcam_layer)
        known.append(weakref.ref(model))
    del model
    gc.collect()
    assert [each() is not None for each in known] == [False] * 3 + [True]
