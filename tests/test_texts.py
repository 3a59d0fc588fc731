"""Texts that occur in another column: as pandas finds them, but for missing ones."""

import numpy as np
import pandas as pd
import pytest

from core.data.texts import occurs_in


@pytest.mark.parametrize("dtype", ["str", "object"])
def test_texts_are_found_as_pandas_finds_them(dtype):
    rng = np.random.default_rng(0)
    texts, others = (
        pd.Series([f"é{i}" for i in rng.integers(0, 50, n)], dtype=dtype) for n in (200, 30)
    )
    assert (occurs_in(texts, others) == texts.isin(others)).all()
    assert occurs_in(texts.iloc[::-1], others).tolist() == texts.isin(others).tolist()[::-1]


def test_a_missing_text_is_nowhere_and_an_empty_one_is_a_text():
    texts, others = pd.Series(["", None, "a"], dtype="str"), pd.Series([None, ""], dtype="str")
    assert occurs_in(texts, others).tolist() == [True, False, False]


def test_tables_without_rows_do():
    nothing = pd.Series([], dtype=object)
    assert occurs_in(pd.Series(["a"]), nothing).tolist() == [False]
    assert occurs_in(nothing, pd.Series(["a"])).tolist() == []
