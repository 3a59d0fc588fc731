"""Downloads that go on where they stopped, and archives that stay in their folder."""

import errno
import hashlib
import zipfile

import pytest
from file_server import CONTENT, serving

from core.data.download import ArchiveError, download, unpack
from core.errors import UserError


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as running:
        yield running


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
