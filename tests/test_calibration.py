"""Do probabilities hold: bins, Brier score and calibration error by hand, one answer in words."""

import numpy as np
import pytest
from hand_made_cases import CLASSES, ODD, cases_of, random_cases
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from core.evaluation.calibration import (
    BINS,
    calibration_of,
    reliability_bins,
    right_when,
)
from core.evaluation.statistics import NOTHING_VARIED, ONE_PATIENT, wilson

TWO = ("normal", "pneumonia")


def sure(*groups, classes=TWO):
    """Answers of (probability, how many, how many of them right)."""
    truth, rows = [], []
    for probability, n, right in groups:
        truth += [1] * right + [0] * (n - right)
        rows += [[1 - probability, probability]] * n
    return cases_of(truth, rows, classes)


def test_bins_by_hand():
    bins = reliability_bins(sure((0.6, 10, 5), (0.9, 20, 19), (0.95, 10, 10), (1.0, 10, 9)))
    assert len(bins) == BINS and bins["n"].tolist() == [0, 0, 0, 0, 0, 10, 0, 0, 20, 20]
    last = bins.iloc[-1]
    # An edge belongs to the bin below it.
    assert (last["low"], last["high"]) == pytest.approx((0.9, 1.0))
    assert last["confidence"] == pytest.approx(0.975) and last["share"] == 19 / 20
    assert [last["share_low"], last["share_high"]] == wilson(19, 20)
    assert bins.iloc[0][["confidence", "share", "share_low"]].isna().all()


def test_bins_are_scikit_learns():
    cases = random_cases(1, 400)
    bins = reliability_bins(cases).query("n > 0")
    share, confidence = calibration_curve(~cases["wrong"], cases["confidence"], n_bins=BINS)
    assert bins["share"].to_numpy() == pytest.approx(share)
    assert bins["confidence"].to_numpy() == pytest.approx(confidence)


def test_the_calibration_error_by_hand():
    # 10 answers at 0.6 of which 5 are right, 30 at 0.9 of which 24: 0.25 * 0.1 + 0.75 * 0.1.
    found = calibration_of(sure((0.6, 10, 5), (0.9, 30, 24)), TWO)
    assert found.error.value == pytest.approx(0.1)
    assert 0 <= found.error.low < found.error.value < found.error.high
    assert 0 < found.error_by_chance < 0.1


def test_the_brier_score_is_scikit_learns_and_by_hand():
    cases = random_cases(2)
    found = calibration_of(cases, CLASSES)
    probabilities = cases[[f"p_{name}" for name in CLASSES]].to_numpy()
    truth = cases["label"].map(CLASSES.index)
    expected = brier_score_loss(truth, probabilities, labels=[0, 1, 2], scale_by_half=False)
    assert found.brier.value == pytest.approx(expected)
    assert found.brier.low < found.brier.value < found.brier.high
    # Half and half: always answering the shares is 0.25 + 0.25 away from the truth.
    assert calibration_of(sure((0.8, 10, 5)), TWO).brier_of_shares == pytest.approx(0.5)


def test_a_network_whose_probabilities_are_true_shows_what_chance_explains():
    rng = np.random.default_rng(3)
    p = rng.uniform(0.5, 1, 4000)
    right = rng.random(4000) < p
    found = calibration_of(cases_of(right, np.stack([1 - p, p], axis=1), TWO), TWO)
    assert found.error.value == pytest.approx(found.error_by_chance, abs=0.01)
    # The interval does not claim an error that chance alone makes.
    assert found.error.low < 0.01


def test_intervals_draw_whole_patients():
    cases = sure((0.9, 100, 80), (0.6, 100, 50))
    lumped = cases.assign(patient=[f"patient {i // 10}" for i in range(200)])
    wide, narrow = (calibration_of(table, TWO).brier for table in (lumped, cases))
    assert wide.value == narrow.value
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


@pytest.mark.parametrize("name", ODD)
def test_little_or_lopsided_answers_say_why_and_nothing_warns(name, recwarn):
    found = calibration_of(ODD[name], CLASSES)
    assert found.n == len(ODD[name]) == found.bins["n"].sum()
    for figure in (found.brier, found.error):
        assert figure.reason or np.isfinite([figure.value, figure.low, figure.high]).all()
    for probability in (0.0, 1 / 3, 1.0):
        assert "nan" not in right_when(ODD[name], probability).sentence
    assert not recwarn.list


def test_the_reasons():
    assert calibration_of(ODD["three images"], CLASSES).error.reason == ONE_PATIENT
    assert calibration_of(ODD["all right and sure"], CLASSES).brier.reason == NOTHING_VARIED
    assert "no validation image" in calibration_of(ODD["no image"], CLASSES).brier.reason


def test_how_often_it_was_right_when_it_was_about_so_sure():
    cases = sure((0.8, 143, 100), (0.84, 10, 10), (0.9, 40, 40))
    found = right_when(cases, 0.8)
    assert (found.right, found.n, found.few) == (110, 153, False)
    assert [found.low, found.high] == wilson(110, 153)
    low, high = (round(100 * end) for end in wilson(110, 153))
    assert found.sentence.replace("\N{NO-BREAK SPACE}", " ") == (
        "When this network says about 80 %, it is right about 7 times in 10 on its validation "
        f"images (n = 153, 95 % interval {low} to {high} %)."
    )


@pytest.mark.parametrize(
    ("groups", "probability", "words"),
    [
        ([(0.8, 50, 50)], 0.8, "it is always right on"),
        ([(0.8, 50, 0)], 0.8, "it is never right on"),
        ([(0.97, 200, 198)], 0.97, "right about 99 times in 100"),
        ([(0.97, 1000, 999)], 0.97, "right about 99 times in 100"),
        ([(0.6, 50, 5)], 0.6, "right about 1 time in 10 "),
        ([(0.8, 29, 20)], 0.8, "With only 29 images this says little."),
        ([(0.8, 1, 1)], 0.8, "With one image this says little."),
        ([(0.8, 50, 40)], 0.6, "never said about 60 % of an answer on its 50 validation images"),
        ([(0.75, 40, 20)], 0.8, "(n = 40,"),
        ([(0.74, 40, 20)], 0.8, "not known"),
    ],
)
def test_the_sentence(groups, probability, words):
    sentence = right_when(sure(*groups), probability).sentence
    assert words in sentence.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("probability", [-0.01, 1.2, float("nan")])
def test_what_is_no_probability_is_refused(probability):
    with pytest.raises(ValueError, match="no probability"):
        right_when(random_cases(0), probability)
