"""The callbacks by which other programs can read a run while it trains: TensorBoard, MLflow.

Holds ``log_callbacks``. What the dashboard itself reads is written by ``core.training.recorder``;
what MLflow gets beside the epochs' figures stands in ``core.training.mlflow_tracking``.
"""

import importlib.util
import shutil
import sys
from collections.abc import Callable

import keras

from core import runs
from core.training.mlflow_tracking import track_epoch

FOLDER = "tensorboard"
# Keras writes event files with TensorFlow, whatever it computes with, and that with tensorboard.
NEEDED = ("tensorflow", "tensorboard")


def log_callbacks(
    run: runs.Run, epochs_before: int, resumed: bool = False
) -> list[keras.callbacks.Callback]:
    """Callbacks for one phase of ``run``, which begins after ``epochs_before`` epochs of others.

    Epochs count from 1 over all phases, as in history.csv. A run that is ``resumed`` goes on in the
    same folder; one that begins anew clears it. Without what TensorBoard needs, worker.log says so.
    """
    if not (resumed or epochs_before):
        shutil.rmtree(run.folder / FOLDER, ignore_errors=True)
    callbacks: list[keras.callbacks.Callback] = [EpochsToMlflow(run, epochs_before)]
    absent = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if absent:
        print(f"No TensorBoard files: {' and '.join(absent)} not installed.", file=sys.stderr)
    else:
        callbacks.append(EventFiles(run, epochs_before))
    return callbacks


class EventFiles(keras.callbacks.Callback):
    """Each epoch's figures in the run's folder ``tensorboard``, written by Keras's own callback.

    Neither graph, weights, batches nor profiles: they cost time, and the history has the batches.
    Of its own events Keras's callback gets only those it needs for that; at the end of a test it
    would write the same figures against steps that every phase counts from 0. Should writing fail,
    worker.log says so and the run goes on.
    """

    def __init__(self, run: runs.Run, epochs_before: int):
        super().__init__()
        self.epochs_before = epochs_before
        self.failed = False
        self.folder = run.folder / FOLDER
        self._board = keras.callbacks.TensorBoard(self.folder, write_graph=False)

    def set_model(self, model: keras.Model) -> None:
        super().set_model(model)
        self._board.set_model(model)

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._guarded(self.folder.mkdir, exist_ok=True)
        self._guarded(self._board.on_train_begin)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        # TensorFlow would make the folder of a deleted run anew.
        if self.folder.is_dir():
            self._guarded(self._board.on_epoch_end, self.epochs_before + epoch + 1, logs)
            self._guarded(self._flush)

    def on_train_end(self, logs: dict | None = None) -> None:
        self._guarded(self._board.on_train_end)

    def _flush(self) -> None:
        # By itself TensorFlow waits two minutes, and a run may be killed.
        self._board._train_writer.flush()
        self._board._val_writer.flush()

    def _guarded(self, call: Callable, *arguments: object, **named: object) -> None:
        if self.failed:
            return
        try:
            call(*arguments, **named)
        # TensorFlow has errors of its own for a full disk; the history meets it too, and says so.
        except Exception as error:
            self.failed = True
            print(f"TensorBoard gets no more of this run: {error}", file=sys.stderr, flush=True)


class EpochsToMlflow(keras.callbacks.Callback):
    """Sends each epoch's figures and learning rate to MLflow, where that is asked for."""

    def __init__(self, run: runs.Run, epochs_before: int):
        super().__init__()
        self.run, self.epochs_before = run, epochs_before

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        rate = float(self.model.optimizer.learning_rate)
        figures = (logs or {}) | {"learning_rate": rate}
        track_epoch(self.run, self.epochs_before + epoch + 1, figures)
