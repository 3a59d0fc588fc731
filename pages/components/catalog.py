"""The catalog as pages see it: read once per server, with progress, then shared by all visitors.

Holds ``catalog``, ``begin_reading``, and what is chosen or counted from the catalog. What the
catalog holds stands in ``core.data.catalog``.
"""

import threading

import pandas as pd
import streamlit as st

from core.data.browse import browsing_table
from core.data.catalog import load_catalog, select_rows, summarise
from core.settings import Settings

POLL_SECONDS, QUICK_SECONDS = 0.1, 0.4


class _Reading(threading.Thread):
    """Reads the catalog apart from any page: who leaves the page must not end the reading."""

    def __init__(self, settings: Settings):
        super().__init__(daemon=True)
        self.settings = settings
        self.table: pd.DataFrame | None = None
        self.error: Exception | None = None
        self.at = ("Reading the image collections", 0, 1)
        self.start()

    def run(self) -> None:
        try:
            self.table = load_catalog(self.settings, self._report)
        except Exception as error:
            self.error = error

    def _report(self, *at: object) -> None:
        self.at = at


@st.cache_resource(show_spinner=False)
def _shelf() -> dict:
    return {"lock": threading.Lock()}


def begin_reading(settings: Settings, reread: bool = False) -> _Reading:
    """Have the catalog read, unless it is, and wait for nothing: for pages that need it later."""
    shelf = _shelf()
    with shelf["lock"]:
        # What was wrong may have been put right.
        if reread or settings not in shelf or shelf[settings].error is not None:
            shelf[settings] = _Reading(settings)
            for derived in (_chosen, _browsing, _counts):
                derived.clear()
        return shelf[settings]


def catalog(settings: Settings, reread: bool = False) -> pd.DataFrame:
    """The catalog of these settings; while it is read, the page shows how far that has come.

    ``reread`` looks at the folders again. The table is shared: do not write to it. Raises what
    ``core.data.catalog.load_catalog`` raises.
    """
    reading = begin_reading(settings, reread)
    if reading.is_alive():
        _follow(reading)
    if reading.error is not None:
        raise reading.error
    return reading.table


def _follow(reading: _Reading) -> None:
    # A catalog that is already on disk is there in a blink: no bar for that.
    reading.join(QUICK_SECONDS)
    place = st.empty()
    while reading.is_alive():
        what, done, total = reading.at
        place.progress(min(done / max(total, 1), 1.0), f"{what}: {done:,} of {total:,}")
        reading.join(POLL_SECONDS)
    place.empty()


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
