"""A class without validation images: no score over all classes, for whoever reads the run."""

import numpy as np
import pandas as pd
import pytest
from run_folders import change_run, make_finished_run, open_page, text_of

from core.evaluation.attained import best_run
from core.evaluation.baseline_results import best_trivial, not_above
from core.evaluation.common_images import read_answers
from core.evaluation.compare import BASELINE, comparison_table, undefined_words
from core.evaluation.evidence import setups
from core.evaluation.metrics import MEASURES, evaluate
from core.evaluation.pairs import UNDEFINED, pairs_table, probability_best
from core.evaluation.published_differences import against_published
from core.evaluation.report import write_report
from core.evaluation.report_facts import gather
from core.evaluation.spread import spread_table
from core.inference.sheet_facts import score_words
from core.standing import progress_of
from core.undefined_scores import MEANS, missing_class, never_answered, only_defined, why_undefined

CLASSES = ("normal", "bacteria", "coronavirus")
GONE = "coronavirus"
WHY = missing_class(GONE)


def make_run_without(settings, old=False, **choices):
    """A finished run that checked no image of the class GONE; ``old``: as it was written before."""
    run = make_finished_run(settings, **choices)
    everything = run.predictions()
    predictions = everything[everything["label"] != GONE]
    predictions.to_csv(run.folder / "predictions.csv", index=False)
    metrics = evaluate(predictions, CLASSES)
    # They were learnt from instead.
    more = len(everything) - len(predictions)
    metrics["n_training"] = run.metrics()["n_training"] + more
    if old:
        metrics |= {"balanced_accuracy": 1.0, "macro": dict.fromkeys(MEASURES, 1.0)}
        metrics["ci95"] |= {name: [0.99, 1.0] for name in MEANS}
        metrics["undefined"] = [f"No validation image is '{GONE}': it is left out of every mean."]
    return change_run(run, metrics)


@pytest.fixture(params=[False, True], ids=["new", "old"])
def lacking(request, settings):
    return make_run_without(settings, request.param, backbone="VGG16", recipe="quick")


def test_metrics_are_read_without_the_scores_that_have_no_meaning(lacking):
    metrics = lacking.metrics()
    assert metrics["accuracy"] == 1 and metrics["ci95"]["accuracy"]
    assert metrics["balanced_accuracy"] is None and metrics["undefined"] == [WHY]
    assert not any(metrics["macro"].values())
    assert not any(metrics["ci95"][name] for name in MEANS)
    assert [why_undefined(metrics, name) for name in MEANS] == [[WHY]] * len(MEANS)
    assert why_undefined(metrics, "accuracy") == []


def test_the_confusion_matrix_alone_tells_it_too():
    bare = {"classes": list(CLASSES), "confusion_matrix": [[3, 0, 0], [0, 3, 0], [0, 0, 0]]}
    assert only_defined(bare | {"balanced_accuracy": 1.0})["balanced_accuracy"] is None


@pytest.mark.parametrize(
    "edited",
    [
        {},
        {"per_class": 3},
        {"per_class": {"a": 1}},
        {"confusion_matrix": [1, None], "classes": [2]},
    ],
)
def test_edited_metrics_stay_as_they_are(edited):
    assert only_defined(edited) == edited and why_undefined(edited, "f1") == []


def test_a_class_that_is_never_answered_undoes_the_precision_alone(settings):
    run = make_finished_run(settings)
    predictions = run.predictions()
    metrics = evaluate(predictions.assign(predicted="normal"), CLASSES)
    assert why_undefined(metrics, "precision") == [never_answered(c) for c in CLASSES[1:]]
    assert not any(why_undefined(metrics, name) for name in ("balanced_accuracy", "f1"))
    assert undefined_words(comparison_table([change_run(run, metrics)]), "precision")[0].startswith(
        "TinyCNN, finetune"
    )


def test_nothing_is_ranked_by_what_is_undefined(lacking, settings):
    whole = make_finished_run(settings, mistakes=4, backbone="VGG19", recipe="quick")
    table = comparison_table([lacking, whole])
    assert table.loc[0, ["accuracy"]].notna().all()
    over = [f"{name}{end}" for name in MEANS for end in ("", "_low", "_high")]
    assert table.loc[0, over].isna().all() and table.loc[1, ["balanced_accuracy", "f1"]].all()
    assert best_run(table)["run"] == whole.id
    assert best_run(table.iloc[:1]) is None
    assert setups(table)["runs"].iloc[0] == (whole.id,)
    scored = against_published(table.dropna(subset=["balanced_accuracy"]))
    assert list(scored["name"]) == [table.loc[1, "name"]]
    baseline = table.assign(kind=BASELINE)
    assert best_trivial(baseline.iloc[:1], "balanced_accuracy").empty
    assert lacking.id not in set(not_above(table, baseline, "balanced_accuracy")["run"])
    assert undefined_words(table, "accuracy") == []
    (words,) = undefined_words(table, "f1")
    assert words == f"{table.loc[0, 'name']}: {WHY}"


def test_pairs_and_repeats_have_no_figure_either(settings):
    made = [make_run_without(settings, seed=seed) for seed in (0, 1)]
    answers, _ = read_answers(made)
    (row,) = pairs_table(answers).to_dict("records")
    assert row["finding"] == UNDEFINED and GONE in row["reason"]
    assert np.isnan(row["difference"]) and row["accuracy_difference"] == 0
    best = probability_best(answers)
    assert best.table[["balanced_accuracy", "probability"]].isna().all(axis=None)
    assert GONE in best.reason
    # The mean of a whole run and one that lacks a class is none.
    mixed = comparison_table([made[0], make_finished_run(settings, seed=1)])
    spread = spread_table(mixed)
    assert np.isnan(spread["balanced_accuracy_mean"][0]) and spread["accuracy_mean"][0] == 1
    assert np.isnan(setups(mixed)["balanced_accuracy"][0])


def test_whoever_words_the_score_says_undefined(lacking, settings):
    assert score_words(lacking.metrics())[0] == "undefined"
    report = write_report(gather([lacking], settings))
    # Text of a page: its quotes are escaped.
    assert "No validation image is &#39;coronavirus&#39;" in report.replace("&#x27;", "&#39;")
    assert "(99.0 to 100.0)" not in report.replace("\xa0", " ")
    shown = progress_of(lacking)[1]
    assert "balanced accuracy undefined" in shown and WHY[:40] in shown


PAGES = ("home", "training", "comparison", "confusion", "questions", "thresholds", "prediction")


@pytest.mark.parametrize("name", PAGES)
def test_no_page_breaks_or_shows_nan(settings, name):
    make_run_without(settings, old=True, backbone="VGG16", recipe="quick")
    page = open_page(name)
    said = text_of(page)
    assert not page.exception and "nan" not in said.lower().split()
    if name in ("training", "comparison", "confusion"):
        assert "undefined" in said and "No validation image is" in said


def test_the_comparison_names_the_runs_whose_score_is_undefined(settings):
    make_run_without(settings, backbone="VGG16", recipe="quick")
    make_finished_run(settings, backbone="VGG19", recipe="quick")
    page = open_page("comparison")
    said = text_of(page)
    assert "**Balanced accuracy undefined.** VGG16, quick" in said
    page.selectbox[[box.label for box in page.selectbox].index("Score")].select("accuracy").run()
    assert not page.exception and "**Accuracy undefined.**" not in text_of(page)
    assert pd.notna(page.dataframe[0].value["accuracy"]).all()
