"""Whole files or none."""

import errno
import json
from pathlib import Path

import pytest

from core.errors import UserError
from core.files import disk_errors, whole_file, write_json


def test_a_file_appears_whole_under_its_name(tmp_path):
    path = tmp_path / "new" / "a.json"
    write_json(path, {"a": 1})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [p.name for p in path.parent.iterdir()] == ["a.json"]


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(ValueError), whole_file(path) as temporary:
        temporary.write_text("half")
        raise ValueError
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize(
    ("number", "sentence"), [(errno.ENOSPC, "No space left"), (errno.EACCES, "cannot be written")]
)
def test_a_full_disk_or_a_locked_folder_is_one_sentence(tmp_path, number, sentence):
    path = tmp_path / "a.txt"
    with pytest.raises(UserError, match=sentence) as raised, whole_file(path):
        raise OSError(number, "from the system")
    assert str(path) in str(raised.value)
    assert not path.exists()


def test_a_really_full_disk_is_one_sentence():
    # Linux's own full disk.
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full on this system")
    with pytest.raises(UserError, match="No space left"), disk_errors(full), full.open("w") as file:
        file.write("x" * 100_000)


@pytest.mark.parametrize("inside", ["a.txt", "b/a.txt"])
def test_a_file_in_the_way_of_a_folder_is_one_sentence(tmp_path, inside):
    (tmp_path / "file").write_text("mine")
    path = tmp_path / "file" / inside
    with pytest.raises(UserError) as raised:
        write_json(path, {})
    assert str(raised.value) == (
        f"{path} cannot be written: {tmp_path / 'file'} is a file, and a folder is needed there; "
        "choose another folder."
    )
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_in_the_way_of_a_file_is_one_sentence(tmp_path):
    (tmp_path / "a.json").mkdir()
    with pytest.raises(UserError, match="it is a folder, and a file is needed there"):
        write_json(tmp_path / "a.json", {})
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_a_folder_that_is_a_file_is_named(tmp_path):
    path = tmp_path / "runs"
    path.write_text("mine")
    with pytest.raises(UserError, match=r"runs is a file, and a folder"), disk_errors(path):
        path.mkdir()
