"""The Pareto front: who is on it, with ties, single points and holes."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation.pareto import pareto_front

# Points (seconds, score), and the positions on the front, fastest first.
CASES = {
    "a trade": ([(10, 0.7), (20, 0.8), (40, 0.9)], [0, 1, 2]),
    "in any order": ([(40, 0.9), (10, 0.7), (20, 0.8)], [1, 2, 0]),
    "slower and worse": ([(10, 0.7), (20, 0.6), (40, 0.9)], [0, 2]),
    "slower and no better": ([(10, 0.7), (20, 0.7)], [0]),
    "as fast and worse": ([(10, 0.7), (10, 0.6), (20, 0.8)], [0, 2]),
    "as fast, the better one second": ([(10, 0.6), (10, 0.7)], [1]),
    "twins stand together": ([(10, 0.7), (20, 0.8), (20, 0.8)], [0, 1, 2]),
    "beaten twins fall together": ([(10, 0.7), (20, 0.6), (20, 0.6)], [0]),
    "one run is best in both": ([(30, 0.7), (10, 0.9), (20, 0.8)], [1]),
    "one point": ([(10, 0.7)], [0]),
    "no score": ([(10, np.nan), (20, 0.5)], [1]),
    "no time": ([(np.nan, 0.9), (20, 0.5)], [1]),
    "a time of 0 is no time": ([(0, 0.9), (20, 0.5)], [1]),
    "nothing known": ([(np.nan, np.nan)], []),
    "no rows": ([], []),
}


@pytest.mark.parametrize("case", CASES)
def test_who_is_on_the_front(case):
    points, expected = CASES[case]
    table = pd.DataFrame(points, columns=["seconds", "score"], dtype=float)
    assert list(pareto_front(table, "score", "seconds").index) == expected


def test_it_agrees_with_the_definition_on_random_points():
    generator = np.random.default_rng(0)
    # Few distinct values, so that there are ties of every kind.
    points = generator.integers(1, 8, (60, 2))
    table = pd.DataFrame(points, columns=["seconds", "score"], dtype=float).assign(name="x")
    beaten = [
        any(
            other[0] <= own[0] and other[1] >= own[1] and tuple(other) != tuple(own)
            for other in points
        )
        for own in points
    ]
    front = pareto_front(table, "score", "seconds")
    assert sorted(front.index) == list(np.flatnonzero(~np.array(beaten)))
    assert front["seconds"].is_monotonic_increasing and front["score"].is_monotonic_increasing
    assert list(front.columns) == list(table.columns)
