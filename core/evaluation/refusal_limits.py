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


def set_limits(
    oddness: pd.DataFrame, bounds: dict[str, float], rate: float = FALSE_REFUSALS
) -> dict[str, float]:
    """A limit for every column of ``oddness``, so that at most ``rate`` of the rows lie beyond any.

    ``oddness`` (n, checks) are X-rays, n at least 1; the column DISTANCE is there and has no bound.
    Every other limit is its bound in ``bounds``, or the value that leaves out SHARE_OF_A_CHECK of
    the rows where that is further out. With n below 1 / ``rate`` no row is left out.
    """
    others = oddness.drop(columns=DISTANCE)
    limits = {
        name: max(
            bounds[name], _leaving_out(column.to_numpy(), int(SHARE_OF_A_CHECK * len(column)))
        )
        for name, column in others.items()
    }
    left = oddness.loc[~beyond(others, limits), DISTANCE].to_numpy()
    allowed = int(rate * len(oddness)) - (len(oddness) - len(left))
    limits[DISTANCE] = _leaving_out(left, max(0, allowed)) if len(left) else np.inf
    return {name: float(limits[name]) for name in oddness.columns}


def beyond(oddness: pd.DataFrame, limits: dict[str, float]) -> np.ndarray:
    """Which rows of ``oddness`` exceed any limit, bool (n,)."""
    allowed = np.array([limits[name] for name in oddness.columns])
    return (oddness.to_numpy() > allowed).any(axis=1)


def check_rate(
    oddness: pd.DataFrame,
    bounds: dict[str, float],
    patients: Sequence[str],
    rate: float = FALSE_REFUSALS,
    seed: int = 0,
) -> dict:
    """The rate of false refusals on X-rays that the limits were not set on.

    Half of the patients set limits for the other half, and the other way round: every row is
    checked once. Keys: refused, n, rate and ci95 (Wilson); rate and ci95 are None when there are
    fewer than two patients.
    """
    unit = pd.factorize(pd.Series(patients).where(lambda p: p != "", oddness.index.astype(str)))[0]
    count = unit.max(initial=-1) + 1
    half = np.random.default_rng(seed).permutation(count)[unit] % 2 == 0 if count else unit == 0
    if count < 2:
        return {"refused": 0, "n": len(oddness), "rate": None, "ci95": None}
    refused = sum(
        int(beyond(oddness[~side], set_limits(oddness[side], bounds, rate)).sum())
        for side in (half, ~half)
    )
    n = len(oddness)
    return {"refused": refused, "n": n, "rate": refused / n, "ci95": wilson(refused, n)}


def _leaving_out(values: np.ndarray, count: int) -> float:
    """The smallest limit that ``count`` of the values, or fewer where they tie, lie beyond."""
    return float(np.sort(values)[::-1][min(count, len(values) - 1)])
