"""Number formats: chosen by what the GPU can do, kept to the run, and readable anywhere."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from tiny_study import finish, tiny_config, tiny_settings

from core.inference.predictor import predict
from core.training import gpus
from core.training.precision import FLOAT32, MIXED, choose_precision, computing_in

settings = tiny_settings


def features_made_with(settings):
    return [
        json.loads(path.read_text())["made_with"]
        for path in (settings.artifacts / "features").glob("*/shape.json")
    ]


@pytest.fixture(scope="module")
def mixed(settings):
    return finish(tiny_config(head_epochs=1, epochs=1, precision=MIXED), settings)


@pytest.mark.parametrize(
    ("asked", "capabilities", "devices", "chosen"),
    [
        ("auto", [9.0], ["gpu:0"], MIXED),
        ("auto", [8.0, 9.0], ["gpu:0", "gpu:1"], MIXED),
        ("auto", [7.5, 9.0], ["gpu:0", "gpu:1"], FLOAT32),
        ("auto", [0.0], ["gpu:0"], FLOAT32),
        ("auto", [], ["gpu:0"], FLOAT32),
        ("auto", [9.0], ["cpu:0"], FLOAT32),
        (FLOAT32, [9.0], ["gpu:0"], FLOAT32),
        (MIXED, [], ["cpu:0"], MIXED),
    ],
)
def test_auto_asks_what_every_gpu_can_do(monkeypatch, asked, capabilities, devices, chosen):
    found = tuple(gpus.Gpu("a card", capability) for capability in capabilities)
    monkeypatch.setattr("core.training.precision.find_gpus", lambda: found)
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: devices)
    assert choose_precision(asked) == chosen


def test_the_policy_is_given_back_also_after_an_error():
    with pytest.raises(KeyError), computing_in(MIXED) as precision:
        assert precision == keras.config.dtype_policy().name == MIXED
        raise KeyError
    assert keras.config.dtype_policy().name == FLOAT32


def test_a_mixed_run_says_so_and_learns_with_finite_numbers(mixed):
    assert mixed.status["precision"] == mixed.metrics()["precision"] == MIXED
    assert np.isfinite(mixed.history()[["loss", "accuracy"]]).all(axis=None)
    assert keras.config.dtype_policy().name == FLOAT32


def test_its_model_loads_anywhere_and_answers_the_same(mixed, settings):
    model = keras.saving.load_model(mixed.model_path, compile=False, safe_mode=True)
    assert {layer.compute_dtype for layer in model.layers} == {"bfloat16", "float32"}
    for row in mixed.predictions().itertuples():
        answers = predict(mixed, Path(row.path), settings).probabilities
        expected = [getattr(row, f"p_{name}") for name in answers]
        assert list(answers.values()) == pytest.approx(expected, abs=1e-2)


def test_stored_features_name_a_precision_other_than_float32(mixed, settings):
    assert [made_with["precision"] for made_with in features_made_with(settings)] == [MIXED]
    run = finish(tiny_config("quick", head_epochs=1), settings)
    assert run.metrics()["precision"] == FLOAT32
    named = sorted(made_with.get("precision", "") for made_with in features_made_with(settings))
    assert named == ["", MIXED]
