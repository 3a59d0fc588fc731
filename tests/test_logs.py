"""TensorBoard's files: one row an epoch over both phases, and no run harmed by them."""

import shutil

import keras
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

from core import runs
from core.training.config import configure
from core.training.logs import FOLDER, log_callbacks


@pytest.fixture
def run(tmp_path):
    return runs.create_run(tmp_path, configure("TinyCNN").model_dump(mode="json"), "tiny")


def fit(callbacks, epochs=2, initial_epoch=0):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")])
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    x, y = np.zeros((8, 4)), np.eye(2)[np.arange(8) % 2]
    return model.fit(
        x, y, validation_data=(x, y), epochs=epochs, initial_epoch=initial_epoch, verbose=0,
        callbacks=callbacks,
    ).history  # fmt: skip


def figures(run, side):
    """Tag -> [(epoch, value)] as TensorBoard reads it."""
    events = EventAccumulator(str(run.folder / FOLDER / side)).Reload()
    # Files of one second come in the order of their names, the tenth before the second.
    return {
        tag: sorted((e.step, float(make_ndarray(e.tensor_proto))) for e in events.Tensors(tag))
        for tag in events.Tags()["tensors"]
    }


def test_epochs_count_on_over_phases_and_resumption(run):
    fit(log_callbacks(run, 0), epochs=1)
    head = fit(log_callbacks(run, 0))  # from the beginning once more
    fit(log_callbacks(run, 2), epochs=1)
    fit(log_callbacks(run, 2, resumed=True), epochs=2, initial_epoch=1)
    train, validation = figures(run, "train"), figures(run, "validation")
    assert set(train) == {"epoch_loss", "epoch_accuracy", "epoch_learning_rate"}
    assert set(validation) == {"epoch_loss", "epoch_accuracy"}
    for rows in (*train.values(), *validation.values()):
        assert [step for step, _ in rows] == [1, 2, 3, 4]
    assert [value for _, value in train["epoch_loss"][:2]] == pytest.approx(head["loss"])
    assert [value for _, value in validation["epoch_loss"][:2]] == pytest.approx(head["val_loss"])


def test_an_epoch_can_be_read_while_the_next_one_trains(run):
    seen = []
    look = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda *_: seen.append(len(figures(run, "train").get("epoch_loss", [])))
    )
    fit([*log_callbacks(run, 0), look])
    assert seen == [0, 1]


def test_a_folder_that_cannot_be_written_costs_a_line_and_not_the_run(run, capfd):
    (run.folder / FOLDER).write_text("in the way")
    assert len(fit(log_callbacks(run, 0))["loss"]) == 2
    assert capfd.readouterr().err.count("TensorBoard gets no more of this run") == 1


def test_a_deleted_folder_stays_deleted(run):
    delete = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, _: epoch == 1 and shutil.rmtree(run.folder)
    )
    fit([*log_callbacks(run, 0), delete], epochs=3)
    assert not run.folder.exists()


def test_without_tensorboard_the_log_says_so(run, capfd, monkeypatch):
    monkeypatch.setattr("core.training.logs.NEEDED", ("tensorflow", "no_such_package"))
    fit(log_callbacks(run, 0))
    assert "No TensorBoard files: no_such_package not installed." in capfd.readouterr().err
    assert not (run.folder / FOLDER).exists()
