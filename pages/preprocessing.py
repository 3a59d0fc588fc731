"""Preprocessing: what happens to an image before a network sees it, with every setting to try."""

import streamlit as st

from core.imaging.preprocess import stages
from pages.components.frame import page
from pages.components.preparation import (
    augmented,
    choose_backbone,
    explain_clahe,
    settings_panel,
    show_stages,
)
from pages.components.source import choose_image

with page(
    "Preprocessing",
    "What happens to an X-ray before a network sees it. Move a setting and every stage "
    "follows. Training, comparison and prediction use exactly this preparation.",
) as settings:
    name, image = choose_image(settings)
    pictures, panel = st.columns([4, 1], gap="medium")
    with panel:
        row, size = choose_backbone()
        config = settings_panel()
    prepared = stages(image, config, size)
    with pictures:
        st.markdown(f"**{name}**, {image.shape[1]:,} x {image.shape[0]:,} pixels")
        show_stages(prepared, config, row, size)
    if config.clahe:
        explain_clahe(prepared)
    augmented(prepared["model input"], size, settings)
