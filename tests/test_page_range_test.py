"""The range test on the Training page: queued from the form, followed, and its rates taken over."""

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock
from run_folders import make_environment, open_page, text_of

from core import runs
from core.files import write_json
from core.training.config import configure
from core.training.range_config import configure_range_test

KEY = "TinyCNN/finetune/none"


@pytest.fixture
def settings(tmp_path, monkeypatch):
    settings = make_environment(tmp_path, monkeypatch)
    settings.artifacts.mkdir()
    # With these locks held, the workers that the page starts leave at once.
    with (
        FileLock(settings.artifacts / "worker.lock"),
        FileLock(settings.artifacts / "next-worker.lock"),
    ):
        yield settings


def open_form(recipe="finetune"):
    page = open_page("training")
    boxes = {box.label: box for box in page.selectbox}
    page = boxes["Network (backbone)"].select("TinyCNN").run()
    (choice,) = [radio for radio in page.radio if radio.label == "Recipe"]
    return page if choice.value == recipe else choice.set_value(recipe).run()


def button(page, label):
    return next((button for button in page.button if button.label == label), None)


def make_test(settings, recipe="finetune", metrics=None, **status):
    """A range test in a state, with the curve of its first steps."""
    config = configure_range_test(configure("TinyCNN", recipe)).model_dump(mode="json")
    test = runs.create_run(settings.range_tests, config, f"TinyCNN-{recipe}")
    values = np.geomspace(1e-7, 1e-2, 20)
    columns = (range(1, 21), values, np.linspace(1.1, 0.5, 20), np.linspace(1.1, 0.6, 20))
    table = pd.DataFrame(dict(zip(runs.CURVE_COLUMNS, columns, strict=True)))
    table.to_csv(test.folder / "curve.csv", index=False)
    if metrics:
        write_json(test.folder / "metrics.json", metrics)
    if status:
        runs.write_status(test, **status)
    return test


FOUND = {"base_lr": 2e-5, "max_lr": 8e-4, "reason": "The loss begins to fall clearly at 2e-05."}


def test_the_form_becomes_a_queued_test_that_is_no_run(settings):
    page = open_form()
    assert "No test of this network yet" in text_of(page)
    page.number_input(key=f"{KEY}/batch_size").set_value(8)
    page.number_input(key="range-test/steps").set_value(50).run()
    button(page, "Run the range test").click().run()
    assert not page.exception and not page.error
    (test,) = runs.list_runs(settings.range_tests)
    expected = configure_range_test(configure("TinyCNN", "finetune", batch_size=8), steps=50)
    assert test.config == expected.model_dump(mode="json")
    assert test.state == runs.QUEUED and runs.list_runs(settings.runs) == []
    assert button(page, "Run the range test").disabled
    button(page, "Stop the test").click().run()
    assert runs.read_run(settings.range_tests, test.id).state == runs.STOPPED
    assert not button(page.run(), "Run the range test").disabled


def test_rates_that_do_not_fit_are_one_sentence(settings):
    page = open_form()
    page.number_input(key="range-test/lowest").set_value(0.5).run()
    button(page, "Run the range test").click().run()
    assert "10 times lowest" in page.error[0].value
    assert runs.list_runs(settings.range_tests) == []


def test_a_test_at_work_shows_its_curve(settings):
    make_test(settings, state=runs.RUNNING, phase="Raising the learning rate", step=20, steps=100)
    page = open_form()
    assert not page.exception
    assert len(page.get("plotly_chart")) == 1
    assert button(page, "Use these") is None


def test_whoever_comes_back_can_take_over_the_rates(settings):
    make_test(settings, metrics=FOUND, state=runs.FINISHED)
    page = open_form()
    words = text_of(page)
    assert "between **2e-05** and **0.0008**" in words and FOUND["reason"] in words
    button(page, "Use these").click().run()
    assert not page.exception and not page.error and not page.warning
    assert page.number_input(key=f"{KEY}/cyclical_learning_rate.base_lr").value == 2e-5
    assert page.number_input(key=f"{KEY}/cyclical_learning_rate.max_lr").value == 8e-4
    # The schedule is a cosine, which has one peak.
    assert page.number_input(key=f"{KEY}/learning_rate").value == 8e-4
    button(page, "Start").click().run()
    (run,) = runs.list_runs(settings.runs)
    assert run.config["learning_rate"] == 8e-4
    assert run.config["cyclical_learning_rate"]["base_lr"] == 2e-5


def test_rates_of_other_settings_say_so_and_spare_the_peak_of_a_cycle(settings):
    make_test(settings, metrics=FOUND, state=runs.FINISHED)
    page = open_form("paper")
    assert "Measured with other settings:" in text_of(page)
    peak = page.number_input(key="TinyCNN/paper/none/learning_rate").value
    button(page, "Use these").click().run()
    key = "TinyCNN/paper/none"
    assert page.number_input(key=f"{key}/cyclical_learning_rate.max_lr").value == 8e-4
    assert page.number_input(key=f"{key}/learning_rate").value == peak


def test_rates_of_the_network_are_not_offered_to_the_head(settings):
    make_test(settings, metrics=FOUND, state=runs.FINISHED)
    page = open_form("quick")
    page = page.number_input(key="TinyCNN/quick/none/batch_size").set_value(8).run()
    assert "run it anew" in text_of(page)
    assert button(page, "Use these") is None


def test_a_test_without_rates_says_why(settings):
    metrics = {"base_lr": None, "max_lr": None, "reason": "The loss only rose."}
    make_test(settings, metrics=metrics, state=runs.FINISHED)
    page = open_form()
    assert "The loss only rose." in text_of(page)
    assert button(page, "Use these") is None


def test_a_failed_test_is_one_sentence(settings):
    make_test(settings, state=runs.FAILED, message="Out of memory at batch size 16.")
    assert "Out of memory" in open_form().error[0].value
