import io
import zipfile
from pathlib import Path

import pytest
from collections_on_disk import cohen_row, make_cohen, make_kermany
from file_server import serving

from core.data import cohen, kermany
from core.data.fetch import DOWNLOADS, fetch
from core.errors import UserError


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as running:
        yield running


def zip_of(folder: Path, inside: str) -> bytes:
    """The files of ``folder`` as a zip, below the folder ``inside``."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, f"{inside}/{path.relative_to(folder)}")
    return content.getvalue()


def test_cohens_repository_becomes_a_collection(server, tmp_path):
    source = make_cohen(tmp_path / "source", [cohen_row()])
    server.content = zip_of(source, "covid-chestxray-dataset-master")
    reports = []
    folder = fetch("cohen", tmp_path / "data", lambda *told: reports.append(told), server.url)
    assert folder == tmp_path / "data" / "covid-chestxray-dataset"
    assert cohen.read_rows(folder)["excluded"].tolist() == [""]
    assert reports[-1][0] == "Unpacking"
    assert {path.name for path in (tmp_path / "data").iterdir()} <= {folder.name, ".fetch.lock"}
    # Fetched once, it is not fetched again.
    asked = len(server.asked)
    assert fetch("cohen", tmp_path / "data", url=server.url) == folder
    assert len(server.asked) == asked


def test_the_kaggle_archives_second_copy_is_left_out(server, tmp_path):
    source = make_kermany(tmp_path / "source" / "chest_xray")
    make_kermany(source / "chest_xray")
    make_kermany(tmp_path / "source" / "__MACOSX" / "chest_xray")
    server.content = zip_of(tmp_path / "source", "archive")
    folder = fetch("kermany", tmp_path / "data", url=server.url)
    assert sorted(path.name for path in folder.iterdir()) == ["test", "train", "val"]
    assert len(kermany.read_rows(folder)) == 6


def test_kermany_comes_through_kagglehub_and_can_be_gone_on_with(tmp_path, monkeypatch):
    import os

    import kagglehub

    kept = []

    def dataset_download(dataset):
        cache = Path(os.environ["KAGGLEHUB_CACHE"])
        kept.append(cache.exists() and sorted(path.name for path in cache.iterdir()))
        cache.mkdir(parents=True, exist_ok=True)
        if len(kept) == 1:
            (cache / "1.archive").write_bytes(b"a first part")
            raise RuntimeError("The line broke\nand more")
        assert dataset == DOWNLOADS["kermany"].dataset
        make_kermany(cache / "versions" / "2" / "chest_xray")
        return str(cache / "versions" / "2")

    monkeypatch.setattr(kagglehub, "dataset_download", dataset_download)
    monkeypatch.delenv("KAGGLEHUB_CACHE", raising=False)
    with pytest.raises(UserError, match=r"\(The line broke\)"):
        fetch("kermany", tmp_path)
    folder = fetch("kermany", tmp_path)
    assert len(kermany.read_rows(folder)) == 6
    assert kept == [False, ["1.archive"]]
    assert "KAGGLEHUB_CACHE" not in os.environ


def test_what_is_not_the_collection_leaves_nothing(server, tmp_path):
    server.content = zip_of(make_kermany(tmp_path / "source"), "something")
    with pytest.raises(UserError, match="does not hold the cohen collection"):
        fetch("cohen", tmp_path / "data", url=server.url)
    server.content, server.tag = b"no zip at all", '"three"'
    with pytest.raises(UserError, match="cannot be unpacked"):
        fetch("cohen", tmp_path / "data", url=server.url)
    assert not (tmp_path / "data" / "covid-chestxray-dataset").exists()
    # What was no good is not kept: the next call gets it anew.
    server.content = zip_of(make_cohen(tmp_path / "good", [cohen_row()]), "any")
    assert fetch("cohen", tmp_path / "data", url=server.url).is_dir()


def test_what_is_in_the_way_is_not_touched(server, tmp_path):
    other = tmp_path / "chest_xray" / "notes.txt"
    other.parent.mkdir()
    other.write_text("mine")
    with pytest.raises(UserError, match="is in the way"):
        fetch("kermany", tmp_path, url=server.url)
    assert other.read_text() == "mine" and server.asked == []


def test_an_unknown_collection(tmp_path):
    with pytest.raises(UserError, match="no collection 'x' to fetch; choose one of kermany, cohen"):
        fetch("x", tmp_path)


def test_two_at_once_do_not_mix(server, tmp_path):
    from filelock import FileLock

    with FileLock(tmp_path / ".fetch.lock"), pytest.raises(UserError, match="under way"):
        fetch("cohen", tmp_path, url=server.url)
