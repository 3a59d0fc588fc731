"""A run on a disk that is full from the start, or fills while it trains.

The disk is a real one of a few hundred kilobytes, mounted for a process of its own.
"""

import json
import shutil
import subprocess
import sys

import pytest
from tiny_study import environment, tiny_study

from core import runs
from core.settings import PROJECT

# In the mounted folder, for every case: a disk with so many kilobytes left, and a run on it.
PROGRAM = """
import json, os, shutil, sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, "tests")
from tiny_study import queue, tiny_config
from core import runs
from core.engine import execute
from core.settings import read_settings
disk = Path(sys.argv[1])
for left in map(int, sys.argv[2:]):
    for path in disk.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    settings = replace(read_settings(), artifacts=disk / "artifacts")
    run = queue(tiny_config(epochs=2), settings)
    space = os.statvfs(disk)
    with (disk / "other").open("wb") as file:
        file.write(bytes(max(0, space.f_bavail * space.f_frsize - 1024 * left)))
    finished = execute(run, settings)
    status = runs.read_run(settings.runs, run.id).status
    names = [p.name for p in disk.rglob("*") if p.is_file()]
    print(json.dumps([finished, status, names]), flush=True)
"""
# Kilobytes left -> the file that the sentence names.
LEFT = {0: "status.json", 8: "catalog", 40: "prepared", 84: "images.csv", 160: "checkpoint.npz"}


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("full")
    settings = tiny_study(folder)
    disk = folder / "disk"
    disk.mkdir()
    own_mounts = ["unshare", "--user", "--map-root-user", "--mount"]
    mount = f"mount -t tmpfs -o size=1m tmpfs '{disk}'"
    if (
        not shutil.which("unshare")
        or subprocess.run([*own_mounts, "sh", "-c", mount], capture_output=True).returncode
    ):
        pytest.skip("this system lets nobody mount a small disk")
    process = subprocess.run(
        [*own_mounts, "sh", "-c", f"{mount} && exec \"$@\"", "sh",
         sys.executable, "-c", PROGRAM, str(disk), *map(str, LEFT)],
        cwd=PROJECT, env=environment(settings), capture_output=True, text=True,
    )  # fmt: skip
    lines = [json.loads(line) for line in process.stdout.splitlines() if line.startswith("[")]
    assert len(lines) == len(LEFT), process.stderr
    return dict(zip(LEFT, lines, strict=True))


@pytest.mark.parametrize("left", LEFT)
def test_the_run_fails_with_one_sentence_and_leaves_nothing_half_written(answers, left):
    finished, status, names = answers[left]
    assert not finished
    assert status["state"] == runs.FAILED, "how a run ended is written even on a full disk"
    assert status["fault"] == "user"
    assert "No space left on disk" in status["message"] and LEFT[left] in status["message"]
    assert "\n" not in status["message"]
    assert not [name for name in names if name.startswith(".")]
    assert "model.keras" not in names
