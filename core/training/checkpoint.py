"""What an unfinished run keeps on disk so that it can go on where it was, and when it is written.

Holds ``Checkpoint`` (one file: read, written whole, brought back into a model) and the callback
that saves it. What a position means stands in ``core.training.recorder``; how a phase goes on from
one, in ``core.training.fitting``.
"""

import json
import os
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np

from core.errors import UserError
from core.files import whole_file
from core.models.head import STANDARDISE

# In the middle of an epoch. At its end a checkpoint is written each time, as long as writing takes
# less than a fiftieth of the time.
EVERY_SECONDS = 180.0
LARGEST_SHARE = 1 / 50


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run in one of its phases; every array as Keras holds it.

    ``position`` says where in the run it was taken (see ``Recorder.position``), with the state of
    what chooses epochs and ``model`` arrays in three groups: "model" (weights, batch statistics and
    the state of random numbers), "optimizer" and "metrics" (the means of the epoch so far).
    """

    position: dict
    arrays: dict[str, list[np.ndarray]] = field(repr=False)

    @classmethod
    def take(
        cls, model: keras.Model, position: dict, more: dict[str, list[np.ndarray]]
    ) -> "Checkpoint":
        """Take the state of a compiled model as it is now, and ``more`` arrays, by name."""
        # Under JAX the present values are with the training loop while an epoch runs.
        if sync := getattr(model, "jax_state_sync", None):
            sync()
        groups = {name: [np.asarray(v) for v in part] for name, part in _variables(model).items()}
        return cls(position, groups | more)

    @classmethod
    def read(cls, path: Path) -> "Checkpoint | None":
        """Read a checkpoint; None when there is none, or none that can be used."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                content = json.loads(str(stored["content"]))
                arrays = {
                    name: [stored[f"{name}/{i}"] for i in range(count)]
                    for name, count in content["counts"].items()
                }
                return cls(content["position"], arrays)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, EOFError) as error:
            print(f"{path} cannot be used ({error}); the run begins anew.", flush=True)
            return None

    def write(self, path: Path) -> None:
        """Write the checkpoint, whole or not at all.

        Raises UserError when the disk is full and when the run's folder was deleted.
        """
        if not path.parent.is_dir():
            # Writing would make the folder anew: a run without a config.
            raise UserError(f"The folder {path.parent} was deleted; train the run again.")
        content = {
            "position": self.position,
            "counts": {name: len(part) for name, part in self.arrays.items()},
        }
        entries = {
            f"{name}/{i}": array
            for name, part in self.arrays.items()
            for i, array in enumerate(part)
        }
        with whole_file(path) as temporary, temporary.open("wb") as file:
            np.savez(file, content=np.array(json.dumps(content)), **entries)
            # Renamed before it is on the disk, an empty file could stand there after a power cut.
            file.flush()
            os.fsync(file.fileno())

    def fits(self, model: keras.Model) -> bool:
        """Whether the model has weights of these shapes (a folder edited by hand may not)."""
        shapes = [tuple(v.shape) for v in model.variables]
        return shapes == [array.shape for array in self.arrays["model"]]

    def restore(self, model: keras.Model) -> None:
        """Give a compiled model its weights, the optimiser's memory and its random state back.

        Call it before the model is trained or predicts: Keras takes what the standardising layer
        holds into its compiled functions as constants.
        """
        model.optimizer.build(model.trainable_variables)
        # Keras makes the metrics' variables when it first meets answers to measure.
        nothing = keras.ops.zeros((1, *model.output_shape[1:]))
        model.compute_metrics(None, nothing, nothing)
        for group in ("model", "optimizer"):
            _assign(_variables(model)[group], self.arrays[group])
        for layer in model.layers:
            if layer.name == STANDARDISE:
                layer.finalize_state()

    def restore_metrics(self, model: keras.Model) -> None:
        """Give the means of the epoch so far back; Keras has set them to zero as it began."""
        _assign(_variables(model)["metrics"], self.arrays["metrics"])


class Checkpointer(keras.callbacks.Callback):
    """Saves at the end of an epoch and every few minutes within one; last in the list of callbacks.

    ``take`` gives the Checkpoint of this moment.

    >>> model.fit(batches, callbacks=[recorder, Checkpointer(path, take)])
    """

    def __init__(self, path: Path, take):
        super().__init__()
        self.path, self.take = path, take
        self._saved = time.monotonic()
        self._took = 0.0

    def save(self) -> None:
        """Save now; raises UserError when the disk is full."""
        began = time.monotonic()
        self.take().write(self.path)
        self._saved = time.monotonic()
        self._took = self._saved - began

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if time.monotonic() - self._saved > EVERY_SECONDS:
            self.save()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if time.monotonic() - self._saved > self._took / LARGEST_SHARE:
            self.save()


def _variables(model: keras.Model) -> dict[str, list]:
    return {
        "model": model.variables,
        "optimizer": model.optimizer.variables,
        "metrics": model.metrics_variables,
    }


def _assign(variables: list, arrays: list[np.ndarray]) -> None:
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
