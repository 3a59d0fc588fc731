"""How odd an image may be before it is refused, set on X-rays at a stated rate of false refusals.

Holds the limits and the honest check of their rate. Knows nothing of images: oddness is a table of
numbers, one column a check. What is measured stands in ``core.imaging.pixel_checks`` and
``core.inference``.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.evaluation.statistics import wilson

FALSE_REFUSALS = 0.02
# What each check with a bound of its own may take of it; the rest is the distance's.
SHARE_OF_A_CHECK = 0.002
DISTANCE = "distance"
# An image that is read again, alone instead of in a batch, differs by less.
LAST_DIGITS = 1e-4


def set_limits(
    oddness: pd.DataFrame,
    bounds: dict[str, float],
    sources: Sequence[str],
    rate: float = FALSE_REFUSALS,
) -> dict[str, float]:
    """A limit for every column of ``oddness``, which at most ``rate`` of each source exceed in any.

    ``oddness`` (n, checks) are X-rays, n at least 1; the column DISTANCE is there and has no bound.
    Every other limit is its bound in ``bounds``, or the value that leaves out SHARE_OF_A_CHECK of
    the rows where that is further out. Each of ``sources`` (n,) counts by itself, and the widest
    limit is taken: a few X-rays of a small collection beside a large one would else bear most of
    the false refusals. Numbers of rows are rounded down, so that under 50 rows lose none.
    """
    others = oddness.drop(columns=DISTANCE)
    groups = [(np.asarray(sources) == name) for name in pd.unique(np.asarray(sources))]
    limits = {
        name: max(bounds[name], *(_leaving_out(column[g], SHARE_OF_A_CHECK) for g in groups))
        for name, column in others.items()
    }
    refused = beyond(others, limits)
    # Those refused already count; the distance of the others decides on the rest.
    last = oddness[DISTANCE].where(~refused, np.inf)
    limits[DISTANCE] = max(_leaving_out(last[g], rate) for g in groups)
    return {name: float(limits[name]) for name in oddness.columns}


def beyond(oddness: pd.DataFrame, limits: dict[str, float]) -> np.ndarray:
    """Which rows of ``oddness`` exceed any limit, bool (n,)."""
    allowed = np.array([limits[name] for name in oddness.columns])
    return (oddness.to_numpy() > allowed).any(axis=1)


def check_rate(
    oddness: pd.DataFrame,
    bounds: dict[str, float],
    images: pd.DataFrame,
    rate: float = FALSE_REFUSALS,
    seed: int = 0,
) -> dict:
    """The rate of false refusals on X-rays that the limits were not set on.

    Half of the patients in ``images`` (columns patient, source; rows as ``oddness``) set limits for
    the other half, and the other way round: every row is checked once. Keys: refused, n, rate and
    ci95 (Wilson), and by_source with the same for each source; rate and ci95 are None when there
    are fewer than two patients.
    """
    half = half_of_patients(images["patient"], seed)
    if half.all() or not half.any():
        return {"refused": 0, "n": len(oddness), "rate": None, "ci95": None, "by_source": {}}
    refused = np.zeros(len(oddness), bool)
    for side in (half, ~half):
        limits = set_limits(oddness[side], bounds, images["source"][side], rate)
        refused[~side] = beyond(oddness[~side], limits)
    by_source = pd.Series(refused).groupby(images["source"].to_numpy())
    return _counted(refused) | {
        "by_source": {name: _counted(part.to_numpy()) for name, part in by_source}
    }


def half_of_patients(patients: pd.Series, seed: int = 0) -> np.ndarray:
    """A seeded half of the patients, bool (n,); an image whose patient is empty stands for one."""
    alone = pd.Series([f"image {i}" for i in range(len(patients))], index=patients.index)
    unit, names = pd.factorize(patients.where(patients != "", alone))
    return (np.random.default_rng(seed).permutation(len(names)) % 2 == 0)[unit]


def _counted(refused: np.ndarray) -> dict:
    count, n = int(refused.sum()), len(refused)
    return {"refused": count, "n": n, "rate": count / n, "ci95": wilson(count, n)}


def _leaving_out(values: pd.Series, share: float) -> float:
    """The smallest finite limit beyond which ``share`` of the values lie, or fewer."""
    count, finite = int(share * len(values)), values[np.isfinite(values)].to_numpy()
    count = max(0, count - (len(values) - len(finite)))
    if not len(finite):
        return -np.inf
    limit = float(np.sort(finite)[::-1][min(count, len(finite) - 1)])
    return limit + LAST_DIGITS * abs(limit)
