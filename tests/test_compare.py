"""Runs side by side, from folders that are whole, unfinished or broken."""

import json

import numpy as np
import pandas as pd
import pytest

from core import runs
from core.evaluation.compare import (
    COMPARISON_COLUMNS,
    CURVE_COLUMNS,
    PUBLISHED,
    comparison_table,
    curves,
    published_rows,
    unusable_runs,
)
from core.evaluation.metrics import evaluate
from core.files import write_json

CLASSES = ("normal", "pneumonia")
CONFIG = {
    "backbone": "TinyCNN",
    "recipe": "quick",
    "cohort": "all",
    "labels": "pneumonia2",
    "split": {"by": "patient", "validation_fraction": 0.2, "seed": 0},
    "seed": 3,
}


def make_run(folder, metrics="good", state=runs.FINISHED, config=CONFIG):
    run = runs.create_run(folder, config, "tiny")
    runs.write_status(run, state=state, message="")
    if metrics == "good":
        truth = np.arange(40) % 2
        answer = np.where(np.arange(40) < 30, truth, 1 - truth)
        table = pd.DataFrame({"label": truth, "predicted": answer}).map(CLASSES.__getitem__)
        table = table.assign(patient="", p_normal=0.5, p_pneumonia=0.5)
        metrics = evaluate(table, CLASSES) | {
            "training_seconds": 12.5,
            "testing_seconds": 0.5,
            "device": "cpu",
            "n_training": 160,
            "overlap_patients": 0,
            "overlap_images": 2,
            "synthetic": True,
        }
    if isinstance(metrics, str):
        (run.folder / "metrics.json").write_text(metrics)
    elif metrics is not None:
        write_json(run.folder / "metrics.json", metrics)
    return runs.read_run(folder, run.id)


def test_row_of_a_finished_run(tmp_path):
    run = make_run(tmp_path)
    table = comparison_table([run])
    assert tuple(table.columns) == COMPARISON_COLUMNS
    row = table.iloc[0]
    assert row["run"] == run.id and row["kind"] == "run" and row.created == run.created
    assert (row.backbone, row.recipe, row.labels, row.cohort) == (
        "TinyCNN",
        "quick",
        "pneumonia2",
        "all",
    )
    assert (row.split, row.seed, row.n, row.n_training) == ("patient", 3, 40, 160)
    assert row.accuracy == pytest.approx(0.75) and row.balanced_accuracy == pytest.approx(0.75)
    assert row.accuracy_low < 0.75 < row.accuracy_high
    assert row.f1_low < row.f1 < row.f1_high
    assert row.majority == 0.5 and row.training_seconds == 12.5
    assert row.study == "" and row.trained == "" and row["fold"] is pd.NA and row.split_seed == 0
    assert row.synthetic and row.overlap_images == 2 and row.classes == CLASSES
    assert unusable_runs([run]) == {}


def test_row_of_a_run_in_a_cross_validated_study(tmp_path):
    split = CONFIG["split"] | {"fold": 2}
    config = CONFIG | {"study": "Folds", "split": split, "head_epochs": 15, "epochs": 6}
    row = comparison_table([make_run(tmp_path, config=config)]).iloc[0]
    assert (row.study, row.fold, row.trained) == ("Folds", 2, "head and network")
    assert "fold 2" in row["name"]
    for epochs, trained in (({"head_epochs": 15, "epochs": 0}, "head"), ({"epochs": 3}, "network")):
        run = make_run(tmp_path, config=CONFIG | epochs)
        assert comparison_table([run]).iloc[0].trained == trained


def test_only_finished_runs_and_unique_names(tmp_path):
    made = [make_run(tmp_path), make_run(tmp_path)]
    made += [make_run(tmp_path, None, state) for state in (runs.QUEUED, runs.STOPPED, runs.FAILED)]
    table = comparison_table(made)
    assert list(table["run"]) == [made[0].id, made[1].id]
    assert table.name.is_unique
    assert unusable_runs(made) == {}


@pytest.mark.parametrize(
    "content",
    [
        None,
        "",
        "{",
        "[1]",
        "{}",
        json.dumps({"n": 10}),
        json.dumps({"n": 10, "accuracy": "0.9"}),
        json.dumps({"n": 0, "accuracy": None}),
        json.dumps({"n": 10, "accuracy": 7}),
        '{"n": 10, "accuracy": NaN}',
    ],
)
def test_broken_metrics_are_left_out_and_listed(tmp_path, content):
    good, broken = make_run(tmp_path), make_run(tmp_path, content)
    assert list(comparison_table([broken, good])["run"]) == [good.id]
    reasons = unusable_runs([broken, good])
    assert list(reasons) == [broken.id]
    assert "metrics.json" in reasons[broken.id] and broken.id in reasons[broken.id]


def test_broken_folder_is_listed(tmp_path):
    run = make_run(tmp_path)
    (run.folder / "config.json").write_text("no")
    run = runs.read_run(tmp_path, run.id)
    assert comparison_table([run]).empty
    assert "config.json" in unusable_runs([run])[run.id]


@pytest.mark.parametrize(
    "extra",
    [
        {"ci95": [], "macro": 3, "majority": "x", "classes": None},
        {"ci95": {"accuracy": [0.1]}, "training_seconds": "long", "device": {"a": 1}},
        {"overlap_patients": 0.5, "n_training": 10**400, "testing_seconds": True},
    ],
)
def test_odd_values_become_undefined(tmp_path, extra):
    config = CONFIG | {"seed": 0.5, "split": "image", "backbone": None}
    run = make_run(tmp_path, {"n": 10, "accuracy": 0.9} | extra, config=config)
    row = comparison_table([run]).iloc[0]
    assert row.accuracy == 0.9 and np.isnan(row.accuracy_low) and np.isnan(row.f1)
    assert row["seed"] is pd.NA and row.split == "" and "unknown backbone" in row["name"]


def test_nothing_to_compare():
    assert tuple(comparison_table([]).columns) == COMPARISON_COLUMNS
    assert tuple(curves([]).columns) == CURVE_COLUMNS


def test_published_rows_share_the_columns(tmp_path):
    table = published_rows()
    assert tuple(table.columns) == COMPARISON_COLUMNS
    assert (table.kind == PUBLISHED).all() and len(table) == 7 and table.name.is_unique
    assert table.majority.iloc[0] == pytest.approx(568 / 1638)
    both = pd.concat([comparison_table([make_run(tmp_path)]), table], ignore_index=True)
    assert both.accuracy.notna().all() and len(both) == 8
    assert (both.dtypes == table.dtypes).all() and (
        comparison_table([]).dtypes == both.dtypes
    ).all()


def test_curves_hold_the_epochs_of_every_run(tmp_path):
    first, second = make_run(tmp_path), make_run(tmp_path, None, runs.RUNNING)
    header = ",".join(runs.HISTORY_COLUMNS)
    (first.folder / "history.csv").write_text(
        f"{header}\nbatch,head,1,1,0.1,0.001,1.2,0.3,,\nepoch,head,1,2,0.2,0.001,1.1,0.4,1.0,0.5\n"
        "epoch,head,2,4,0.4,0.001,0.9,0.6,0.8,0.7\nepoch,he"
    )
    (second.folder / "history.csv").write_text(
        f"{header}\nepoch,head,1,2,0.2,0.001,1.1,0.4,1.0,0.5\n"
    )
    third = make_run(tmp_path, None, runs.QUEUED)
    table = curves([first, second, third])
    assert tuple(table.columns) == CURVE_COLUMNS
    assert list(table["run"]) == [first.id, first.id, second.id]
    assert table.val_accuracy.tolist() == [0.5, 0.7, 0.5]
    assert table.name.nunique() == 2 and set(table.backbone) == {"TinyCNN"}
