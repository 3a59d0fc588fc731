"""Single images of runs as pages see them: read once per file, then shared by all visitors.

Holds caches alone. What is read stands in ``core.evaluation.cases``.
"""

import pandas as pd
import streamlit as st

from core import runs
from core.evaluation.cases import run_cases, run_sides, with_catalog
from core.settings import Settings
from pages.components.catalog import catalog

# About a megabyte a run on the real images.
KEPT = 256


def cases_of(run: runs.Run) -> pd.DataFrame:
    """What ``core.evaluation.cases.run_cases`` reads; the table is shared: do not write to it."""
    return _cases(run.id, changed(run, "predictions.csv"), run)


def sides_of(run: runs.Run) -> pd.DataFrame:
    """What ``core.evaluation.cases.run_sides`` reads; the table is shared: do not write to it."""
    return _sides(run.id, changed(run, "images.csv"), run)


def in_catalog(cases: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """``cases`` with what the catalog knows of their images."""
    return with_catalog(cases, catalog(settings))


def joined_cases(run: runs.Run, settings: Settings) -> pd.DataFrame:
    """``in_catalog`` of ``cases_of``, kept until either changes: do not write to it."""
    known = catalog(settings)
    # The catalog is one object until it is read again.
    mark = (id(known), len(known), changed(run, "predictions.csv"))
    return _joined(run.id, mark, run, settings)


def changed(run: runs.Run, name: str) -> int:
    """When the file ``name`` of the run was last written, in nanoseconds; 0 without one."""
    try:
        return (run.folder / name).stat().st_mtime_ns
    except OSError:
        return 0


@st.cache_resource(max_entries=KEPT, show_spinner="Reading what the runs answered.")
def _cases(identifier: str, changed: int, _run: runs.Run) -> pd.DataFrame:
    return run_cases(_run)


@st.cache_resource(max_entries=KEPT, show_spinner="Reading which images the runs used.")
def _sides(identifier: str, changed: int, _run: runs.Run) -> pd.DataFrame:
    return run_sides(_run)


@st.cache_resource(max_entries=KEPT, show_spinner="Reading what the runs answered.")
def _joined(identifier: str, mark: tuple, _run: runs.Run, _settings: Settings) -> pd.DataFrame:
    return in_catalog(cases_of(_run), _settings)
