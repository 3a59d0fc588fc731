"""The button that gives everything about the chosen runs as one HTML file.

Holds ``report_button``. The file is made when it is asked for, in seconds; what it says stands in
``core.evaluation.report``.
"""

from functools import partial
from html import escape

import pandas as pd
import streamlit as st

from core import runs
from core.errors import UserError
from core.evaluation.report import write_report
from core.evaluation.report_facts import gather
from core.settings import Settings

HELP = (
    "Data, split, recipe, all tables and charts, limitations, versions and a CLAIM checklist in "
    "one HTML file that opens without a network and prints well. It takes some seconds to make."
)


def report_button(
    chosen: list[runs.Run], finished: list[runs.Run], mine: pd.DataFrame, settings: Settings
) -> None:
    """Offer the report of ``chosen``; ``mine`` are the rows of those that have figures.

    It bears the name of a study where all its ``finished`` runs, and no others, are chosen.
    """
    if mine.empty:
        return
    study = str(chosen[0].config.get("study") or "")
    whole = {run.id for run in finished if str(run.config.get("study") or "") == study}
    study = study if whole == {run.id for run in chosen} else ""
    st.download_button(
        "Report of these runs (HTML)",
        partial(_report, chosen, settings, study),
        "chestbench-report.html",
        "text/html",
        key="report",
        help=HELP,
        icon=":material/description:",
        on_click="ignore",
    )


def _report(chosen: list[runs.Run], settings: Settings, study: str) -> bytes:
    try:
        return write_report(gather(chosen, settings, study)).encode()
    except UserError as error:
        # A run was deleted since the page was drawn: the file says so, for the page cannot.
        return f"<!DOCTYPE html><meta charset='utf-8'><p>{escape(str(error))}</p>".encode()
