"""One image through a finished run: probabilities, and where the network looked.

Holds ``predict`` and ``make_ready``, which load Keras into this process (the dashboard's server
calls them through ``core.inference.process``), and ``read_question``, which checks what is asked.
The image takes the same way as in training, with the settings of the run's config. The ways to
explain are a table in ``core.inference.methods``; the maps are computed in
``core.inference.explain``.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core import runs
from core.errors import UserError
from core.imaging.decode import read_image
from core.imaging.preprocess import prepare
from core.inference.loaded_models import load_classifier
from core.inference.methods import GRADCAM, get_method
from core.models.backbones import BACKBONES
from core.settings import Settings
from core.training.config import RunConfig, read_config


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

    ``explain`` is a key of ``core.inference.methods.EXPLANATIONS`` or empty; ``explained_class``
    defaults to the predicted class. Raises UserError for an image that cannot be read, a run
    without a usable model, an unknown explanation or class.
    """
    config, pixels = read_question(run, image, settings, name, explain, explained_class)
    model = load_classifier(run)
    # The compiled call: several times faster than model(x), which runs layer by layer.
    answers = np.asarray(model.predict_on_batch(pixels[None, :, :, None]))[0]
    if not np.isfinite(answers).all():
        raise UserError(
            f"The answer of {run.id} is not a number: its training has diverged; choose another "
            "run."
        )
    predicted = config.classes[int(answers.argmax())]
    outcome = {
        "run": run.id,
        "predicted": predicted,
        "probabilities": dict(zip(config.classes, map(float, answers), strict=True)),
        "pixels": pixels,
    }
    if not explain:
        return Prediction(**outcome)

    from core.inference import explain as explaining

    chosen = explained_class or predicted
    layer = BACKBONES[config.backbone].gradcam_layer
    explanation = explaining.explain(explain, model, pixels, config.classes.index(chosen), layer)
    return Prediction(
        **outcome,
        explanation=explain,
        explained_class=chosen,
        layer=explanation.layer,
        heat=explanation.heat,
        note=explanation.note,
    )


def make_ready(run: runs.Run, settings: Settings) -> None:
    """Load the run's network and ask it for a map once, so that the next question is quick.

    What TensorFlow compiles at a first question takes seconds. Raises UserError as ``predict``.
    """
    side = read_config(run.config).size
    blank = cv2.imencode(".png", np.zeros((side, side), np.uint8))[1].tobytes()
    predict(run, blank, settings, "blank.png", explain=GRADCAM)


def read_question(
    run: runs.Run,
    image: Path | bytes,
    settings: Settings,
    name: str = "",
    explain: str = "",
    explained_class: str = "",
) -> tuple[RunConfig, np.ndarray]:
    """The run's config and the model input, uint8 (s, s), of what ``predict`` is asked.

    Raises UserError for an image that cannot be read, an unknown explanation or class.
    """
    config = read_config(run.config)
    if explain:
        get_method(explain)
    if explained_class and explained_class not in config.classes:
        raise UserError(
            f"'{explained_class}' is no class of {run.id}; choose {', '.join(config.classes)}."
        )
    pixels = prepare(read_image(image, settings.max_pixels, name), config.preprocess, config.size)
    return config, pixels
