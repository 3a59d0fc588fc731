"""Curves of one class against the rest: scikit-learn's, cases by hand, and what is undefined."""

import numpy as np
import pandas as pd
import pytest
from hand_made_cases import CLASSES, ODD, cases_of, random_cases
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from core.evaluation import class_curves as module
from core.evaluation.class_curves import GRID, MOST_POINTS, class_curves, thinned
from core.evaluation.resampling import resample_cases
from core.evaluation.statistics import NOTHING_VARIED, ONE_PATIENT


def one(cases, name="coronavirus", **more):
    return class_curves(cases, CLASSES, name, **more)


@pytest.mark.parametrize("decimals", [None, 1])
@pytest.mark.parametrize("seed", range(3))
def test_areas_are_scikit_learns_with_and_without_ties(seed, decimals):
    cases = random_cases(seed, decimals=decimals)
    for curves in (one(cases, name) for name in CLASSES):
        truth, score = cases["label"] == curves.name, cases[f"p_{curves.name}"]
        assert curves.roc.area.value == pytest.approx(roc_auc_score(truth, score))
        area = curves.precision_recall.area
        assert area.value == pytest.approx(average_precision_score(truth, score))
        assert area.low < area.value < area.high
        assert (curves.n, curves.positives) == (len(cases), truth.sum())


@pytest.mark.parametrize("decimals", [None, 1])
def test_a_resample_has_the_areas_and_heights_of_scikit_learn_with_weights(decimals):
    cases = random_cases(5, decimals=decimals)
    positive = (cases["label"] == "bacteria").to_numpy()
    score = cases["p_bacteria"].to_numpy()
    truth = cases["label"].map(CLASSES.index).to_numpy()
    drawn = resample_cases(truth, 3, resamples=5)
    auc, roc, precision, reached = module._resampled(positive, score, drawn)
    for i, weight in enumerate(drawn):
        assert auc[i] == pytest.approx(roc_auc_score(positive, score, sample_weight=weight))
        expected = average_precision_score(positive, score, sample_weight=weight)
        assert precision[i] == pytest.approx(expected)
        kept = weight > 0
        right, recall, _ = precision_recall_curve(
            positive[kept], score[kept], sample_weight=weight[kept]
        )
        for place, height in zip(GRID[1:], reached[i, 1:], strict=True):
            # The highest threshold that reaches so much: the last of falling recalls.
            assert height == pytest.approx(right[np.nonzero(recall >= place - 1e-12)[0][-1]])
        assert (np.diff(roc[i]) >= -1e-12).all() and roc[i, -1] == 1


def test_a_curve_by_hand():
    # Positives at 0.9 and 0.6, others at 0.8 and 0.1: one of four pairs stands the wrong way round.
    p = np.array([0.9, 0.6, 0.8, 0.1])
    cases = cases_of([2, 2, 0, 0], np.stack([1 - p, 0 * p, p], axis=1))
    curves = one(cases)
    assert curves.roc.area.value == 0.75
    assert curves.roc.points[["x", "y"]].to_numpy().tolist() == [
        [0, 0], [0, 0.5], [0.5, 0.5], [0.5, 1], [1, 1],
    ]  # fmt: skip
    # Half is found at precision 1, all at 2 of 3.
    assert curves.precision_recall.area.value == pytest.approx((1 + 2 / 3) / 2)
    assert curves.precision_recall.points["threshold"].iloc[0] == 0.9


def test_bands_hold_the_curve_and_are_wider_by_patient():
    by_image = random_cases(7, 200, skill=0.5)
    by_patient = by_image.assign(patient=[f"patient {i // 10}" for i in range(200)])
    # All images of a patient are alike.
    first = np.repeat(np.arange(0, 200, 10), 10)
    by_patient = by_patient.iloc[first].assign(patient=by_patient["patient"].to_numpy())
    by_patient = by_patient.reset_index(drop=True)
    wide, narrow = one(by_patient), one(by_patient.assign(patient=""))
    assert wide.roc.area.high - wide.roc.area.low > 2 * (narrow.roc.area.high - narrow.roc.area.low)
    curves = one(by_image)
    height = np.interp(GRID, curves.roc.points["x"], curves.roc.points["y"])
    assert (curves.roc.band["x"] == GRID).all()
    inside = (curves.roc.band["low"] - 0.02 <= height) & (height <= curves.roc.band["high"] + 0.02)
    assert inside.mean() > 0.95


def test_the_same_seed_gives_the_same_bands():
    cases = random_cases(8, 60)
    pd.testing.assert_frame_equal(one(cases).roc.band, one(cases).roc.band)
    assert one(cases, seed=1).roc.area.low != one(cases).roc.area.low


@pytest.mark.parametrize("name", ODD)
def test_what_is_undefined_says_why_and_nothing_warns(name, recwarn):
    curves = [one(ODD[name], of) for of in CLASSES]
    assert [c.name for c in curves] == list(CLASSES)
    for c in curves:
        for curve in (c.roc, c.precision_recall):
            assert np.isfinite(curve.points.to_numpy()).all()
            assert np.isfinite(curve.band.to_numpy()).all()
            assert curve.area.reason or curve.area.low is not None
            assert (curve.area.value is None) == curve.points.empty
    assert not recwarn.list


def test_the_reasons():
    assert "No validation image is coronavirus" in one(ODD["a class missing"]).roc.area.reason
    assert "All are coronavirus" in one(ODD["one class alone"]).roc.area.reason
    few = one(cases_of([0, 0, 2], np.eye(3)))
    assert few.roc.area.value is not None and few.roc.area.reason == ONE_PATIENT
    assert few.roc.band.empty
    sure = one(ODD["all right and sure"]).roc.area
    assert (sure.value, sure.low, sure.reason) == (1.0, None, NOTHING_VARIED)
    assert one(ODD["all ties"]).roc.area.value == 0.5


def test_long_curves_are_thinned_and_keep_their_ends():
    curves = one(random_cases(9, 3000, skill=0.5))
    assert len(curves.roc.points) <= MOST_POINTS
    assert len(curves.precision_recall.points) <= MOST_POINTS
    first, last = curves.roc.points[["x", "y"]].iloc[[0, -1]].to_numpy().tolist()
    assert first == [0, 0] and last == [1, 1]
    line = pd.DataFrame({"x": np.linspace(0, 1, 500), "y": 0.0})
    assert np.diff(thinned(line, 11)["x"]) == pytest.approx(0.1, abs=0.003)
