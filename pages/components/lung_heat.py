"""Heat inside the lungs on the Comparison page: do a run's maps lie where the lungs are?

Holds ``lung_heat``, the section. It is measured by ``core.inference.lung_heat``.
"""

import pandas as pd
import streamlit as st

from core import runs
from core.charts.lung_heat import lung_heat_chart
from core.charts.theme import CONFIG
from core.evaluation.lung_heat_results import lung_heat_table
from core.measurements import MEASUREMENTS
from core.settings import Settings
from core.words import counted
from pages.components.measuring import measuring
from pages.components.words import is_synthetic, percent, points

WHAT = (
    "Which share of a Grad-CAM map lies inside the box around both lungs, on the validation images "
    "whose lungs the collection has annotated. The line is chance: the box's share of the image, "
    "which heat spread evenly would have inside. Heat elsewhere is a sign of a short cut; heat "
    "inside is no proof that disease was read."
)
NONE_ANNOTATED = (
    "The synthetic set has no annotated lungs. It needs a run whose validation images come from "
    "Cohen's collection, which brings lung boxes."
)

BUTTON = "Measure heat inside the lungs"
TAKES = "Seconds to a minute for each network, on a processor."


def lung_heat(chosen: list[runs.Run], settings: Settings) -> None:
    """Show what was measured of ``chosen``, in words too, and offer to measure the others."""
    st.subheader("Heat inside the lungs", anchor="lung-heat")
    st.markdown(WHAT)
    table = lung_heat_table(chosen)
    if len(table):
        st.plotly_chart(lung_heat_chart(table), theme=None, config=CONFIG, key="lung-heat")
        st.markdown("  \n".join(_sentence(row) for _, row in table.iterrows()))
        st.caption("Intervals draw whole patients (bootstrap); each run counts as one network.")
    missing = [run for run in chosen if run.id not in set(table["run"]) and not is_synthetic(run)]
    if missing:
        measuring(MEASUREMENTS["lung-heat"], missing, settings, BUTTON, TAKES)
    elif table.empty:
        st.caption(NONE_ANNOTATED)


def _sentence(row: pd.Series) -> str:
    sentence = (
        f"**{row['name']}**: {percent(row['share'], row['share_low'], row['share_high'])} of the "
        f"heat inside, where chance has {percent(row['area'])}: "
        f"{points(row['difference'], row['difference_low'], row['difference_high'])} points "
        f"({counted(row['n'], 'image')} of {counted(row['n_patients'], 'patient')}"
    )
    if row["n_empty"]:
        sentence += f"; {row['n_empty']} more have an empty map"
    if row["difference_low"] > 0:
        return f"{sentence}). More than chance."
    if row["difference_high"] < 0:
        return f"{sentence}). :red[Less than chance: it looks elsewhere.]"
    return f"{sentence}). :red[Not told from chance.]"
