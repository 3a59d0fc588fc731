"""Training: choose a network and how it learns, start it, and watch it learn."""

import streamlit as st

from core.training.jobs import submit
from pages.components.ended_runs import ended_runs
from pages.components.frame import page
from pages.components.live_runs import live_runs
from pages.components.range_test import range_test
from pages.components.run_form import run_form

LEAD = (
    "Choose a network, let it learn from part of the images, and see how well it reads the rest. "
    "A run goes on when you close this page."
)

with page("Training", LEAD) as settings:
    config = run_form(settings)
    range_test(config, settings)
    if st.button("Start", type="primary", icon=":material/play_arrow:", disabled=config is None):
        submit([config], settings)
        st.toast("Your run is in the queue.", icon=":material/playlist_add_check:")
    st.subheader("At work")
    live_runs(settings)
    ended_runs(settings)
