"""The trade between score and time: which runs no other run beats in both.

Holds ``pareto_front``. Whether a difference between two of them is more than chance is no question
of this module, and it compares whatever rows it is given: times of different computers do not
belong in one table.
"""

import numpy as np
import pandas as pd


def pareto_front(table: pd.DataFrame, score: str, seconds: str) -> pd.DataFrame:
    """Rows of ``table`` on the Pareto front of the columns ``score`` and ``seconds``.

    A row is on the front unless another is at least as good in both (a higher ``score``, fewer
    ``seconds``) and better in one; rows equal in both stand on it together. Rows without a score
    or without a time above 0 take no part. Gives them fastest first, which is also worst first,
    with their old index.
    """
    known = table[np.isfinite(table[score].astype(float)) & (table[seconds] > 0)]
    best = known.groupby(seconds)[score].max()
    # A slower row has to earn its time: it is on the front only above all that is faster.
    earned = best[best > best.cummax().shift(fill_value=-np.inf)]
    return known[known[score] == known[seconds].map(earned)].sort_values(seconds, kind="stable")
