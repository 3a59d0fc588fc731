"""The button that gives several networks' opinions of one image as one page of PDF.

Holds ``opinions_sheet``. The page needs a heat map of every network, which takes seconds each: they
are made when the visitor asks, with progress. What stands on the page is decided in
``core.inference.study_sheet``.
"""

import hashlib

import streamlit as st

from core import runs
from core.errors import UserError
from core.inference.methods import EXPLANATIONS, GRADCAM
from core.inference.opinions import Opinion
from core.inference.sheet import sheet_pdf
from core.inference.sheet_facts import SheetImage
from core.inference.study_sheet import network_maps, study_sheet
from core.settings import Settings
from pages.components.explanation import predict_cached
from pages.components.prediction_sheet import sheet_image
from pages.components.refusal import JudgedImage
from pages.components.words import class_title

_MADE = "opinions-sheet-made"


def opinions_sheet(
    asked: list[runs.Run],
    given: list[Opinion],
    judged: JudgedImage,
    explained: str,
    opacity: float,
    settings: Settings,
) -> None:
    """Offer the sheet of what all networks ``asked`` said, with their maps of ``explained``.

    ``given`` are their opinions, ``explained`` is a class; ``opacity`` 0..1 is that of the maps.
    """
    if not any(each.probabilities for each in given):
        return
    about = sheet_image(judged)
    # What is on the page; a page that was made of anything else is not offered.
    source = judged.image.source
    content = hashlib.sha256(source).hexdigest() if isinstance(source, bytes) else str(source)
    wanted = (content, about, given, explained, opacity)
    place = st.empty()
    if st.session_state.get(_MADE, ("", b""))[0] != wanted:
        if not place.button(
            f"These {len(asked)} networks as PDF",
            key="opinions-sheet",
            icon=":material/picture_as_pdf:",
            help="The image, every network's probabilities and its heat map of "
            f"{class_title(explained)} ({EXPLANATIONS[GRADCAM].title}), how far they agree, runs, "
            "scores and limits. A map takes seconds, and about ten where its network has to be "
            "loaded. The image's name is on the page.",
        ):
            return
        try:
            pdf = _pdf(asked, given, judged, about, explained, opacity, settings, place)
        except UserError as error:
            place.error(str(error))
            return
        st.session_state[_MADE] = wanted, pdf
    place.download_button(
        f"Save these {len(asked)} networks (PDF)",
        st.session_state[_MADE][1],
        "chestbench-opinions.pdf",
        "application/pdf",
        key="opinions-sheet-file",
        type="primary",
        icon=":material/picture_as_pdf:",
        on_click="ignore",
    )


def _pdf(
    asked: list[runs.Run],
    given: list[Opinion],
    judged: JudgedImage,
    about: SheetImage,
    explained: str,
    opacity: float,
    settings: Settings,
    place,
) -> bytes:
    image, maps = judged.image, {}

    def answer(run: runs.Run):
        return predict_cached(run, image.source, image.name, settings, explained, GRADCAM)

    with place.container():
        total = sum(bool(each.probabilities) for each in given)
        bar = st.progress(0.0, f"Drawing heat maps: 0 of {total}.")
        for run, drawn in network_maps(asked, given, answer):
            maps[run] = drawn
            bar.progress(len(maps) / total, f"Drawing heat maps: {len(maps)} of {total}.")
    of = {str(run.config.get("study") or "") for run in asked}
    study = of.pop() if len(of) == 1 else ""
    return sheet_pdf(study_sheet(asked, given, maps, about, study, opacity))
