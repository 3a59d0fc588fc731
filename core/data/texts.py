"""Columns of texts in large tables: which of them occur in another one.

Holds ``occurs_in`` alone, for tables of as many rows as there are images.
"""

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.compute


def occurs_in(texts: pd.Series, others: pd.Series) -> np.ndarray:
    """Whether each of ``texts`` (n,) is one of ``others``, bool (n,); a missing one never is."""
    # Series.isin makes a Python object of each of the others first: a second for 80,000 of them.
    kind = pyarrow.large_string()
    asked, known = (pyarrow.array(column.astype("str"), kind) for column in (texts, others))
    found = pyarrow.compute.is_in(asked, value_set=known, skip_nulls=True)
    return found.to_numpy(zero_copy_only=False)
