"""One image through a finished run: probabilities, and where the network looked.

Holds ``predict``, which loads Keras into this process, and ``predict_apart``, which does the same
in one long-lived process beside this one: the dashboard's server must never load TensorFlow. The
image takes the same way as in training, with the settings of the run's config. The maps themselves
are drawn in ``core.inference.explain``.
"""

import os
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from joblib.externals.loky.process_executor import BrokenProcessPool, ProcessPoolExecutor

from core import runs
from core.errors import UserError
from core.imaging.decode import read_image
from core.imaging.preprocess import prepare
from core.models.backbones import BACKBONES
from core.settings import Settings
from core.training.config import read_config
from core.training.gpus import memory_growth

EXPLANATIONS = {"gradcam": "Grad-CAM (Selvaraju et al. 2017), drawn by tf-explain"}
IDLE_SECONDS = 1800
MODELS_KEPT = 3


@dataclass(frozen=True)
class Prediction:
    """What one run says of one image.

    ``probabilities`` by class name, adding up to 1; ``pixels`` the (s, s) uint8 the network saw;
    ``heat`` the (s, s) float32 map in 0..1 for ``explained_class``, or None; ``note`` a sentence
    when the map is empty.
    """

    run: str
    predicted: str
    probabilities: dict[str, float]
    pixels: np.ndarray
    explanation: str = ""
    explained_class: str = ""
    layer: str = ""
    heat: np.ndarray | None = None
    note: str = ""


def predict(
    run: runs.Run,
    image: Path | bytes,
    settings: Settings,
    name: str = "",
    explain: str = "",
    explained_class: str = "",
) -> Prediction:
    """Predict one image (a path, or an upload's bytes called ``name``) with a finished run.

    ``explain`` is a key of EXPLANATIONS or empty; ``explained_class`` defaults to the predicted
    class. Raises UserError for an image that cannot be read, a run without a usable model, an
    unknown explanation or class.
    """
    config = read_config(run.config)
    if run.state != runs.FINISHED:
        raise UserError(f"{run.id} has no trained model (it is {run.state}); choose another run.")
    if not run.model_path.is_file():
        raise UserError(
            f"model.keras of {run.id} is missing; train the run again or choose another run."
        )
    if explain and explain not in EXPLANATIONS:
        raise UserError(f"explain: '{explain}' is unknown; choose {', '.join(EXPLANATIONS)}.")
    if explained_class and explained_class not in config.classes:
        raise UserError(
            f"'{explained_class}' is no class of {run.id}; choose {', '.join(config.classes)}."
        )
    pixels = prepare(read_image(image, settings.max_pixels, name), config.preprocess, config.size)
    model = _load(run.model_path, run.model_path.stat().st_mtime_ns)
    answers = np.asarray(model.predict_on_batch(pixels[None, :, :, None]))[0]
    predicted = config.classes[int(answers.argmax())]
    outcome = {
        "run": run.id,
        "predicted": predicted,
        "probabilities": dict(zip(config.classes, map(float, answers), strict=True)),
        "pixels": pixels,
    }
    if not explain:
        return Prediction(**outcome)

    from core.inference.explain import gradcam

    chosen = explained_class or predicted
    layer = BACKBONES[config.backbone].gradcam_layer
    explanation = gradcam(model, pixels, config.classes.index(chosen), layer)
    return Prediction(
        **outcome,
        explanation=explain,
        explained_class=chosen,
        layer=layer,
        heat=explanation.heat,
        note=explanation.note,
    )


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


_pool: ProcessPoolExecutor | None = None
_pool_lock = threading.Lock()


def predict_apart(*arguments: object, **named: object) -> Prediction:
    """As ``predict``, in the one prediction process; it starts at the first call and stays.

    Raises UserError also when that process is lost twice in a row.
    """
    for _ in range(2):
        try:
            return _prediction_process().submit(predict, *arguments, **named).result()
        except BrokenProcessPool:
            _forget_process()
    raise UserError(
        "The prediction process was ended twice, most likely for lack of memory; "
        "close other programs and try again."
    )


def _prediction_process() -> ProcessPoolExecutor:
    global _pool
    with _pool_lock:
        if _pool is None:
            # loky, unlike multiprocessing's spawn, does not run the server's main module again.
            _pool = ProcessPoolExecutor(
                max_workers=1, timeout=IDLE_SECONDS, env={"TF_CPP_MIN_LOG_LEVEL": "2"}
            )
        return _pool


def _forget_process() -> None:
    global _pool
    with _pool_lock:
        _pool = None
