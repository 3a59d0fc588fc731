"""Prediction: what a trained network says of one image, and where it looked."""

import streamlit as st

from pages.components.answer import answer_bars, answer_words
from pages.components.cover import cover_section
from pages.components.explanation import NO_CERTAINTY, predict_cached
from pages.components.frame import page
from pages.components.image_choice import choose_image, describe_image, one_of
from pages.components.map_rows import more_maps
from pages.components.nearest_images import nearest_images
from pages.components.opinions import choose_networks, how_far_to_believe, opinions_together
from pages.components.opinions_sheet import opinions_sheet
from pages.components.prediction_sheet import prediction_sheet
from pages.components.refusal import judged_image
from pages.components.run_choice import choose_run, finished_runs, warn_of_shared_patients
from pages.components.where_it_looked import (
    asked_map,
    map_choices,
    map_words,
    opacity,
    where_it_looked,
)
from pages.components.words import run_title

LEAD = (
    "Give an X-ray, or several, to a network you have trained. It answers with a probability for "
    "every class, and four methods show which parts of an image spoke for an answer."
)

with page("Prediction", LEAD, predictions=True) as settings:
    finished = finished_runs(settings)
    choices, answer = st.columns([3, 8], gap="large")
    with choices:
        run = choose_run(finished, "Network (finished run)", "prediction-run")
        asked = choose_networks(run, finished)
        image = choose_image(run, settings)
    with answer:
        if image is None:
            st.info("Choose an image, and the network's answer shows here.")
        image = one_of(image, run, settings)
        if image is None:
            st.stop()
        judged = judged_image(run, image, settings)
        if judged is None:
            st.stop()
        image = judged.image
        prediction = predict_cached(run, image.source, image.name, settings, *asked_map(run))
        describe_image(image)
        together = st.container()
        answer_words(prediction, image.truth)
        # How often it is right holds for X-rays like those it was checked on.
        if judged.judgement is None or judged.judgement.accepted:
            how_far_to_believe(run, prediction)
        where_it_looked(prediction, image.source)
        below, beside = st.columns(2)
        with beside:
            map_choices(run, prediction)
        with below:
            answer_bars(prediction, image.truth)
        prediction_sheet(run, prediction, judged, opacity())
        map_words(prediction)
        more_maps(run, image.source, image.name, prediction, finished, settings)
        st.caption(NO_CERTAINTY)
        nearest_images(judged.judgement, prediction.predicted, settings)
        warn_of_shared_patients([run])
        if asked:
            with together:
                given = opinions_together(asked, image, settings)
                explained = prediction.explained_class
                opinions_sheet(asked, given, judged, explained, opacity(), settings)
                st.markdown(f"**{run_title(run)}, alone**")
    cover_section(run, prediction, image.source)
