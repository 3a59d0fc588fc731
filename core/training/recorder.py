"""The Keras callback that writes a run's history, reports its progress and knows its position.

Holds ``Recorder``. The columns of history.csv are those of ``core.runs.HISTORY_COLUMNS``; what a
page makes of them stands in ``core.charts``.
"""

import csv
import os
import time

import keras

from core.files import disk_errors
from core.runs import HISTORY_COLUMNS
from core.training.progress import Progress

MEASURES = ("loss", "accuracy", "val_loss", "val_accuracy")


class Recorder(keras.callbacks.Callback):
    """Appends a row per batch and per epoch to history.csv, flushed as it comes.

    One recorder serves all phases of a run: call ``begin`` before each ``fit``. Batch rows hold
    Keras's mean loss and accuracy since the epoch began; epoch rows add the validation figures.
    ``step`` counts optimiser steps over the whole run. Given the ``position`` of a checkpoint, it
    goes on from there, and the rows after it are cut off. Used as a context manager, which closes
    the file. Raises StopRun at the end of the batch in which a stop was requested, and UserError
    when the disk is full.
    """

    def __init__(self, progress: Progress, position: dict | None = None):
        super().__init__()
        self.progress = progress
        position = position or {}
        self.step = position.get("step", 0)
        self.epochs_before = position.get("epochs_before", 0)
        self.beside: dict = position.get("beside", {})
        self._logs: dict = position.get("logs", {})
        self._seconds_before = position.get("seconds", 0.0)
        self._began: float | None = None
        self._path = progress.run.folder / "history.csv"
        with disk_errors(self._path):
            self._file = self._path.open("a", newline="", encoding="utf-8")
            size = os.fstat(self._file.fileno()).st_size
            os.truncate(self._file.fileno(), min(size, position.get("history_bytes", 0)))
            self._table = csv.DictWriter(self._file, HISTORY_COLUMNS)
            if self._size() == 0:
                self._table.writeheader()
                self._file.flush()

    @property
    def seconds(self) -> float:
        """Seconds of training so far: preparing images and reading features do not count."""
        return self._seconds_before + (time.monotonic() - self._began if self._began else 0.0)

    def position(self) -> dict:
        """Where in the run this moment is, for a checkpoint.

        phase; epoch and batch (how many of the phase and of the epoch are done); step; seconds;
        epochs_before (of earlier phases); logs (means of the epoch so far); history_bytes; beside
        (what the trainer wants to find again).
        """
        return {
            "phase": self.phase,
            "epoch": self._epoch,
            "batch": self._batch,
            "step": self.step,
            "seconds": self.seconds,
            "epochs_before": self.epochs_before,
            "logs": self._logs,
            "history_bytes": self._size(),
            "beside": self.beside,
        }

    def begin(
        self, phase: str, epochs: int, steps_per_epoch: int, epoch: int = 0, batch: int = 0
    ) -> None:
        """Start a phase of ``epochs`` passes of ``steps_per_epoch`` optimiser steps.

        ``epoch`` passes and ``batch`` steps of the next one are done already.
        """
        self.phase, self.epochs, self.steps_per_epoch = phase, epochs, steps_per_epoch
        self._epoch, self._batch = epoch, batch
        self._began = time.monotonic()
        self._report()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.step += 1
        self._batch += 1
        self._logs = {name: float((logs or {})[name]) for name in ("loss", "accuracy")}
        self._row("batch", self._logs)
        self._report()

    def on_test_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self._report()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._row("epoch", logs or {})
        self._epoch, self._batch = epoch + 1, 0

    def end_phase(self) -> None:
        """Count the epochs the phase had, so that the next phase's rows go on from there."""
        self._seconds_before, self._began = self.seconds, None
        self.epochs_before += self._epoch

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, *_: object) -> None:
        # Closing writes once more what a full disk has refused.
        with disk_errors(self._path):
            self._file.close()

    def _report(self) -> None:
        self.progress(
            self.phase,
            self._epoch * self.steps_per_epoch + self._batch,
            self.epochs * self.steps_per_epoch,
            epoch=min(self._epoch + 1, self.epochs),
            epochs=self.epochs,
        )

    def _row(self, kind: str, logs: dict) -> None:
        with disk_errors(self._path):
            self._table.writerow(
                {
                    "kind": kind,
                    "phase": self.phase,
                    "epoch": self.epochs_before + self._epoch + 1,
                    "step": self.step,
                    "seconds": round(self.seconds, 3),
                    "learning_rate": f"{float(self.model.optimizer.learning_rate):.9g}",
                    **{name: f"{float(logs[name]):.6g}" for name in MEASURES if name in logs},
                }
            )
            self._file.flush()

    def _size(self) -> int:
        return os.fstat(self._file.fileno()).st_size
