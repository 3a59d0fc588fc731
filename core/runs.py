"""A run is a folder of readable files: this module says which, writes them and reads them.

    config.json       what was asked for; written once, by ``create_run``
    status.json       state, phase, step, seconds left, heartbeat; rewritten whole
    history.csv       one row per batch and per epoch, appended and flushed as it comes
    curve.csv         instead of it, one row per batch of a learning-rate range test
    model.keras       the trained classifier, from raw pixels to probabilities
    predictions.csv   one row per validation image
    calibration.csv   the same per image that was held back from training, where there are any
    metrics.json      what the predictions are worth, and how long they took
    cheat_test.json   what the same features and head can do without the lungs; made on request
    familiarity.npz   training images as the network sees them, and the limits by which an image is
                      refused; made when the run is first asked, anew when model.keras is newer
    lung_heat.json    how much of its heat maps lies inside the lungs; made on request
    tensorboard/      event files with the figures of each epoch
    worker.log        what the process that trained it printed
    checkpoint.npz    what an unfinished run needs to go on; gone once it has finished
    stop              empty; its presence asks the run to stop at the next batch

Comparing runs is reading folders. This module knows nothing of what a configuration or a metric
means: that stands in ``core.training.config`` and ``core.evaluation.metrics``. It trusts nothing it
reads: a folder edited by hand or half deleted makes a run with a ``problem``, never an exception.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from core.errors import UserError
from core.files import disk_errors, write_json
from core.run_files import is_alive, read_object, read_table, read_tail
from core.undefined_scores import only_defined

if TYPE_CHECKING:
    import pandas as pd

QUEUED, RUNNING = "queued", "running"
FINISHED, STOPPED, FAILED, INTERRUPTED = "finished", "stopped", "failed", "interrupted"
STATES = (QUEUED, RUNNING, FINISHED, STOPPED, FAILED, INTERRUPTED)
ACTIVE = (QUEUED, RUNNING)
RESUMABLE = (STOPPED, FAILED, INTERRUPTED)

# What a run's status keeps when it goes on.
KEPT_IN_STATUS = ("environment", "device", "synthetic")

HISTORY_COLUMNS = (
    "kind",  # "batch" or "epoch"
    "phase",  # "head", "fine-tuning", "training"
    "epoch",  # counted from 1, over all phases
    "step",  # optimiser steps since the start of the run
    "seconds",  # since training began
    "learning_rate",
    "loss",
    "accuracy",
    "val_loss",  # epochs only
    "val_accuracy",  # epochs only
)

CURVE_COLUMNS = ("step", "learning_rate", "loss", "smoothed")


@dataclass(frozen=True)
class Run:
    """One run folder: ``id``, ``folder``, ``config`` and ``status`` as read, and ``problem``.

    ``problem`` is empty, or one sentence saying which file of the folder cannot be used.
    """

    id: str
    folder: Path
    config: dict
    status: dict
    problem: str = ""

    @property
    def state(self) -> str:
        """One of STATES; a running run whose process is gone counts as interrupted."""
        return self.status.get("state", FAILED)

    @property
    def created(self) -> datetime:
        """When the run was made, local time, from its id."""
        return datetime.strptime(self.id[:15], "%Y%m%d-%H%M%S")

    @property
    def model_path(self) -> Path:
        """Where the trained classifier lies."""
        return self.folder / "model.keras"

    @property
    def kept_status(self) -> dict:
        """What of the status stays when the run stops or goes on: KEPT_IN_STATUS."""
        return {name: self.status[name] for name in KEPT_IN_STATUS if name in self.status}

    @property
    def checkpoint_path(self) -> Path:
        """Where an unfinished run keeps what it needs to go on."""
        return self.folder / "checkpoint.npz"

    def metrics(self) -> dict:
        """Content of metrics.json, ``only_defined``; empty when there is none that can be read."""
        return only_defined(read_object(self.folder / "metrics.json")[0])

    def history(self) -> pd.DataFrame:
        """History with HISTORY_COLUMNS; a last row torn by a crash is left out."""
        return read_table(self.folder / "history.csv", HISTORY_COLUMNS)

    def curve(self) -> pd.DataFrame:
        """Curve of a range test with CURVE_COLUMNS; a last row torn by a crash is left out."""
        return read_table(self.folder / "curve.csv", CURVE_COLUMNS)

    def predictions(self) -> pd.DataFrame:
        """One row per validation image: id, path, label, predicted, p_<class> for every class."""
        return read_table(self.folder / "predictions.csv", ())

    def log_tail(self, lines: int = 40) -> str:
        """Last lines of worker.log, or an empty text."""
        return read_tail(self.folder / "worker.log", lines)


def create_run(
    folder: Path, config: dict, name: str, environment: dict[str, str] | None = None
) -> Run:
    """Make a queued run below ``folder``; ``name`` becomes part of its id.

    ``environment`` holds the settings of whoever queues it: the worker that takes the run may have
    been started with others (another data root), and must not use its own. The folder appears
    whole under its final name or not at all. Raises UserError when the disk is full or cannot be
    written.
    """
    now = datetime.now()
    # Microseconds keep runs that were queued together in their order.
    stamp = f"{now:%Y%m%d-%H%M%S-%f}"
    identifier = f"{stamp}-{name.lower()}-{secrets.token_hex(2)}"
    final = folder / identifier
    temporary = folder / f".{identifier}"
    try:
        with disk_errors(final):
            temporary.mkdir(parents=True)
            write_json(temporary / "config.json", config)
            status = {"state": QUEUED, "message": "", "environment": environment or {}}
            write_json(temporary / "status.json", status)
            temporary.rename(final)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return read_run(folder, identifier)


def read_run(folder: Path, identifier: str) -> Run:
    """Read one run; raises UserError when there is no folder of that name."""
    path = folder / identifier
    if not _is_identifier(identifier) or path.name != identifier or not path.is_dir():
        raise UserError(f"There is no run '{identifier}' in {folder}; see `python -m core runs`.")
    config, problem = read_object(path / "config.json")
    status, status_problem = read_object(path / "status.json")
    problem = problem or status_problem
    if not problem and status.get("state") not in STATES:
        problem = f"status.json of {identifier} has no known state; delete the run."
    if problem:
        status = {"state": FAILED, "message": problem}
    elif status["state"] == RUNNING and not is_alive(status):
        status = {**status, "state": INTERRUPTED, "message": "Its process is gone."}
    return Run(identifier, path, config, status, problem)


def find_run(folders: Iterable[Path], identifier: str) -> Run:
    """Read one run from the first of ``folders`` that has it; raises UserError as ``read_run``."""
    first, *others = folders
    for folder in others:
        with suppress(UserError):
            return read_run(folder, identifier)
    return read_run(first, identifier)


def list_runs(folder: Path) -> list[Run]:
    """All runs below ``folder``, newest first; folders of other programs are passed over."""
    if not folder.is_dir():
        return []
    names = sorted(
        (e.name for e in os.scandir(folder) if e.is_dir() and _is_identifier(e.name)), reverse=True
    )
    runs = []
    for name in names:
        try:
            runs.append(read_run(folder, name))
        except UserError:
            continue  # deleted between the listing and the reading
    return runs


def write_status(run: Run, **fields: object) -> None:
    """Replace the run's status, whole; the writing process and the time are added.

    ``state`` is required. While running, ``pid`` and ``heartbeat`` let a reader tell a run at work
    from one whose process is gone. Raises UserError when the run's folder is gone or cannot be
    written, and when the disk is full; how a run ended is written even then, if at all possible.
    """
    # Writing would make the folder anew: a run without a config.
    if not run.folder.is_dir():
        raise UserError(f"The folder {run.folder} was deleted; train the run again.")
    process = psutil.Process()
    content = {
        **fields,
        "pid": process.pid,
        "process_started": process.create_time(),
        "heartbeat": time.time(),
    }
    path = run.folder / "status.json"
    try:
        write_json(path, content)
    except UserError:
        if fields["state"] in ACTIVE:
            raise
        # A full disk has no room for a second file, but the room of the first can be used again.
        with disk_errors(path), path.open("r+", encoding="utf-8") as file:
            file.write(json.dumps(content, indent=1) + "\n")
            file.truncate()


def _is_identifier(name: str) -> bool:
    try:
        datetime.strptime(name[:15], "%Y%m%d-%H%M%S")
    except ValueError:
        return False
    return True
