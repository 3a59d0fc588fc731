"""A prediction as a page shows it, and the words about what it and a heat map do not mean.

Holds ``predict_cached`` and ``check_cached``, so that moving a slider asks no network again.
"""

from pathlib import Path

import streamlit as st

from core import runs
from core.inference.methods import EXPLANATIONS, GRADCAM
from core.inference.predictor import Prediction, predict
from core.inference.sanity import SanityCheck, check_map
from core.settings import Settings
from pages.components.waiting import asking

NO_CERTAINTY = (
    "A probability is what the network computes, not how often it is right: see its confusion "
    "matrix."
)
WHAT_IT_IS_NOT = (
    "**What they do not mean.** They do not outline disease, and they do not show that the "
    "reasoning is sound. Bright letters, edges or tubes are a sign that the network has found a "
    "short cut. A map is always stretched to full brightness, however unsure the network is."
)


def what_it_is(method: str) -> str:
    """What the colours of ``method`` mean, in two sentences and the method's source."""
    row = EXPLANATIONS[method]
    return f"**What the colours mean.** {row.title} ({row.source}). {row.question} {row.caution}"


WHAT_IT_IS = what_it_is(GRADCAM)


def predict_cached(
    run: runs.Run,
    image: Path | bytes,
    name: str,
    settings: Settings,
    explained: str,
    method: str = GRADCAM,
) -> Prediction:
    """What ``run`` says of ``image``, with the map of the class ``explained`` ("": the answer).

    ``method`` is a key of EXPLANATIONS. Asked in a process beside the server, once per image,
    class and method. Raises UserError as ``core.inference.predictor.predict`` and
    ``core.inference.process.ask``.
    """
    return _ask("prediction", run, image, name, settings, explained, method)


def check_cached(
    run: runs.Run, image: Path | bytes, name: str, settings: Settings, explained: str, method: str
) -> SanityCheck:
    """The sanity check of the map of the class ``explained``; otherwise as ``predict_cached``."""
    return _ask("sanity check", run, image, name, settings, explained, method)


_QUESTIONS = {"prediction": predict, "sanity check": check_map}


def _ask(
    question: str,
    run: runs.Run,
    image: Path | bytes,
    name: str,
    settings: Settings,
    explained: str,
    method: str,
) -> Prediction | SanityCheck:
    paths = (run.model_path, *([image] if isinstance(image, Path) else []))
    changed = [path.stat().st_mtime_ns if path.exists() else 0 for path in paths]
    return _answered(question, run.id, changed, image, name, explained, method, run, settings)


# Of the session: an upload must not outlive the visit.
@st.cache_data(scope="session", max_entries=256, show_spinner=False)
def _answered(
    question: str,
    identifier: str,
    changed: list[int],
    image: Path | bytes,
    name: str,
    explained: str,
    method: str,
    _run: runs.Run,
    _settings: Settings,
) -> Prediction | SanityCheck:
    return asking(_QUESTIONS[question], _run, image, _settings, name, method, explained)
