"""How far a score can be trusted: intervals for proportions and for means over classes.

Holds Wilson's interval and what is made of it, and ``Estimate``, a figure with its interval or the
reason why there is none. Intervals by bootstrap stand in ``core.evaluation.resampling``; what is
counted, and what the rates are called, in ``core.evaluation.metrics``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEVEL = 0.95
ONE_PATIENT = "A class has fewer than two patients (or images), which cannot show any doubt."
NOTHING_VARIED = "It is the same in every resample, which does not prove it certain."


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; None each where undefined, and ``reason`` says why."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""

    @classmethod
    def of(cls, value: float, interval: Sequence[float] | None, reason: str) -> "Estimate":
        """``value`` with ``interval``, or with the ``reason`` why it has none."""
        return cls(value, None, None, reason) if interval is None else cls(value, *interval)

    @classmethod
    def proportion(cls, successes: int, n: int, reason: str) -> "Estimate":
        """A share with Wilson's interval; undefined for the ``reason`` given where ``n`` is 0."""
        return cls(successes / n, *wilson(successes, n)) if n else cls(None, reason=reason)


def wilson(successes: float, n: int, level: float = LEVEL) -> list[float] | None:
    """Wilson's score interval [low, high] of a proportion, 0..1; None when ``n`` is 0.

    Takes the cases as independent of each other. Source: Wilson, JASA 22 (1927) 209-212, as in
    statsmodels.
    """
    # Loads all of scipy.stats: half the time to a server's first page, where nothing is computed.
    from statsmodels.stats.proportion import proportion_confint

    if n == 0:
        return None
    low, high = proportion_confint(successes, n, alpha=1 - level, method="wilson")
    # Floating point leaves 1e-17 or 1 - 1e-16 where the bound is exactly 0 or 1.
    return [max(0.0, round(float(low), 12)), min(1.0, round(float(high), 12))]


def mean_of_proportions(
    proportions: Sequence[float], n: Sequence[int], level: float = LEVEL
) -> list[float] | None:
    """Interval [low, high] of the plain mean of independent proportions; None when any n is 0.

    ``n`` counts the independent cases behind each proportion. The variance is recovered from each
    one's Wilson interval (Zou & Donner, Stat Med 27 (2008) 1693-1702). Unlike the bootstrap it
    keeps a width when every case is right.
    """
    if not len(n) or not all(n):
        return None
    rates = np.asarray(proportions, dtype=float)
    bounds = np.array([wilson(p * m, m, level) for p, m in zip(rates, n, strict=True)])
    low = rates.mean() - np.sqrt(((rates - bounds[:, 0]) ** 2).sum()) / len(rates)
    high = rates.mean() + np.sqrt(((bounds[:, 1] - rates) ** 2).sum()) / len(rates)
    return [max(0.0, float(low)), min(1.0, float(high))]


def difference_of_scores(
    a: float, interval_a: Sequence[float], b: float, interval_b: Sequence[float]
) -> list[float]:
    """Interval [low, high] of a - b, two scores 0..1 of independent samples, from their intervals.

    Source: Zou & Donner, Stat Med 27 (2008) 1693-1702.
    """
    (low_a, high_a), (low_b, high_b) = interval_a, interval_b
    down = np.hypot(a - low_a, high_b - b)
    up = np.hypot(high_a - a, b - low_b)
    return [float(a - b - down), float(a - b + up)]
