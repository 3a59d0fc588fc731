"""What frames every page: its title, the banners, and errors as sentences.

Holds ``page``, in which every page's body runs. What the page shows inside stands in the page.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.errors import UserError
from core.settings import Settings, read_settings

SYNTHETIC = (
    "**SYNTHETIC images.** No image collection is set up, so ChestBench drew these itself. "
    "They teach how the workbench works and say nothing about real lungs. "
    "To use real X-rays, start the server with `CHESTBENCH_DATA` (see the README)."
)
NOT_FOR_DIAGNOSIS = "Research and teaching only, not for diagnosis."


@contextmanager
def page(title: str, lead: str, predictions: bool = False) -> Iterator[Settings]:
    """Run a page's body under its title and a lead sentence; gives the settings.

    ``predictions``: the page shows what a model says of an image, and must carry the warning.
    A UserError becomes a box with its sentence; any other exception goes to the server's log and
    the page shows one sentence.
    """
    st.title(title)
    st.markdown(lead)
    if predictions:
        st.warning(NOT_FOR_DIAGNOSIS, icon=":material/health_and_safety:")
    try:
        settings = read_settings()
        if settings.demonstration:
            st.info(SYNTHETIC, icon=":material/science:")
        yield settings
    except UserError as error:
        st.error(str(error), icon=":material/error:")
    except Exception as error:
        # Streamlit steers reruns and stops by exceptions of its own, which must pass.
        if type(error).__module__.startswith("streamlit.runtime"):
            raise
        logging.getLogger("chestbench").exception("page %s", title)
        st.error(
            "This page met a defect of ChestBench; the server's log has the details. "
            "The other pages and all runs are unharmed.",
            icon=":material/error:",
        )
