"""The trained classifiers of runs, kept loaded in this process as far as memory allows.

Loads Keras. Holds ``load_classifier``; how the file is read stands in
``core.inference.model_file``, what is asked of a classifier in the other modules of
``core.inference``.
"""

import gc
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core import runs
from core.errors import UserError
from core.inference.model_file import check_fit, read_model
from core.settings import read_settings
from core.training.config import read_config

if TYPE_CHECKING:
    import keras

# What a model takes beside its weights: objects and compiled graphs of each layer. Measured:
# the seven published networks, each asked with and without a map, let the process grow by 1,546 MB
# where this counts 1,530. What the process gives back when a model leaves is no measure: most of
# it is kept for the next one.
BYTES_PER_LAYER = 400_000


@dataclass(frozen=True)
class _Loaded:
    model: "keras.Model"
    modified: int
    size: int


_loaded: OrderedDict[Path, _Loaded] = OrderedDict()
_lock = threading.RLock()


def load_classifier(run: runs.Run) -> "keras.Model":
    """The run's classifier as a keras.Model, from raw pixels to probabilities.

    It stays loaded; when all loaded ones together take more than ``Settings.model_memory``, those
    asked longest ago leave, but never the one asked for. Raises UserError when the run is not
    finished or was deleted, and when its model.keras is missing, unusable (``read_model``) or not
    what its config says (``check_fit``).
    """
    if not run.folder.is_dir():
        raise UserError(f"The run {run.id} was deleted; choose another run.")
    if run.state != runs.FINISHED:
        raise UserError(f"{run.id} has no trained model (it is {run.state}); choose another run.")
    config = read_config(run.config)
    try:
        modified = run.model_path.stat().st_mtime_ns
    except OSError as error:
        raise UserError(
            f"model.keras of {run.id} is missing; train the run again or choose another run."
        ) from error
    with _lock:
        # Taken out, it stands last again when it is put back.
        loaded = _loaded.pop(run.model_path, None)
        fresh = loaded is not None and loaded.modified == modified
        model = loaded.model if fresh else read_model(run)
        check_fit(model, run, config)
        _loaded[run.model_path] = loaded if fresh else _Loaded(model, modified, size_of(model))
        _make_room(read_settings().model_memory)
    return model


def size_of(model: "keras.Model") -> int:
    """Bytes that a model takes while it is kept: its weights, and BYTES_PER_LAYER."""
    # Weights are float32 in every precision that computes with them.
    return 4 * model.count_params() + BYTES_PER_LAYER * len(model.layers)


def _make_room(limit: int) -> None:
    left = False
    while len(_loaded) > 1 and sum(each.size for each in _loaded.values()) > limit:
        _loaded.popitem(last=False)
        left = True
    if left:
        # A model refers to itself; nothing else would free it before long.
        gc.collect()
