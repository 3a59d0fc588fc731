"""Whole runs, trained and evaluated in this process: what they leave, and that they repeat."""

import json
import threading
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from tiny_study import finish, queue, tiny_config, tiny_settings

from core import run_requests, runs
from core.engine import execute
from core.errors import UserError
from core.evaluation.temperature import run_temperature
from core.inference.predictor import predict
from core.training.recipes import RECIPES
from core.training.schedule import SCHEDULES

settings = tiny_settings


@pytest.fixture(scope="module", params=RECIPES)
def finished(request, settings):
    return finish(tiny_config(request.param), settings)


def test_a_finished_run_holds_all_its_files(finished):
    assert finished.state == runs.FINISHED
    names = {path.name for path in finished.folder.iterdir()}
    assert names == {
        "config.json", "status.json", "images.csv", "history.csv", "model.keras",
        "predictions.csv", "metrics.json", "tensorboard",
    }  # fmt: skip
    metrics = finished.metrics()
    assert metrics["n_training"] + metrics["n_validation"] == 42
    assert metrics["overlap_patients"] == 0
    assert metrics["synthetic"] is False
    assert metrics["training_seconds"] > 0
    assert metrics["testing_seconds"] > 0
    assert np.sum(metrics["confusion_matrix"]) == metrics["n_validation"]


def test_history_has_a_row_per_batch_and_per_epoch(finished):
    history, config = finished.history(), finished.config
    epochs = config["epochs"] + config["head_epochs"]
    of_epochs = history[history["kind"] == "epoch"]
    assert of_epochs["epoch"].tolist() == list(range(1, epochs + 1))
    assert of_epochs[["loss", "accuracy", "val_loss", "val_accuracy"]].notna().all(axis=None)
    of_batches = history[history["kind"] == "batch"]
    steps = epochs * int(np.ceil(finished.metrics()["n_training"] / config["batch_size"]))
    assert of_batches["step"].tolist() == list(range(1, steps + 1))
    assert (of_batches["learning_rate"] >= 0).all() and of_batches["learning_rate"].max() > 0


def test_the_sides_of_the_split_share_no_patient(finished):
    images = pd.read_csv(finished.folder / "images.csv")
    patients = images.groupby("side")["patient"].apply(set)
    assert not patients["training"] & patients["validation"]
    predictions = finished.predictions()
    assert set(predictions["id"]) == set(images.loc[images["side"] == "validation", "id"])


def test_calibration_images_are_neither_learnt_from_nor_checked_on(finished, settings):
    split = finished.config["split"] | {"calibration_share": 0.25}
    run = finish(tiny_config(finished.config["recipe"], split=split), settings)
    images, before = (pd.read_csv(one.folder / "images.csv") for one in (run, finished))
    sides = images.groupby("side")
    assert images["id"].equals(before["id"])
    assert (images["side"] == "validation").equals(before["side"] == "validation")
    patients = sides["patient"].apply(set)
    assert not patients["training"] & patients["calibration"]
    metrics = run.metrics()
    assert metrics["n_training"] == len(sides.get_group("training"))
    assert metrics["n_calibration"] == len(sides.get_group("calibration")) > 0
    history = run.history().query("kind == 'epoch'")
    per_epoch = np.ceil(metrics["n_training"] / run.config["batch_size"])
    assert history["step"].iloc[-1] == per_epoch * len(history)
    held_back = pd.read_csv(run.folder / "calibration.csv")
    assert set(held_back["id"]) == set(sides.get_group("calibration")["id"])
    assert list(held_back.columns) == list(run.predictions().columns)
    row = held_back.iloc[0]
    answered = predict(run, Path(row["path"]), settings).probabilities
    for name, probability in answered.items():
        assert probability == pytest.approx(row[f"p_{name}"], abs=1e-4)
    fitted = run_temperature(run)
    assert fitted.value or metrics["temperature_reason"]
    if fitted.value:
        assert (fitted.value, fitted.n) == (metrics["temperature"], len(held_back))
    assert "temperature" not in finished.metrics() and "n_calibration" not in finished.metrics()


def test_the_saved_model_gives_the_saved_predictions(finished, settings):
    row = finished.predictions().iloc[0]
    prediction = predict(finished, Path(row["path"]), settings)
    assert prediction.predicted == row["predicted"]
    for name, probability in prediction.probabilities.items():
        assert probability == pytest.approx(row[f"p_{name}"], abs=1e-4)


def test_the_same_config_gives_the_same_metrics(finished, settings):
    again = finish(tiny_config(finished.config["recipe"]), settings)
    columns = [c for c in again.predictions() if c.startswith("p_")]
    assert np.allclose(again.predictions()[columns], finished.predictions()[columns], atol=1e-5)
    assert again.metrics()["confusion_matrix"] == finished.metrics()["confusion_matrix"]


def test_the_saved_model_loads_in_safe_mode_without_the_optimiser(finished):
    model = keras.saving.load_model(finished.model_path, safe_mode=True)
    assert not getattr(model, "compiled", False)


def test_a_network_learns_what_can_be_learnt(settings):
    run = finish(tiny_config(epochs=25, learning_rate=3e-3, seed=1), settings)
    assert run.metrics()["balanced_accuracy"] > 0.8, run.metrics()["confusion_matrix"]


@pytest.mark.parametrize("weighting", ["none", "balanced"])
def test_fine_tuning_after_the_head_counts_epochs_on(settings, weighting):
    config = tiny_config(head_epochs=2, epochs=1, class_weighting=weighting)
    history = finish(config, settings).history()
    of_epochs = history[history["kind"] == "epoch"]
    assert of_epochs["phase"].tolist() == ["Training the head"] * 2 + ["Training the network"]
    assert of_epochs["epoch"].tolist() == [1, 2, 3]


def test_the_history_has_the_cyclical_rate_of_every_batch(settings):
    cycle = {"step_size": 3, "base_lr": 1e-4, "max_lr": 1e-2, "mode": "triangular2"}
    config = tiny_config("paper", epochs=3, cyclical_learning_rate=cycle)
    history = finish(config, settings).history()
    rates = history.loc[history["kind"] == "batch", "learning_rate"]
    rate = SCHEDULES["cyclical"](1.0, len(rates), config.cyclical_learning_rate)
    assert rates.tolist() == pytest.approx([rate(step) for step in range(len(rates))], abs=1e-9)


def test_early_stopping_ends_the_phase_and_the_next_one_counts_on(settings):
    # At this learning rate the validation loss soon rises.
    config = tiny_config(
        head_epochs=40, head_learning_rate=1.0, schedule="constant", epochs=1, early_stopping=2
    )
    history = finish(config, settings).history()
    epochs = history[history["kind"] == "epoch"]
    head = epochs[epochs["phase"] == "Training the head"]
    assert len(head) < 40
    assert len(head) == head["val_loss"].argmin() + 1 + 2
    assert epochs["epoch"].tolist() == list(range(1, len(head) + 2))


def test_the_best_epoch_is_kept_on_request(settings):
    config = tiny_config(epochs=6, learning_rate=0.05, schedule="constant", keep="best")
    run = finish(config, settings)
    epochs = run.history().query("kind == 'epoch'")
    best = epochs.loc[epochs["val_loss"].idxmin()]
    assert run.metrics()["accuracy"] == pytest.approx(best["val_accuracy"], abs=1e-5)


def test_a_batch_larger_than_the_training_set_is_one_sentence(settings):
    run = queue(tiny_config(batch_size=64), settings)
    assert not execute(run, settings)
    message = runs.read_run(settings.runs, run.id).status["message"]
    assert "batch_size: 64" in message and "training images" in message


def test_a_stop_ends_the_run_at_the_next_batch(settings):
    run = queue(tiny_config(epochs=500), settings)
    history = run.folder / "history.csv"

    def stop_when_training():
        while not history.exists() or history.read_text().count("\n") < 5:
            threading.Event().wait(0.02)
        run_requests.request_stop(runs.read_run(settings.runs, run.id))

    threading.Thread(target=stop_when_training, daemon=True).start()
    assert not execute(run, settings)
    ended = runs.read_run(settings.runs, run.id)
    assert ended.state == runs.STOPPED
    assert 4 <= len(ended.history()) < 2000
    assert not ended.model_path.exists()


def test_a_persons_error_is_the_runs_message(settings):
    run = queue(tiny_config(weights="absent.weights.h5"), settings)
    assert not execute(run, settings)
    status = json.loads((run.folder / "status.json").read_text())
    assert status["state"] == runs.FAILED
    assert status["fault"] == "user"
    assert "absent.weights.h5" in status["message"]
    assert "\n" not in status["message"]


def test_a_run_is_executed_once(finished, settings):
    before = (finished.folder / "predictions.csv").stat().st_mtime_ns
    with pytest.raises(UserError, match="only a queued run"):
        execute(finished, settings)
    assert (finished.folder / "predictions.csv").stat().st_mtime_ns == before
    assert runs.read_run(settings.runs, finished.id).state == runs.FINISHED


def test_the_seconds_of_the_history_are_those_of_training_alone(settings):
    # The features of these images are not stored yet: reading them counts apart.
    run = finish(tiny_config("quick", image_size=48), settings)
    last = run.history()["seconds"].iloc[-1]
    assert last <= run.metrics()["training_seconds"]
