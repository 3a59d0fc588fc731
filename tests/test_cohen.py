import math

import pytest
from collections_on_disk import COHEN_COLUMNS, cohen_row, draw, make_cohen, write_metadata

from core.data import cohen
from core.data.sources import find_cohen
from core.errors import UserError

ROWS = [
    # what differs from a frontal COVID-19 X-ray -> finding, excluded
    ({}, "covid19", ""),
    ({"view": "AP Supine"}, "covid19", ""),
    ({"view": "AP Erect"}, "covid19", ""),
    ({"view": ""}, "covid19", ""),
    ({"view": "?"}, "covid19", ""),
    ({"view": "L"}, "covid19", "lateral view"),
    ({"view": "Oblique"}, "covid19", "other view"),
    ({"view": "Axial", "modality": "CT"}, "covid19", "CT"),
    ({"view": "Coronal"}, "covid19", "CT"),
    ({"modality": "MRI"}, "covid19", "not an X-ray"),
    ({"filename": "gone.jpg"}, "covid19", "file missing"),
    ({"filename": ""}, "covid19", "file missing"),
    ({"filename": "../metadata.csv"}, "covid19", "file missing"),
    ({"filename": "gone.jpg", "view": "L"}, "covid19", "lateral view"),
    ({"filename": "v.nii.gz", "folder": "volumes", "modality": "CT"}, "covid19", "volume"),
    ({"finding": "SARS"}, "virus", ""),
    ({"finding": "Pneumonia/Bacterial/Klebsiella"}, "bacteria", ""),
    ({"finding": "No Finding"}, "normal", ""),
    ({"finding": "todo"}, "", "finding not placeable: not yet named by the collection"),
    ({"finding": "Pneumocystis"}, "", "finding not placeable: Pneumocystis"),
]


@pytest.mark.parametrize(("changed", "finding", "excluded"), ROWS)
def test_which_rows_take_part(tmp_path, changed, finding, excluded):
    make_cohen(tmp_path / "covid-chestxray-dataset", [cohen_row(**changed)])
    (folder,) = find_cohen(tmp_path)
    (row,) = cohen.read_rows(folder).to_dict("records")
    assert (row["finding"], row["excluded"]) == (finding, excluded)


def test_what_a_row_tells(tmp_path):
    rows = [
        cohen_row(),
        cohen_row(filename="b.png", age="", offset="?", sex="?", patientid="", view="?"),
        cohen_row(filename=""),
    ]
    table = cohen.read_rows(make_cohen(tmp_path, rows))
    first, second, third = table.to_dict("records")
    assert (first["id"], first["patient"]) == ("cohen:images/a.png", "cohen:1")
    assert (first["age"], first["offset_days"], first["sex"]) == (65.0, 3.0, "M")
    assert (first["view"], first["license"], first["synthetic"]) == ("PA", "CC BY", False)
    assert (second["patient"], second["sex"], second["view"]) == ("", "", "")
    assert math.isnan(second["age"]) and math.isnan(second["offset_days"])
    assert third["id"] == "cohen:row 3"
    assert list(table["collection_order"]) == [0, 1, 2]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252"])
def test_metadata_in_any_common_encoding(tmp_path, encoding):
    make_cohen(tmp_path, [cohen_row(clinical_notes="Fieber, 39 °C, Köln")], encoding)
    (row,) = cohen.read_rows(tmp_path).to_dict("records")
    assert row["clinical_notes"] == "Fieber, 39 °C, Köln"


@pytest.mark.parametrize("missing", cohen.NEEDED_COLUMNS)
def test_a_missing_column_is_named(tmp_path, missing):
    make_cohen(tmp_path, [cohen_row()])
    columns = tuple(name for name in COHEN_COLUMNS if name != missing)
    write_metadata(tmp_path, [cohen_row()], columns)
    with pytest.raises(UserError, match=f"metadata.csv has no column '{missing}'"):
        cohen.read_rows(tmp_path)


def test_columns_that_may_be_missing(tmp_path):
    make_cohen(tmp_path, [cohen_row()])
    write_metadata(tmp_path, [cohen_row()], cohen.NEEDED_COLUMNS)
    (row,) = cohen.read_rows(tmp_path).to_dict("records")
    assert row["excluded"] == "" and row["license"] == "" and math.isnan(row["age"])


@pytest.mark.parametrize("content", ["", 'a,b\n1,2\n3,4,5,6\n"'])
def test_metadata_that_is_no_table(tmp_path, content):
    make_cohen(tmp_path, [cohen_row()])
    (tmp_path / "metadata.csv").write_text(content)
    with pytest.raises(UserError, match=r"metadata\.csv cannot be read as a table"):
        cohen.read_rows(tmp_path)


def test_images_without_metadata_are_not_passed_over_in_silence(tmp_path):
    draw(tmp_path / "covid-chestxray-dataset" / "images" / "a.png")
    with pytest.raises(UserError, match=r"no metadata\.csv"):
        find_cohen(tmp_path)


def test_another_programs_images_are_no_collection(tmp_path):
    draw(tmp_path / "holiday" / "images" / "a.png")
    assert find_cohen(tmp_path) == []
