"""The live curves: points that grow under a description that stays the same."""

import json

import pandas as pd
import pytest
from run_folders import write_history

from core import runs
from core.charts.curves import MOST_POINTS
from core.charts.live import BATCH, FORMATS, TRAINING, VALIDATION, live_chart, live_points


@pytest.fixture
def history(tmp_path):
    def make(epochs, batches):
        run = runs.create_run(tmp_path, {}, "a")
        write_history(run, epochs, batches)
        return run.history()

    return make


@pytest.mark.parametrize("measure", ["loss", "accuracy"])
def test_batches_and_epochs_become_points(history, measure):
    table = history(epochs=3, batches=4)
    points = live_points(table, measure)
    assert points["series"].value_counts().to_dict() == {BATCH: 12, TRAINING: 3, VALIDATION: 3}
    last = points[points["series"] == VALIDATION].iloc[-1]
    assert (last["step"], last["value"]) == (12, table[f"val_{measure}"].iloc[-1])


def test_the_learning_rate_is_that_of_each_batch(history):
    points = live_points(history(epochs=3, batches=4), "learning_rate")
    assert points["series"].tolist() == [BATCH] * 12
    assert points["value"].tolist() == [1e-3] * 12


def test_a_run_that_has_just_begun_has_no_points():
    empty = pd.DataFrame(columns=list(runs.HISTORY_COLUMNS))
    assert list(live_points(empty, "loss").columns) == ["step", "value", "series"]
    assert live_points(empty, "loss").empty


def test_a_long_run_is_thinned(history):
    points = live_points(history(epochs=1, batches=3 * MOST_POINTS), "loss")
    assert (points["series"] == BATCH).sum() <= MOST_POINTS


@pytest.mark.parametrize("measure", FORMATS)
def test_the_description_is_the_same_at_every_call_and_names_its_units(measure):
    text = json.dumps(live_chart(measure))
    assert text == json.dumps(live_chart(measure))
    units = {"loss": "(nats)", "accuracy": "(% of images)", "learning_rate": "(no unit)"}
    assert "(batches)" in text and units[measure] in text
