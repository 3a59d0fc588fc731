"""A collection of forty small images whose classes a network can tell, and configs to train on it.

Shared by the tests of training, the engine, the command line and prediction. A module makes the
fixtures its own: ``settings, run = tiny_settings, tiny_run``.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from collections_on_disk import make_settings
from PIL import Image

from core import runs
from core.engine import execute
from core.settings import PROJECT, Settings
from core.training.config import RunConfig, configure

NAMES = {
    "NORMAL/IM-{patient:04d}-{image:04d}.jpeg": 40,
    "PNEUMONIA/person{patient}_bacteria_{image}.jpeg": 100,
    "PNEUMONIA/person{patient}_virus_{image}.jpeg": 160,
}
PATIENTS, IMAGES_EACH = 7, 2


def tiny_study(folder: Path) -> Settings:
    """Lay out the collection below ``folder`` and give settings that use it."""
    rng = np.random.default_rng(0)
    for series, (name, corner) in enumerate(NAMES.items()):
        for patient in range(PATIENTS):
            for image in range(IMAGES_EACH):
                pixels = rng.normal(110, 25, (48, 48))
                # A bright bar, at another height for every class, survives any normalisation.
                pixels[corner // 5 : corner // 5 + 8, 8:40] += 110
                path = (
                    folder
                    / "data"
                    / "train"
                    / name.format(patient=100 * series + patient, image=image)
                )
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path, quality=95)
    return make_settings(folder, folder / "data")


def tiny_config(recipe: str = "finetune", **changes: object) -> RunConfig:
    """A run of TinyCNN from random weights that takes a second or two."""
    settings = {"weights": "none", "image_size": 32, "batch_size": 8, "split": {"by": "patient"}}
    settings |= {"epochs": 0, "head_epochs": 3} if recipe == "quick" else {"epochs": 2}
    return configure("TinyCNN", recipe, **(settings | changes))


def queue(config: RunConfig, settings: Settings) -> runs.Run:
    """A queued run that no worker has been told of."""
    return runs.create_run(settings.runs, config.model_dump(mode="json"), "tiny")


def finish(config: RunConfig, settings: Settings) -> runs.Run:
    """Train a run here and now, to its end."""
    run = queue(config, settings)
    assert execute(run, settings), runs.read_run(settings.runs, run.id).status
    return runs.read_run(settings.runs, run.id)


def environment(settings: Settings) -> dict[str, str]:
    """An environment in which a process of its own sees the same settings."""
    return os.environ | {
        "CHESTBENCH_DATA": os.pathsep.join(map(str, settings.data_roots)),
        "CHESTBENCH_ARTIFACTS": str(settings.artifacts),
        "CHESTBENCH_WEIGHTS": "",
        "CHESTBENCH_THREADS": "2",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


def run_command(settings: Settings, *arguments: str) -> tuple[subprocess.CompletedProcess, dict]:
    """Call the command line in a process of its own, as a person would; also give its JSON."""
    process = subprocess.run(
        [sys.executable, "-m", "core", *arguments, "--json"],
        cwd=PROJECT, env=environment(settings), capture_output=True, text=True,
    )  # fmt: skip
    assert process.stdout, process.stderr
    return process, json.loads(process.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def tiny_settings(tmp_path_factory):
    """The collection, laid out once for all tests of a module."""
    return tiny_study(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def tiny_run(settings):
    """A run trained once for all tests of a module."""
    return finish(tiny_config(), settings)
