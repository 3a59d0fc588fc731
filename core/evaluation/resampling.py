"""Bootstrap: counts, confusion matrices and single cases drawn again, whole patients at a time.

Holds the resampling (by patient where patients repeat) and the intervals that are read off it.
Intervals from a formula stand in ``core.evaluation.statistics``.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.evaluation.statistics import LEVEL

RESAMPLES = 1000


def patients_repeat(patients: Sequence[str] | None) -> bool:
    """Whether any patient stands there twice; the empty text names nobody."""
    named = [p for p in (patients if patients is not None else ()) if p]
    return len(set(named)) < len(named)


def resample_confusions(
    truth: np.ndarray,
    predicted: np.ndarray,
    classes: int,
    patients: Sequence[str] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> np.ndarray | None:
    """Confusion matrices of bootstrap resamples, int64 (resamples, classes, classes).

    ``truth`` and ``predicted`` are class indices (n,). How is drawn, and when there is None:
    ``resample_counts``.
    """
    cells = np.asarray(truth) * classes + np.asarray(predicted)
    counts = np.zeros((len(cells), classes * classes), dtype=np.int64)
    counts[np.arange(len(cells)), cells] = 1
    drawn = resample_counts(counts, truth, classes, patients, resamples, seed)
    return None if drawn is None else drawn.reshape(resamples, classes, classes)


def resample_counts(
    counts: np.ndarray,
    truth: np.ndarray,
    classes: int,
    patients: Sequence[str] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> np.ndarray | None:
    """Sums of what was counted of each case over bootstrap resamples, int64 (resamples, m).

    ``counts`` are whole numbers (n, m), ``truth`` class indices (n,). Cases are drawn with
    replacement within each class; with ``patients`` (n,) whole patients are drawn, within the class
    of most of their images, since images of one patient are alike and do not count as so many
    independent cases. None when a class that occurs has fewer than two patients (or images),
    because then resampling cannot show any doubt about it.
    """
    unit = _units(patients, len(counts))
    tables = _sums(unit, counts)
    stratum = _strata(unit, truth, classes)

    rng = np.random.default_rng(seed)
    drawn = np.zeros((resamples, counts.shape[1]), dtype=np.int64)
    for number in np.unique(stratum):
        members = tables[stratum == number]
        if len(members) < 2:
            return None
        # Units with the same table are exchangeable: one multinomial over the distinct tables
        # draws the same distribution as picking units one by one, and far faster.
        distinct, repeated = _distinct_rows(members)
        weights = rng.multinomial(len(members), repeated / len(members), size=resamples)
        # Floats hold whole numbers exactly up to 2**53, and are multiplied many times faster.
        drawn += (weights.astype(float) @ distinct.astype(float)).astype(np.int64)
    return drawn


def resample_cases(
    truth: np.ndarray,
    classes: int,
    patients: Sequence[str] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> np.ndarray | None:
    """How often each case is drawn in bootstrap resamples, int32 (resamples, n).

    Drawn as by ``resample_counts``, and None in the same case. For scores that no counts add up to,
    such as the area under a curve.
    """
    unit = _units(patients, len(truth))
    rng = np.random.default_rng(seed)
    drawn = np.zeros((resamples, unit.max(initial=-1) + 1), dtype=np.int32)
    stratum = _strata(unit, np.asarray(truth), classes)
    for number in np.unique(stratum):
        (members,) = np.nonzero(stratum == number)
        size = len(members)
        if size < 2:
            return None
        chosen = rng.integers(0, size, (resamples, size))
        chosen += size * np.arange(resamples)[:, None]
        times = np.bincount(chosen.ravel(), minlength=resamples * size)
        drawn[:, members] = times.reshape(resamples, size)
    return drawn[:, unit]


def mean_interval(
    values: np.ndarray,
    patients: Sequence[str] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> list[list[float] | None]:
    """Interval [low, high] of the mean of each column of ``values``, float (n, m).

    Bootstrap that draws whole patients, where ``patients`` (n,) are given. None where nothing
    varies, or there is one patient alone: then resampling cannot show any doubt.
    """
    unit = _units(patients, len(values))
    units = int(unit.max(initial=-1)) + 1
    if units < 2:
        return [None] * values.shape[1]
    sums = _sums(unit, values)
    sizes = np.bincount(unit, minlength=units)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(units, np.full(units, 1 / units), size=resamples)
    means = (drawn @ sums) / (drawn @ sizes)[:, np.newaxis]
    # What is equal on paper differs in the last digits, and then would count as varying.
    return [percentile_interval(column) for column in np.round(means, 12).T]


def percentile_interval(values: np.ndarray, level: float = LEVEL) -> list[float] | None:
    """Percentile interval [low, high] of resampled scores (resamples,), NaN for undefined.

    None when the score is undefined in more than one resample in twenty, or the same in all of
    them: then nothing varied, which does not prove the score certain.
    """
    defined = values[np.isfinite(values)]
    if len(defined) < 0.95 * len(values) or not len(defined) or np.ptp(defined) == 0:
        return None
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return [float(low), float(high)]


def units_per_class(
    truth: np.ndarray, classes: int, patients: Sequence[str] | None = None
) -> np.ndarray:
    """Independent cases of each class, int64 (classes,): its patients, or its images if None."""
    return (_images(_units(patients, len(truth)), np.asarray(truth), classes) > 0).sum(axis=0)


def _strata(unit: np.ndarray, truth: np.ndarray, classes: int) -> np.ndarray:
    """The class of most images of each unit, int64 (units,)."""
    return _images(unit, truth, classes).argmax(axis=1)


def _images(unit: np.ndarray, truth: np.ndarray, classes: int) -> np.ndarray:
    """How many images of each class each unit has, int64 (units, classes)."""
    units = unit.max(initial=-1) + 1
    cells = unit * classes + np.asarray(truth, dtype=np.int64)
    return np.bincount(cells, minlength=units * classes).reshape(units, classes)


def _sums(unit: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Sums of the rows of ``values`` (n, m) over each unit, in their dtype (units, m)."""
    units = unit.max(initial=-1) + 1
    columns = [np.bincount(unit, column, minlength=units) for column in values.T]
    return np.stack(columns, axis=1).astype(values.dtype)


def _distinct_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct ``rows`` (n, m) in ascending order, and how often each occurs.

    As np.unique gives them, which compares rows byte by byte: many times slower.
    """
    table = pd.DataFrame(rows)
    repeated = table.groupby(list(table), sort=True).size()
    return repeated.index.to_frame().to_numpy().reshape(len(repeated), -1), repeated.to_numpy()


def _units(patients: Sequence[str] | None, n: int) -> np.ndarray:
    if patients is None:
        return np.arange(n)
    # An image whose patient is unknown stands for itself.
    names = [
        str(p) if p and p == p else f"\0{i}" for i, p in enumerate(np.asarray(patients, object))
    ]
    return pd.factorize(np.array(names, dtype=object), sort=True)[0]
