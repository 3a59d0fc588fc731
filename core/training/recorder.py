"""The Keras callback that writes a run's history and reports its progress.

Holds ``Recorder``. The columns of history.csv are those of ``core.runs.HISTORY_COLUMNS``; what a
page makes of them stands in ``core.charts``.
"""

import csv
import time

import keras

from core.files import disk_errors
from core.runs import HISTORY_COLUMNS
from core.training.progress import Progress


class Recorder(keras.callbacks.Callback):
    """Appends a row per batch and per epoch to history.csv, flushed as it comes.

    One recorder serves all phases of a run: call ``begin`` before each ``fit``. Batch rows hold
    Keras's mean loss and accuracy since the epoch began; epoch rows add the validation figures.
    ``step`` counts optimiser steps over the whole run. Used as a context manager, which closes the
    file. Raises StopRun at the end of the batch in which a stop was requested, and UserError when
    the disk is full.
    """

    def __init__(self, progress: Progress):
        super().__init__()
        self.progress = progress
        self.step = 0
        self.epochs_before = 0
        self.began: float | None = None
        self._path = progress.run.folder / "history.csv"
        with disk_errors(self._path):
            self._file = self._path.open("w", newline="", encoding="utf-8")
            self._table = csv.DictWriter(self._file, HISTORY_COLUMNS)
            self._table.writeheader()
            self._file.flush()

    def begin(self, phase: str, epochs: int, steps_per_epoch: int) -> None:
        """Start a phase of ``epochs`` passes of ``steps_per_epoch`` optimiser steps."""
        self.phase, self.epochs, self.steps_per_epoch = phase, epochs, steps_per_epoch
        self._phase_step = 0
        # Not before: preparing images and reading them through a frozen network is no training.
        self.began = self.began or time.monotonic()
        self.progress(phase, 0, epochs * steps_per_epoch, epoch=1, epochs=epochs)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.step += 1
        self._phase_step += 1
        self._row("batch", logs or {})
        self.progress(
            self.phase,
            self._phase_step,
            self.epochs * self.steps_per_epoch,
            epoch=self._epoch + 1,
            epochs=self.epochs,
        )

    def on_test_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.progress(self.phase, self._phase_step, self.epochs * self.steps_per_epoch)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._row("epoch", logs or {})

    def end_phase(self) -> None:
        """Count the epochs the phase had, so that the next phase's rows go on from there."""
        self.epochs_before += self._epoch + 1

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, *_: object) -> None:
        # Closing writes once more what a full disk has refused.
        with disk_errors(self._path):
            self._file.close()

    def _row(self, kind: str, logs: dict) -> None:
        with disk_errors(self._path):
            self._table.writerow(
                {
                    "kind": kind,
                    "phase": self.phase,
                    "epoch": self.epochs_before + self._epoch + 1,
                    "step": self.step,
                    "seconds": round(time.monotonic() - self.began, 3),
                    "learning_rate": f"{float(self.model.optimizer.learning_rate):.9g}",
                    **{
                        name: f"{float(logs[name]):.6g}"
                        for name in ("loss", "accuracy", "val_loss", "val_accuracy")
                        if name in logs
                    },
                }
            )
            self._file.flush()
