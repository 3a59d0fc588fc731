"""The command ``lr-range``: two rates and a curve, and no run."""

import pytest
from tiny_study import run_command, tiny_config, tiny_settings

from core import runs
from core.training.range_config import configure_range_test

settings = tiny_settings


def test_lr_range_ends_with_two_rates_and_the_curve_and_leaves_no_run(settings):
    process, answer = run_command(
        settings, "lr-range", "--backbone", "TinyCNN", "--recipe", "paper", "--weights", "none",
        "--image-size", "32", "--limit", "36", "--set", "batch_size=8", "--steps", "50",
        "--lowest", "1e-6",
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    assert {*answer} == {"run", "status", "base_lr", "max_lr", "reason", "curve", "message"}
    assert answer["status"] == runs.FINISHED
    assert 0 < answer["base_lr"] < answer["max_lr"] < 1
    assert 8 < len(answer["curve"]) <= 50
    assert {*answer["curve"][0]} == {"learning_rate", "loss", "smoothed"}
    assert answer["curve"][0]["learning_rate"] == pytest.approx(1e-6)
    assert answer["run"] not in [run.id for run in runs.list_runs(settings.runs)]


def test_a_range_test_is_shown_and_deleted_as_a_run_is(call, settings):
    config = configure_range_test(tiny_config()).model_dump(mode="json")
    test = runs.create_run(settings.range_tests, config, "tiny")
    runs.write_status(test, state=runs.STOPPED)
    assert call("runs", "--show", test.id)[1]["config"] == config
    assert call("runs", "--delete", test.id)[0] == 0
    assert not test.folder.exists()
