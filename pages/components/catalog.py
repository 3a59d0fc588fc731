"""The catalog as pages see it: read once per server, with progress, then shared by all visitors.

Holds ``catalog`` and what is chosen or counted from it. What the catalog holds stands in
``core.data.catalog``.
"""

import threading

import pandas as pd
import streamlit as st

from core.data.browse import browsing_table
from core.data.catalog import load_catalog, select_rows, summarise
from core.settings import Settings


@st.cache_resource(show_spinner=False)
def _shelf() -> dict:
    return {"lock": threading.Lock()}


def catalog(settings: Settings, reread: bool = False) -> pd.DataFrame:
    """The catalog of these settings; the first reader waits behind a progress bar.

    ``reread`` looks at the folders again. The table is shared: do not write to it.
    """
    shelf = _shelf()
    place = st.empty()
    if shelf["lock"].locked():
        place.info("The image collections are being read for the first time; this page follows.")
    with shelf["lock"]:
        if reread or settings not in shelf:
            bar = place.progress(0.0, "Reading the image collections")
            shelf[settings] = load_catalog(
                settings,
                lambda what, done, total: bar.progress(
                    min(done / max(total, 1), 1.0), f"{what}: {done:,} of {total:,}"
                ),
            )
            _chosen.clear()
            _browsing.clear()
            _counts.clear()
    place.empty()
    return shelf[settings]


def chosen_rows(settings: Settings, cohort: str, labels: str) -> pd.DataFrame:
    """Rows that take part in ``cohort`` under a label scheme, with label and label_index."""
    return _chosen(catalog(settings), settings, cohort, labels)


def browsing_rows(settings: Settings, cohort: str, labels: str) -> pd.DataFrame:
    """The whole catalog, with the class of each row or why it is left out."""
    return _browsing(catalog(settings), settings, cohort, labels)


def counts(settings: Settings, cohort: str, labels: str) -> dict:
    """What ``core.data.catalog.summarise`` counts."""
    return _counts(catalog(settings), settings, cohort, labels)


@st.cache_resource(max_entries=8, show_spinner=False)
def _chosen(_table: pd.DataFrame, settings: Settings, cohort: str, labels: str) -> pd.DataFrame:
    return select_rows(_table, cohort, labels)


@st.cache_resource(max_entries=8, show_spinner=False)
def _browsing(_table: pd.DataFrame, settings: Settings, cohort: str, labels: str) -> pd.DataFrame:
    return browsing_table(_table, cohort, labels)


@st.cache_resource(max_entries=8, show_spinner=False)
def _counts(_table: pd.DataFrame, settings: Settings, cohort: str, labels: str) -> dict:
    return summarise(_table, cohort, labels)
