"""A run on a disk that is full from the start, or fills while it trains.

The disk is a real one of a few megabytes, mounted for a process of its own. How little of it is
left for a file follows from what a run on a disk with space wrote of that file.
"""

import json
import shutil
import subprocess
import sys

import pytest
from tiny_study import environment, tiny_study

from core import runs
from core.settings import PROJECT

# What the sentence names -> the parts of the artifacts that were made before, and what of the run
# with space there is half the room for.
CASES = {
    "status.json": ((), None),
    "catalog": ((), "catalog"),
    "prepared": (("catalog",), "prepared"),
    "images.csv": (("catalog", "prepared"), "images.csv"),
    # A checkpoint holds the weights of the model and more.
    "checkpoint.npz": (("catalog", "prepared"), "model.keras"),
}
# Runs once with space, then in the mounted folder on a nearly full disk for every case.
PROGRAM = """
import json, math, os, shutil, sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, "tests")
from tiny_study import finish, queue, tiny_config
from core import runs
from core.engine import execute
from core.settings import read_settings
roomy, disk = read_settings(), Path(sys.argv[1])
finish(tiny_config(epochs=2), roomy)
for made_before, half_of in json.loads(sys.argv[2]):
    for path in disk.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    settings = replace(roomy, artifacts=disk / "artifacts")
    for part in made_before:
        shutil.copytree(roomy.artifacts / part, settings.artifacts / part)
    run = queue(tiny_config(epochs=2), settings)
    wholes = roomy.artifacts.rglob(half_of) if half_of else ()
    files = [file for whole in wholes for file in (whole, *whole.rglob("*")) if file.is_file()]
    half = sum(file.stat().st_size for file in files) / 2
    space = os.statvfs(disk)
    # What is left is left in whole blocks.
    filled = space.f_bavail - math.ceil(half / space.f_frsize)
    (disk / "other").write_bytes(bytes(filled * space.f_frsize))
    finished = execute(run, settings)
    status = runs.read_run(settings.runs, run.id).status
    names = [p.name for p in disk.rglob("*") if p.is_file()]
    print(json.dumps([finished, status, names]), flush=True)
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("full")
    settings = tiny_study(folder)
    disk = folder / "disk"
    disk.mkdir()
    own_mounts = ["unshare", "--user", "--map-root-user", "--mount"]
    mount = f"mount -t tmpfs -o size=4m tmpfs '{disk}'"
    if (
        not shutil.which("unshare")
        or subprocess.run([*own_mounts, "sh", "-c", mount], capture_output=True).returncode
    ):
        pytest.skip("this system lets nobody mount a small disk")
    process = subprocess.run(
        [*own_mounts, "sh", "-c", f"{mount} && exec \"$@\"", "sh",
         sys.executable, "-c", PROGRAM, str(disk), json.dumps(list(CASES.values()))],
        cwd=PROJECT, env=environment(settings), capture_output=True, text=True,
    )  # fmt: skip
    lines = [json.loads(line) for line in process.stdout.splitlines() if line.startswith("[")]
    assert len(lines) == len(CASES), process.stderr
    return dict(zip(CASES, lines, strict=True))


@pytest.mark.parametrize("named", CASES)
def test_the_run_fails_with_one_sentence_and_leaves_nothing_half_written(answers, named):
    finished, status, names = answers[named]
    assert not finished
    assert status["state"] == runs.FAILED, "how a run ended is written even on a full disk"
    assert status["fault"] == "user"
    assert "No space left on disk" in status["message"] and named in status["message"]
    assert "\n" not in status["message"]
    assert not [name for name in names if name.startswith(".")]
    assert "model.keras" not in names
