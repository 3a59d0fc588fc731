"""Intervals against hand-worked cases, statsmodels and plain resampling."""

import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from core.evaluation.statistics import Estimate, difference_of_scores, mean_of_proportions, wilson


def test_wilson_by_hand():
    # 8 of 10 at z = 1.96: centre (0.8 + 0.19208) / 1.38416, half-width 0.31407 / 1.38416.
    assert wilson(8, 10) == pytest.approx([0.4902, 0.9433], abs=5e-5)
    assert wilson(0, 0) is None
    assert wilson(0, 5)[0] == 0.0 and wilson(5, 5)[1] == 1.0
    assert wilson(50, 100, level=0.9) == pytest.approx(
        proportion_confint(50, 100, alpha=0.1, method="wilson")
    )


def test_mean_of_proportions_narrows_to_wilson_and_keeps_a_width():
    assert mean_of_proportions([0.8], [10]) == pytest.approx(wilson(8, 10))
    low, high = mean_of_proportions([1.0, 1.0], [50, 50])
    assert 0.9 < low < 1 and high == 1
    assert mean_of_proportions([0.5, 0.5], [10, 0]) is None
    assert mean_of_proportions([], []) is None


def test_an_estimate_has_an_interval_or_a_reason():
    assert Estimate.proportion(8, 10, "") == Estimate(0.8, *wilson(8, 10))
    assert Estimate.proportion(0, 0, "none") == Estimate(None, None, None, "none")
    assert Estimate.of(0.5, [0.4, 0.6], "x") == Estimate(0.5, 0.4, 0.6)
    assert Estimate.of(0.5, None, "x") == Estimate(0.5, None, None, "x")


def test_the_interval_of_a_difference_is_newcombes():
    # Newcombe, Stat Med 17 (1998) 873-890, method 10: 56/70 against 48/80.
    interval = difference_of_scores(56 / 70, wilson(56, 70), 48 / 80, wilson(48, 80))
    assert interval == pytest.approx([0.0524, 0.3339], abs=5e-5)
    expected = confint_proportions_2indep(56, 70, 48, 80, method="newcomb", compare="diff")
    assert interval == pytest.approx(expected)
