"""Is one run better than another: paired tests and intervals on the images that both checked.

Holds McNemar's test with Holm's correction, the paired bootstrap of differences, and the share of
resamples in which each run is best. Each run counts as one network, as it was trained: what other
seeds would have given is read off ``core.evaluation.spread``. The words for all this stand in
``core.evaluation.verdict``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from core.evaluation.common_images import Answers, common_images, numbered
from core.evaluation.resampling import RESAMPLES, percentile_interval, resample_counts
from core.evaluation.statistics import LEVEL
from core.words import class_title

# Below this many images that one run alone has right, the binomial test is cheap and exact.
FEW_DISCORDANT = 25

# What a pair comes to: test and interval agree that one run is better, agree that chance explains
# the gap, contradict each other, or cannot be had.
BETTER, CHANCE, UNCLEAR, UNDEFINED = "better", "chance", "unclear", "undefined"

TOO_FEW = "a class has fewer than two patients (or images) among the shared images."

PAIR_COLUMNS = (
    "run_a",  # identifiers
    "run_b",
    "name_a",
    "name_b",
    "n_common",  # validation images that both runs were checked on
    "difference",  # balanced accuracy of a less that of b there, fraction -1..1
    "low",  # 95 % interval
    "high",
    "accuracy_difference",
    "accuracy_low",
    "accuracy_high",
    "only_a",  # images that a alone has right
    "only_b",
    "p_mcnemar",
    "p_holm",
    "exact",  # whether McNemar's test is the exact one
    "finding",  # BETTER, CHANCE, UNCLEAR or UNDEFINED
    "reason",  # a sentence where something is undefined or left out; else empty
)
NUMBERS = (*PAIR_COLUMNS[5:11], "p_mcnemar", "p_holm")


@dataclass(frozen=True)
class Best:
    """How often each run is best on the ``n`` images that all runs share.

    ``table`` has one row per run: run, name, balanced_accuracy on these images, probability, both
    fractions and NaN where undefined; ``reason`` then says why.
    """

    n: int
    table: pd.DataFrame
    reason: str


def pairs_table(
    answers: Sequence[Answers], resamples: int = RESAMPLES, seed: int = 0
) -> pd.DataFrame:
    """One row per pair of runs on the images that both share: PAIR_COLUMNS, NaN where undefined.

    McNemar's test (Psychometrika 12 (1947) 153-157) compares on how many images one run alone is
    right, exact where these are fewer than FEW_DISCORDANT, else with continuity correction. p_holm
    is corrected over all pairs that have a test (Holm, Scand J Stat 6 (1979) 65-70). Intervals are
    percentiles of a bootstrap in which both runs have the same resamples: see ``resample_counts``.
    """
    from statsmodels.stats.multitest import multipletests

    rows = [_row(a, b, resamples, seed) for a, b in combinations(numbered(answers), 2)]
    table = pd.DataFrame(rows, columns=list(PAIR_COLUMNS)).astype(dict.fromkeys(NUMBERS, float))
    tested = table["p_mcnemar"].notna()
    if tested.any():
        corrected = multipletests(table.loc[tested, "p_mcnemar"], method="holm")[1]
        table.loc[tested, "p_holm"] = corrected
    return table.assign(finding=[_finding(row) for row in table.itertuples()])


def probability_best(answers: Sequence[Answers], resamples: int = RESAMPLES, seed: int = 0) -> Best:
    """Share of resamples in which each run has the highest balanced accuracy; ties are shared."""
    shared = common_images(answers)
    truth, right = shared["truth"].to_numpy(), shared[list(range(len(answers)))].to_numpy(bool)
    table = pd.DataFrame({"run": [a.run for a in answers], "name": [a.name for a in answers]})
    table["balanced_accuracy"] = _scores(right, truth, len(answers[0].classes))[0]
    table["probability"] = np.nan
    if shared.empty:
        reason = "No validation image is shared by all these runs: which is best is undefined."
        return Best(0, table, reason)
    if absent := _absent(truth, answers[0].classes):
        return Best(len(shared), table, f"Which run is best is undefined. {absent}")
    drawn = _resampled(shared, len(answers), len(answers[0].classes), resamples, seed)
    balanced = None if drawn is None else drawn[0][np.isfinite(drawn[0]).all(axis=1)]
    if balanced is None or not len(balanced):
        return Best(len(shared), table, f"Which run is best is undefined: {TOO_FEW}")
    # Sums of fractions that are equal on paper differ in the last digits.
    best = np.isclose(balanced, balanced.max(axis=1, keepdims=True), rtol=0, atol=1e-9)
    table["probability"] = (best / best.sum(axis=1, keepdims=True)).mean(axis=0)
    return Best(len(shared), table, "")


def mcnemar(only_a: int, only_b: int) -> tuple[float, bool]:
    """McNemar's two-sided p value and whether it is exact, from the images one run alone has right.

    1 where there are none: nothing speaks for a difference.
    """
    # Loads all of scipy.stats, which a server's first page does not need.
    from statsmodels.stats.contingency_tables import mcnemar as test

    exact = only_a + only_b < FEW_DISCORDANT
    result = test([[0, only_a], [only_b, 0]], exact=exact, correction=True)
    return min(1.0, float(result.pvalue)), exact


def finding_of(difference: float, low: float, high: float, p: float, more_right: int) -> str:
    """BETTER, CHANCE or UNCLEAR, from a difference with its interval (NaN: none) and McNemar's p.

    ``more_right`` is how many more images the first has right alone than the second.
    """
    by_test = p < 1 - LEVEL
    if np.isnan(low):
        # Nothing varied: the difference is nought, or one that no choice of images changes.
        return BETTER if by_test and abs(difference) > 1e-9 else CHANCE
    by_interval = low > 0 or high < 0
    if by_test != by_interval:
        return UNCLEAR
    if not by_test:
        return CHANCE
    return BETTER if (more_right > 0) == (difference > 0) else UNCLEAR


def _row(a: Answers, b: Answers, resamples: int, seed: int) -> dict:
    shared = common_images([a, b])
    row = {"run_a": a.run, "run_b": b.run, "name_a": a.name, "name_b": b.name}
    row |= {"n_common": len(shared), "only_a": 0, "only_b": 0, "exact": True}
    if shared.empty:
        reason = (
            f"{a.name} ({a.run}) and {b.name} ({b.run}) share no validation image and cannot be "
            "compared; choose runs with the same split and seed of the split."
        )
        return row | {"reason": reason, "finding": UNDEFINED}
    truth, right = shared["truth"].to_numpy(), shared[[0, 1]].to_numpy(bool)
    absent = _absent(truth, a.classes)
    balanced, accuracy = _scores(right, truth, len(a.classes))
    row["difference"] = balanced[0] - balanced[1]
    row["accuracy_difference"] = accuracy[0] - accuracy[1]
    row["only_a"] = int((right[:, 0] & ~right[:, 1]).sum())
    row["only_b"] = int((right[:, 1] & ~right[:, 0]).sum())
    row["p_mcnemar"], row["exact"] = mcnemar(row["only_a"], row["only_b"])
    drawn = _resampled(shared, 2, len(a.classes), resamples, seed)
    if drawn is None:
        reason = f"The interval of the difference is undefined: {TOO_FEW}"
        return row | {"reason": absent or reason, "finding": UNDEFINED}
    reasons = [absent]
    for column, scores in zip(("", "accuracy_"), drawn, strict=True):
        bounds = _interval(scores[:, 0] - scores[:, 1])
        row[f"{column}low"], row[f"{column}high"] = bounds or (np.nan, np.nan)
    if absent:
        row["finding"] = UNDEFINED
    elif np.isnan(row["low"]):
        reasons.append("The difference is the same in every resample and has no interval.")
    return row | {"reason": " ".join(filter(None, reasons))}


def _interval(differences: np.ndarray) -> list[float] | None:
    # What is equal on paper differs in the last digits, and then would count as varying.
    return percentile_interval(np.round(differences, 12))


def _resampled(
    shared: pd.DataFrame, runs: int, classes: int, resamples: int, seed: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Balanced accuracy and accuracy of each resample, float64 (resamples, runs) both."""
    truth, right = shared["truth"].to_numpy(), shared[list(range(runs))].to_numpy(bool)
    counts = _counts(right, truth, classes)
    drawn = resample_counts(
        counts.reshape(len(truth), -1), truth, classes, shared["patient"], resamples, seed
    )
    return None if drawn is None else _rates(drawn.reshape(resamples, runs + 1, classes))


def _scores(right: np.ndarray, truth: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Balanced accuracy and accuracy of each run (runs,), from ``right`` (n, runs)."""
    return _rates(_counts(right, truth, classes).sum(axis=0))


def _counts(right: np.ndarray, truth: np.ndarray, classes: int) -> np.ndarray:
    """Of each image its class, then for each run its class if right: int64 (n, runs + 1, k)."""
    of_class = np.eye(classes, dtype=np.int64)[truth]
    everything = np.concatenate([np.ones((len(right), 1), bool), right], axis=1)
    return everything[:, :, None] * of_class[:, None, :]


def _rates(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean sensitivity over the classes, and accuracy, from counts (..., runs + 1, k).

    NaN where there is no image of a class, or no image at all.
    """
    images, hits = counts[..., :1, :], counts[..., 1:, :]
    whole = np.broadcast_to(images, hits.shape)
    sensitivity = np.divide(hits, whole, out=np.full(hits.shape, np.nan), where=whole > 0)
    right, all_images = hits.sum(axis=-1), whole.sum(axis=-1)
    nothing = np.full(right.shape, np.nan)
    return sensitivity.mean(axis=-1), np.divide(right, all_images, nothing, where=all_images > 0)


def _absent(truth: np.ndarray, classes: Sequence[str]) -> str:
    absent = [name for i, name in enumerate(classes) if i not in truth]
    if not absent:
        return ""
    words = " or ".join(map(class_title, absent))
    return f"No shared image is {words}: balanced accuracy is undefined on them."


def _finding(row) -> str:
    if row.finding == UNDEFINED:
        return UNDEFINED
    sides = row.only_a - row.only_b
    return finding_of(row.difference, row.low, row.high, row.p_holm, sides)
