"""Training: choose a network and how it learns, start it, and watch it learn."""

import streamlit as st

from pages.components.device import device_caption
from pages.components.ended_runs import ended_runs, offer_to_resume
from pages.components.frame import page
from pages.components.live_runs import live_runs
from pages.components.range_test import range_test
from pages.components.start_form import start_button, start_form

LEAD = (
    "Choose a network, let it learn from part of the images, and see how well it reads the rest. "
    "A run goes on when you close this page."
)

with page("Training", LEAD) as settings:
    device_caption(settings)
    offer_to_resume(settings)
    choice = start_form(settings)
    range_test(choice.configs[0] if choice.configs else None, settings)
    start_button(choice, settings)
    st.subheader("At work")
    live_runs(settings)
    ended_runs(settings)
