"""What accuracy can be attained: the best run against the paper, baselines and other seeds."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from evidence_by_hand import evidence, images

from core.evaluation import attained, published
from core.evaluation.baselines import BASELINES
from core.evaluation.compare import BASELINE, comparison_rows
from core.evaluation.evidence import CANNOT, NO, NOT_SETTLED, YES, Evidence
from core.evaluation.statistics import difference_of_scores

SHORTCUT = next(row.title for row in BASELINES if row.shortcut)
TRIVIAL = next(row.title for row in BASELINES if not row.shortcut)


def baselines(division, **scores):
    """Rows of baselines, title -> balanced accuracy, each known to 0.02."""
    rows = []
    for title, score in scores.items():
        metrics = {"n": 9, "accuracy": score, "balanced_accuracy": score}
        metrics["ci95"] = {"balanced_accuracy": [score - 0.02, score + 0.02]}
        about = {"kind": BASELINE, "name": title, "backbone": title, "division": division}
        rows.append((about, {}, metrics))
    return comparison_rows(rows)


def known(scores, beside=None, **changed):
    """Evidence of runs with these balanced accuracies, each known to 0.02."""
    cases = {f"run {i}": images([{}] * 9) for i in range(len(scores))}
    made = evidence(cases, beside, balanced_accuracy=scores, **changed)
    table = made.table.assign(
        balanced_accuracy_low=np.array(scores) - 0.02,
        balanced_accuracy_high=np.array(scores) + 0.02,
    )
    runs = tuple(
        SimpleNamespace(id=run, config={"labels": "paper3", "split": {"by": "patient"}})
        for run in cases
    )
    return Evidence(runs, table, made.cases, made.baselines)


@pytest.mark.parametrize(("score", "verdict"), [(0.8, NO), (0.92, NOT_SETTLED), (0.97, YES)])
def test_against_the_published_accuracy(score, verdict):
    answer = attained.answer(known([score]))
    assert answer.verdict == verdict and "92.18" in answer.asked
    theirs = published.summary_table().set_index("backbone").loc["InceptionResNetV2"]
    bounds = difference_of_scores(
        score,
        (score - 0.02, score + 0.02),
        0.9218,
        (theirs["accuracy_low"], theirs["accuracy_high"]),
    )
    assert answer.numbers["against_published"]["difference"] == pytest.approx(score - 0.9218)
    assert answer.numbers["against_published"]["ci95"] == pytest.approx(bounds)
    assert published.FOOTNOTES["class mix"] in answer.doubts


def test_the_best_of_several_is_said_to_be_lucky_and_its_repeats_stand_beside_it():
    answer = attained.answer(known([0.7, 0.8, 0.75]))
    assert answer.numbers["run"] == "run 1"
    words = " ".join(answer.doubts)
    assert "the best of 3 runs" in words and "75.0 % ± 5.0" in words


def test_a_split_by_image_counts_only_where_there_is_no_other():
    runs = known([0.9, 0.8], split=["image", "patient"], setup=["x", "y"])
    answer = attained.answer(runs)
    assert answer.numbers["run"] == "run 1"
    assert "Runs split by image reach 90.0" in " ".join(answer.doubts)
    alone = attained.answer(known([0.9], split="image"))
    assert alone.numbers["run"] == "run 0" and attained.OPTIMISTIC in alone.doubts


@pytest.mark.parametrize(
    ("trivial", "words", "above"),
    [
        (0.5, "It lies above", True),
        (0.79, "It is not shown to lie above", False),
        (0.9, "It lies below", False),
    ],
)
def test_the_best_trivial_baseline_stands_beside_it_and_shortcuts_do_not(trivial, words, above):
    beside = baselines("division of run 0", **{TRIVIAL: trivial, SHORTCUT: 0.99})
    answer = attained.answer(known([0.8], beside))
    assert words in answer.sentence and TRIVIAL in answer.sentence
    assert answer.numbers["above_trivial"] is above
    assert answer.numbers["below_trivial"] is (trivial == 0.9)
    assert not any("baselines" in command for command in answer.commands)


def test_missing_baselines_are_asked_for_with_the_command():
    answer = attained.answer(known([0.8], baselines("another", **{TRIVIAL: 0.5})))
    assert "have not been computed" in answer.sentence
    assert answer.commands[0] == (
        "python -m core baselines --cohort paper --labels paper3 --split patient --seed 0"
    )


@pytest.mark.parametrize(
    ("beside", "verdict"),
    [({}, CANNOT), ({TRIVIAL: 0.5}, YES), ({TRIVIAL: 0.8}, NOT_SETTLED), ({TRIVIAL: 0.9}, NO)],
)
def test_other_classes_are_asked_against_the_baselines(beside, verdict):
    rows = baselines("division of run 0", **beside)
    answer = attained.answer(known([0.8], rows, labels="covid2"))
    assert answer.verdict == verdict and answer.asked == attained.ASKED_OTHERWISE
    assert "published" not in answer.sentence.lower()
    assert set(answer.tables["rows"]["kind"]) <= {"run", "baseline"}


def test_no_score_and_drawn_images():
    assert attained.answer(known([np.nan])).verdict == CANNOT
    assert attained.answer(evidence({})).verdict == CANNOT
    drawn = attained.answer(known([0.9], synthetic=True))
    assert drawn.verdict == CANNOT and drawn.sentence.startswith("These runs read drawn images")
    assert "published" not in set(drawn.tables["rows"]["kind"])


def test_a_run_without_an_interval_settles_nothing():
    made = known([0.8])
    made.table[["balanced_accuracy_low", "balanced_accuracy_high"]] = np.nan
    answer = attained.answer(made)
    assert answer.verdict == NOT_SETTLED and "nan" not in answer.sentence


def test_drawn_runs_stand_back_for_real_ones():
    made = known([0.9, 0.8], synthetic=[True, False], setup=["x", "y"])
    assert attained.answer(made).numbers["run"] == "run 1"
    assert isinstance(made.real, pd.DataFrame) and len(made.real) == 1
