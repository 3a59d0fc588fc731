"""Folds of a cross-validation that keep groups together and give each class its share.

Holds scikit-learn's StratifiedGroupKFold, fold for fold, for as many groups as there are patients:
with 40,000 of them it takes half a second where the original takes ten. Which groups there are and
what is done with the folds stands in ``splits`` and ``held_back``.
"""

from collections.abc import Sequence
from math import sqrt

import numpy as np


def stratified_group_folds(
    labels: Sequence, groups: np.ndarray, folds: int, seed: int
) -> np.ndarray:
    """The fold, 0 to ``folds`` - 1, of each row, int64 (n,), from ``labels`` and ``groups`` (n,).

    What StratifiedGroupKFold(folds, shuffle=True, random_state=seed) deals out: groups in falling
    order of how unlike their classes are in number, shuffled before, each to the fold that leaves
    the classes spread most evenly, then to the smaller one. Raises ValueError when every class has
    fewer rows than there are folds, or there are fewer groups.
    """
    classes, label, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    names, group = np.unique(groups, return_inverse=True)
    if folds > sizes.max(initial=0) or folds > len(names):
        raise ValueError(f"{folds} folds are more than there are rows of any class, or groups")
    cells = group * len(classes) + label
    counts = np.bincount(cells, minlength=len(names) * len(classes)).reshape(len(names), -1)
    order = np.arange(len(names))
    np.random.RandomState(seed).shuffle(order)
    # The order of the shuffle stays among groups that are alike.
    order = order[np.argsort(-np.std(counts[order].astype(float), axis=1), kind="stable")]
    fold_of = np.empty(len(names), dtype=np.int64)
    fold_of[order] = _deal(counts[order].tolist(), sizes.tolist(), folds)
    return fold_of[group]


def _deal(counts: list[list[int]], sizes: list[int], folds: int) -> list[int]:
    """The fold of each group, from its rows of each class and those of all groups (k,).

    In plain floats, in the order in which NumPy adds and divides: where two folds are as good, the
    last digit decides.
    """
    held = [[0] * folds for _ in sizes]
    total = [0] * folds
    unlike = [0.0] * len(sizes)
    dealt = []
    for group in counts:
        met = [place for place, count in enumerate(group) if count]
        best, least, fewest = 0, float("inf"), float("inf")
        for fold in range(folds):
            spread = unlike.copy()
            for place in met:
                held[place][fold] += group[place]
                spread[place] = _deviation(held[place], sizes[place])
                held[place][fold] -= group[place]
            uneven = _sum(spread) / len(spread)
            # As numpy.isclose has it.
            close = abs(uneven - least) <= 1e-8 + 1e-5 * least and least < float("inf")
            if uneven < least or (close and total[fold] < fewest):
                best, least, fewest = fold, uneven, total[fold]
        for place in met:
            held[place][best] += group[place]
            unlike[place] = _deviation(held[place], sizes[place])
        total[best] += sum(group)
        dealt.append(best)
    return dealt


def _deviation(held: list[int], size: int) -> float:
    """Standard deviation over the folds of the share 0..1 of a class that each holds."""
    shares = [number / size for number in held]
    mean = _sum(shares) / len(shares)
    return sqrt(_sum([(share - mean) * (share - mean) for share in shares]) / len(shares))


def _sum(values: list[float]) -> float:
    # Not sum(), which from Python 3.12 on corrects its rounding.
    total = 0.0
    for value in values:
        total += value
    return total
