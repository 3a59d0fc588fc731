"""Studies are read from run folders: which runs, what tells them apart, how far they have come."""

import json

import pytest
from run_folders import write_history
from tiny_study import tiny_config, tiny_study

from core import run_requests, runs
from core.demonstration import demonstration_study
from core.engine import execute
from core.files import write_json
from core.studies import (
    BEST_SO_FAR,
    FINAL,
    LAST_PHASES,
    STUDY_COLUMNS,
    free_name,
    studies,
    study_table,
    what_differs,
)
from core.training.study import plan_study


@pytest.fixture
def queue(tmp_path):
    """Queue the runs of planned configs, without a worker and without images."""

    def queue(configs):
        folder = tmp_path / "runs"
        made = [runs.create_run(folder, c.model_dump(mode="json"), c.backbone) for c in configs]
        return [runs.read_run(folder, run.id) for run in made]

    return queue


TINY = {"backbone": "TinyCNN"}
RESNET = {"backbone": "ResNet50"}
DIFFERENCES = {
    "backbones, the settings of which differ too": (
        {"recipe": "finetune"},
        {"backbones": ["ResNet50", "TinyCNN"]},
        ["backbone"],
        ["ResNet50", "TinyCNN"],
    ),
    "recipes, the settings of which differ too": (
        RESNET,
        {"recipes": ["quick", "paper"]},
        ["recipe"],
        ["quick", "paper"],
    ),
    "a setting of the recipe beside recipes": (
        RESNET,
        {"recipes": ["quick", "finetune"], "batch_size": [8, 16]},
        ["recipe", "batch_size"],
        ["quick, batch_size 8", "quick, batch_size 16", "finetune, batch_size 8",
         "finetune, batch_size 16"],
    ),
    "weights, from which a recipe's settings follow": (
        RESNET | {"recipe": "finetune"},
        {"weights": ["imagenet", "none"]},
        ["weights"],
        ["weights imagenet", "weights none"],
    ),
    "seeds": (TINY, {"seeds": [0, 2]}, ["seed"], ["seed 0", "seed 2"]),
    "seeds of the split alone": (
        TINY,
        {"split.seed": [0, 2]},
        ["split.seed"],
        ["split seed 0", "split seed 2"],
    ),
    "both seeds apart": (
        TINY,
        {"seed": [0, 1], "split.seed": [2, 3]},
        ["seed", "split.seed"],
        ["seed 0, split seed 2", "seed 0, split seed 3", "seed 1, split seed 2",
         "seed 1, split seed 3"],
    ),
    "split and folds": (
        TINY,
        {"split": ["image", "patient"], "folds": [1, 2]},
        ["split.by", "split.fold"],
        ["split by image, fold 1", "split by image, fold 2", "split by patient, fold 1",
         "split by patient, fold 2"],
    ),
    "preprocessing": (
        TINY,
        {"preprocessing": ["none", "normalise", "clahe:2", "clahe:4"]},
        ["preprocess.normalise", "preprocess.clahe", "preprocess.clip_limit"],
        ["no preprocessing", "normalised", "CLAHE 2", "CLAHE 4"],
    ),
    "a setting that may be empty": (
        TINY,
        {"limit": ["null", 64]},
        ["limit"],
        ["limit not set", "limit 64"],
    ),
    "an image size left to the backbone": (
        TINY,
        {"image_size": ["null", 48]},
        ["image_size"],
        ["image size 96", "image size 48"],
    ),
    "one run alone": (TINY, {"seeds": [4]}, [], ["TinyCNN"]),
}  # fmt: skip


@pytest.mark.parametrize("case", DIFFERENCES)
def test_what_sets_the_runs_apart_in_short_words(queue, case):
    choices, over, differing, words = DIFFERENCES[case]
    own = queue(plan_study("x", choices, over))
    assert what_differs(own) == differing
    assert list(study_table(own)["differs"]) == words


def test_the_demonstration_study_is_told_apart_too(queue):
    own = queue(demonstration_study())
    # The larger network reads images of the size that TinyCNN reads by itself.
    assert what_differs(own) == ["backbone", "split.by"]
    assert study_table(own)["differs"].is_unique


def test_runs_are_grouped_by_study_newest_first(queue, tmp_path):
    first = queue(plan_study("first", TINY, {"seeds": [0, 1]}))
    queue([tiny_config()])
    second = queue(plan_study("second", TINY, {"seeds": [0, 1]}))
    found = studies(runs.list_runs(tmp_path / "runs"))
    assert list(found) == ["second", "first"]
    assert [run.id for run in found["first"]] == [run.id for run in first]
    assert [run.id for run in found["second"]] == [run.id for run in second]


def test_a_free_name_has_a_number_where_it_needs_one(queue):
    own = queue(plan_study("Seeds", TINY, {"seeds": [0]}))
    assert free_name("folds", own) == "folds"
    assert free_name("seeds", own) == "seeds 2"
    own += queue(plan_study("seeds 2", TINY, {"seeds": [0]}))
    assert free_name("seeds", own) == "seeds 3"


def test_the_table_says_how_far_each_run_has_come(queue, tmp_path):
    own = queue(plan_study("x", TINY | {"recipe": "finetune"}, {"seeds": range(6)}))
    finished, at_work, starting, failed, broken, _ = own
    write_json(finished.folder / "metrics.json", {"balanced_accuracy": 0.75})
    runs.write_status(finished, state=runs.FINISHED, epoch=30, epochs=30, seconds_left=None)
    at_work_fields = {"phase": "Training the network", "epoch": 3, "epochs": 30, "seconds_left": 9}
    runs.write_status(at_work, state=runs.RUNNING, **at_work_fields)
    write_history(at_work, epochs=2, batches=3)
    runs.write_status(starting, state=runs.RUNNING, message="")
    runs.write_status(failed, state=runs.FAILED, message="It had no images.")
    write_history(failed, epochs=2, batches=3)
    (broken.folder / "config.json").unlink()

    table = study_table([runs.read_run(run.folder.parent, run.id) for run in own])
    assert list(table.columns) == list(STUDY_COLUMNS)
    assert list(table["run"]) == [run.id for run in own]
    assert list(table["state"]) == [
        runs.FINISHED, runs.RUNNING, runs.RUNNING, runs.FAILED, runs.FAILED, runs.QUEUED,
    ]  # fmt: skip
    assert list(table["phase"]) == ["", "Training the network", "Starting", "", "", ""]
    assert list(table["epoch"].fillna(-1)) == [30, 3, -1, -1, -1, -1]
    assert list(table["epochs"].fillna(-1)) == [30, 30, -1, -1, -1, -1]
    assert list(table["score"].fillna(-1)) == [0.75, 0.5, -1, -1, -1, -1]
    assert list(table["score_is"]) == [FINAL, BEST_SO_FAR, "", "", "", ""]
    assert list(table["seconds_left"].fillna(-1)) == [-1, 9, -1, -1, -1, -1]
    assert table["message"][3] == "It had no images."
    assert "config.json" in table["message"][4]
    run_requests.request_stop(at_work)
    assert study_table([runs.read_run(tmp_path / "runs", at_work.id)])["phase"][0].startswith(
        "Stopping"
    )


@pytest.mark.parametrize(
    ("epochs", "phase", "known"),
    [
        (6, "Preparing images at 32 x 32 pixels", False),
        (6, "Reading images through the frozen network", False),
        (6, "Training the head", False),
        (6, "Training the network", True),
        (6, "Testing on the validation images", True),
        (0, "Reading images through the frozen network", True),
        (0, "Training the head", True),
    ],
)
def test_seconds_left_are_told_only_where_nothing_long_follows(queue, epochs, phase, known):
    (run,) = queue([tiny_config("quick", epochs=epochs, study="x")])
    runs.write_status(run, state=runs.RUNNING, phase=phase, step=1, steps=9, seconds_left=40.0)
    (left,) = study_table([runs.read_run(run.folder.parent, run.id)])["seconds_left"]
    assert left == 40.0 if known else left != left


@pytest.mark.parametrize("content", [{}, {"study": 3}, {"study": "x", "seed": [1], "split": "y"}])
def test_folders_edited_by_hand_harm_no_other_run(queue, content):
    whole, edited = queue(plan_study("x", TINY, {"seeds": [0, 1]}))
    (edited.folder / "config.json").write_text(json.dumps(content))
    wrong = {"epoch": "many", "epochs": 1e400, "phase": ["x"], "seconds_left": "soon"}
    runs.write_status(edited, state=runs.RUNNING, **wrong)
    own = [runs.read_run(run.folder.parent, run.id) for run in (whole, edited)]
    table = study_table(own)
    assert table["epoch"].isna().all() and table["seconds_left"].isna().all()
    assert whole.id in [run.id for run in studies(own[::-1])["x"]]


def test_no_study_is_an_empty_table():
    assert list(study_table([]).columns) == list(STUDY_COLUMNS)
    assert studies([]) == {}


def test_the_phases_that_count_are_phases_that_a_run_goes_through(tmp_path, monkeypatch):
    settings = tiny_study(tmp_path)
    config = tiny_config("quick", head_epochs=1, epochs=1).model_dump(mode="json")
    run = runs.create_run(settings.runs, config, "both")
    seen, write = [], runs.write_status

    def write_and_remember(run, **fields):
        seen.append(str(fields.get("phase")))
        write(run, **fields)

    monkeypatch.setattr(runs, "write_status", write_and_remember)
    assert execute(run, settings)
    for phase in {*LAST_PHASES[True], *LAST_PHASES[False]}:
        assert any(name.startswith(phase) for name in seen), phase
