"""The button that gives the prediction on screen as one page of PDF.

Holds ``prediction_sheet`` and ``sheet_image``. The page is made when it is asked for; what stands
on it is decided in ``core.inference.sheet_facts``. That of several networks stands in
``opinions_sheet``.
"""

from functools import partial

import streamlit as st

from core import runs
from core.inference.predictor import Prediction
from core.inference.sheet import sheet_pdf
from core.inference.sheet_facts import SheetImage, sheet_of
from pages.components.refusal import JudgedImage

HELP = (
    "The image, the heat map, the probabilities, the run and its score, and what they do not tell, "
    "on one page. The image's name is on it."
)


def prediction_sheet(
    run: runs.Run, prediction: Prediction, judged: JudgedImage, opacity: float
) -> None:
    """Offer the sheet of what ``run`` said of the image; ``opacity`` 0..1 is that of the map."""
    st.download_button(
        "This prediction as PDF",
        partial(_pdf, run, prediction, sheet_image(judged), opacity),
        "chestbench-prediction.pdf",
        "application/pdf",
        key="prediction-sheet",
        help=HELP,
        icon=":material/picture_as_pdf:",
        on_click="ignore",
    )


def sheet_image(judged: JudgedImage) -> SheetImage:
    """What a sheet says of the image as it was chosen and judged."""
    image = judged.image
    return SheetImage(
        name=image.name,
        truth=image.truth,
        side=image.side,
        synthetic=image.synthetic,
        judgement=judged.judgement,
        unjudged="its training images cannot be compared with",
    )


def _pdf(run: runs.Run, prediction: Prediction, image: SheetImage, opacity: float) -> bytes:
    return sheet_pdf(sheet_of(run, prediction, image, opacity))
