"""Which run a page opens on: the best result of the newest study, whatever was trained last."""

import pytest

from core import runs
from core.evaluation.first_shown import first_shown
from core.files import write_json

RUN = {
    "config": {"labels": "paper3", "study": "own", "split": {"by": "patient"}},
    "metrics": {"balanced_accuracy": 0.5, "synthetic": False},
}
REHEARSAL = {"weights": "none", "epochs": 0}
BY_IMAGE = {"split": {"by": "image"}}
# Runs, newest first, as (changes of the config, score) -> which of them is met first.
CASES = {
    "the only one": ([({}, 0.3)], 0),
    "the newest where it is of no study": ([({"study": ""}, 0.3), ({"study": ""}, 0.8)], 0),
    "the best of its study": ([({}, 0.3), ({}, 0.8), ({"study": ""}, 0.9)], 1),
    "of a study the best of that study": (
        [({"study": "b"}, 0.3), ({"study": "b"}, 0.4), ({"study": "a"}, 0.9), ({"study": ""}, 0.9)],
        1,
    ),
    "of equal ones the newest": ([({}, 0.3), ({}, 0.8), ({}, 0.8)], 1),
    "no rehearsal": ([(REHEARSAL, 0.9), ({"limit": 40}, 0.8), ({}, 0.4)], 2),
    "the study of the newest result": (
        [(REHEARSAL | {"study": "b"}, 0.9), ({"study": "a"}, 0.4), ({}, 0.8)],
        1,
    ),
    "a rehearsal where there is nothing else": ([(REHEARSAL, 0.3), (REHEARSAL, 0.4)], 1),
    "of other classes none": ([({}, 0.3), ({"labels": "covid2"}, 0.9)], 0),
    "split by patient": ([(BY_IMAGE, 0.9), ({}, 0.4), ({}, 0.5)], 2),
    "split by image where there is nothing else": ([(BY_IMAGE, 0.6), (BY_IMAGE, 0.7)], 1),
    "one with a score": ([({}, None), ({}, "high"), ({}, 7), (BY_IMAGE, 0.2)], 3),
    "the newest where none has a score": ([({}, None), ({}, [0.9])], 0),
    "the newest where its study was edited": (
        [({"study": ["a"]}, 0.3), ({"study": ["a"]}, 0.4)],
        0,
    ),
    "whatever else was edited": (
        [({"split": "image", "labels": None}, 0.3), ({"labels": "", "metrics": []}, 0.4)],
        1,
    ),
}


def make(folder, place, config, metrics):
    run = runs.Run(f"run-{place}", folder / f"run-{place}", RUN["config"] | config, {})
    run.folder.mkdir()
    write_json(run.folder / "metrics.json", RUN["metrics"] | metrics)
    return run


@pytest.mark.parametrize("case", CASES)
def test_the_run_met_first(case, tmp_path):
    given, expected = CASES[case]
    made = [
        make(tmp_path, place, config, {"balanced_accuracy": score})
        for place, (config, score) in enumerate(given)
    ]
    assert first_shown(made) == made[expected]


def test_real_images_are_not_set_against_drawn_ones(tmp_path):
    made = [
        make(tmp_path, place, {}, {"balanced_accuracy": score, "synthetic": synthetic})
        for place, (score, synthetic) in enumerate([(0.4, False), (0.9, True), (0.5, False)])
    ]
    assert first_shown(made) == made[2]


def test_a_run_without_metrics_is_met_where_it_is_the_only_one(tmp_path):
    run = runs.Run("run", tmp_path, {}, {})
    assert first_shown([run]) == run and first_shown([]) is None
