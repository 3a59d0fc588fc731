"""The range test: one rate per batch, each batch alone, an early end, a folder beside the runs."""

import json
import threading

import keras
import numpy as np
import pytest
from rates_met import RatesMet
from tiny_study import queue, tiny_config, tiny_settings, tiny_study

from core import run_requests, runs
from core.engine import execute
from core.errors import UserError
from core.training.jobs import next_run
from core.training.learning_rate import LearningRate
from core.training.progress import Progress
from core.training.range_config import RangeTestConfig, configure_range_test, read_range_test
from core.training.range_test import CurveRecorder
from core.training.recipes import RECIPES

settings = tiny_settings


def queue_test(config, settings):
    return runs.create_run(settings.range_tests, config.model_dump(mode="json"), "tiny")


@pytest.fixture(scope="module", params=RECIPES)
def finished(request, settings):
    config = configure_range_test(tiny_config(request.param), steps=60, lowest=1e-6)
    test = queue_test(config, settings)
    assert execute(test, settings), runs.read_run(settings.range_tests, test.id).status
    return runs.read_run(settings.range_tests, test.id)


def test_a_finished_test_holds_its_curve_and_two_rates(finished, settings):
    assert finished.state == runs.FINISHED
    names = {path.name for path in finished.folder.iterdir()}
    assert names == {"config.json", "status.json", "curve.csv", "metrics.json"}
    metrics = finished.metrics()
    assert {"base_lr", "max_lr", "reason", "device", "seconds"} <= {*metrics}
    # A bright bar tells the classes apart: every recipe can learn it.
    assert 0 < metrics["base_lr"] < metrics["max_lr"] < 1
    assert metrics["seconds"] > 0
    assert runs.list_runs(settings.runs) == []


def test_the_curve_has_one_rate_per_batch_rising_by_the_same_factor(finished):
    curve, config = finished.curve(), read_range_test(finished.config).range_test
    # More than one pass over the 33 training images.
    assert 8 < len(curve) <= 60
    assert curve["step"].tolist() == list(range(1, len(curve) + 1))
    rates = 1e-6 * 1e6 ** (np.arange(len(curve)) / 59)
    assert curve["learning_rate"].to_numpy() == pytest.approx(rates, rel=1e-7)
    assert config.rate(59) == pytest.approx(1.0)
    assert curve[["loss", "smoothed"]].notna().all(axis=None)


def record(targets, folder, **changes):
    """The curve of a model that always answers 0, so that each batch has its target's square."""
    run = runs.create_run(folder, {}, "a")
    config = RangeTestConfig(**({"lowest": 1e-12, "highest": 1e-11, "steps": 10} | changes))
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile("sgd", "mse")
    met = RatesMet()
    with Progress(run) as progress, CurveRecorder(config, progress) as curve:
        data = np.ones((len(targets), 1)), np.array(targets, np.float32)[:, None]
        callbacks = [LearningRate(config.rate), curve, met]
        model.fit(*data, batch_size=1, epochs=4, shuffle=False, verbose=0, callbacks=callbacks)
    return curve, met, runs.read_run(folder, run.id).curve()


def test_losses_are_those_of_each_batch_alone_over_several_passes(tmp_path):
    curve, met, written = record([1, 1.5, 1, 2], tmp_path)
    assert curve.losses == pytest.approx([1, 2.25, 1, 4] * 2 + [1, 2.25], rel=1e-5)
    assert met.rates == pytest.approx(curve.rates, rel=1e-6)
    assert written["loss"].to_numpy() == pytest.approx(curve.losses, rel=1e-6)
    # Between the losses it averages, and unbiased from the first.
    assert written["smoothed"].iloc[0] == pytest.approx(1)
    assert written["smoothed"].between(1, 4).all()


@pytest.mark.parametrize("worst", [np.nan, np.inf, 1e4])
def test_it_ends_with_the_batch_at_which_training_broke_up(worst, tmp_path):
    curve, _, written = record([1, 1, 1, worst, 1], tmp_path)
    assert len(curve.losses) == len(written) == 4


def test_a_stop_ends_it_at_the_next_batch(settings):
    # On 8 images a batch each, 1000 steps are many passes.
    config = configure_range_test(tiny_config(), steps=1000, lowest=1e-9, highest=1e-7)
    test = queue_test(config, settings)
    curve = test.folder / "curve.csv"

    def stop_when_it_has_begun():
        while not curve.exists() or curve.read_text().count("\n") < 5:
            threading.Event().wait(0.02)
        run_requests.request_stop(test)

    threading.Thread(target=stop_when_it_has_begun, daemon=True).start()
    assert not execute(test, settings)
    ended = runs.read_run(settings.range_tests, test.id)
    assert ended.state == runs.STOPPED and "resumed" not in ended.status["message"]
    assert 4 <= len(ended.curve()) < 1000


def test_a_persons_error_is_its_message(settings):
    test = queue_test(configure_range_test(tiny_config(weights="absent.h5")), settings)
    assert not execute(test, settings)
    status = json.loads((test.folder / "status.json").read_text())
    assert status["fault"] == "user" and "absent.h5" in status["message"]


def test_tests_and_runs_take_their_turn_in_one_queue(tmp_path):
    settings = tiny_study(tmp_path)
    made = [
        queue(tiny_config(), settings),
        queue_test(configure_range_test(tiny_config()), settings),
        queue(tiny_config(), settings),
    ]
    passed = []
    while run := next_run(settings, passed):
        passed.append(run.id)
    assert passed == [run.id for run in made]
    assert runs.find_run(settings.queues, made[1].id).folder.parent == settings.range_tests
    with pytest.raises(UserError, match=r"no run 'x' in .*runs"):
        runs.find_run(settings.queues, "x")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"steps": 5}, "range_test.steps"),
        ({"steps": 2000}, "range_test.steps"),
        ({"lowest": 0}, "range_test.lowest"),
        ({"highest": 3}, "range_test.highest"),
        ({"lowest": 0.1, "highest": 0.05}, "highest"),
        ({"lowest": 0.1, "highest": 0.5}, "10 times"),
    ],
)
def test_rates_that_do_not_rise_are_one_sentence(changes, word):
    with pytest.raises(UserError, match=word):
        configure_range_test(tiny_config(), **changes)


def test_the_tested_phase_is_the_networks_where_there_is_one():
    fields = [configure_range_test(tiny_config(r)).rate_field for r in ("quick", "finetune")]
    assert fields == ["head_learning_rate", "learning_rate"]
