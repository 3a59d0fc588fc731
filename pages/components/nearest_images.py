"""The training images that a network finds most like an image, as a row of pictures.

Holds ``nearest_images``. How they are found stands in ``core.inference.judgement``.
"""

from collections.abc import Sequence

import streamlit as st

from core.imaging.thumbnails import thumbnails
from core.inference.judgement import Judgement, NearImage
from core.settings import Settings
from core.words import finding_title
from pages.components.frame import dot
from pages.components.pictures import SIDE
from pages.components.words import class_title


def nearest_images(judgement: Judgement | None, predicted: str, settings: Settings) -> None:
    """Show the nearest training images with their labels, and how many carry ``predicted``.

    Shows nothing when the image was not judged, or refused before the network was asked.
    """
    if judgement is None or not judgement.nearest:
        return
    near = judgement.nearest
    agreeing = sum(image.label == predicted for image in near)
    st.subheader("The network finds these training images most alike", anchor=False)
    st.markdown(
        f"**{agreeing} of {len(near)}** are labelled {class_title(predicted)}, as the network "
        f"answers. This image is {judgement.distance:.2f} times as far from them as they are from "
        f"their own nearest; beyond {judgement.limit:.2f} an image is refused."
    )
    for words in dict.fromkeys(image.copy for image in near if image.copy):
        st.warning(
            f"One of them is **{words}**: the network learnt from it, and its answer shows memory, "
            "not skill.",
            icon=":material/content_copy:",
        )
    _pictures(near, settings)
    st.caption(
        "Distance in the network's features, from 0 (the same) to 1.41 (nothing in common). Alike "
        "to the network need not be alike to a radiologist."
    )


def _pictures(near: Sequence[NearImage], settings: Settings) -> None:
    files = [(image.path, image.sha256) for image in near]
    small = thumbnails(files, SIDE, settings.max_pixels, settings.threads)
    with st.container(key="grid-strip-nearest"):
        for place, (image, shown) in enumerate(zip(near, small, strict=True)):
            with st.container(key=f"card-near-{place}-class-{image.label}"):
                if shown is None:
                    st.caption("This file cannot be shown.")
                else:
                    st.image(shown, width="stretch", alt=f"X-ray {image.id}")
                finding = (
                    f" ({finding_title(image.finding)})" if image.finding != image.label else ""
                )
                st.markdown(
                    f"{dot(image.label)}{class_title(image.label)}{finding}  \n"
                    f"{image.copy or f'distance {image.distance:.2f}'}",
                    unsafe_allow_html=True,
                )
                st.page_link("pages/dataset.py", label="Open", query_params={"image": image.id})
