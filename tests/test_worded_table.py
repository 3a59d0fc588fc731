"""Tables of words: what a browser shows in each cell, and that a wide screen shows each column."""

import json

import pandas as pd
import pytest
from run_folders import cells_of
from streamlit.testing.v1 import AppTest

from pages.components.worded_table import ROOM, _sorting_texts

LONG = "ResNet50, quick, patient, seed 0, 034d"


def draw(rows, words, numbers):
    import pandas as pd

    from pages.components.worded_table import worded_table

    table, texts = pd.DataFrame(rows), {"name": ("Network and run", None)}
    worded_table(table, words, numbers, texts, name="tested", exact=table)


def shown(rows, words, numbers):
    """The page that shows such a table, of a column of names and some of numbers."""
    arguments = {"rows": rows, "words": words, "numbers": numbers}
    page = AppTest.from_function(draw, kwargs=arguments).run()
    assert not page.exception
    return page


def columns_of(page):
    columns = json.loads(page.dataframe[0].proto.columns)
    return {name: column for name, column in columns.items() if not column.get("hidden")}


def scores(count):
    names = [f"score{i}" for i in range(count)]
    rows = {"name": [LONG, "short"], **{key: [0.8, 0.9] for key in names}}
    words = {key: ["80.0\xa0% (78.0 to 82.0)", "90.0\xa0% (88.0 to 92.0)"] for key in names}
    return shown(rows, words, dict.fromkeys(names, ("Accuracy", None)))


def test_the_words_of_a_missing_number_are_seen():
    rows = {"name": ["a", "b", "c"], "seconds": [9.5, None, 120.0], "score": [0.5, None, 0.75]}
    words = {"seconds": ["9.5 s", "not legible", "120 s"], "score": ["50 %", "–", "75 %"]}
    page = shown(rows, words, {"seconds": ("Time", None), "score": ("Score", None)})
    assert cells_of(page, "seconds", "name") == ["9.5 s", "not legible", "120 s"]
    assert cells_of(page, "score", "name") == ["50 %", "–", "75 %"]
    assert columns_of(page)["seconds"]["type_config"]["type"] == "text"
    assert columns_of(page)["score"]["type_config"]["type"] == "number"


def test_numbers_handed_over_as_texts_sort_as_numbers():
    values = [79184.28, 9.19, None, 184.25, 0.11]
    order = sorted(range(5), key=lambda place: _sorting_texts(pd.Series(values))[place])
    assert order == [2, 4, 1, 3, 0]


@pytest.mark.parametrize("count", [2, 6])
def test_every_column_has_room_and_a_wide_table_puts_intervals_below(count):
    page = scores(count)
    columns, folded = columns_of(page), count == 6
    widths = [column["width"] for column in columns.values()]
    assert sum(widths) <= ROOM
    assert columns["name"]["pinned"] and not columns["score0"]["pinned"]
    assert columns["score0"]["type_config"]["type"] == ("text" if folded else "number")
    # Streamlit breaks lines in rows of more than 4 rem.
    assert (page.dataframe[0].proto.row_height > 64) == folded
    # A telephone keeps the names in sight only where they take less than 60 % of the table.
    assert not folded or columns["name"]["width"] < 0.6 * 368
    assert cells_of(page, "score0", "name")[0] == "80.0 % (78.0 to 82.0)"
