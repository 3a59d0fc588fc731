"""A select box whose choice is never replaced behind the visitor's back.

Holds ``choose_lasting``, with ``last_choice`` and ``quoted`` for what is said around it. Streamlit
itself takes another option where the chosen one is gone: a run that somebody deletes would hand the
page to another run, whose answers nobody has asked for. What is chosen, a run or a study, and when
it counts as gone, is the business of whoever calls.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import streamlit as st


@dataclass
class _Choice:
    """What stood in the box last, with its title; ``own`` where the visitor chose it.

    ``lost`` is the sentence to show until another one is chosen.
    """

    option: str
    title: str
    own: bool = False
    lost: str = ""


def choose_lasting(
    label: str,
    titles: Mapping[str, str],
    first: str | None,
    key: str,
    gone: Callable[[str, str], str],
    asked: str = "",
    **box: object,
) -> str | None:
    """Choose one of ``titles`` (option -> words); None after a sentence on why nothing is chosen.

    A page that is opened anew shows what the address asks for (``asked``), else what the visitor
    chose here before, else ``first`` (None: nothing). ``gone`` is given an option that is not among
    ``titles``, and its title (empty where it was only asked for). It gives the sentence that says
    why and what to do, or an empty text where the option is merely filtered out and ``first`` may
    take its place. With ``first`` None nothing has to be chosen, and the sentence is shown once.
    """
    state, memory = st.session_state, f"{key}/last"
    last, held = state.get(memory), key in state
    # A page left half drawn keeps its boxes; then the address alone tells a new visit.
    opened = not held or (asked != "" and asked != state.get(f"{key}/asked"))
    state[f"{key}/asked"] = asked
    stands = held and state[key] in titles and not opened
    required, lost = first is not None, ""
    if not stands:
        if opened and asked:
            last = _Choice(asked, "")
        elif opened and last is not None and not last.own:
            last = None
        if last is not None and last.option in titles:
            first = last.option
        elif last is not None:
            lost = last.lost or gone(last.option, last.title)
    if lost:
        st.warning(lost, icon=":material/info:")
        first = None
    if held and not stands:
        # Else the box would keep what is no option, or choose for itself.
        state[key] = first
    chosen = st.selectbox(
        label,
        list(titles),
        index=None if first is None else 0 if held else list(titles).index(first),
        key=key,
        format_func=titles.get,
        **box,
    )
    if chosen is not None:
        same = last is not None and last.option == chosen
        state[memory] = _Choice(chosen, titles[chosen], last.own if same else stands)
    elif lost and required:
        state[memory] = replace(last, lost=lost)
    else:
        state.pop(memory, None)
    return chosen


def last_choice(key: str) -> str:
    """What was chosen last in the box ``key``, on an earlier look at the page too; else empty."""
    last = st.session_state.get(f"{key}/last")
    return last.option if last else ""


def quoted(text: str) -> str:
    """Any text, as an address can hold it, as a short piece of code that Markdown leaves alone."""
    return f"`{''.join(c for c in text if c.isprintable() and c != '`')[:80]}`"
