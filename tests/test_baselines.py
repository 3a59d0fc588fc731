"""Trivial baselines: what they see, what they score, how they are kept and set beside runs."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from run_folders import IMAGES, change_run, make_finished_run
from tiny_study import tiny_study

from core.__main__ import main
from core.data.splits import Split
from core.errors import UserError
from core.evaluation.baseline_results import (
    against_trivial,
    baseline_rows,
    best_trivial,
    compute_baselines,
    not_above,
    read_baselines,
    who_lies_above,
)
from core.evaluation.baselines import BASELINES, predict_baseline
from core.evaluation.compare import COMPARISON_COLUMNS, comparison_table
from core.evaluation.divisions import division_of
from core.evaluation.metrics import evaluate
from core.imaging.prepared import Prepared
from core.training.config import read_config
from core.training.run_data import ImageChoice

SIDE, EACH = 60, 12
CLASSES = ("dark", "bright")


def quiet(*report):
    """Progress that nobody follows."""


def images(which):
    """Rows, pixels, labels and a split of images that only the baselines in SEES can tell apart."""
    rng = np.random.default_rng(0)
    labels = np.arange(2 * EACH) % 2
    pixels = rng.integers(100, 140, (2 * EACH, SIDE, SIDE)).astype(np.uint8)
    if which == "border":
        pixels[labels == 1, :6] += 90
    if which == "centre":
        pixels[labels == 1, 20:40, 20:40] += 90
    rows = pd.DataFrame({"width": 100, "height": 80, "source": "one"}, index=range(len(labels)))
    if which == "size":
        rows["height"] += 40 * labels
    if which == "source":
        rows["source"] = np.where(labels, "one", "other")
    order = np.arange(len(labels))
    split = Split(order[:EACH], order[EACH:], 0, 0)
    return rows, Prepared(pixels, order), labels, split


SEES = {
    "nothing": set(),
    "border": {"histogram", "thumbnail", "border"},
    "centre": {"histogram", "thumbnail"},
    "size": {"size"},
    "source": {"source"},
}


@pytest.mark.parametrize("which", SEES)
@pytest.mark.parametrize("baseline", BASELINES, ids=lambda row: row.name)
def test_a_baseline_tells_classes_apart_by_what_it_sees_alone(baseline, which):
    rows, pixels, labels, split = images(which)
    inputs = baseline.inputs(rows, pixels)
    assert len(inputs) == len(rows) and inputs.dtype == np.float64
    answer = predict_baseline(inputs, labels, split, 2)
    assert answer.sum(axis=1) == pytest.approx(1)
    accuracy = (answer.argmax(axis=1) == labels[split.validation]).mean()
    assert (accuracy == 1) == (baseline.name in SEES[which])


def test_what_lies_inside_does_not_reach_the_border():
    border = next(row for row in BASELINES if row.name == "border")
    rows, pixels, _, _ = images("nothing")
    changed = pixels.pixels.copy()
    changed[:, SIDE // 10 : -SIDE // 10, SIDE // 10 : -SIDE // 10] = 0
    same = border.inputs(rows, Prepared(changed, pixels.places))
    assert np.array_equal(same, border.inputs(rows, pixels))


@pytest.mark.parametrize("checked", [[12], [12, 14, 16], [12, 13]])
def test_one_class_or_few_images_to_check_give_no_nan_and_no_warning(checked):
    for row in BASELINES:
        rows, pixels, labels, split = images("centre")
        few = Split(split.train, np.array(checked), 0, 0)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            # A third class that nobody has learnt.
            answer = predict_baseline(row.inputs(rows, pixels), labels, few, 3)
            names = np.array([*CLASSES, "none"])
            table = pd.DataFrame(answer, columns=[f"p_{name}" for name in names])
            table["label"], table["predicted"] = names[labels[checked]], names[answer.argmax(1)]
            metrics = evaluate(table, names.tolist())
        assert np.isfinite(answer).all() and (answer[:, 2] == 0).all()
        assert "NaN" not in json.dumps(metrics)


def test_results_are_kept_whole_and_found_by_the_runs_that_share_the_division(settings):
    run = make_finished_run(settings)
    other = make_finished_run(settings, split={"by": "patient", "seed": 5})
    key = division_of(run)
    assert key == division_of(make_finished_run(settings, seed=3)) != division_of(other)
    assert read_baselines(key, settings) == {}
    answer = compute_baselines(ImageChoice(), settings, quiet, key)
    assert answer == read_baselines(key, settings)
    assert [one["name"] for one in answer["baselines"]] == [row.name for row in BASELINES]
    assert answer["n_validation"] == run.metrics()["n_validation"]

    (folder,) = (settings.artifacts / "baselines").iterdir()
    for one in answer["baselines"]:
        predictions = pd.read_csv(folder / one["name"] / "predictions.csv", keep_default_na=False)
        assert {*pd.read_csv(run.folder / "predictions.csv")} <= {*predictions}
        assert one["metrics"]["accuracy"] == (predictions.label == predictions.predicted).mean()
    majority = answer["baselines"][0]["metrics"]
    assert majority["accuracy"] == pytest.approx(1 / 3)
    assert majority["balanced_accuracy"] == pytest.approx(1 / 3)

    rows = baseline_rows([key, division_of(other), key], settings)
    assert tuple(rows.columns) == COMPARISON_COLUMNS and len(rows) == len(BASELINES)
    assert set(rows["division"]) == {key} and set(rows["kind"]) == {"baseline"}
    assert list(rows["name"]) == [row.title for row in BASELINES]
    compute_baselines(ImageChoice(split={"seed": 5}), settings, quiet)
    assert baseline_rows([key, division_of(other)], settings)["name"].is_unique
    (folder / "border" / "metrics.json").write_text("{")
    assert read_baselines(key, settings) == {}


def test_what_a_run_held_back_teaches_no_baseline(settings):
    run = make_finished_run(settings, split={"calibration_share": 0.25})
    key = division_of(run)
    assert key != division_of(make_finished_run(settings))
    answer = compute_baselines(read_config(run.config, ImageChoice), settings, quiet, key)
    assert answer["n_training"] == run.metrics()["n_training"]
    assert answer["n_validation"] == run.metrics()["n_validation"]
    assert answer["n_training"] + answer["n_validation"] < IMAGES


def test_other_images_than_those_of_the_runs_are_refused(settings):
    with pytest.raises(UserError, match="changed since"):
        compute_baselines(ImageChoice(), settings, quiet, "0" * 16)
    assert not (settings.artifacts / "baselines").exists()


def test_a_run_must_lie_above_the_best_trivial_baseline_interval_against_interval(settings):
    # Pixels of these images are chance: a run without mistakes beats them, and source counts apart.
    good, poor = make_finished_run(settings), make_finished_run(settings, mistakes=7)
    key = division_of(good)
    compute_baselines(ImageChoice(), settings, quiet, key)
    rows = baseline_rows([key], settings)
    best = best_trivial(rows, "accuracy").iloc[0]
    assert best["accuracy"] == rows.loc[rows["backbone"] != "Source only", "accuracy"].max()
    beaten = not_above(comparison_table([good, poor]), rows, "accuracy")
    assert list(beaten["run"]) == [poor.id]
    assert beaten.iloc[0]["accuracy_high_baseline"] >= beaten.iloc[0]["accuracy_low"]
    # Without an interval nothing shows that a run is better.
    unsure = change_run(good, {"ci95": None})
    assert list(not_above(comparison_table([unsure]), rows, "accuracy")["run"]) == [good.id]
    # Precision of the class that is never answered is undefined, and no best.
    assert best_trivial(rows, "precision")["precision"].notna().all()
    assert not_above(comparison_table([good]), rows.iloc[:0], "accuracy").empty


def test_the_command_answers_with_every_baseline(tmp_path, monkeypatch, capsys):
    study = tiny_study(tmp_path)
    monkeypatch.setenv("CHESTBENCH_DATA", str(study.data_roots[0]))
    monkeypatch.setenv("CHESTBENCH_ARTIFACTS", str(study.artifacts))
    chosen = ["--cohort", "paper", "--labels", "paper3", "--split", "patient", "--seed", "1"]
    assert main(["baselines", *chosen, "--limit", "36", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert answer["split"]["by"] == "patient" and answer["split"]["seed"] == answer["seed"] == 1
    assert answer["n_training"] + answer["n_validation"] == answer["limit"] == 36
    assert answer["seconds"] > 0
    assert [set(one) for one in answer["baselines"]] == [{"name", "title", "metrics"}] * 6
    scores = {one["name"]: one["metrics"]["accuracy"] for one in answer["baselines"]}
    # The bar that tells the classes apart can be seen in few pixels, and at the border.
    assert scores["thumbnail"] == 1 and scores["majority"] < 0.5
    assert main(["baselines"]) == 0
    assert "16 x 16 thumbnail" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--labels", "few"], "paper3"),
        (["--limit", "3"], "limit"),
        (["--fold", "9"], "split.fold"),
        (["--seed", "-1"], "seed"),
    ],
)
def test_a_choice_that_does_not_fit_is_one_sentence(settings, capsys, arguments, word):
    assert main(["baselines", *arguments, "--json"]) == 2
    error = json.loads(capsys.readouterr().out.splitlines()[-1])["error"]
    assert word in error and "\n" not in error


@pytest.mark.parametrize(
    ("high", "low_of_the_best", "how"),
    [
        (0.406, 0.58, "lies below a trivial baseline"),
        (0.6, 0.58, "is not shown to beat a trivial baseline"),
        (0.58, 0.58, "is not shown to beat a trivial baseline"),
        (np.nan, 0.58, "is not shown to beat a trivial baseline"),
        (0.406, np.nan, "is not shown to beat a trivial baseline"),
    ],
)
def test_a_run_wholly_below_a_baseline_is_said_to_lie_below_it(high, low_of_the_best, how):
    row = {"accuracy": 0.333, "accuracy_low": 0.299, "accuracy_high": high}
    row |= {"accuracy_baseline": 0.668, "accuracy_low_baseline": low_of_the_best}
    row |= {"accuracy_high_baseline": 0.761, "backbone_baseline": "Grey histogram"}
    said = against_trivial("VGG16", row, "accuracy", "accuracy")
    assert said.startswith(f"VGG16 {how}: accuracy 33.3") and "(Grey histogram)." in said
    assert "nan" not in said


@pytest.mark.parametrize(
    ("with_baselines", "of", "expected"),
    [
        (1, 1, "This run lies"),
        (3, 3, "All 3 runs lie"),
        (1, 6, "1 of these 6 runs has baselines, and lies"),
        (2, 6, "2 of these 6 runs have baselines, and all lie"),
    ],
)
def test_runs_without_baselines_are_not_said_to_beat_them(with_baselines, of, expected):
    assert who_lies_above(with_baselines, of) == expected
