"""ChestBench: which CNN reads these chest X-rays best, and can we believe it?

    streamlit run app.py

A map of the folders:

    pages/              one thin page per task: widgets and words, no logic
      components/       the few widgets that several pages share
    core/               everything that works without a browser
      engine.py         executes one run, from its queued folder to its metrics
      demonstration.py  the three runs of the demonstration study
      runs.py           what a run folder holds, how it is written and read
      studies.py        sets of runs that differ in one thing: what does, and how far they are
      data/             the catalog: one row per image, with its source, patient and finding
      imaging/          from an image file to model input: decode, normalise, CLAHE, augment
      models/           the table of backbones, and the classifier built on one
      training/         one run, from its config to its predictions; the worker and the queue
      evaluation/       what the predictions are worth, and the published figures
      inference/        one image through finished runs, where a network looked, how far they agree
      charts/           DataFrame in, plotly figure out
    artifacts/          runs and caches, made by the program
    tests/ benchmarks/  every check; every timing
"""

from pathlib import Path

import streamlit as st

from pages.components.tour import PAGES

LOOK = Path(__file__).parent / "pages" / "components"

st.set_page_config(page_title="ChestBench", page_icon=":material/radiology:", layout="wide")
st.logo(LOOK / "logo.svg", icon_image=LOOK / "logo_mark.svg", size="large")
st.navigation(
    [
        st.Page(f"pages/{name}.py", title=title, icon=icon, default=name == "home")
        for name, title, icon, _ in PAGES
    ]
).run()
