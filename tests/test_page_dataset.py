"""Dataset: what is counted, what a filter leaves, and one image with its row."""

import numpy as np
import pytest
from small_collection import IMAGES_IN_ALL, make_collection
from streamlit.testing.v1 import AppTest

from core.data.browse import (
    Filters,
    browsing_table,
    copies_of,
    few_of_each,
    filter_rows,
    repeats,
    same_patient,
    values_with_counts,
)
from core.data.catalog import OUTSIDE_COHORT, load_catalog
from core.data.cohen import VIEWS
from core.imaging.thumbnails import picture, thumbnails
from core.settings import PROJECT, read_settings
from pages.components.taking_part import REASONS


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("dataset")
    make_collection(root / "data")
    return root


@pytest.fixture
def settings(folders, monkeypatch):
    monkeypatch.setenv("CHESTBENCH_DATA", str(folders / "data"))
    monkeypatch.setenv("CHESTBENCH_ARTIFACTS", str(folders / "artifacts"))
    return read_settings()


@pytest.fixture
def rows(settings):
    return browsing_table(load_catalog(settings), "paper", "paper3")


def open_dataset(image=""):
    page = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=60)
    if image:
        page.query_params["image"] = image
    page = page.run().switch_page("pages/dataset.py").run()
    assert not page.exception
    return page


def cards(page):
    return [b for b in page.button if str(b.key).startswith("press-gallery")]


def test_counts_and_pictures(settings):
    page = open_dataset()
    values = {m.label: m.value for m in page.metric}
    assert values == {
        "Images taking part": str(IMAGES_IN_ALL),
        "Patients": "9",
        "Left out": "1",
        "Exact copies": "1",
    }
    assert len(cards(page)) == IMAGES_IN_ALL


def test_a_filter_leaves_what_matches(settings):
    page = open_dataset()
    page.multiselect(key="dataset-filter-label").set_value(["bacteria"]).run()
    assert {b.label for b in cards(page)} == {"bacteria"}
    assert len(cards(page)) == IMAGES_IN_ALL / 3
    page.multiselect(key="dataset-filter-finding").set_value(["virus"]).run()
    assert not cards(page)
    assert "Take one away" in page.info[0].value


def test_nothing_left_out_is_no_filter_s_doing(tmp_path, monkeypatch):
    from core.data import phantom

    monkeypatch.setattr(phantom, "PERSONS", {"normal": 1, "bacteria": 1, "virus": 1, "covid19": 1})
    monkeypatch.setenv("CHESTBENCH_DATA", "")
    monkeypatch.setenv("CHESTBENCH_ARTIFACTS", str(tmp_path))
    page = open_dataset()
    assert any("synthetic set stands in" in caption.value for caption in page.caption)
    page.button_group(key="dataset-show").set_value("left").run()
    assert not page.exception and page.info[0].value == "No image is left out."


def test_another_label_scheme_makes_other_classes(settings):
    page = open_dataset()
    page.selectbox(key="dataset-labels").set_value("pneumonia2").run()
    assert {b.label for b in cards(page)} == {"normal", "pneumonia"}


def test_left_out_images_show_their_reason(settings):
    page = open_dataset()
    page.button_group(key="dataset-show").set_value("left").run()
    table = page.dataframe[0].value
    assert table["images"].tolist() == [1]
    assert "unreadable" in table["reason"].iat[0]


def test_every_reason_for_leaving_out_says_what_it_means():
    reasons = {reason for reason in VIEWS.values() if reason}
    assert reasons <= set(REASONS)


def test_pressing_a_picture_opens_its_row_and_back_again(settings):
    page = open_dataset()
    cards(page)[0].click().run()
    identifier = page.query_params["image"]
    identifier = identifier[0] if isinstance(identifier, list) else identifier
    assert any(identifier in html.proto.body for html in page.get("html"))
    assert any("Other images of this patient (1)" in s.value for s in page.subheader)
    next(b for b in page.button if b.label == "All images").click().run()
    assert len(cards(page)) == IMAGES_IN_ALL


def test_an_unknown_image_is_one_sentence(settings):
    page = open_dataset("kermany:nothing.jpeg")
    assert "no image 'kermany:nothing.jpeg'" in page.error[0].value


def test_the_path_on_the_server_is_not_shown(settings, folders):
    page = open_dataset()
    page.button_group(key="dataset-view").set_value("Table").run()
    assert "path" not in page.dataframe[0].value.columns
    assert str(folders) not in page.dataframe[0].value.to_csv()


def test_every_filter(rows):
    part = rows[rows["label"] != ""]
    part = part.assign(age=np.where(part["label"] == "normal", 50.0, np.nan))
    found = {
        filters: len(filter_rows(part, filters))
        for filters in (
            Filters(),
            Filters(label=("normal",)),
            Filters(source=("cohen",)),
            Filters(age=(40, 60)),
            Filters(age=(40, 60), without_age=True),
            Filters(label=("normal", "bacteria"), age=(60, 70)),
        )
    }
    assert list(found.values()) == [18, 6, 0, 6, 18, 0]
    assert [filters.active for filters in found] == [0, 1, 1, 1, 1, 2]


def test_reasons_values_and_relatives(rows):
    left = rows[rows["label"] == ""]
    assert left["why_left_out"].tolist() == left["excluded"].tolist()
    assert OUTSIDE_COHORT not in rows["why_left_out"].tolist()
    assert values_with_counts(rows, "paper3")["label"] == {
        "normal": 6,
        "bacteria": 6,
        "coronavirus": 6,
    }
    counts = repeats(rows[rows["label"] != ""])
    assert (counts["copies"], counts["patients"], counts["several"], counts["most"]) == (1, 9, 9, 2)
    copied = rows[rows["sha256"].duplicated(keep=False) & (rows["label"] != "")].iloc[0]
    assert len(copies_of(rows, copied)) == 1 and len(same_patient(rows, copied)) == 1


def test_few_of_each_class(rows):
    few = few_of_each(rows, 2, seed=1)
    assert few["label"].value_counts().to_dict() == {"normal": 2, "bacteria": 2, "coronavirus": 2}
    assert few["id"].is_unique and few.equals(few_of_each(rows, 2, seed=1))
    assert few_of_each(rows.iloc[:0], 2, seed=1).empty


def test_thumbnails_leave_out_what_cannot_be_read(rows, settings):
    files = list(zip(rows["path"], rows["sha256"], strict=True))
    made = thumbnails(files, 32, settings.max_pixels, threads=2)
    missing = [path for (path, _), image in zip(files, made, strict=True) if image is None]
    assert [path.endswith("person99_virus_1.jpeg") for path in missing] == [True]


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_picture_keeps_its_proportions_and_is_never_enlarged(kind):
    import cv2

    image = np.full((40, 80), np.iinfo(kind).max // 2, kind)
    for side, shape in ((20, (10, 20)), (200, (40, 80))):
        shown = cv2.imdecode(np.frombuffer(picture(image, side), np.uint8), cv2.IMREAD_UNCHANGED)
        assert shown.shape == shape and abs(int(shown.mean()) - 127) <= 1
