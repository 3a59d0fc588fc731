"""Mean and spread over repeats: which runs repeat each other, and what they come to."""

import numpy as np
import pandas as pd
import pytest

from core import runs
from core.evaluation.compare import SCORES, comparison_table, published_rows
from core.evaluation.metrics import score
from core.evaluation.spread import SPREAD_COLUMNS, combined_matrix, repeats, spread_table
from core.files import write_json

CONFIG = {
    "backbone": "TinyCNN",
    "recipe": "quick",
    "study": "seeds",
    "labels": "pneumonia2",
    "cohort": "all",
    "seed": 0,
    "split": {"by": "patient", "validation_fraction": 0.2, "seed": 0},
    "head": {"units": 64},
}
MATRIX = [[15, 5], [5, 15]]
# What one further run has otherwise: whether it repeats the run of CONFIG, and what then differs.
OTHERS = {
    "seed": ({"seed": 1}, ("seed",)),
    "split seed": ({"split": CONFIG["split"] | {"seed": 4}}, ("split_seed",)),
    "fold beside a run without": ({"split": CONFIG["split"] | {"fold": 0}}, None),
    "nothing": ({}, ()),
    "no share for calibration": ({"split": CONFIG["split"] | {"calibration_share": 0.0}}, ()),
    "calibration": ({"split": CONFIG["split"] | {"calibration_share": 0.1}}, None),
    "fold that is no fold": ({"seed": 1, "split": CONFIG["split"] | {"fold": None}}, ("seed",)),
    "study": ({"study": "other"}, None),
    "backbone": ({"backbone": "VGG16"}, None),
    "recipe": ({"recipe": "finetune"}, None),
    "labels": ({"labels": "covid2"}, None),
    "cohort": ({"cohort": "paper"}, None),
    "way of splitting": ({"split": CONFIG["split"] | {"by": "image"}}, None),
    "a nested setting": ({"head": {"units": 65}}, None),
    "a setting nobody knows yet": ({"cycles": 3}, None),
}


def make_run(folder, changes=None, matrix=MATRIX, **metrics):
    run = runs.create_run(folder, CONFIG | (changes or {}), "tiny")
    runs.write_status(run, state=runs.FINISHED, message="")
    content = score(np.array(matrix), ("normal", "pneumonia")) | {"n_training": 160} | metrics
    write_json(run.folder / "metrics.json", content)
    return runs.read_run(folder, run.id)


@pytest.mark.parametrize("name", OTHERS)
def test_what_makes_a_repeat(tmp_path, name):
    changes, differ = OTHERS[name]
    table = comparison_table([make_run(tmp_path), make_run(tmp_path, changes)])
    spread = spread_table(table)
    assert tuple(spread.columns) == SPREAD_COLUMNS
    if differ is None:
        assert repeats(table).empty and spread.empty
    else:
        assert len(repeats(table)) == 2 and list(spread["differ"]) == [differ]


@pytest.mark.parametrize("metrics", [{"synthetic": True}, {"n_training": 161}])
def test_runs_over_other_images_are_no_repeats(tmp_path, metrics):
    table = comparison_table([make_run(tmp_path), make_run(tmp_path, {"seed": 1}, **metrics)])
    assert repeats(table).empty


def test_mean_and_spread_are_those_of_the_runs(tmp_path):
    hits = (10, 12, 20)
    made = [make_run(tmp_path, {"seed": i}, [[h, 20 - h], [0, 20]]) for i, h in enumerate(hits)]
    alone = make_run(tmp_path, {"backbone": "VGG16"})
    table = pd.concat([comparison_table([*made, alone]), published_rows()], ignore_index=True)
    row = spread_table(table).iloc[0]
    accuracies = [(h + 20) / 40 for h in hits]
    assert len(spread_table(table)) == 1
    assert (row["runs"], row["members"]) == (3, tuple(run.id for run in made))
    assert row["seed"] == (0, 1, 2) and row["fold"] == () and row["images"] == (40, 40)
    assert row["accuracy_mean"] == pytest.approx(np.mean(accuracies))
    assert row["accuracy_sd"] == pytest.approx(np.std(accuracies, ddof=1))
    assert (row["accuracy_min"], row["accuracy_max"]) == (min(accuracies), max(accuracies))
    for name in SCORES:
        assert row[f"{name}_min"] <= row[f"{name}_mean"] <= row[f"{name}_max"]


def test_a_score_that_one_run_lacks_has_no_mean(tmp_path):
    # The second network never answers with the first class.
    made = [make_run(tmp_path), make_run(tmp_path, {"seed": 1}, [[0, 20], [0, 20]])]
    row = spread_table(comparison_table(made)).iloc[0]
    assert np.isnan(row["precision_mean"]) and np.isnan(row["precision_sd"])
    assert row["accuracy_mean"] == pytest.approx((0.75 + 0.5) / 2)


def test_groups_are_named_apart_and_the_best_comes_first(tmp_path):
    worse = [[10, 10], [10, 10]]
    made = []
    for seed in (0, 1):
        made += [
            make_run(tmp_path, {"seed": seed}, worse),
            make_run(tmp_path, {"seed": seed, "study": "another"}),
            make_run(tmp_path, {"seed": seed, "head": {"units": 0}}, worse),
            make_run(tmp_path, {"seed": seed, "backbone": "VGG16"}, worse),
        ]
    names = list(spread_table(comparison_table(made))["group"])
    assert len(set(names)) == 4
    assert names[0] == "TinyCNN, quick, patient, another"
    assert "VGG16, quick, patient" in names
    marks = [made[0].id.rpartition("-")[2], made[2].id.rpartition("-")[2]]
    assert {f"TinyCNN, quick, patient, seeds, like {mark}" for mark in marks} < set(names)


def fold(number, **split):
    return {"split": CONFIG["split"] | {"fold": number} | split}


def test_folds_repeat_each_other(tmp_path):
    made = [make_run(tmp_path, changes) for changes in (fold(0), fold(3), fold(3) | {"seed": 1})]
    table = comparison_table(made)
    assert list(table["fold"]) == [0, 3, 3]
    row = spread_table(table).iloc[0]
    assert row["differ"] == ("seed", "fold") and row["fold"] == (0, 3)
    assert spread_table(table[:2])["differ"].iloc[0] == ("fold",)


def test_folds_are_added_up_and_cover_every_image_once(tmp_path):
    # 100 images in all: the folds hold back 40, 30 and 30 of them.
    sizes = ((40, [[20, 0], [5, 15]]), (30, [[10, 5], [0, 15]]), (30, [[15, 0], [0, 15]]))
    made = [
        make_run(tmp_path, fold(i), matrix, n_training=100 - n)
        for i, (n, matrix) in enumerate(sizes)
    ]
    rows = repeats(comparison_table(made))
    matrix = combined_matrix(rows, {r.id: r.metrics()["confusion_matrix"] for r in made})
    assert matrix.tolist() == [[45, 5], [5, 45]]
    row = spread_table(rows).iloc[0]
    assert row["covered"] == pytest.approx(1) and row["images"] == (30, 40)
    assert spread_table(rows[:2])["covered"].iloc[0] == pytest.approx(0.7)


def test_seeds_are_averaged_within_their_fold(tmp_path):
    first, second = [[20, 0], [0, 20]], [[10, 10], [0, 20]]
    averaged = [make_run(tmp_path, {"seed": i}, m) for i, m in enumerate((first, second))]
    both = {r.id: r.metrics()["confusion_matrix"] for r in averaged}
    assert combined_matrix(comparison_table(averaged), both).tolist() == [[15, 5], [0, 20]]

    grid = [
        make_run(tmp_path, {"seed": seed, **fold(number)}, matrix)
        for number in (0, 1)
        for seed, matrix in enumerate((first, second))
    ]
    matrices = {r.id: r.metrics()["confusion_matrix"] for r in grid}
    assert combined_matrix(comparison_table(grid), matrices).tolist() == [[30, 10], [0, 40]]
    # Another division into folds checks the same images again.
    again = [make_run(tmp_path, fold(number, seed=9), first) for number in (0, 1)]
    matrices |= {r.id: r.metrics()["confusion_matrix"] for r in again}
    both = comparison_table([*grid, *again])
    assert combined_matrix(both, matrices).tolist() == [[35, 5], [0, 40]]
    assert np.isnan(spread_table(both)["covered"].iloc[0])


def test_folds_that_hold_back_unlike_numbers_of_images_are_repeats(tmp_path):
    split = CONFIG["split"] | {"calibration_share": 0.25}
    made = [
        make_run(tmp_path, {"split": split | {"fold": i}}, n_training=120 - i, n_calibration=40 + i)
        for i in range(5)
    ]
    spread = spread_table(comparison_table(made))
    assert spread["runs"].tolist() == [5] and spread["covered"].tolist() == [1]
