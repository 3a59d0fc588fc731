"""Patients over their days, against scipy and hand-worked cases."""

import numpy as np
import pandas as pd
import pytest
from evidence_by_hand import evidence, images
from scipy.stats import linregress, t, ttest_ind

from core.evaluation import progression, tracking
from core.evaluation.evidence import CANNOT, NO, NOT_SETTLED, YES
from core.evaluation.progression import BETTER, UNKNOWN, WORSE


def patient(name, slope, days=(0, 4), start=0.5, **row):
    """A patient whose probability moves by ``slope`` a day."""
    return [
        {"patient": name, "offset_days": d, "probability": start + slope * d, **row} for d in days
    ]


def test_slopes_by_hand():
    rows = [
        *patient("one", 0.01, (0, 5, 10)),
        *patient("two", -0.02, (3, 4)),
        # One day, or no day, or nobody: no slope.
        *patient("three", 0.1, (2, 2)),
        *patient("four", 0.1, (2, np.nan)),
        *patient("", 0.1, (2, 5)),
    ]
    patients, points = progression.followed(images(rows), "p_coronavirus")
    assert patients["patient"].tolist() == ["one", "two"]
    assert patients["slope"].tolist() == pytest.approx([0.01, -0.02])
    assert patients[["images", "first", "last"]].values.tolist() == [[3, 0, 10], [2, 3, 4]]
    assert points.groupby("patient").size().to_dict() == {"one": 3, "two": 2}


def test_a_slope_is_the_least_squares_one():
    rng = np.random.default_rng(0)
    days, values = rng.permutation(20)[:8], rng.random(8)
    rows = [
        {"patient": "a", "offset_days": d, "probability": p}
        for d, p in zip(days, values, strict=True)
    ]
    patients, _ = progression.followed(images(rows), "p_coronavirus")
    assert patients["slope"].iloc[0] == pytest.approx(linregress(days, values).slope)


def test_the_mean_over_patients_has_students_interval():
    values = pd.Series([0.01, 0.03, -0.02, 0.04])
    mean = progression.mean_over_patients(values)
    expected = t.interval(0.95, 3, values.mean(), values.std(ddof=1) / 2)
    assert (mean.n, mean.value) == (4, pytest.approx(0.015))
    assert [mean.low, mean.high] == pytest.approx(expected)


@pytest.mark.parametrize("values", [[], [0.1], [0.1, 0.1]])
def test_a_mean_without_spread_has_no_interval(values, recwarn):
    mean = progression.mean_over_patients(pd.Series(values, dtype=float))
    assert np.isnan(mean.low) and mean.n == len(values) and not recwarn.list


def test_outcomes_are_compared_as_welch_does():
    worse, better = [0.03, 0.05, 0.02, 0.04, 0.06], [-0.01, 0.0, 0.01, -0.03, 0.02, -0.02]
    patients = pd.DataFrame(
        {"slope": worse + better, "outcome": [WORSE] * len(worse) + [BETTER] * len(better)}
    )
    gap = progression.difference_by_outcome(patients)
    interval = ttest_ind(worse, better, equal_var=False).confidence_interval()
    assert gap.value == pytest.approx(np.mean(worse) - np.mean(better))
    assert [gap.low, gap.high] == pytest.approx([interval.low, interval.high])
    assert np.isnan(progression.difference_by_outcome(patients.iloc[1:]).value)


@pytest.mark.parametrize(
    ("survival", "went_icu", "outcome"),
    [
        ("N", "", WORSE),
        ("Y", "Y", WORSE),
        ("Y", "", BETTER),
        ("", "N", BETTER),
        ("", "", UNKNOWN),
    ],
)
def test_what_became_of_a_patient(survival, went_icu, outcome):
    rows = images([{"patient": "a", "survival": survival, "went_icu": went_icu}, {"patient": "a"}])
    assert progression.outcomes(rows).tolist() == [outcome] * 2


def many(count, slopes, **row):
    return [r for i in range(count) for r in patient(f"{row}{i}", slopes + 1e-4 * (i % 3), **row)]


@pytest.mark.parametrize(
    ("worse", "better", "verdict", "words"),
    [
        (0.05, -0.05, YES, "a difference"),
        (-0.05, 0.05, NO, "a difference"),
        (0.001, 0.001, NO, "too little to follow a disease by"),
        (0.05, 0.05, NOT_SETTLED, "no difference is shown"),
    ],
)
def test_verdicts(worse, better, verdict, words):
    rows = many(6, worse, survival="N") + many(6, better, survival="Y")
    answer = tracking.answer(evidence({"a": images(rows)}))
    assert answer.verdict == verdict and words in answer.sentence
    assert "12 patients with COVID-19" in answer.sentence
    assert "never how severe it is" in answer.doubts[0]
    assert answer.numbers["by_outcome"] == {WORSE: 6, BETTER: 6, UNKNOWN: 0}


def test_two_patients_with_two_images_settle_nothing():
    answer = tracking.answer(evidence({"a": images(patient("a", 0.02) + patient("b", -0.01))}))
    assert answer.verdict == NOT_SETTLED
    assert "from 5 patients on each side on" in " ".join(answer.doubts)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"finding": "virus"}], "none is of COVID-19"),
        (patient("a", 0.01), "images (1) such are 1"),
        ([{"patient": "a"}, {"patient": "b"}], "images (2) such are 0"),
    ],
)
def test_what_is_missing_is_said(rows, words):
    answer = tracking.answer(evidence({"a": images(rows)}))
    assert answer.verdict == CANNOT and words in answer.sentence and answer.commands


def test_no_run_and_drawn_images():
    assert tracking.answer(evidence({})).verdict == CANNOT
    rows = many(6, 0.05, survival="N")
    drawn = tracking.answer(evidence({"a": images(rows)}, synthetic=True))
    assert drawn.verdict == CANNOT and drawn.sentence.startswith("These runs read drawn images")
