import hashlib
import shutil
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pandas as pd
import pytest

from core.data import phantom, phantom_film
from core.data.phantom import draw_phantom, ensure_demonstration_set, lesion_of, read_rows
from core.errors import UserError
from core.imaging.preprocess import PreprocessConfig, prepare

CLASS_OF = {
    "normal": "normal",
    "bacteria": "bacteria",
    "virus": "coronavirus",
    "covid19": "coronavirus",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantoms") / "set"
    ensure_demonstration_set(folder)
    return folder


@pytest.fixture
def two_persons(monkeypatch):
    """One person of each source, so that a test can draw the set several times."""
    monkeypatch.setattr(phantom, "PERSONS", {"covid19": 1})


def digests(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def leftovers(folder):
    return [path.name for path in folder.parent.iterdir() if path != folder]


def test_counts_and_columns(folder):
    rows = read_rows(folder)
    assert rows["finding"].map(CLASS_OF).value_counts().to_dict() == {
        "normal": 120,
        "bacteria": 120,
        "coronavirus": 120,
    }
    assert rows["id"].is_unique
    assert rows["synthetic"].all()
    assert set(rows["source"]) == {"phantom-a", "phantom-b"}
    assert set(rows["view"]) == {"PA", "AP"}
    assert set(rows["sex"]) == {"M", "F"}
    assert (rows["modality"] == "X-ray").all()
    assert (rows["source_finding"] == rows["finding"]).all()
    assert (rows["license"] == "synthetic").all()
    assert rows["clinical_notes"].str.contains("Synthetic").all()
    assert (rows["excluded"] == "").all()
    assert rows["age"].between(18, 90).all()
    assert list(rows["collection_order"]) == list(range(len(rows)))


def test_persons_have_one_finding_and_several_pictures(folder):
    rows = read_rows(folder)
    persons = rows.groupby("patient")
    assert (persons["finding"].nunique() == 1).all()
    assert (persons["source"].nunique() == 1).all()
    assert (persons.size() == phantom.IMAGES_PER_PERSON).all()
    assert (persons["offset_days"].min() == 0).all()
    assert persons["offset_days"].apply(lambda days: days.is_monotonic_increasing).all()


def test_every_source_has_several_persons_of_every_finding(folder):
    rows = read_rows(folder)
    counts = rows.groupby(["source", "finding"])["patient"].nunique().unstack()
    assert counts.notna().all(axis=None)
    assert counts.min(axis=None) >= 5
    assert (counts.loc["phantom-a"] == counts.loc["phantom-b"]).all()


def test_pictures_are_grey_and_all_different(folder):
    rows = read_rows(folder)
    digest = set()
    for path in rows["path"]:
        image = cv2.imread(path, cv2.IMREAD_UNCHANGED)
        assert image.shape == (256, 256)
        assert image.dtype == np.uint8
        assert image.std() > 20
        digest.add(hashlib.sha256(image.tobytes()).hexdigest())
    assert len(digest) == len(rows)


def test_same_bytes_every_time(two_persons, tmp_path):
    for name in ("first", "second"):
        ensure_demonstration_set(tmp_path / name)
    assert digests(tmp_path / "first") == digests(tmp_path / "second")


def test_a_complete_set_is_left_alone(two_persons, tmp_path):
    folder = tmp_path / "set"
    ensure_demonstration_set(folder)
    before = (folder / "phantoms.csv").stat().st_mtime_ns
    ensure_demonstration_set(folder)
    assert (folder / "phantoms.csv").stat().st_mtime_ns == before


def _other_version(folder):
    (folder / "version.txt").write_text("0\n")


def _no_table(folder):
    (folder / "phantoms.csv").unlink()


def _one_picture_less(folder):
    next((folder / "images").glob("*.png")).unlink()


def _empty(folder):
    shutil.rmtree(folder)
    folder.mkdir()


@pytest.mark.parametrize("damage", [_other_version, _no_table, _one_picture_less, _empty])
def test_a_damaged_or_older_set_is_drawn_anew(two_persons, tmp_path, damage):
    folder = tmp_path / "set"
    ensure_demonstration_set(folder)
    whole = digests(folder)
    damage(folder)
    ensure_demonstration_set(folder)
    assert digests(folder) == whole
    assert leftovers(folder) == []


def test_a_crash_leaves_nothing(two_persons, tmp_path):
    def crash(what, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ensure_demonstration_set(tmp_path / "set", crash)
    assert list(tmp_path.iterdir()) == []


def test_several_at_once_end_with_one_whole_set(two_persons, tmp_path):
    folder = tmp_path / "set"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: ensure_demonstration_set(folder), range(4)))
    assert len(read_rows(folder)) == 2 * phantom.IMAGES_PER_PERSON
    assert leftovers(folder) == []


def test_progress_ends_at_the_total(two_persons, tmp_path):
    calls = []
    ensure_demonstration_set(tmp_path / "set", lambda *call: calls.append(call))
    assert calls[-1][1:] == (4, 4)


@pytest.mark.parametrize("content", [None, "", "id,path\n1,2\n"])
def test_a_table_that_cannot_be_used_is_a_clear_error(tmp_path, content):
    if content is not None:
        (tmp_path / "phantoms.csv").write_text(content)
    with pytest.raises(UserError, match=r"phantoms\.csv"):
        read_rows(tmp_path)


@pytest.mark.parametrize("finding", sorted(CLASS_OF))
def test_draw_phantom(finding):
    images = [draw_phantom(finding, np.random.default_rng(seed)) for seed in (3, 3, 4)]
    assert images[0].shape == (256, 256)
    assert images[0].dtype == np.uint8
    assert (images[0] == images[1]).all()
    assert (images[0] != images[2]).any()


def test_an_unknown_finding_is_a_clear_error():
    with pytest.raises(UserError, match="'fracture'"):
        draw_phantom("fracture", np.random.default_rng(0))


def test_thumbnails_do_not_give_the_finding_away(folder):
    """A linear model on thumbnails, persons kept apart, must stay far below a good reader."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows: pd.DataFrame = read_rows(folder)
    pixels = [
        prepare(cv2.imread(path, cv2.IMREAD_GRAYSCALE), PreprocessConfig(), 16).ravel()
        for path in rows["path"]
    ]
    scores = cross_val_score(
        make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=300)),
        np.array(pixels) / 255,
        rows["finding"].map(CLASS_OF),
        groups=rows["patient"],
        cv=StratifiedGroupKFold(5, shuffle=True, random_state=0),
        scoring="balanced_accuracy",
    )
    assert scores.mean() < 0.7  # TinyCNN reaches 0.9 and more


def test_the_lesion_is_where_a_picture_with_it_is_brighter_than_without(folder, monkeypatch):
    rows = read_rows(folder)
    row = rows[rows["finding"] == "bacteria"].iloc[1]
    lesion = lesion_of(row["id"])
    assert lesion.shape == (256, 256) and lesion.dtype == bool
    assert 0.005 < lesion.mean() < 0.2
    seen = cv2.imread(row["path"], cv2.IMREAD_GRAYSCALE).astype(float)
    # The same person without the cloud: everything else is drawn from the same numbers.
    monkeypatch.setattr(phantom_film, "FOCAL_STRENGTH", 0.0)
    number = int(row["patient"].partition(":")[2])
    person = next(p for p in phantom._persons() if p.number == number)
    without = list(phantom._pictures(person))[int(row["id"][-1]) - 1].pixels
    brighter = seen - without
    assert brighter[lesion].mean() > brighter[~lesion].mean() + 20


@pytest.mark.parametrize("identifier", ["phantom-a-001-1", "phantom-a-031-3", "phantom-a-031", "x"])
def test_a_picture_without_a_focal_lesion_is_named(identifier):
    with pytest.raises(UserError, match=identifier):
        lesion_of(identifier)
