"""Runs that repeat each other: their mean, how far they spread, and their matrices taken together.

Runs repeat each other when they differ in seed, fold or the seed of the split alone. Holds which
runs those are among rows of ``core.evaluation.compare``, and what they come to. What the spread
over seeds or folds says and does not say stands beside it on the pages.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from core.evaluation.compare import RUN, SCORES
from core.evaluation.metrics import rates

# What may differ between repeats, and how a person calls it.
DIFFERENCES = {"seed": "seed", "fold": "fold", "split_seed": "seed of the split"}
STATISTICS = ("mean", "sd", "min", "max")

SPREAD_COLUMNS = (
    "group",  # short and unique name
    "runs",  # how many
    "members",  # tuple of their identifiers
    "differ",  # tuple of what differs between them, keys of DIFFERENCES
    *DIFFERENCES,  # tuples of the values met, ascending; empty where there is none
    "split",  # "image" or "patient"
    "synthetic",
    "limited",  # whether only some of the images took part, other ones with each seed
    "images",  # validation images of one run, the smallest and the largest number
    "covered",  # share 0..1 of all images that were checked, where only folds tell them apart
    *(f"{score}_{statistic}" for score in SCORES for statistic in STATISTICS),
)


def repeats(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of a comparison table that have a repeat among them, in their order, with ``group``.

    ``group`` names what a run and its repeats have in common. Runs over different images are no
    repeats, whatever their configs say.
    """
    rows = table[table["kind"] == RUN]
    total = _images(rows).fillna(-1).rename("total")
    keys = [rows["setup"], rows["synthetic"], total]
    number = rows.groupby(keys, sort=False).ngroup()
    rows = rows.assign(number=number)[number.map(number.value_counts()) > 1]
    return rows.assign(group=rows["number"].map(_names(rows))).drop(columns="number")


def spread_table(table: pd.DataFrame) -> pd.DataFrame:
    """One row per group of ``repeats(table)``, best mean balanced accuracy first: SPREAD_COLUMNS.

    For every score its mean, its standard deviation (n - 1 in the denominator), its least and its
    greatest value, fractions 0..1. All four are NaN when the score is undefined in any of the runs:
    the mean of the others would flatter.
    """
    groups = [_row(group, rows) for group, rows in repeats(table).groupby("group", sort=False)]
    result = pd.DataFrame(groups, columns=list(SPREAD_COLUMNS))
    return result.sort_values(
        "balanced_accuracy_mean", ascending=False, ignore_index=True, kind="stable"
    )


def combined_matrix(
    rows: pd.DataFrame, matrices: Mapping[str, Sequence[Sequence[int]]]
) -> np.ndarray:
    """One confusion matrix of a group of repeats, float64 (k, k) by [true class, answer].

    ``rows`` are those of one group, ``matrices`` the counts of each run by its identifier. Folds
    are added up, since each checks other images; seeds, and divisions by other split seeds, check
    images again and are averaged.
    """
    stacked = {run: np.asarray(matrices[run], dtype=np.float64) for run in rows["run"]}
    divisions = []
    for _, division in rows.groupby("split_seed", dropna=False):
        folds = division.groupby("fold", dropna=False)["run"]
        divisions.append(
            sum(np.mean([stacked[run] for run in members], axis=0) for _, members in folds)
        )
    return np.mean(divisions, axis=0)


def matrix_rates(matrix: np.ndarray, classes: Sequence[str]) -> pd.DataFrame:
    """One row per class of a matrix (k, k): class, n, accuracy, MEASURES.

    Rates are fractions, NaN where undefined; ``n`` is rounded, for a mean need not be whole.
    """
    images = np.asarray(matrix).sum(axis=1).round().astype(int)
    return pd.DataFrame({"class": list(classes), "n": images, **rates(matrix)})


def _names(rows: pd.DataFrame) -> dict[int, str]:
    """A name for every group: what is shared, and as much more as tells it from the others."""
    first = rows.drop_duplicates("number").set_index("number")
    shared = zip(first["backbone"], first["recipe"], first["split"], strict=True)
    parts = pd.Series([", ".join(filter(None, words)) for words in shared], first.index, dtype=str)
    for more in (first["study"], "like " + first["run"].str.split("-").str[-1]):
        again = parts.duplicated(keep=False) & (more != "")
        parts = parts.mask(again, parts + ", " + more)
    return parts.to_dict()


def _row(group: str, rows: pd.DataFrame) -> dict:
    values = {name: tuple(sorted(map(int, rows[name].dropna().unique()))) for name in DIFFERENCES}
    row = {
        "group": group,
        "runs": len(rows),
        "members": tuple(rows["run"]),
        "differ": tuple(name for name, met in values.items() if len(met) > 1),
        **values,
        "split": rows["split"].iloc[0],
        "synthetic": bool(rows["synthetic"].iloc[0]),
        "limited": bool(rows["limit"].notna().any()),
        "images": (int(rows["n"].min()), int(rows["n"].max())),
        "covered": _covered(rows),
    }
    for score in SCORES:
        scores = rows[score].to_numpy(dtype=float)
        row[f"{score}_mean"], row[f"{score}_sd"] = scores.mean(), scores.std(ddof=1)
        row[f"{score}_min"], row[f"{score}_max"] = scores.min(), scores.max()
    return row


def _covered(rows: pd.DataFrame) -> float:
    if rows["fold"].isna().any() or rows["split_seed"].nunique(dropna=False) > 1:
        return np.nan
    folds = rows.drop_duplicates("fold")
    total = _images(folds)
    return float(folds["n"].sum() / total.iloc[0]) if total.notna().all() else np.nan


def _images(rows: pd.DataFrame) -> pd.Series:
    """How many images took part in each run, on whichever side."""
    return rows["n"] + rows["n_training"] + rows["n_calibration"]
