"""ZIP archives and folders become lists of images; what is wrong with one file stops no other."""

import struct
import zipfile

import numpy as np
import pytest
from files_in_memory import png, zipped

from core.errors import UserError
from core.imaging import archives
from core.imaging.archives import MOST_IMAGES, is_archive, open_archive
from core.imaging.given_images import GivenImage, given_images, images_at

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30), np.uint8)
PNG = png(PIXELS)


def test_members_come_in_their_order_and_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = zipped([("b/x.png", PNG), ("b/", b""), ("a.png", PNG), ("note.txt", b"hello")])
    assert is_archive(data)
    members = open_archive(data, "scans.zip")
    assert [m.name for m in members] == [
        "scans.zip/b/x.png",
        "scans.zip/a.png",
        "scans.zip/note.txt",
    ]
    assert [m.read() for m in members] == [PNG, PNG, b"hello"]
    assert list(tmp_path.iterdir()) == []


def test_what_file_managers_leave_behind_is_passed_over():
    names = ["__MACOSX/._x.png", "x.png", "a/.DS_Store", "a/Thumbs.db", "._y.png"]
    members = open_archive(zipped([(name, b"?") for name in names]), "z.zip")
    assert [m.name for m in members] == ["z.zip/x.png"]


def with_flag(data, flag):
    """Set a bit of the first member's flags, in its header and in the table of contents."""
    data = bytearray(data)
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + place] |= flag
    return bytes(data)


def declaring(data, size):
    """Lie about the first member's unpacked size in both places."""
    data = bytearray(data)
    for magic, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.index(magic) + place, size)
    return bytes(data)


def damaged(data):
    data = bytearray(data)
    data[60] ^= 0xFF
    return bytes(data)


# name: (archive with one bad member, words that its sentence must hold)
BAD_MEMBERS = {
    "a path that leads out": (zipped([("../x.png", b"x")]), "leads out"),
    "a path that leads out later": (zipped([("a/../../x.png", b"x")]), "leads out"),
    "a path from the root": (zipped([("/etc/x.png", b"x")]), "leads out"),
    "a path of another system": (zipped([("..\\x.png", b"x")]), "leads out"),
    "a drive": (zipped([("C:\\x.png", b"x")]), "leads out"),
    "an archive": (zipped([("in.png", zipped([("x.png", PNG)]))]), "inside of an archive"),
    "a bomb": (zipped([("x.png", bytes(20_000_000))]), "ZIP bomb"),
    "a huge one": (declaring(zipped([("x.png", PNG)]), 400_000_000), "ZIP bomb"),
    "one that gives less": (declaring(zipped([("x.png", PNG)]), 900_000), "not the size"),
    "one that gives more": (declaring(zipped([("x.png", PNG)]), 100), "damaged"),
    "an encrypted one": (with_flag(zipped([("x.png", PNG)]), 1), "encrypted"),
    "unusual compression": (zipped([("x.png", PNG)], zipfile.ZIP_BZIP2), "unusual"),
    "damaged bytes": (damaged(zipped([("x.png", PNG)])), "damaged"),
}


@pytest.mark.parametrize("kind", BAD_MEMBERS)
def test_a_bad_member_is_one_sentence_and_the_others_are_read(kind):
    data, words = BAD_MEMBERS[kind]
    (member,) = open_archive(data, "z.zip")
    with pytest.raises(UserError) as caught:
        member.read()
    sentence = str(caught.value)
    assert sentence.startswith("z.zip/") and words in sentence, sentence
    assert sentence.endswith(".") and "\n" not in sentence


def overlapping():
    """Two names for the same bytes."""
    data = bytearray(zipped([("a.png", PNG), ("b.png", PNG)]))
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    struct.pack_into("<I", data, second + 42, 0)
    return bytes(data)


def large_contents():
    data = bytearray(zipped([("a.png", PNG)]))
    struct.pack_into("<I", data, data.rindex(b"PK\x05\x06") + 12, 50_000_000)
    return bytes(data)


BAD_ARCHIVES = {
    "5,000 files": (zipped([(f"{n}.png", b"x") for n in range(5000)]), "5,000 files"),
    "cut short": (zipped([("x.png", PNG)])[:-30], "damaged or cut short"),
    "nothing but the magic": (b"PK\x03\x04", "damaged"),
    "members that overlap": (overlapping(), "overlap"),
    "endless contents": (large_contents(), "too many"),
}


@pytest.mark.parametrize("kind", BAD_ARCHIVES)
def test_a_bad_archive_is_one_sentence(kind, tmp_path):
    data, words = BAD_ARCHIVES[kind]
    path = tmp_path / "z.zip"
    path.write_bytes(data)
    for source in (data, path):
        with pytest.raises(UserError) as caught:
            open_archive(source, "z.zip")
        sentence = str(caught.value)
        assert sentence.startswith("z.zip") and words in sentence, sentence
        assert sentence.endswith(".") and "\n" not in sentence
        (image,) = given_images(source, "z.zip")
        assert image.problem == sentence


def test_too_much_in_all_is_refused_before_anything_is_unpacked(monkeypatch):
    monkeypatch.setattr(archives, "MOST_TOTAL", 1000)
    with pytest.raises(UserError, match="unpacks to"):
        open_archive(zipped([(f"{n}.png", bytes(300)) for n in range(4)]), "z.zip")


def test_as_many_images_as_are_read_at_once_are_read():
    data = zipped([(f"{n}.png", b"x") for n in range(MOST_IMAGES)])
    assert len(open_archive(data, "z.zip")) == MOST_IMAGES


def test_a_name_that_breaks_lines_does_not_break_the_sentence():
    (member,) = open_archive(zipped([("../a\nb.png", b"x")]), "z.zip")
    assert "\n" not in member.name


def test_files_folders_and_archives_in_one_list(tmp_path):
    (tmp_path / "b" / ".hidden").mkdir(parents=True)
    for name in ("b/2.png", "b/1.png", "b/.hidden/x.png", "b/.x.png", "one.png"):
        (tmp_path / name).write_bytes(PNG)
    (tmp_path / "b" / "3.png").write_bytes(zipped([("x.png", PNG)]))  # whatever its name says
    images = images_at([tmp_path / "one.png", tmp_path / "b"])
    names = ["one.png", "b/1.png", "b/2.png", "b/3.png/x.png"]
    assert [image.name for image in images] == [str(tmp_path / name) for name in names]
    assert images[3].unpacked().source == PNG
    assert images[0].unpacked() is images[0]
    with pytest.raises(UserError, match="gone"):
        images_at([tmp_path / "gone"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds no file"):
        images_at([tmp_path / "empty"])


def test_an_empty_archive_says_so():
    (image,) = given_images(zipped([]), "z.zip")
    assert "empty" in image.problem
    assert image.unpacked() == image
    assert given_images(PNG, "x.png") == [GivenImage("x.png", PNG)]
