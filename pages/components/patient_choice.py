"""Following a patient: which networks are asked, and which patient is looked at.

Holds ``choose_asked`` and ``choose_patient``. Who can be followed stands in
``core.data.patient_series``, who learnt from whom in ``core.inference.follow``.
"""

import pandas as pd
import streamlit as st

from core import runs
from core.data.patient_series import frontal_images, patients_over_time
from core.data.texts import occurs_in
from core.inference.follow import learnt_by_patient
from core.settings import Settings
from core.studies import studies
from pages.components.cases import changed, sides_of
from pages.components.catalog import catalog
from pages.components.lasting_choice import choose_lasting, last_choice, quoted
from pages.components.run_choice import choose_run

STUDY, RUN = "all runs of a study", "one run"
NOBODY = (
    "**No patient can be followed.** None of the image collections that are set up has two dated "
    "frontal X-rays of one patient. The Cohen collection has: `python -m core fetch cohen --to "
    "data` downloads it; then start the server with `CHESTBENCH_DATA=data`."
)


def choose_asked(finished: list[runs.Run], settings: Settings) -> list[runs.Run]:
    """Choose the networks to ask: the runs of one study, finished or not, or one of ``finished``.

    An address with ?study=<name> or ?run=<id> chooses that at first.
    """
    ended = {run.id for run in finished}
    found = studies(runs.list_runs(settings.runs))
    found = {name: own for name, own in found.items() if sum(run.id in ended for run in own) > 1}
    way = RUN
    if found:
        way = st.segmented_control(
            "Ask",
            [STUDY, RUN],
            default=RUN if "run" in st.query_params else STUDY,
            required=True,
            key="follow-way",
            help="Only several runs show how far an answer depends on the training's chance.",
        )
    asked = st.query_params.get("study", "")
    if way == RUN:
        # With no study left the visitor says which single run is to answer in its place.
        lost = "" if found else asked or last_choice("follow-study")
        run = choose_run(finished, "Network (finished run)", "follow-run", optional=bool(lost))
        if run is None:
            st.warning(
                f"The study {quoted(lost)} has no two finished runs to ask; choose one run.",
                icon=":material/delete:",
            )
            st.stop()
        return [run]
    name = choose_lasting(
        "Study",
        {name: name for name in found},
        next(iter(found)),
        "follow-study",
        _no_study,
        asked=asked,
        placeholder="choose a study",
    )
    if name is None:
        st.stop()
    done = sum(run.id in ended for run in found[name])
    if done < len(found[name]):
        st.caption(f"{done} of its {len(found[name])} runs have finished and are asked.")
    return found[name]


def _no_study(name: str, title: str) -> str:
    any_more = " any more" if title else ""
    return f"The study {quoted(name)} has no two finished runs to ask{any_more}; choose another."


def choose_patient(asked: list[runs.Run], settings: Settings) -> str:
    """Choose a patient, those first whom the fewest of ``asked`` learnt from; stops without any.

    An address with ?patient=<id> chooses that one at first.
    """
    patients = _patients(
        [(run.id, changed(run, "images.csv")) for run in asked],
        settings,
        catalog(settings),
        asked,
    )
    if patients.empty:
        st.info(NOBODY, icon=":material/event_busy:")
        st.stop()
    words = {row.patient: _words(row, len(asked)) for row in patients.itertuples()}
    wanted = st.query_params.get("patient")
    patient = st.selectbox(
        f"Patient ({len(words):,} with two or more dated X-rays)",
        list(words),
        index=list(words).index(wanted) if wanted in words else 0,
        format_func=words.get,
        # Other networks, another order: the choice starts again at whom they have not seen.
        key=f"follow-patient/{hash(tuple(words))}",
        help="Those first whom the fewest of these networks have learnt from; of these those whose "
        "finding the collection has named, then those with clinical notes, then those with the "
        "most images. Type to search.",
    )
    if patients.set_index("patient").loc[patient, "synthetic"]:
        st.markdown(":orange-badge[SYNTHETIC] images, drawn by ChestBench.")
    return patient


def _words(row, asked: int) -> str:
    span = f"{row.span_days:g} day{'' if row.span_days == 1 else 's'}"
    learnt = (
        "not learnt from"
        if not row.learnt
        else "learnt from"
        if asked == 1
        else f"learnt from by {row.learnt} of {asked} runs"
    )
    return f"{row.patient}: {row.images} X-rays, {span}, {row.findings}, {learnt}"


@st.cache_data(max_entries=32, show_spinner=False)
def _patients(
    asked: list[tuple[str, int]],
    settings: Settings,
    _catalog: pd.DataFrame,
    _runs: list[runs.Run],
) -> pd.DataFrame:
    patients = patients_over_time(_catalog)
    rows = frontal_images(_catalog)
    rows = rows[occurs_in(rows["patient"], patients["patient"])]
    learnt = learnt_by_patient(rows, [sides_of(run) for run in _runs])
    patients["learnt"] = patients["patient"].map(learnt)
    return patients.sort_values("learnt", kind="stable", ignore_index=True)
