"""The trained classifiers of runs, loaded once and kept in this process.

Loads Keras. Holds ``load_classifier``; what is asked of a classifier stands in the other modules of
``core.inference``.
"""

import os
from functools import lru_cache
from pathlib import Path

from core import runs
from core.errors import UserError
from core.training.gpus import memory_growth

MODELS_KEPT = 3


def load_classifier(run: runs.Run):
    """The run's classifier as a keras.Model, from raw pixels to probabilities.

    Raises UserError when the run is not finished, or its model.keras is missing or unusable.
    """
    if run.state != runs.FINISHED:
        raise UserError(f"{run.id} has no trained model (it is {run.state}); choose another run.")
    if not run.model_path.is_file():
        raise UserError(
            f"model.keras of {run.id} is missing; train the run again or choose another run."
        )
    return _load(run.model_path, run.model_path.stat().st_mtime_ns)


@lru_cache(maxsize=MODELS_KEPT)
def _load(path: Path, modified: int):
    # A run may be training on the same GPU.
    os.environ.update(memory_growth())
    # Loads Keras, which the server must not do.
    import keras

    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    # Keras raises a dozen kinds for a zip or a graph that it cannot read.
    except Exception as error:
        raise UserError(f"{path} cannot be loaded; train the run again.") from error
