"""One line saying what runs will compute on, and what to expect of that.

Holds the caption alone; what it says is found by ``core.standing``.
"""

import streamlit as st

from core import runs
from core.settings import Settings
from core.standing import find_device


def device_caption(settings: Settings) -> None:
    """Name the GPU or say that there is none, and how long the recipes take then."""
    device = find_device(runs.list_runs(settings.runs))
    st.caption(f":material/memory: **{device.kind}.** {device.sentence}")
