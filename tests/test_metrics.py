"""Scores against scikit-learn, hand-worked cases and the published tables."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as reference

from core.errors import UserError
from core.evaluation import published
from core.evaluation.metrics import (
    MEASURES,
    confusion_matrix,
    evaluate,
    per_class_table,
    score,
)
from core.undefined_scores import missing_class, only_defined

CLASSES = ("normal", "bacteria", "coronavirus")


def table_of(truth, predicted, patients=None, classes=CLASSES):
    probabilities = np.full((len(truth), len(classes)), 0.1)
    probabilities[np.arange(len(truth)), predicted] = 0.8
    table = pd.DataFrame(
        {"label": [classes[i] for i in truth], "predicted": [classes[i] for i in predicted]}
    )
    if patients is not None:
        table["patient"] = patients
    return table.assign(**{f"p_{c}": probabilities[:, i] for i, c in enumerate(classes)})


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("classes", [2, 3, 4])
def test_agrees_with_scikit_learn(seed, classes):
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.concatenate([np.arange(classes), rng.integers(0, classes, 60)]))
    predicted = rng.permutation(np.concatenate([np.arange(classes), rng.integers(0, classes, 60)]))
    confusion = confusion_matrix(truth, predicted, classes)
    assert (confusion == reference.confusion_matrix(truth, predicted)).all()
    ours = score(confusion, [str(i) for i in range(classes)])

    assert ours["accuracy"] == pytest.approx(reference.accuracy_score(truth, predicted))
    assert ours["balanced_accuracy"] == pytest.approx(
        reference.balanced_accuracy_score(truth, predicted)
    )
    precision, recall, f1, support = reference.precision_recall_fscore_support(truth, predicted)
    for i, values in enumerate(ours["per_class"].values()):
        assert values["n"] == support[i]
        assert values["precision"] == pytest.approx(precision[i])
        assert values["sensitivity"] == pytest.approx(recall[i])
        assert values["f1"] == pytest.approx(f1[i])
        # Specificity is the sensitivity of "not this class".
        assert values["specificity"] == pytest.approx(
            reference.recall_score(truth != i, predicted != i)
        )
    assert ours["macro"]["f1"] == pytest.approx(f1.mean())
    assert sum(v["accuracy"] for v in ours["per_class"].values()) == pytest.approx(ours["accuracy"])


def test_by_hand():
    scores = score(np.array([[8, 1, 1], [2, 6, 2], [0, 5, 5]]), CLASSES)
    assert scores["n"] == 30 and scores["accuracy"] == pytest.approx(19 / 30)
    assert scores["per_class"]["bacteria"] == {
        "n": 10,
        "accuracy": 6 / 30,
        "sensitivity": 0.6,
        "specificity": 14 / 20,
        "precision": 0.5,
        "f1": pytest.approx(6 / 11),
    }
    assert scores["macro"]["sensitivity"] == scores["balanced_accuracy"]
    assert scores["majority"] == {"class": "normal", "accuracy": pytest.approx(1 / 3)}
    assert scores["undefined"] == []


@pytest.mark.parametrize("backbone", published.PER_CLASS)
def test_published_tables_re_enter(backbone):
    table, matrices = published.per_class_table(backbone), published.confusions(backbone)
    assert matrices
    scores = score(matrices[len(matrices) // 2], published.CLASSES)

    for row in table.itertuples():
        ours = scores["per_class"][row[1]]
        for measure in ("accuracy", "sensitivity", "specificity", "precision"):
            # The paper cuts its decimals: ours may stand up to 0.01 % above.
            assert -1e-9 <= ours[measure] - getattr(row, measure) < 1.01e-4
    summary = published.summary_table().set_index("backbone").loc[backbone]
    assert scores["accuracy"] == pytest.approx(summary.accuracy, abs=1.01e-4)
    for measure in MEASURES:
        assert scores["macro"][measure] == pytest.approx(summary[measure], abs=1.01e-4)


def test_without_images_of_a_class_no_score_over_all_classes_is_defined():
    truth, predicted = [0] * 10 + [1] * 10, [0] * 8 + [1] * 2 + [0] + [1] * 9
    metrics = evaluate(table_of(truth, predicted, None), CLASSES)
    assert metrics["accuracy"] == pytest.approx(0.85) and metrics["ci95"]["accuracy"]
    assert metrics["balanced_accuracy"] is metrics["ci95"]["balanced_accuracy"] is None
    for measure in MEASURES:
        assert metrics["macro"][measure] is metrics["ci95"][measure] is None
    assert metrics["per_class"]["coronavirus"]["sensitivity"] is None
    assert metrics["per_class"]["bacteria"]["sensitivity"] == pytest.approx(0.9)
    assert metrics["undefined"] == [missing_class("coronavirus")]
    assert only_defined(metrics) == metrics


def test_class_that_is_never_answered_has_no_precision():
    scores = score(np.array([[10, 0], [10, 0]]), ("normal", "pneumonia"))
    assert scores["per_class"]["pneumonia"]["precision"] is None
    assert scores["per_class"]["pneumonia"]["f1"] == 0
    assert scores["macro"]["precision"] is None
    assert scores["balanced_accuracy"] == 0.5
    assert "pneumonia" in scores["undefined"][0]


@pytest.mark.parametrize(
    ("truth", "predicted", "patients"),
    [
        ([0], [0], None),
        ([0, 1, 2], [0, 1, 2], None),
        ([0, 0, 0], [0, 0, 0], None),
        ([0, 0, 0], [1, 1, 1], None),
        ([0, 0, 1, 1], [0, 0, 0, 0], ["a", "a", "b", "b"]),
        ([0, 0, 1, 1, 2], [0, 1, 1, 2, 2], ["a", "a", "", None, "c"]),
        ([0] * 30 + [1] * 30, [0] * 30 + [1] * 30, None),
    ],
)
def test_small_and_lopsided_cases_give_plain_json(truth, predicted, patients, recwarn):
    metrics = evaluate(table_of(truth, predicted, patients), CLASSES)
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics
    assert not recwarn.list
    # Where a class is missing, the accuracy alone is left.
    score = "balanced_accuracy" if len({*truth}) == 3 else "accuracy"
    low, high = metrics["ci95"][score]
    assert 0 <= low <= metrics[score] <= high <= 1
    assert high - low > 0.01
    assert len(per_class_table(metrics)) == 3


def test_evaluate_adds_counts_and_intervals():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 300)
    predicted = np.where(rng.random(300) < 0.7, truth, rng.integers(0, 3, 300))
    alone = evaluate(table_of(truth, predicted), CLASSES)
    grouped = evaluate(table_of(truth, predicted, [f"p{i % 60}" for i in range(300)]), CLASSES)
    assert alone["n_validation"] == 300
    for metrics, unit in ((alone, "images"), (grouped, "patients")):
        assert unit in metrics["ci95_method"]["balanced_accuracy"]
        for name in ("accuracy", "balanced_accuracy"):
            low, high = metrics["ci95"][name]
            assert low < metrics[name] < high
        for measure in MEASURES:
            low, high = metrics["ci95"][measure]
            assert low < metrics["macro"][measure] < high
    table = per_class_table(alone).set_index("class")
    assert (table.sensitivity_low < table.sensitivity).all()
    assert (table.f1 < table.f1_high).all()
    assert table.n.sum() == 300
    assert evaluate(table_of(truth, predicted), CLASSES) == alone


def test_what_cannot_be_evaluated_is_said_in_one_sentence():
    table = table_of([0, 1], [0, 1])
    with pytest.raises(UserError, match="no validation images"):
        evaluate(table.iloc[:0], CLASSES)
    with pytest.raises(UserError, match="'label' holds 'covid19'"):
        evaluate(table.assign(label=["normal", "covid19"]), CLASSES)
    with pytest.raises(UserError, match=r"1 of 2 images.*learning rate"):
        evaluate(table.assign(p_normal=[np.nan, 0.1]), CLASSES)
