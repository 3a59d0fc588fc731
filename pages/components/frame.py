"""What frames every page: its look, title, banners, and errors as sentences.

Holds ``page``, in which every page's body runs, and ``errors_as_sentences`` for fragments, which
run again without the page around them. The look itself is ``look.css``, with the class colours of
``core.charts.colours`` added.
"""

import logging
import runpy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from core.charts.colours import CLASS_COLOURS
from core.errors import UserError
from core.settings import PROJECT, Settings, read_settings
from core.words import NOT_FOR_DIAGNOSIS

SYNTHETIC = (
    ":orange-badge[SYNTHETIC] Drawn by ChestBench itself, to learn the workbench on: "
    "these images say nothing about real lungs."
)
REAL_IMAGES = (
    "No image collection is set up. To use real X-rays, start the server with `CHESTBENCH_DATA` "
    "set to the folder of a collection; `python -m core fetch kermany` downloads one."
)
WARNING = f":blue-badge[NOT FOR DIAGNOSIS] {NOT_FOR_DIAGNOSIS}"

_LOOK = Path(__file__).with_name("look.css").read_text(encoding="utf-8")
_CHART_FILES = Path(__file__).with_name("chart_files.js").read_text(encoding="utf-8")
_COLOURS = "\n".join(
    f'[class*="class-{name}"] {{ --class-colour: {colour}; }}'
    for name, colour in CLASS_COLOURS.items()
)


@contextmanager
def page(title: str, lead: str, predictions: bool = False) -> Iterator[Settings]:
    """Run a page's body under its title and a lead sentence; gives the settings.

    ``predictions``: the page shows what a model says of an image, and must carry the warning.
    A UserError becomes a box with its sentence; any other exception goes to the server's log and
    the page shows one sentence.
    """
    _leave_old_navigation()
    st.html(f"<style>{_LOOK}{_COLOURS}</style>")
    st.html(f"<script>{_CHART_FILES}</script>", unsafe_allow_javascript=True)
    st.sidebar.caption(NOT_FOR_DIAGNOSIS)
    st.title(title, anchor=False)
    with st.container(key="lead"):
        st.markdown(lead)
    with errors_as_sentences(title):
        settings = read_settings()
        if settings.demonstration or predictions:
            with st.container(key="banner"):
                if settings.demonstration:
                    st.markdown(SYNTHETIC, help=REAL_IMAGES)
                if predictions:
                    st.markdown(WARNING)
        yield settings


@contextmanager
def errors_as_sentences(where: str) -> Iterator[None]:
    """Show a UserError as its sentence, and any other exception as one that hides its trace."""
    try:
        yield
    except UserError as error:
        st.error(str(error), icon=":material/error:")
    except Exception as error:
        # Streamlit steers reruns and stops by exceptions of its own, which must pass.
        if type(error).__module__.startswith("streamlit.runtime"):
            raise
        logging.getLogger("chestbench").exception("page %s", where)
        st.error(
            "This page met a defect of ChestBench; the server's log has the details. "
            "The other pages and all runs are unharmed.",
            icon=":material/error:",
        )


def dot(class_name: str) -> str:
    """A dot in the colour of a class, as HTML (``st.html``, or Markdown that allows it)."""
    return f'<span class="dot class-{class_name}"></span>'


def _leave_old_navigation() -> None:
    # Until st.navigation has been called once, Streamlit takes a folder named pages for its older
    # kind of app, which never runs app.py: a server whose first visitor comes straight to a page
    # would show raw file names for navigation, to everybody. So app.py is run from here, which
    # runs the page again inside it.
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        runpy.run_path(str(PROJECT / "app.py"))
        st.stop()
