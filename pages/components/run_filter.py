"""Which finished runs stand side by side: filters by classes, images and study, then run by run.

Holds ``choose_runs`` and, for a page that needs no more, ``of_study``. Runs of different classes
answer different questions and are never mixed. An address that ends in ?study=<name> chooses that
study at first.
"""

import streamlit as st

from core import runs
from core.data.labels import COHORTS, LABEL_SCHEMES
from pages.components.run_choice import say_rehearsal
from pages.components.words import run_title

EVERY = "every"
# A study is looked at whole; beyond this a chart with a row per run is no longer read.
SHOWN_AT_FIRST, SHOWN_OF_STUDY = 10, 60


def choose_runs(finished: list[runs.Run]) -> tuple[list[runs.Run], str]:
    """Show the filters; return the chosen runs, newest first, and their label scheme.

    The filter that was touched last is followed by the others where no run would match them all.
    Where no run is chosen, says so and stops the page.
    """
    first, second, third = st.columns(3)
    with first:
        labels = _filter("Classes (label scheme)", finished, "labels", LABEL_SCHEMES, False, True)
    with second:
        cohort = _filter("Images (cohort)", finished, "cohort", COHORTS, True, True)
    with third:
        study = _filter("Study", finished, "study", {}, True, True)
    wanted = {"labels": labels, "cohort": cohort, "study": study}
    matching = {
        run.id: run
        for run in finished
        if all(value == EVERY or _value(run, field) == value for field, value in wanted.items())
    }
    shown = SHOWN_AT_FIRST if study == EVERY else SHOWN_OF_STUDY
    chosen = st.multiselect(
        "Runs",
        list(matching),
        default=list(matching)[:shown],
        format_func=lambda identifier: run_title(matching[identifier]),
        # Under another filter the choice starts again.
        key=f"runs/{labels}/{cohort}/{study}",
        placeholder="Choose runs to compare",
    )
    if len(matching) > shown:
        st.caption(
            f"{len(matching):,} runs match; the newest {shown} were chosen at first."
            + (" Choose a study to see it whole." if study == EVERY else "")
        )
    shown = [matching[identifier] for identifier in chosen if identifier in matching]
    if not shown:
        st.info("**No run is chosen.** Choose one or more above.", icon=":material/checklist:")
        st.stop()
    say_rehearsal(shown)
    return shown, labels


def of_study(finished: list[runs.Run]) -> list[runs.Run]:
    """Show the filter by study alone; return the runs of the one that is chosen."""
    study = _filter("Study", finished, "study", {}, True)
    return [run for run in finished if study in (EVERY, _value(run, "study"))]


def _filter(
    label: str,
    finished: list[runs.Run],
    field: str,
    table: dict,
    every: bool,
    leads: bool = False,
) -> str:
    values = list(dict.fromkeys(_value(run, field) for run in finished))
    options = [EVERY, *values] if every else values
    first = options[0]
    asked = st.query_params.get("study")
    of_study = [run for run in finished if asked and _value(run, "study") == asked]
    # Its classes too, else nothing of it would match; its images need no choice.
    if of_study and field in ("study", "labels"):
        first = _value(of_study[0], field)
    titles = {name: row.title for name, row in table.items()}
    titles |= {EVERY: "all", "": "not given"}
    return st.selectbox(
        label,
        options,
        index=options.index(first),
        format_func=lambda value: titles.get(value) or value,
        key=f"filter-{field}",
        on_change=_let_others_follow if leads else None,
        args=(field, finished) if leads else None,
    )


def _let_others_follow(field: str, finished: list[runs.Run]) -> None:
    """Change the other filters where no run matches them and what was chosen for ``field``."""
    chosen = st.session_state[f"filter-{field}"]
    left = [run for run in finished if chosen in (EVERY, _value(run, field))]
    for other in ("labels", "cohort", "study"):
        key = f"filter-{other}"
        if other == field or st.session_state[key] == EVERY:
            continue
        matching = [run for run in left if _value(run, other) == st.session_state[key]]
        if not matching and other == "labels":
            st.session_state[key] = _value(left[0], other)
            matching = [run for run in left if _value(run, other) == st.session_state[key]]
        elif not matching:
            st.session_state[key], matching = EVERY, left
        left = matching


def _value(run: runs.Run, field: str) -> str:
    return str(run.config.get(field) or "")
