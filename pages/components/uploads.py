"""Images that a visitor brings along: one, several, or a ZIP of them.

Holds the uploader. What several images are answered is shown by ``several_images``.
"""

from dataclasses import dataclass

import streamlit as st

from core.errors import UserError
from core.imaging.archives import MOST_IMAGES
from core.imaging.given_images import GivenImage, given_images

WHAT_AND_WHERE = (
    "PNG, JPEG, TIFF, BMP, WebP or DICOM; several at once, or a ZIP of them. Images stay in the "
    "memory of this server, are never written to disk, and are gone when you leave. Of a DICOM "
    "file only the pixels are read: nothing of the patient's data, but what is burned into the "
    "picture shows."
)


@dataclass(frozen=True)
class Uploaded:
    """The images of an upload, and a key that no other upload has."""

    images: list[GivenImage]
    key: tuple[str, ...]


def upload_images() -> Uploaded | None:
    """Show the uploader; give what was uploaded, or None when nothing has been yet.

    Raises UserError for more images than are read at once.
    """
    # Of any ending: DICOM files often have none, and the content decides in any case.
    files = st.file_uploader("Frontal chest X-rays", accept_multiple_files=True)
    st.caption(WHAT_AND_WHERE)
    images = [image for file in files for image in given_images(file.getvalue(), file.name)]
    if len(images) > MOST_IMAGES:
        raise UserError(
            f"These are {len(images):,} images, more than the {MOST_IMAGES} that are read at "
            "once; upload fewer at a time (whoever runs the server can give a folder to `python "
            "-m core predict`)."
        )
    return Uploaded(images, tuple(file.file_id for file in files)) if images else None
