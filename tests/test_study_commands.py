"""The command `study`: what it plans, follows, lists, stops and resumes, and what it refuses."""

import os
import signal
import threading
import time

import pytest
from filelock import FileLock
from tiny_study import queue, run_command, tiny_config, tiny_settings

from core import run_requests, runs
from core.__main__ import build_parser
from core.chosen_configs import chosen_study
from core.studies import studies
from core.training.config import configure
from core.training.jobs import WORKER_LOCK

settings = tiny_settings


@pytest.fixture(scope="module")
def studied(settings):
    """A study of two runs that the command line trained to their end."""
    process, answer = run_command(
        settings, "study", "--name", "Two recipes", "--backbones", "TinyCNN",
        "--recipes", "quick,paper", "--epochs", "1", "--image-size", "32", "--set", "batch_size=8",
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    assert "Study Two recipes" in process.stderr
    return answer


def test_a_study_ends_with_the_metrics_of_every_run(studied):
    assert studied["study"] == "Two recipes"
    first, second = studied["runs"]
    assert [first["status"], second["status"]] == [runs.FINISHED] * 2
    assert all("balanced_accuracy" in run["metrics"] for run in (first, second))
    configs = [run["config"] for run in (first, second)]
    assert [config["recipe"] for config in configs] == ["quick", "paper"]
    assert [(c["head_epochs"], c["epochs"]) for c in configs] == [(1, 0), (0, 1)]
    assert [c["study"] for c in configs] == ["Two recipes"] * 2


def test_studies_are_listed_and_a_finished_one_has_nothing_to_resume(call, studied):
    (row,) = [r for r in call("study", "--list")[1]["studies"] if r["study"] == "Two recipes"]
    assert row["runs"] == [run["run"] for run in studied["runs"]]
    assert (row["states"], row["differs"]) == ({runs.FINISHED: 2}, ["recipe"])
    code, answer, told = call("study", "--resume", "Two recipes")
    assert code == 0 and answer == studied and "0 of 2 runs go on" in told


@pytest.fixture
def listening():
    """Ctrl-C is heard, which a process started in the background ignores."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_study_is_stopped_by_its_name_and_by_ctrl_c(call, settings, listening):
    arguments = ("study", "--backbones", "TinyCNN", "--seeds", "0,1,2", "--set", "batch_size=8")

    def interrupt():
        end = time.monotonic() + 60
        while time.monotonic() < end:
            own = studies(runs.list_runs(settings.runs)).get("TinyCNN, quick: seeds", ())
            if any(run_requests.stop_requested(run) for run in own):
                return
            if len(own) == 3:
                os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)

    # No worker gets hold of the runs.
    with FileLock(settings.artifacts / WORKER_LOCK):
        thread = threading.Thread(target=interrupt)
        thread.start()
        code, answer, told = call(*arguments)
        thread.join()
        assert code == 1 and "Stopping the study" in told
        assert answer["study"] == "TinyCNN, quick: seeds"
        assert [run["status"] for run in answer["runs"]] == [runs.STOPPED] * 3

        own = [queue(tiny_config(study="by name", seed=seed), settings) for seed in (0, 1)]
        code, answer, _ = call("study", "--stop", "by name")
        assert code == 0
        assert [run["run"] for run in answer["runs"]] == [run.id for run in own]
        assert [run["status"] for run in answer["runs"]] == [runs.STOPPED] * 2


def plan(*arguments):
    return chosen_study(build_parser().parse_args(["study", *arguments]), [])


def test_the_published_study_is_planned_by_one_line():
    configs = plan(
        "--name", "seven", "--backbones", "all", "--recipe", "paper", "--weights", "none",
        "--epochs", "1", "--limit", "64",
    )  # fmt: skip
    assert len({config.backbone for config in configs}) == 7
    for config in configs:
        paper = configure(config.backbone, "paper", weights="none")
        changed = {"study": "seven", "epochs": 1, "limit": 64}
        assert config.model_dump() == paper.model_dump() | changed


def test_split_and_seeds_make_six_runs_under_a_name_of_their_own():
    configs = plan(
        "--recipe", "quick", "--backbones", "ResNet50", "--over", "split=image,patient",
        "--seeds", "0,1,2",
    )  # fmt: skip
    assert len({(c.split.by, c.seed, c.split.seed) for c in configs}) == len(configs) == 6
    assert {config.study for config in configs} == {"ResNet50, quick: seeds and split"}


def test_without_anything_to_vary_the_seven_are_compared():
    assert [c.backbone for c in plan()] == [c.backbone for c in plan("--backbones", "all")]
    assert len(plan()) == 7


WRONG = {
    "a study's name that is taken": (
        ["study", "--name", "two RECIPES", "--backbones", "TinyCNN", "--set", "batch_size=8"],
        "'Two recipes' already",
    ),
    "a study with a batch larger than the training set": (
        ["study", "--backbones", "TinyCNN", "--seeds", "0,1"],
        "batch_size: 64",
    ),
    "500 runs": (
        ["study", "--backbones", "TinyCNN", "--seeds", ",".join(map(str, range(500)))],
        "500 runs",
    ),
    "a study without a network": (["study", "--seeds", "0,1"], "No network"),
    "a setting that is set and varied": (
        ["study", "--backbones", "TinyCNN", "--split", "image", "--over", "split=image,patient"],
        "split.by is set for all runs",
    ),
    "epochs that are set and varied": (
        ["study", "--backbones", "TinyCNN", "--epochs", "1", "--over", "epochs=1,2"],
        "epochs is set for all runs",
    ),
    "something varied twice": (
        ["study", "--backbones", "TinyCNN", "--seeds", "0", "--over", "seeds=1"],
        "seeds are given twice",
    ),
    "values without a name": (
        ["study", "--backbones", "TinyCNN", "--over", "image,patient"],
        "split=image,patient",
    ),
    "a study's name in a setting": (
        ["study", "--backbones", "TinyCNN", "--set", "study=x"],
        "--name",
    ),
    "an unknown study": (["study", "--stop", "none"], "--list"),
    "an unknown study to resume": (["study", "--resume", "none"], "--list"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_persons_error_is_one_sentence_and_leaves_no_run(refused, studied, case):
    refused(*WRONG[case])
