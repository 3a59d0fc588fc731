"""The store under prepared pixels and features: what is added stays, what is torn never counts."""

import numpy as np
import pytest

from core.errors import UserError
from core.stored_rows import StoredRows


def make(folder, **changes):
    arguments = {"shape": (2, 3), "dtype": "float32", "made_with": {"size": 3}} | changes
    return StoredRows(folder, **arguments)


def rows(*values):
    return np.stack([np.full((2, 3), value, "float32") for value in values])


def test_rows_are_found_by_key_after_reopening(tmp_path):
    make(tmp_path).add(["a", "b"], rows(1, 2))
    store = make(tmp_path)
    store.add(["c"], rows(3))
    assert len(store) == 3
    assert store.rows[store.positions(["c", "a"])][:, 0, 0].tolist() == [3, 1]
    assert store.missing(["x", "b", "x", "y"]) == ["x", "y"]


def test_a_known_key_keeps_its_row(tmp_path):
    one, other = make(tmp_path), make(tmp_path)
    one.add(["a"], rows(1))
    other.add(["a", "b"], rows(9, 2))
    assert other.rows[other.positions(["a", "b"])][:, 0, 0].tolist() == [1, 2]


@pytest.mark.parametrize("torn", ["rows.bin", "keys.txt"])
def test_an_addition_torn_by_a_crash_does_not_count_and_is_written_over(tmp_path, torn):
    make(tmp_path).add(["a", "b"], rows(1, 2))
    with (tmp_path / torn).open("ab") as file:
        file.write(b"half")
    store = make(tmp_path)
    assert store.missing(["a", "b", "half"]) == ["half"]
    store.add(["c"], rows(3))
    again = make(tmp_path)
    assert again.rows[again.positions(["a", "b", "c"])][:, 0, 0].tolist() == [1, 2, 3]


def test_rows_cut_short_are_missing_again(tmp_path):
    make(tmp_path).add(["a", "b"], rows(1, 2))
    with (tmp_path / "rows.bin").open("r+b") as file:
        file.truncate(30)
    store = make(tmp_path)
    assert store.missing(["a", "b"]) == ["b"]
    store.add(["b"], rows(2))
    assert make(tmp_path).rows[:, 0, 0].tolist() == [1, 2]


def test_rows_made_with_other_settings_are_refused(tmp_path):
    make(tmp_path)
    for change in ({"made_with": {"size": 4}}, {"shape": (3, 3)}):
        with pytest.raises(UserError, match="delete"):
            make(tmp_path, **change)
