"""Confusion matrices of three classes that agree with published rates, and intervals from them.

Rates per class fix its hits, misses and false alarms: the diagonal, the rows' and the columns' sums
of the matrix. Of the six other cells one is free then, so that a few dozen matrices are
possible. Holds which these are, and the widest interval that any of them gives. The published
figures stand in ``core.evaluation.published``.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from core.evaluation.metrics import MEASURES, macro, rates
from core.evaluation.resampling import RESAMPLES, percentile_interval, resample_confusions

# Neighbours hardly differ: so many of the possible matrices, both ends among them, are resampled.
TRIED = 3


def possible_matrices(
    images: Sequence[int], hits: Sequence[int], alarms: Sequence[int]
) -> list[np.ndarray]:
    """All matrices, int64 (3, 3) by [true class, answer], with these counts per class (3,).

    ``images`` of the class, ``hits`` among them, ``alarms``: images of other classes taken for it.
    """
    misses = np.subtract(images, hits)
    return list(_matrices(np.asarray(hits), misses, np.asarray(alarms)))


def widest_intervals(matrices: Sequence[np.ndarray]) -> dict[str, list[float]]:
    """95 % interval [low, high] of the mean of each of MEASURES over the classes.

    For several of ``matrices`` from end to end a bootstrap that draws images within each class, as
    for a run whose patients are not known; the interval reaches from the lowest end to the highest.
    """
    places = np.unique(np.linspace(0, len(matrices) - 1, TRIED).round().astype(int))
    ends = {measure: [] for measure in MEASURES}
    for place in places:
        matrix = matrices[place]
        truth, predicted = np.repeat(np.indices(matrix.shape).reshape(2, -1), matrix.ravel(), 1)
        drawn = resample_confusions(truth, predicted, len(matrix), None, RESAMPLES)
        for measure, values in macro(rates(drawn)).items():
            ends[measure].append(percentile_interval(values))
    return {
        measure: [min(low for low, _ in bounds), max(high for _, high in bounds)]
        for measure, bounds in ends.items()
    }


def _matrices(hits: np.ndarray, misses: np.ndarray, alarms: np.ndarray) -> Iterator[np.ndarray]:
    for free in range(misses[0] + 1):
        matrix = np.diag(hits)
        matrix[0, 1], matrix[0, 2] = free, misses[0] - free
        matrix[2, 1], matrix[1, 2] = alarms[1] - matrix[0, 1], alarms[2] - matrix[0, 2]
        matrix[2, 0], matrix[1, 0] = misses[2] - matrix[2, 1], misses[1] - matrix[1, 2]
        if (matrix >= 0).all():
            yield matrix
