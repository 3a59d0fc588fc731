"""Paired comparison of runs against scipy, statsmodels, plain resampling and hand-worked cases."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, chi2
from sklearn.metrics import balanced_accuracy_score
from statsmodels.stats.multitest import multipletests

from core.evaluation.common_images import Answers, common_images
from core.evaluation.pairs import (
    BETTER,
    CHANCE,
    UNCLEAR,
    UNDEFINED,
    mcnemar,
    pairs_table,
    probability_best,
)
from core.evaluation.verdict import better_first, pair_sentence, verdict

CLASSES = ("normal", "bacteria", "coronavirus")


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def answers(name, truth, right, patients=None, ids=None, sha256=None):
    """What a run called ``name`` said: ``right`` (n,) bool on images of class indices ``truth``."""
    n = len(truth)
    ids = [f"image {i}" for i in range(n)] if ids is None else ids
    images = {
        "sha256": ids if sha256 is None else sha256,
        "patient": [""] * n if patients is None else patients,
        "label": [CLASSES[i] for i in truth],
        "right": np.asarray(right, dtype=bool),
    }
    return Answers(f"id-{name}", name, "paper3", CLASSES, pd.DataFrame(images, index=ids))


def random_answers(seed, shares, n=300, patients=None):
    rng = np.random.default_rng(seed)
    truth, hard = rng.choice(3, n, p=[0.25, 0.45, 0.3]), rng.random(n)
    rights = [0.6 * hard + 0.4 * rng.random(n) < share for share in shares]
    return truth, [answers(f"run {i}", truth, right, patients) for i, right in enumerate(rights)]


@pytest.mark.parametrize(("only_a", "only_b"), [(1, 0), (9, 2), (20, 4), (0, 24), (12, 12), (0, 0)])
def test_few_discordant_images_are_tested_exactly(only_a, only_b):
    p, exact = mcnemar(only_a, only_b)
    expected = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1
    assert exact and p == pytest.approx(expected)


@pytest.mark.parametrize(("only_a", "only_b"), [(20, 5), (40, 90), (30, 10)])
def test_many_discordant_images_are_tested_with_continuity_correction(only_a, only_b):
    p, exact = mcnemar(only_a, only_b)
    statistic = (abs(only_a - only_b) - 1) ** 2 / (only_a + only_b)
    assert not exact and p == pytest.approx(chi2.sf(statistic, 1))


def test_mcnemar_by_hand():
    # 5 against 1: twice (1 + 6) / 2**6.
    assert mcnemar(5, 1) == (pytest.approx(0.21875), True)


def test_a_pair_by_hand():
    # Sensitivities 3/4, 1/2, 2/2 against 1/4, 1/2, 1/2: means 0.75 and 0.41667.
    truth = [0, 0, 0, 0, 1, 1, 2, 2]
    a = answers("a", truth, [1, 1, 1, 0, 1, 0, 1, 1])
    b = answers("b", truth, [0, 0, 1, 0, 0, 1, 0, 1])
    (row,) = pairs_table([a, b]).to_dict("records")
    assert row["difference"] == pytest.approx(1 / 3)
    assert row["accuracy_difference"] == pytest.approx(3 / 8)
    assert (row["only_a"], row["only_b"], row["n_common"]) == (4, 1, 8)
    assert row["p_mcnemar"] == row["p_holm"] == pytest.approx(0.375)
    assert row["exact"] and row["finding"] == CHANCE and row["reason"] == ""
    (turned,) = better_first(pairs_table([b, a])).to_dict("records")
    assert turned["name_a"] == "a" and turned["difference"] == pytest.approx(1 / 3)
    assert (turned["only_a"], turned["only_b"]) == (4, 1) and turned["low"] < turned["high"]


@pytest.mark.parametrize("seed", range(3))
def test_differences_and_holm_on_random_runs(seed):
    truth, runs = random_answers(seed, [0.6, 0.55, 0.5, 0.4])
    table = pairs_table(runs)
    assert len(table) == 6
    for row in table.itertuples():
        a, b = (next(r for r in runs if r.run == i).images["right"] for i in (row.run_a, row.run_b))
        scores = [
            balanced_accuracy_score(truth, np.where(right, truth, (truth + 1) % 3))
            for right in (a, b)
        ]
        assert row.difference == pytest.approx(scores[0] - scores[1])
        assert row.low <= row.difference <= row.high
    assert list(table["p_holm"]) == pytest.approx(
        list(multipletests(table["p_mcnemar"], method="holm")[1])
    )


@pytest.mark.parametrize("by_patient", [False, True])
def test_the_interval_is_that_of_a_plain_bootstrap(by_patient):
    rng = np.random.default_rng(5)
    # Each patient has images of one class, as in the collections.
    truth = np.repeat([0, 1, 2], [60, 90, 60])
    patients = [f"p{i // 3}" for i in range(210)] if by_patient else None
    hard = np.repeat(rng.random(70), 3)
    rights = [hard * 0.7 + 0.3 * rng.random(210) < share for share in (0.6, 0.5)]
    runs = [answers(str(i), truth, right, patients) for i, right in enumerate(rights)]
    (row,) = pairs_table(runs, resamples=4000).to_dict("records")
    units = np.arange(210) // 3 if by_patient else np.arange(210)
    plain = []
    for _ in range(1500):
        of_class = []
        for name in range(3):
            members = np.unique(units[truth == name])
            drawn = rng.choice(members, len(members))
            images = np.concatenate([np.flatnonzero(units == unit) for unit in drawn])
            of_class.append(rights[0][images].mean() - rights[1][images].mean())
        plain.append(np.mean(of_class))
    expected = np.quantile(plain, [0.025, 0.975])
    assert [row["low"], row["high"]] == pytest.approx(expected, abs=0.012)


def test_probability_of_best_is_that_of_plain_resampling_and_shares_ties():
    truth, runs = random_answers(1, [0.5, 0.52, 0.45])
    best = probability_best([*runs, answers("twin", truth, runs[0].images["right"])])
    shares = best.table.set_index("name")["probability"]
    assert best.n == 300 and best.reason == "" and shares.sum() == pytest.approx(1)
    assert shares["twin"] == pytest.approx(shares["run 0"])
    rng, wins = np.random.default_rng(2), np.zeros(3)
    rights = [run.images["right"].to_numpy() for run in runs]
    for _ in range(2000):
        drawn = [rng.choice(np.flatnonzero(truth == k), (truth == k).sum()) for k in range(3)]
        scores = [np.mean([right[images].mean() for images in drawn]) for right in rights]
        tops = np.isclose(scores, max(scores))
        wins += tops / tops.sum()
    alone = probability_best(runs).table["probability"]
    assert list(alone) == pytest.approx(list(wins / 2000), abs=0.05)


def test_only_the_same_file_with_the_same_label_is_shared():
    ids, truth = ["w", "x", "y", "z"], [0, 0, 1, 2]
    a = answers("a", truth, [1, 1, 0, 1], ids=ids)
    b = answers("b", [2, 1, 1, 0], [0, 1, 1, 1], ids=["z", "y", "x", "v"])
    changed = answers("c", truth, [1, 1, 1, 1], ids=ids, sha256=["w", "x", "other", "z"])
    assert sorted(common_images([a, b]).index) == ["y", "z"]
    assert list(common_images([a, changed]).index) == ["w", "x", "z"]
    assert list(common_images([a, b, changed]).index) == ["z"]
    (row,) = pairs_table([a, b]).to_dict("records")
    assert (row["n_common"], row["only_a"], row["only_b"]) == (2, 1, 1)


def test_runs_without_a_shared_image_are_named_and_the_others_compared():
    truth, (a, b) = random_answers(0, [0.6, 0.3])
    other = answers("far", truth, [True] * 300, ids=[f"other {i}" for i in range(300)])
    table = pairs_table([a, b, other])
    assert list(table["finding"]) == [BETTER, UNDEFINED, UNDEFINED]
    assert "run 0 (id-run 0) and far (id-far) share no validation image" in table["reason"][1]
    assert table["p_holm"][0] == table["p_mcnemar"][0]
    words = " ".join(verdict(table))
    assert "Not compared: run 0 (id-run 0) and far" in words and "for one more pair" in words
    tiny = [answers(name, [0, 1, 2], [True] * 3) for name in ("few", "small", "little")]
    (first, *others) = verdict(pairs_table(tiny))
    assert first.startswith("Not compared: few and small. The interval of the difference is undef")
    assert first.endswith("The same holds for two more pairs.") and not others
    assert verdict(pairs_table(tiny[:2]))[0].startswith("few and small cannot be compared. The")
    mixed = verdict(pairs_table([*tiny[:2], other]))
    assert len(mixed) == 2 and mixed[0].startswith("Not compared: few and small. ")
    assert mixed[1].startswith("Not compared: few (id-few) and far (id-far) share no")
    assert mixed[1].endswith("The same holds for one more pair.")
    best = probability_best([a, b, other])
    assert best.n == 0 and "undefined" in best.reason and best.table["probability"].isna().all()


@pytest.mark.parametrize(
    ("truth", "rights", "finding", "reason"),
    [
        # Three images.
        ([0, 1, 2], [[1, 1, 1], [0, 1, 1]], UNDEFINED, "fewer than two patients"),
        # Tied scores: the same images right, and other images.
        ([0, 0, 1, 1, 2, 2], [[1, 0] * 3, [1, 0] * 3], CHANCE, "same in every resample"),
        ([0, 0, 1, 1, 2, 2], [[1, 0] * 3, [0, 1] * 3], CHANCE, ""),
        # One class missing.
        ([0] * 9 + [1] * 9, [[1] * 9 + [1, 0] * 4 + [1], [1, 0] * 9], UNDEFINED, "is coronavirus"),
        # One run always says normal, the other is always right.
        ([0, 1, 2] * 9, [[1, 1, 1] * 9, [1, 0, 0] * 9], BETTER, "same in every resample"),
        # Both say the same class.
        ([0, 1, 2] * 9, [[1, 0, 0] * 9, [1, 0, 0] * 9], CHANCE, "same in every resample"),
    ],
)
def test_what_little_can_be_said_is_said_without_a_crash(truth, rights, finding, reason):
    runs = [answers(name, truth, right) for name, right in zip("ab", rights, strict=True)]
    table = pairs_table(runs)
    (row,) = table.to_dict("records")
    assert row["finding"] == finding and reason in row["reason"]
    assert bool(row["reason"]) == bool(reason)
    best = probability_best(runs)
    assert best.table["probability"].isna().all() == (finding == UNDEFINED)
    assert bool(best.reason) or not best.table["probability"].isna().any()
    assert "nan" not in " ".join([*verdict(table), pair_sentence(table.iloc[0])])


def test_a_class_of_one_patient_leaves_the_interval_undefined():
    truth = [0] * 6 + [1] * 6 + [2] * 6
    patients = ["a"] * 6 + list("bcdefg") + list("hijklm")
    runs = [answers("a", truth, [1] * 18, patients), answers("b", truth, [0, 1] * 9, patients)]
    (row,) = pairs_table(runs).to_dict("records")
    assert row["finding"] == UNDEFINED and np.isnan(row["low"])
    assert row["p_mcnemar"] == pytest.approx(binomtest(9, 9).pvalue)


def test_the_verdict_says_who_beats_whom_and_what_chance_explains():
    _, (a, b) = random_answers(0, [0.6, 0.3])
    words = verdict(pairs_table([a, b]))
    assert len(words) == 1 and words[0].startswith("On these 300 images run 0 is better than run 1")
    _, runs = random_answers(3, [0.6, 0.6, 0.3, 0.3])
    first, *others = verdict(pairs_table(runs))
    assert first == "On these 300 images run 0 and run 1 are each better than run 2 and run 3."
    assert len(others) == 1
    assert others[0].count("between run") == 1 and others[0].endswith("chance explains the gap.")
    alike = verdict(pairs_table(random_answers(4, [0.5, 0.5, 0.5])[1]))
    assert alike == [
        "On these 300 images no run is better than another beyond chance.",
        "Chance explains every gap.",
    ]


def test_where_test_and_interval_disagree_the_words_say_so():
    row = pd.Series(
        {"name_a": "a", "name_b": "b", "run_a": "1", "run_b": "2", "only_a": 30, "only_b": 15,
         "difference": 0.03, "low": 0.01, "high": 0.05, "accuracy_difference": 0.03,
         "accuracy_low": 0.01, "accuracy_high": 0.05, "p_holm": 0.2, "finding": UNCLEAR}
    )  # fmt: skip
    assert "is not confirmed by McNemar's test" in pair_sentence(row)
    row["p_holm"] = 0.01
    assert "goes against McNemar's test" in pair_sentence(row)
    row["low"] = -0.01
    assert "is no clear difference, though McNemar's test finds one" in pair_sentence(row)
    row["low"] = -1e-9
    assert "(95 % interval 0.0 to 5.0)" in pair_sentence(row)
