import errno
import hashlib
import http.server
import io
import threading
import zipfile
from pathlib import Path

import pytest
from collections_on_disk import cohen_row, make_cohen, make_kermany

from core.data import cohen, kermany
from core.data.download import ArchiveError, download, unpack
from core.data.fetch import DOWNLOADS, fetch
from core.errors import UserError

CONTENT = bytes(range(256)) * 8000


class Server(http.server.ThreadingHTTPServer):
    """Serves one file at /file; how well-behaved it is, a test decides."""

    content = CONTENT
    ranges = True
    tag: str | None = '"one"'
    length = True
    status = 200
    # How many bytes each answer, one after the other, gets to send before the line breaks.
    breaks: tuple[int, ...] = ()
    asked: list

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/file"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        content, start = server.content, 0
        wanted = self.headers.get("Range")
        server.asked.append(wanted)
        if server.status != 200:
            self.send_error(server.status)
            return
        if wanted and server.ranges and self.headers.get("If-Range") == server.tag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        if server.length:
            self.send_header("Content-Length", str(len(content) - start))
        if server.tag:
            self.send_header("ETag", server.tag)
        self.end_headers()
        number = len(server.asked) - 1
        stop = server.breaks[number] if number < len(server.breaks) else len(content)
        self.wfile.write(content[start : start + stop])

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server(("127.0.0.1", 0), Handler) as running:
        running.asked = []
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def zip_of(folder: Path, inside: str) -> bytes:
    """The files of ``folder`` as a zip, below the folder ``inside``."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, f"{inside}/{path.relative_to(folder)}")
    return content.getvalue()


def test_a_whole_download_tells_its_progress(server, tmp_path):
    reports = []
    target = download(server.url, tmp_path / "new" / "file", lambda *told: reports.append(told))
    assert target.read_bytes() == CONTENT
    assert reports[-1] == ("Downloading", len(CONTENT), len(CONTENT))
    assert [path.name for path in target.parent.iterdir()] == ["file"]


def test_a_broken_line_is_gone_on_with(server, tmp_path):
    server.breaks = (300_000, 0, 500_000)
    target = download(server.url, tmp_path / "file", pause=0)
    assert target.read_bytes() == CONTENT
    assert server.asked[0] is None
    starts = [int(wanted[6:-1]) for wanted in server.asked[1:]]
    assert len(starts) == 3 and 0 < starts[0] == starts[1] < starts[2]


def test_a_later_call_goes_on_where_an_earlier_one_gave_up(server, tmp_path):
    server.breaks = (300_000, 0, 0, 0, 0)
    with pytest.raises(UserError, match=r"broke off after 2\d\d,\d{3} bytes; run the same"):
        download(server.url, tmp_path / "file", pause=0)
    assert not (tmp_path / "file").exists()
    server.breaks, asked = (), len(server.asked)
    assert download(server.url, tmp_path / "file").read_bytes() == CONTENT
    assert server.asked[asked].startswith("bytes=")


def test_a_part_that_was_whole_already(server, tmp_path):
    server.breaks = (300_000, 0, 0, 0, 0)
    with pytest.raises(UserError):
        download(server.url, tmp_path / "file", pause=0)
    server.breaks = ()
    (tmp_path / "file.part").write_bytes(CONTENT)
    assert download(server.url, tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize(
    "change",
    [
        {"ranges": False},
        {"tag": '"two"', "content": CONTENT[::-1]},
        {"tag": None},
        {"tag": 'W/"weak"'},
        {"length": False, "tag": None},
        {"content": CONTENT[:1000], "tag": '"one"'},
    ],
    ids=lambda change: "-".join(change),
)
def test_a_part_that_does_not_fit_is_begun_again(server, tmp_path, change):
    server.breaks = (300_000, 0, 0, 0, 0)
    with pytest.raises(UserError):
        download(server.url, tmp_path / "file", pause=0)
    server.breaks = ()
    for name, value in change.items():
        setattr(server, name, value)
    assert download(server.url, tmp_path / "file", pause=0).read_bytes() == server.content


def test_the_checksum_is_held(server, tmp_path):
    right = hashlib.sha256(CONTENT).hexdigest()
    download(server.url, tmp_path / "right", sha256=right.upper())
    with pytest.raises(UserError, match=right):
        download(server.url, tmp_path / "wrong", sha256="0" * 64)
    assert [path.name for path in tmp_path.iterdir()] == ["right"]


@pytest.mark.parametrize(("status", "remedy"), [(404, "browser"), (403, "browser"), (503, "later")])
def test_a_refusal_is_told_at_once(server, tmp_path, status, remedy):
    server.status = status
    with pytest.raises(UserError, match=f"answered {status}.*{remedy}"):
        download(server.url, tmp_path / "file")
    assert len(server.asked) == 1
    assert list(tmp_path.iterdir()) == []


def test_no_network(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(UserError, match="cannot be reached; check the network"):
        download("http://127.0.0.1:9/file", tmp_path / "file")


def test_a_full_disk_while_downloading(server, tmp_path):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(UserError, match="No space left on disk"):
        download(server.url, tmp_path / "file", full)
    assert not (tmp_path / "file").exists()
    assert download(server.url, tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/evil", "C:\\evil", "..\\evil"])
def test_an_entry_that_leaves_the_folder_stops_everything(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("good", "x")
        archive.writestr(name, "x")
    with pytest.raises(ArchiveError, match="leads outside"):
        unpack(tmp_path / "a.zip", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


@pytest.mark.parametrize(
    "spoil", [lambda data: data[:-40], lambda data: data.replace(b"xx", b"xy")]
)
def test_a_damaged_archive_is_not_unpacked(tmp_path, spoil):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("good", b"xx")
    (tmp_path / "a.zip").write_bytes(spoil((tmp_path / "a.zip").read_bytes()))
    with pytest.raises(ArchiveError, match=r"is damaged at good|cannot be unpacked"):
        unpack(tmp_path / "a.zip", tmp_path / "out")
    assert not (tmp_path / "out").exists()


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
