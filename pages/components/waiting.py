"""Asking a network from a page: the place in the line is shown, and who leaves holds nobody up.

Holds ``asking``, which pages use in place of ``core.inference.process.ask``, and ``have_ready``.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import TypeVar

import streamlit as st

from core import runs
from core.inference.predictor import make_ready
from core.inference.process import ask_in_turn, begin_ahead
from core.settings import Settings

Answer = TypeVar("Answer")

BEING_ASKED = "Asking the network. The first time takes about ten seconds: it has to be loaded."


def asking(function: Callable[..., Answer], /, *arguments: object, **named: object) -> Answer:
    """Call ``function`` in the prediction process as ``ask`` does, with a spinner meanwhile.

    May be called inside a cached function, whose own spinner is better switched off. When the
    visitor leaves or changes something, the request is withdrawn.
    """
    told = None

    def report(before: int) -> None:
        nonlocal told
        # Looking at its state is where Streamlit stops a script that nobody waits for any more.
        _ = "waiting" in st.session_state
        if before != told:
            told = before
            shown.close()
            shown.enter_context(st.spinner(_words(before)))

    with ExitStack() as shown:
        return ask_in_turn(report, function, *arguments, **named)


def have_ready(run: runs.Run, settings: Settings) -> None:
    """Have the network of ``run`` loaded meanwhile, where a visitor is likely to ask it soon."""
    if run.model_path.exists():
        _begun(run.id, run.model_path.stat().st_mtime_ns, run, settings)


# A network that others have crowded out is loaded again after a while.
@st.cache_data(ttl=600, max_entries=64, show_spinner=False)
def _begun(identifier: str, modified: int, _run: runs.Run, _settings: Settings) -> None:
    begin_ahead(make_ready, _run, _settings)


def _words(before: int) -> str:
    if not before:
        return BEING_ASKED
    others = "1 other is" if before == 1 else f"{before} others are"
    return f"Waiting for the network: {others} before you."
