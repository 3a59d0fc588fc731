"""Versions and digests: those of the files, and nothing from a damaged one."""

import hashlib
import json
import platform
import zipfile

import keras
import pytest

from core import runs
from core.evaluation.provenance import FILES, digests, git_commit, saved_by, versions


@pytest.fixture
def run(tmp_path):
    return runs.create_run(tmp_path, {}, "tiny")


def test_versions_are_those_that_run_here():
    found = versions()
    assert found["python"] == platform.python_version()
    assert found["keras"] == keras.__version__


def test_digests_are_sha256_and_empty_for_what_is_missing(run):
    (run.folder / "images.csv").write_bytes(b"id\n")
    found = digests(run)
    assert list(found) == list(FILES)
    assert found["images.csv"] == hashlib.sha256(b"id\n").hexdigest()
    assert found["model.keras"] == ""


METADATA = {
    "as Keras writes it": (json.dumps({"keras_version": "3.15.1"}), "3.15.1"),
    "another kind": (json.dumps({"keras_version": [1]}), ""),
    "a list": ("[]", ""),
    "no JSON": ("<script>", ""),
    "markup": (json.dumps({"keras_version": "<b>3</b>"}), ""),
    "too long": (json.dumps({"keras_version": "3", "x": "y" * 200_000}), ""),
}


@pytest.mark.parametrize("name", METADATA)
def test_the_version_in_a_model_is_read_or_left_out(run, name):
    content, expected = METADATA[name]
    with zipfile.ZipFile(run.model_path, "w") as archive:
        archive.writestr("metadata.json", content)
    assert saved_by(run) == expected


def test_a_model_that_is_no_archive_has_no_version(run):
    assert saved_by(run) == ""
    run.model_path.write_bytes(b"PK\x03\x04 torn")
    assert saved_by(run) == ""


def test_the_commit_is_one_or_none():
    commit = git_commit().removesuffix(" (with changed files)")
    assert commit == "" or (len(commit) >= 40 and int(commit, 16) >= 0)
