"""What differs between the runs of a study, and the study's name.

Holds ``study_form`` and the values that its widgets offer for each row of
``core.training.variations``. What is alike for all runs is chosen in ``run_form``.
"""

from collections.abc import Sequence

import streamlit as st

from core import runs
from core.data.labels import LABEL_SCHEMES
from core.models.backbones import BACKBONES
from core.settings import Settings
from core.studies import free_name
from core.training.recipes import RECIPES
from core.training.study import MAX_NAME
from core.training.variations import ALL, VARIATIONS
from pages.components.run_choices import SPLITS

NOTHING = ""
MOST_REPEATS = 20
CLIP_LIMITS = (1, 2, 3, 4, 8)
# Row of VARIATIONS -> words of every value that is offered, by the value.
VALUES = {
    "backbones": {name: row.title for name, row in BACKBONES.items()},
    "recipes": {name: row.title for name, row in RECIPES.items()},
    "labels": {name: row.title for name, row in LABEL_SCHEMES.items()},
    "split": {name: title for name, (title, _) in SPLITS.items()},
    "preprocessing": {
        "none": "None: grey values as they are",
        "normalise": "Normalised",
        **{f"clahe:{clip}": f"Normalised, CLAHE with clip limit {clip}" for clip in CLIP_LIMITS},
    },
}
CHOSEN_AT_FIRST = {thing: list(words) for thing, words in VALUES.items()} | {
    "backbones": [name for name, row in BACKBONES.items() if row.in_paper],
    "recipes": ["quick", "finetune"],
    "preprocessing": ["none", "normalise", "clahe:2"],
}


def study_form(settings: Settings) -> tuple[str, dict[str, Sequence]]:
    """Show the study's name and what varies in it; return both, as ``plan_study`` takes them."""
    first, second, third = st.columns(3)
    with first:
        varied = _thing("What differs between the runs", list(VARIATIONS), "study-varied")
    with second:
        others = [NOTHING, *(name for name in VARIATIONS if name != varied)]
        also = _thing("And also", others, f"study-also-{varied}")
    with third:
        name = _name(varied, settings)
    over = {}
    for thing in filter(None, (varied, also)):
        st.caption(VARIATIONS[thing].sentence)
        over[thing] = _values(thing)
    return name, over


def _thing(label: str, names: list[str], key: str) -> str:
    titles = {name: row.title for name, row in VARIATIONS.items()} | {NOTHING: "nothing else"}
    return st.selectbox(label, names, format_func=titles.get, key=key)


def _values(thing: str) -> Sequence:
    title = VARIATIONS[thing].title
    if thing in VALUES:
        words = VALUES[thing]
        return st.multiselect(
            title,
            list(words),
            default=CHOSEN_AT_FIRST[thing],
            format_func=words.get,
            key=f"study-values-{thing}",
            placeholder="Choose two or more",
        )
    if thing == "seeds":
        count = st.number_input(
            "How many seeds", 2, MOST_REPEATS, 3, key="study-values-seeds", width=220
        )
        return list(range(count))
    return [ALL]


def _name(varied: str, settings: Settings) -> str:
    key = f"study-name-{varied}"
    listed = runs.list_runs(settings.runs)
    free = free_name(VARIATIONS[varied].title.partition(" (")[0], listed)
    st.session_state.setdefault(key, free)
    name = st.text_input("Name of the study", key=key, max_chars=MAX_NAME)
    if free_name(name, listed) != name:
        st.caption("There is a study of this name. Another one needs a name of its own.")
        st.button(f"Name it {free}", key="study-free-name", on_click=_rename, args=(key, free))
    return name


def _rename(key: str, name: str) -> None:
    st.session_state[key] = name
