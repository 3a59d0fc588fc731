"""Every page with what it is for: the navigation's table, and a newcomer's map of it for Home.

Holds ``PAGES``, which ``app.py`` makes its navigation of, and ``tour``.
"""

import streamlit as st

# File below pages/, title, icon, and what one does there, in the order of a first visit.
PAGES = (
    ("home", "Home", ":material/home:", "Where you stand, and the next step."),
    (
        "dataset",
        "Dataset",
        ":material/photo_library:",
        "Look at the images: what their sources say of them, and which take part.",
    ),
    (
        "preprocessing",
        "Preprocessing",
        ":material/tonality:",
        "See what happens to an X-ray before a network reads it, contrast (CLAHE) included.",
    ),
    (
        "training",
        "Training",
        ":material/model_training:",
        "Let a network learn from the images, and watch its curves grow.",
    ),
    (
        "comparison",
        "Comparison",
        ":material/leaderboard:",
        "Set finished runs beside each other, and beside the published figures.",
    ),
    (
        "confusion",
        "Confusion matrices",
        ":material/grid_on:",
        "See which classes a network takes for which, and look at those images.",
    ),
    (
        "thresholds",
        "Thresholds",
        ":material/tune:",
        "Choose how sure is sure enough, and see who is missed and who alarmed by mistake.",
    ),
    (
        "questions",
        "Questions",
        ":material/contact_support:",
        "Read how your own runs answer the four questions that the paper asked.",
    ),
    (
        "prediction",
        "Prediction",
        ":material/radiology:",
        "Ask a network about one image or several, and see where it looked.",
    ),
    (
        "follow",
        "Follow a patient",
        ":material/timeline:",
        "See how the answers change over the days of one patient.",
    ),
)
ACROSS = 3


def tour() -> None:
    """A link to every page but Home with its sentence, three across on a wide screen."""
    pages = [row for row in PAGES if row[0] != "home"]
    for first in range(0, len(pages), ACROSS):
        row = pages[first : first + ACROSS]
        for place, (name, title, icon, purpose) in zip(st.columns(ACROSS), row, strict=False):
            with place.container(key=f"tour-{name}", gap=None, border=True, height="stretch"):
                st.page_link(f"pages/{name}.py", label=f"**{title}**", icon=icon)
                st.caption(purpose)
