"""What the cheat test comes to: how far a score falls without the lungs, compared image by image.

Holds ``paired_differences``, which the test keeps in cheat_test.json, ``difference_table``, which
reads them back and trusts nothing, and what a row of it says in words. A test that was made before
they were kept has the difference of its scores, with both taken as independent samples. Scores
themselves stand in ``core.evaluation.cheat_results``.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from core import runs
from core.evaluation.cheat_results import (
    CHEAT_SCORES,
    CHEAT_TEST,
    FULL,
    LUNGS_ONLY,
    SEEN,
    WITHOUT_LUNGS,
    cheat_table,
)
from core.evaluation.common_images import Answers, answered_images
from core.evaluation.pairs import BETTER, CHANCE, UNDEFINED, finding_of, pairs_table
from core.evaluation.statistics import difference_of_scores
from core.run_files import interval, number, read_object
from core.undefined_scores import why_undefined
from core.words import points

# In cheat_test.json, below each part: the whole image less that part.
DIFFERENCES = "full_less_this"
PARTS = (WITHOUT_LUNGS, LUNGS_ONLY)
DIFFERENCE_COLUMNS = (
    "run",
    "name",
    "seen",  # of PARTS
    "n",  # validation images
    "difference",  # score on the whole image less that on the part, fraction -1..1
    "low",  # 95 % interval, NaN where there is none
    "high",
    "p_mcnemar",  # NaN where it was not kept
    "paired",  # whether image by image; else both scores are taken as independent
    "finding",  # BETTER (one of them), CHANCE, UNCLEAR or UNDEFINED, as of a pair of runs
    "reason",  # a sentence where UNDEFINED, else empty
)
# Who lacks what, where the whole image scores more, and where the part does.
_MORE = {
    WITHOUT_LUNGS: ("the lungs add", "without the lungs it scores more, by"),
    LUNGS_ONLY: ("what lies around the lungs adds", "the lungs alone score more, by"),
}


def paired_differences(full: pd.DataFrame, part: pd.DataFrame, classes: Sequence[str]) -> dict:
    """What two heads answered about the same images, ``full`` less ``part``, as JSON can hold it.

    Both are tables as predictions.csv. Keys: n, for each of CHEAT_SCORES {difference, ci95}
    (fractions; None where undefined), only_full and only_this (images that one alone has right),
    p_mcnemar, exact. The interval is a bootstrap that draws whole patients, the same for both; see
    ``core.evaluation.pairs``.
    """
    answers = [
        Answers(name, name, "", tuple(classes), answered_images(table))
        for name, table in ((FULL, full), ("this", part))
    ]
    (row,) = pairs_table(answers).to_dict("records")
    found = {"n": int(row["n_common"])}
    for score, prefix in zip(CHEAT_SCORES, ("accuracy_", ""), strict=True):
        difference, low, high = (row[f"{prefix}{part}"] for part in ("difference", "low", "high"))
        found[score] = {
            "difference": None if np.isnan(difference) else difference,
            "ci95": None if np.isnan(low) else [low, high],
        }
    p = row["p_mcnemar"]
    return found | {
        "only_full": int(row["only_a"]),
        "only_this": int(row["only_b"]),
        "p_mcnemar": None if np.isnan(p) else p,
        "exact": bool(row["exact"]),
    }


def difference_table(tested: Iterable[runs.Run], measure: str) -> pd.DataFrame:
    """Two rows, in the order of PARTS, for each run of ``cheat_table``: DIFFERENCE_COLUMNS."""
    tested = {run.id: run for run in tested}
    scores = cheat_table(tested.values(), measure)
    rows = []
    for run, parts in scores.groupby("run", sort=False):
        content, _ = read_object(tested[run].folder / CHEAT_TEST)
        reasons = why_undefined(tested[run].metrics(), measure)
        parts = parts.set_index("seen")
        for seen in PARTS:
            row = {"run": run, "name": parts["name"].iloc[0], "seen": seen}
            row |= {"n": parts["n"].loc[seen], "reason": ""}
            row |= _kept(content[seen], measure) or _independent(parts, seen)
            if np.isnan(row["difference"]) or reasons:
                row |= dict.fromkeys(("difference", "low", "high"), np.nan)
                row |= {"finding": UNDEFINED, "reason": " ".join(reasons) or "A score is missing."}
            rows.append(row)
    return pd.DataFrame(rows, columns=list(DIFFERENCE_COLUMNS))


def difference_words(row: dict) -> str:
    """One row of ``difference_table`` in words that go on a sentence, without a stop at its end.

    "the lungs add 4.7 points (1.0 to 8.7)", or that no difference beyond chance is shown.
    """
    if row["finding"] == UNDEFINED:
        return f"the difference is undefined. {row['reason'].rstrip('.')}"
    difference, low, high = row["difference"], row["low"], row["high"]
    beside = f"McNemar's test: p {_p(row['p_mcnemar'])}"
    if not row["paired"]:
        beside = "both scores taken as independent"
    if row["finding"] == BETTER:
        said = _MORE[row["seen"]][int(difference < 0)]
        if difference < 0:
            difference, low, high = -difference, -high, -low
        gap, _, bounds = points(difference, low, high).replace("+", "").partition(" ")
        return f"{said} {gap} points{' ' if bounds else ''}{bounds}; {beside}"
    gap = f"{points(difference, low, high)} points, whole image less {SEEN[row['seen']]}"
    if row["finding"] == CHANCE:
        return f"no difference beyond chance is shown: {gap}; {beside}"
    return f"not settled: {gap}, where interval and test disagree; {beside}"


def needs_lungs(row: dict) -> bool:
    """Whether a row of WITHOUT_LUNGS shows that the lungs add to the score."""
    return row["finding"] == BETTER and row["difference"] > 0


def _kept(part: dict, measure: str) -> dict:
    """The paired difference kept below ``part``; {} where there is none that can be read."""
    kept = part.get(DIFFERENCES)
    score = kept.get(measure) if isinstance(kept, dict) else None
    if not isinstance(score, dict) or "difference" not in score:
        return {}
    difference, p = number(score["difference"]), number(kept.get("p_mcnemar"))
    low, high = interval(score.get("ci95"))
    more = number(kept.get("only_full")) - number(kept.get("only_this"))
    found = {"difference": difference, "low": low, "high": high, "p_mcnemar": p, "paired": True}
    return found | {"finding": finding_of(difference, low, high, p, more)}


def _independent(parts: pd.DataFrame, seen: str) -> dict:
    """The difference of the two scores, from the interval of each."""
    full, part = parts.loc[FULL], parts.loc[seen]
    bounds = [(row["low"], row["high"]) for row in (full, part)]
    difference = full["score"] - part["score"]
    low = high = np.nan
    if not np.isnan(bounds).any():
        low, high = difference_of_scores(full["score"], bounds[0], part["score"], bounds[1])
    found = {"difference": difference, "low": low, "high": high, "p_mcnemar": np.nan}
    apart = low > 0 or high < 0
    return found | {"paired": False, "finding": BETTER if apart else CHANCE}


def _p(value: float) -> str:
    if np.isnan(value):
        return "not known"
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"
