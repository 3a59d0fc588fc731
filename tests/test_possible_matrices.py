"""Confusion matrices that rates allow, and the intervals that none of them exceeds."""

import numpy as np
import pytest

from core.evaluation.metrics import MEASURES, macro, rates
from core.evaluation.possible_matrices import possible_matrices, widest_intervals

MATRIX = np.array([[50, 6, 4], [5, 40, 7], [3, 8, 45]])


def counts(matrix):
    hits = np.diag(matrix)
    return matrix.sum(axis=1), hits, matrix.sum(axis=0) - hits


def test_the_matrix_is_among_those_its_counts_allow_and_all_share_every_rate():
    found = possible_matrices(*counts(MATRIX))
    assert any((matrix == MATRIX).all() for matrix in found) and len(found) > 5
    for matrix in found:
        assert (matrix >= 0).all()
        for name, rate in rates(matrix).items():
            assert rate == pytest.approx(rates(MATRIX)[name])


def test_counts_that_contradict_each_other_allow_none():
    assert possible_matrices([10, 10, 10], [9, 9, 9], [9, 0, 0]) == []


def test_the_interval_holds_the_mean_and_narrows_with_more_images():
    widths = []
    for times in (1, 16):
        found = widest_intervals(possible_matrices(*counts(MATRIX * times)))
        means = macro(rates(MATRIX))
        assert list(found) == list(MEASURES)
        assert all(found[m][0] < means[m] < found[m][1] for m in MEASURES)
        widths.append([high - low for low, high in found.values()])
    assert np.divide(*widths) == pytest.approx([4] * 4, rel=0.2)


def test_no_single_matrix_gives_a_wider_one():
    matrices = possible_matrices(*counts(MATRIX))
    widest = widest_intervals(matrices)
    for matrix in (matrices[0], matrices[-1]):
        for measure, (low, high) in widest_intervals([matrix]).items():
            assert widest[measure][0] <= low and high <= widest[measure][1]
