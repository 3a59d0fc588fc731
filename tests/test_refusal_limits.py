"""Limits at a stated rate of false refusals, and the check of that rate on other images."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation.refusal_limits import (
    DISTANCE,
    beyond,
    check_rate,
    half_of_patients,
    set_limits,
)
from core.evaluation.statistics import wilson

BOUNDS = {"colour": 0.05, "turned": 0.0}


def draw(n, seed=0, **columns):
    random = np.random.default_rng(seed)
    drawn = {"colour": np.zeros(n), "turned": random.normal(-5, 1, n)}
    return pd.DataFrame(drawn | {DISTANCE: random.gamma(9, 4, n)} | columns)


def test_the_rate_is_kept_by_all_checks_together():
    table = draw(1000)
    limits = set_limits(table, BOUNDS, ["a"] * len(table))
    assert beyond(table, limits).sum() == 20
    assert limits["colour"] == 0.05 and limits["turned"] == 0.0
    # Seven X-rays in colour: two go beyond its limit, and the distance has 18 left.
    tinted = table.assign(colour=[0.1 + 0.01 * i if i < 7 else 0 for i in range(1000)])
    limits = set_limits(tinted, BOUNDS, ["a"] * 1000)
    assert limits["colour"] == pytest.approx(0.14, rel=1e-3)
    assert beyond(tinted, limits).sum() == 20
    assert (tinted["colour"] > limits["colour"]).sum() == 2


@pytest.mark.parametrize("n", [1, 2, 8, 49])
def test_few_images_are_all_allowed(n):
    table = draw(n)
    assert not beyond(table, set_limits(table, BOUNDS, ["a"] * len(table))).any()


def test_ties_are_never_refused_together():
    table = draw(100, **{DISTANCE: np.ones(100)})
    assert not beyond(table, set_limits(table, BOUNDS, ["a"] * len(table))).any()


def test_a_small_source_does_not_bear_the_false_refusals():
    sources = np.array(["large"] * 1000 + ["small"] * 50)
    table = draw(1050)
    table.loc[sources == "small", DISTANCE] += 60
    limits = set_limits(table, BOUNDS, sources)
    refused = beyond(table, limits)
    assert refused[sources == "small"].sum() == 1 and not refused[sources == "large"].any()


def test_the_checked_rate_is_honest_and_repeatable():
    table = draw(4000)
    images = pd.DataFrame({"patient": [f"p{i // 4}" for i in range(4000)], "source": "a"})
    images.loc[3800:, "source"] = "b"
    told = check_rate(table, BOUNDS, images)
    assert told == check_rate(table, BOUNDS, images)
    assert told["n"] == 4000 and 0.005 < told["rate"] < 0.028
    assert told["ci95"] == wilson(told["refused"], 4000)
    assert {name: part["n"] for name, part in told["by_source"].items()} == {"a": 3800, "b": 200}
    assert sum(part["refused"] for part in told["by_source"].values()) == told["refused"]
    assert check_rate(table, BOUNDS, images.assign(patient="one"))["rate"] is None
    # Without names every image counts as a patient.
    half = half_of_patients(images["patient"].str.slice(0, 0))
    assert half.sum() == 2000
