"""Whether a run should be asked about an image at all: the judgement as a page shows it.

Holds ``judged_image``. How an image is judged stands in ``core.inference.judgement``; the nearest
training images are shown by ``nearest_images``.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from core import runs
from core.imaging.decode import read_image
from core.imaging.thumbnails import picture
from core.imaging.turns import turned_back_file
from core.inference.judgement import Judgement, judge
from core.settings import Settings
from core.words import PERCENT, percent, source_title
from pages.components.cases import changed
from pages.components.image_choice import ChosenImage
from pages.components.known_images import has_reference
from pages.components.waiting import asking

SHOWN_SIDE = 700


@dataclass(frozen=True)
class JudgedImage:
    """The image to show an answer for, perhaps turned right, and its judgement (None: unknown)."""

    image: ChosenImage
    judgement: Judgement | None


def judged_image(run: runs.Run, image: ChosenImage, settings: Settings) -> JudgedImage | None:
    """Judge ``image``; None when it is refused and the visitor has not asked for an answer.

    A refused image is shown with the reasons. One that lies wrongly can be turned right, and any
    can be answered all the same, under a warning. Raises UserError as ``judge``.
    """
    judgement = _judgement(run, image, settings)
    if judgement is None or judgement.accepted:
        return JudgedImage(image, judgement)
    shown, said = st.columns([2, 3], gap="medium")
    pixels = read_image(image.source, settings.max_pixels, image.name)
    shown.image(picture(pixels, SHOWN_SIDE), "The image, read as grey", width="stretch")
    with said:
        st.subheader("No diagnosis for this image", anchor=False)
        st.markdown(f"`{image.name}`")
        for reason in judgement.reasons:
            st.warning(reason, icon=":material/block:")
        with st.expander("How this is told, and how often it is wrong"):
            st.markdown(how_it_is_told(judgement))
        name = f"{run.id}/{image.name}"
        if judgement.turn and st.toggle("Turn it right, and use that copy", key=f"turn/{name}"):
            right = turned_back_file(pixels, judgement.turn)
            image = replace(image, source=right, name=f"turned right: {image.name}")
            judgement = _judgement(run, image, settings)
            if judgement is None or judgement.accepted:
                st.success("Turned right, it looks like a frontal chest X-ray.")
                return JudgedImage(image, judgement)
            for reason in judgement.reasons:
                st.warning(f"Turned right: {reason}", icon=":material/block:")
        if st.toggle("Show the answer anyway", key=f"anyway/{name}"):
            st.error(
                "**Do not believe the answer below.** A network gives an answer to any picture; "
                "for this one it means nothing.",
                icon=":material/warning:",
            )
            return JudgedImage(image, judgement)
    return None


def how_it_is_told(judgement: Judgement) -> str:
    """In plain words how an image is judged, and how often an X-ray is refused wrongly."""
    told = judgement.false_refusals
    measured = "How often that happens could not be measured: all images are of one patient."
    if told["rate"] is not None:
        parts = "\n".join(
            f"- {source_title(name)}: {percent(part['rate'], *part['ci95'])} of "
            f"{part['n']:,} X-rays"
            for name, part in told["by_source"].items()
        )
        measured = (
            "What this run measured on X-rays that the limits were not set on, half of the "
            "patients setting limits for the other half, is these shares refused wrongly (with "
            f"the 95{PERCENT} interval):\n\n{parts}"
        )
    return (
        "Colour, contrast, grey values and proportions are checked, then how the film lies, then "
        f"how far the image is from {judgement.reference:,} training images in the network's "
        "features. Mirrored films are not recognised. The limits are set at "
        f"{100 * told['wanted']:g}{PERCENT}: of the X-rays kept for it, this run's validation "
        "X-rays, they leave out no more of any collection. Of other X-rays it can be more. "
        f"{measured}"
    )


def _judgement(run: runs.Run, image: ChosenImage, settings: Settings) -> Judgement | None:
    if not has_reference(run, settings):
        return None
    source = image.source
    file_time = source.stat().st_mtime_ns if isinstance(source, Path) and source.exists() else 0
    changes = (run.id, changed(run, "model.keras"), changed(run, "familiarity.npz"), file_time)
    return _judge(changes, source, image.name, run, settings)


@st.cache_data(scope="session", max_entries=256, show_spinner=False)
def _judge(
    changes: tuple, source: Path | bytes, name: str, _run: runs.Run, _settings: Settings
) -> Judgement:
    return asking(judge, _run, source, _settings, name=name)
