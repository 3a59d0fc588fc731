"""A prediction as a page shows it, and the words about what Grad-CAM is and is not.

Holds ``predict_cached``, so that moving a slider asks no network again.
"""

from pathlib import Path

import streamlit as st

from core import runs
from core.inference.predictor import Prediction, predict
from core.settings import Settings
from pages.components.waiting import asking

WHAT_IT_IS = (
    "**What the colours mean.** Grad-CAM (Selvaraju et al. 2017) weighs the network's last maps by "
    "how much each of them speaks for one class; bright places spoke most for it. The map is "
    "coarse: a few dozen fields blown up to the size of the image."
)
WHAT_IT_IS_NOT = (
    "**What they do not mean.** They do not outline disease, and they do not show that the "
    "reasoning is sound. Bright letters, edges or tubes are a sign that the network has found a "
    "short cut. A map is always stretched to full brightness, however unsure the network is."
)


def predict_cached(
    run: runs.Run, image: Path | bytes, name: str, settings: Settings, explained: str
) -> Prediction:
    """What ``run`` says of ``image``, with Grad-CAM of the class ``explained`` ("": the answer).

    Asked in a process beside the server, once per image and class. Raises UserError as
    ``core.inference.predictor.predict`` and ``core.inference.process.ask``.
    """
    changed = [
        path.stat().st_mtime_ns if path.exists() else 0
        for path in (run.model_path, *([image] if isinstance(image, Path) else []))
    ]
    return _predict(run.id, changed, image, name, explained, run, settings)


# Of the session: an upload must not outlive the visit.
@st.cache_data(scope="session", max_entries=64, show_spinner=False)
def _predict(
    identifier: str,
    changed: list[int],
    image: Path | bytes,
    name: str,
    explained: str,
    _run: runs.Run,
    _settings: Settings,
) -> Prediction:
    return asking(
        predict, _run, image, _settings, name=name, explain="gradcam", explained_class=explained
    )
