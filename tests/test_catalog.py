import shutil

import pandas as pd
import pyarrow.parquet
import pytest
from collections_on_disk import cohen_row, draw, make_both, make_cohen, make_settings

from core.data.catalog import (
    CATALOG_COLUMNS,
    OUTSIDE_COHORT,
    check_classes,
    limit_rows,
    load_catalog,
    select_rows,
    summarise,
)
from core.data.labels import COHORTS, PAPER_COVID19_IMAGES
from core.data.summaries import read_summary
from core.errors import UserError


class Reports(list):
    """Collects what a progress callback is told."""

    def __call__(self, what, done, total):
        self.append((what, done, total))


@pytest.fixture
def root(tmp_path):
    return make_both(tmp_path / "data")


def test_both_collections_become_one_table(root, tmp_path):
    catalog = load_catalog(make_settings(tmp_path, root))
    assert tuple(catalog.columns) == CATALOG_COLUMNS
    assert catalog["source"].tolist() == ["kermany"] * 6 + ["cohen"] * 4
    assert catalog["id"].is_unique
    usable = catalog[catalog["excluded"] == ""]
    assert (usable["width"] == 40).all() and (usable["height"] == 40).all()
    assert usable["sha256"].str.fullmatch("[0-9a-f]{64}").all()
    gone = catalog[catalog["excluded"] == "file missing"].iloc[0]
    assert (gone["width"], gone["sha256"]) == (0, "")


def test_only_what_changed_is_read_again(root, tmp_path):
    settings, reports = make_settings(tmp_path, root), Reports()
    first = load_catalog(settings, reports)
    assert reports[-1] == ("Reading images", 9, 9)
    reports.clear()
    assert load_catalog(settings, reports).equals(first)
    assert reports == []

    changed = draw(root / "xrays/chest_xray/train/NORMAL/IM-0115-0001.jpeg", seed=7, size=50)
    draw(root / "xrays/chest_xray/train/NORMAL/IM-9-1.jpeg", seed=8)
    (root / "xrays/chest_xray/val/NORMAL/IM-0115-0002.jpeg").unlink()
    second = load_catalog(settings, reports).set_index("path")
    assert reports[-1] == ("Reading images", 2, 2)
    assert second.loc[str(changed), "width"] == 50
    assert len(second) == len(first)
    same = first.set_index("path").loc[second.index.intersection(first["path"])].drop(str(changed))
    assert second.loc[same.index, "sha256"].equals(same["sha256"])


def test_a_changed_metadata_table_is_noticed(root, tmp_path):
    settings, reports = make_settings(tmp_path, root), Reports()
    load_catalog(settings)
    make_cohen(root / "covid-chestxray-dataset", [cohen_row(finding="Influenza")])
    catalog = load_catalog(settings, reports)
    assert catalog[catalog["source"] == "cohen"]["finding"].tolist() == ["virus"]


def test_ids_stay_when_the_collection_moves(root, tmp_path):
    before = load_catalog(make_settings(tmp_path, root))
    root.rename(tmp_path / "elsewhere")
    after = load_catalog(make_settings(tmp_path, tmp_path / "elsewhere"))
    assert after["id"].equals(before["id"])
    assert after["sha256"].equals(before["sha256"])


def test_a_spoiled_cache_is_made_anew(root, tmp_path):
    settings = make_settings(tmp_path, root)
    first = load_catalog(settings)
    for path in (tmp_path / "artifacts" / "catalog").iterdir():
        path.write_bytes(b"half a fi")
    assert load_catalog(settings).equals(first)
    assert read_summary(settings, "all", "four") == summarise(first, "all", "four")


def test_a_second_copy_of_a_collection_does_not_count(root, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(root / "xrays", copy)
    catalog = load_catalog(make_settings(tmp_path, root, copy, root))
    assert catalog["id"].is_unique
    assert (catalog["excluded"] == "listed twice").sum() == 6
    assert summarise(catalog, "paper", "paper3")["by_source"]["kermany"] == 6


def test_two_metadata_rows_for_one_file_count_once(tmp_path):
    folder = make_cohen(tmp_path / "data", [cohen_row(), cohen_row(offset="9")])
    catalog = load_catalog(make_settings(tmp_path, folder))
    assert catalog["id"].tolist() == ["cohen:images/a.png", "cohen:images/a.png#2"]
    assert catalog["excluded"].tolist() == ["", "listed twice"]


def test_a_stored_catalog_with_fewer_columns_is_not_read(tmp_path):
    settings = make_settings(tmp_path, make_cohen(tmp_path / "data", [cohen_row()]))
    load_catalog(settings)
    (stored,) = (settings.artifacts / "catalog").glob("*.parquet")
    whole = pyarrow.parquet.read_table(stored)
    pyarrow.parquet.write_table(whole.drop_columns(["survival"]), stored)
    assert tuple(load_catalog(settings).columns) == CATALOG_COLUMNS
    assert "survival" in pyarrow.parquet.read_table(stored).column_names


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda root: None, "does not exist"),
        (lambda root: root.mkdir(), "is empty"),
        (lambda root: draw(root / "cats" / "a.png"), "holds no image collection"),
        (lambda root: draw(root / "covid-19" / "images" / "a.png"), r"no metadata\.csv"),
    ],
)
def test_a_root_that_cannot_be_used(tmp_path, make, sentence):
    make(tmp_path / "root")
    with pytest.raises(UserError, match=sentence) as caught:
        load_catalog(make_settings(tmp_path, tmp_path / "root"))
    assert str(tmp_path / "root") in str(caught.value)
    assert not (tmp_path / "artifacts").exists()


def test_the_papers_cohort_takes_the_first_covid19_images(root, tmp_path):
    rows = [cohen_row(filename=f"{number}.jpg") for number in range(PAPER_COVID19_IMAGES + 9)]
    rows[3]["view"] = "L"
    rows[5]["finding"] = "SARS"
    rows[7]["filename"] = "gone.jpg"
    folder = make_cohen(root / "covid-chestxray-dataset", rows)
    image = draw(tmp_path / "one.png")
    for row in rows:
        if row["filename"] != "gone.jpg":
            shutil.copy(image, folder / "images" / row["filename"])
    catalog = load_catalog(make_settings(tmp_path, root))
    chosen = select_rows(catalog.sample(frac=1, random_state=0), "paper", "paper3")
    covid19 = chosen[chosen["source"] == "cohen"]
    assert set(covid19["finding"]) == {"covid19"}
    expected = [n for n in range(len(rows)) if n not in (3, 5, 7)][:PAPER_COVID19_IMAGES]
    assert sorted(covid19["collection_order"]) == expected
    assert summarise(catalog, "paper", "paper3")["excluded"][OUTSIDE_COHORT] == 7


def test_a_class_without_an_image_is_named(root, tmp_path):
    rows = select_rows(load_catalog(make_settings(tmp_path, root)), "all", "four")
    check_classes(rows, "four")
    with pytest.raises(UserError, match="class 'covid19'"):
        check_classes(rows[rows["label"] != "covid19"], "four")


def test_a_limited_choice_keeps_every_class_and_repeats():
    label = ["a"] * 900 + ["b"] * 90 + ["c"] * 10
    rows = pd.DataFrame({"label": label, "n": range(1000)})
    for limit in (6, 31, 100, 999):
        chosen = limit_rows(rows, limit, seed=3)
        assert len(chosen) <= limit and len(chosen) >= limit - 3
        assert chosen["n"].is_monotonic_increasing
        assert chosen.equals(limit_rows(rows, limit, seed=3))
        assert chosen["label"].value_counts().min() >= min(10, limit // 3)
    assert not limit_rows(rows, 100, seed=4)["n"].equals(limit_rows(rows, 100, seed=3)["n"])
    assert len(limit_rows(rows, 5000, seed=0)) == 1000
    with pytest.raises(UserError, match="6 or more"):
        limit_rows(rows, 5, seed=0)


def test_without_a_data_root_the_demonstration_set_is_the_catalog(tmp_path):
    pytest.importorskip("core.data.phantom")
    settings = make_settings(tmp_path)
    catalog = load_catalog(settings)
    assert catalog["synthetic"].all() and (catalog["excluded"] == "").all()
    assert catalog["id"].is_unique
    assert catalog["source"].str.startswith("phantom-").all()
    for cohort in COHORTS:
        summary = summarise(catalog, cohort, "paper3")
        assert summary["images"] == len(catalog) and summary["synthetic"] is True
        assert min(summary["by_class"].values()) > 0
    assert load_catalog(settings).equals(catalog)
