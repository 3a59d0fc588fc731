"""The paper's tables 2 to 8, class by class, and how far runs are from them.

Holds ``published_classes``, for runs that may share a published partner. The figures stand in
``core.evaluation.published``, the differences in ``core.evaluation.published_differences``.
"""

from collections.abc import Sequence

import streamlit as st

from core import runs
from core.evaluation.published import (
    FOOTNOTES,
    PER_CLASS,
    PER_CLASS_DERIVED,
    TABLE_NUMBER,
    per_class_table,
)
from core.evaluation.published_differences import class_differences
from pages.components.published_differences import more_notes
from pages.components.score_tables import class_table
from pages.components.words import class_title, points, run_title


def has_partner(run: runs.Run) -> bool:
    """Whether the paper has a table of the run's network and classes."""
    return run.config.get("labels") == "paper3" and run.config.get("backbone") in PER_CLASS


def published_classes(shown: Sequence[runs.Run]) -> None:
    """Each published table that ``shown`` have a partner in, once, and what the runs lack to it."""
    partners: dict[str, list[runs.Run]] = {}
    for run in shown:
        if has_partner(run) and run.metrics().get("confusion_matrix"):
            partners.setdefault(run.config["backbone"], []).append(run)
    for backbone, mine in partners.items():
        st.markdown(f"**The published {backbone}** (table {TABLE_NUMBER[backbone]} of the paper)")
        class_table(per_class_table(backbone), PER_CLASS_DERIVED)
        st.caption(f"† {FOOTNOTES['derived by class']}")
        for run, place in zip(mine, st.columns(len(mine), gap="large"), strict=True):
            with place:
                _differences(run, backbone, "" if len(shown) == 1 else f"{run_title(run)}: ")
    if partners:
        _footnotes(list(partners))


def _differences(run: runs.Run, backbone: str, whose: str) -> None:
    """One line per class: sensitivity of the run less that of the published ``backbone``."""
    rows = class_differences(run.metrics(), backbone).dropna(subset=["difference"])
    said = []
    for row in rows.itertuples():
        colour = "blue" if row.low > 0 else "red" if row.high < 0 else ""
        words = points(row.difference, row.low, row.high)
        said.append(f"- {class_title(row[1])}: {f':{colour}[{words}]' if colour else words}")
    if said:
        st.markdown(
            f"**{whose}{'s' if whose else 'S'}ensitivity, mine less published, in points**\n"
            + "\n".join(said)
            + "\n\nColoured only where the interval excludes zero; the two sets of images are "
            "taken as independent."
        )


def _footnotes(backbones: Sequence[str]) -> None:
    st.caption(FOOTNOTES["class mix"])
    # Only what is said of these networks.
    swapped = ["conclusion"] if {"VGG16", "VGG19"} & set(backbones) else []
    more_notes([FOOTNOTES[n] for n in ("per-class accuracy", "split", "intervals", *swapped)])
