"""The file model.keras of a run, read without running code that somebody may have put into it.

Loads Keras. Holds ``read_model`` and the check of what it gives against the run's config. Which
models stay loaded is decided in ``core.inference.loaded_models``.
"""

import json
import os
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.errors import UserError
from core.models.retracing import without_retracing_warnings
from core.runs import Run
from core.training.config import RunConfig
from core.training.gpus import memory_growth
from core.training.out_of_memory import is_out_of_memory

if TYPE_CHECKING:
    import keras

# How Keras writes Python code into the description of a model.
CODE = ("Lambda", "__lambda__", "function")


def read_model(run: Run) -> "keras.Model":
    """The classifier in the run's model.keras, for prediction alone.

    Raises UserError when the file cannot be read, when it holds code that is not Keras's own (which
    is not run), and when memory runs out.
    """
    for name in _foreign_code(_description(run)):
        raise UserError(
            f"model.keras of {run.id} holds code of its own ({name}), which ChestBench never "
            "writes; it was not run. Delete the run or train it again."
        )
    # A run may be training on the same GPU.
    os.environ.update(memory_growth())
    # Loads Keras, which the server must not do.
    import keras

    without_retracing_warnings()
    try:
        return keras.saving.load_model(run.model_path, compile=False, safe_mode=True)
    # Keras raises a dozen kinds for a zip or a graph that it cannot read.
    except Exception as error:
        if is_out_of_memory(error):
            raise UserError(
                f"There is too little memory to load {run.id}; close other programs, or wait until "
                "training ends, and try again."
            ) from error
        raise _damaged(run) from error


def check_fit(model: "keras.Model", run: Run, config: RunConfig) -> None:
    """Raise UserError when the model does not take and give what the run's config says."""
    takes, gives = (getattr(model, f"{end}_shape", None) for end in ("input", "output"))
    wanted = (None, config.size, config.size, 1), (None, len(config.classes))
    if (takes, gives) != wanted:
        raise UserError(
            f"model.keras of {run.id} does not fit its config.json: it takes {takes} and gives "
            f"{gives}, where {wanted[0]} and {wanted[1]} are expected. Put the right file back or "
            "train the run again."
        )


def _description(run: Run) -> dict:
    try:
        with zipfile.ZipFile(run.model_path) as archive:
            description = json.loads(archive.read("config.json"))
    # zipfile and zlib raise half a dozen kinds for bytes that were changed.
    except Exception as error:
        raise _damaged(run) from error
    if not isinstance(description, dict):
        raise _damaged(run)
    # Left unread where a model is loaded without its training.
    return {name: part for name, part in description.items() if name != "compile_config"}


def _damaged(run: Run) -> UserError:
    return UserError(
        f"model.keras of {run.id} cannot be loaded: the file is damaged. Train the run again."
    )


def _foreign_code(description: dict) -> Iterator[str]:
    """Names of classes and functions in a model's description that are not Keras's own."""
    parts: list[object] = [description]
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            name, module = part.get("class_name"), part.get("module")
            if name in CODE or (name and module and str(module).split(".")[0] != "keras"):
                yield str(name)
            parts += part.values()
        elif isinstance(part, list):
            parts += part
