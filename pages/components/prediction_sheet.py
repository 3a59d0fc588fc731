"""The button that gives the prediction on screen as one page of PDF.

Holds ``prediction_sheet``. The page is made when it is asked for; what stands on it is decided in
``core.inference.sheet_facts``.
"""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core import runs
from core.inference.predictor import Prediction
from core.inference.sheet import sheet_pdf
from core.inference.sheet_facts import sheet_of
from pages.components.image_choice import ChosenImage

HELP = (
    "The image, the heat map, the probabilities, the run and its score, and what they do not tell, "
    "on one page. The image's name is on it."
)


def prediction_sheet(
    answers: Sequence[tuple[runs.Run, Prediction]], image: ChosenImage, opacity: float
) -> None:
    """Offer the sheet of what each run said of ``image``; ``opacity`` 0..1 is that of the maps."""
    st.download_button(
        "This prediction as PDF",
        partial(_pdf, answers, image, opacity),
        "chestbench-prediction.pdf",
        "application/pdf",
        key="prediction-sheet",
        help=HELP,
        icon=":material/picture_as_pdf:",
        on_click="ignore",
    )


def _pdf(
    answers: Sequence[tuple[runs.Run, Prediction]], image: ChosenImage, opacity: float
) -> bytes:
    return sheet_pdf(
        sheet_of(answers, image.name, image.truth, image.side, image.synthetic, opacity)
    )
