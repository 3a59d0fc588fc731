"""The parts of the Preprocessing page: its settings, the stages with histograms, augmented views.

Holds widgets and words alone; the pixels are made by ``core.imaging``.
"""

import numpy as np
import streamlit as st

from core.charts.dataset import intensity_histogram
from core.charts.theme import CONFIG
from core.imaging.augment import AugmentConfig, draw_matrices, warp
from core.imaging.grain import grain
from core.imaging.preprocess import PreprocessConfig
from core.imaging.thumbnails import picture
from core.models.backbones import BACKBONES, Backbone
from core.settings import Settings
from core.words import PERCENT

VIEWS = 6
SHOWN_SIDE = 640
DEFAULT = PreprocessConfig()
TITLES = {
    "raw": ("1. Raw", "The file as it is, in grey."),
    "normalised": ("2. Normalised", "Grey values stretched to the full range."),
    "clahe": ("3. CLAHE", "Contrast evened out, neighbourhood by neighbourhood."),
    "model input": ("4. Model input", "Squeezed to the network's square: all that it sees."),
}


def choose_backbone() -> tuple[Backbone, int]:
    """The network whose input size is shown."""
    name = st.selectbox(
        "Network (backbone)",
        list(BACKBONES),
        index=list(BACKBONES).index("ResNet50"),
        format_func=lambda n: f"{n}, {BACKBONES[n].input_size} px",
        key="preparation-backbone",
        persist_state="session",
    )
    return BACKBONES[name], BACKBONES[name].input_size


def settings_panel() -> PreprocessConfig:
    """Widgets for every setting of the preparation."""
    normalise = st.toggle(
        "Normalise", DEFAULT.normalise, help=_help("normalise"), key="preparation-normalise"
    )
    low, high = DEFAULT.low_percentile, DEFAULT.high_percentile
    if normalise:
        low = st.slider(
            "Becomes black (low percentile, %)", 0.0, 25.0, low, 0.5,
            help=_help("low_percentile"), key="preparation-low",
        )  # fmt: skip
        high = st.slider(
            "Becomes white (high percentile, %)", 75.0, 100.0, high, 0.5,
            help=_help("high_percentile"), key="preparation-high",
        )  # fmt: skip
    clahe = st.toggle("CLAHE", DEFAULT.clahe, help=_help("clahe"), key="preparation-clahe")
    clip, tiles = DEFAULT.clip_limit, DEFAULT.tile_grid
    if clahe:
        clip = st.slider(
            "Strength (clip limit)", 0.5, 20.0, clip, 0.5,
            help=_help("clip_limit"), key="preparation-clip",
        )  # fmt: skip
        tiles = st.slider(
            "Neighbourhoods across (tile grid)", 1, 32, tiles,
            help=_help("tile_grid"), key="preparation-tiles",
        )  # fmt: skip
    return PreprocessConfig(
        normalise=normalise,
        low_percentile=low,
        high_percentile=high,
        clahe=clahe,
        clip_limit=clip,
        tile_grid=tiles,
    )


def show_stages(
    prepared: dict[str, np.ndarray], config: PreprocessConfig, row: Backbone, size: int
) -> None:
    """Every stage as a picture with its histogram under it."""
    off = {"normalised": not config.normalise, "clahe": not config.clahe}
    with st.container(key="grid-stages"):
        for number, (stage, image) in enumerate(prepared.items()):
            title, words = TITLES[stage]
            with st.container(key=f"stage-{stage.split()[0]}-{number}"):
                st.markdown(f"**{title}**{', switched off' if off.get(stage) else ''}")
                st.image(picture(image, SHOWN_SIDE), width="stretch", alt=f"{title} of the X-ray")
                chart = intensity_histogram({stage: image}, height=180)
                chart.update_layout(showlegend=False)
                chart.update_xaxes(title_text="Grey (0 to 255)", tickvals=[0, 128, 255])
                st.plotly_chart(
                    chart,
                    theme=None,
                    config=CONFIG,
                    key=f"histogram-{stage}",
                    alt=f"Histogram of grey values, {title}",
                )
                st.caption(
                    f"{words} {row.name}: {size} x {size} pixels."
                    if stage == "model input"
                    else words
                )


def explain_clahe(prepared: dict[str, np.ndarray]) -> None:
    """What CLAHE does and what it costs, measured on this image."""
    before, after = grain(prepared["normalised"]), grain(prepared["clahe"])
    times = f", {after / before:.1f} times as much" if before else ""
    st.markdown(
        "**What CLAHE does.** Contrast limited adaptive histogram equalisation spreads the greys "
        "of each neighbourhood, so that faint structure in the lungs and behind the heart becomes "
        "visible.  \n**Its risk.** It cannot tell structure from noise and lifts both: in this "
        f"image fine grain goes from {before:.2f} to {after:.2f} grey levels{times}. The clip "
        "limit is the brake; where it is high, grain can look like disease."
    )


def augmented(pixels: np.ndarray, size: int, settings: Settings) -> None:
    """A few randomly varied copies of the model input, as training draws them."""
    st.subheader("Variations while training (augmentation)", anchor=False)
    config = AugmentConfig()
    st.markdown(
        "During training the network meets each image a little differently every time, so that it "
        f"cannot learn it by heart: turned by up to {config.rotation_degrees:g} degrees, shifted "
        f"by up to {100 * config.shift:.0f}{PERCENT}, slanted by up to {config.shear_degrees:g} "
        f"degrees, enlarged or shrunk by up to {100 * config.zoom:.0f}{PERCENT}"
        + (", and mirrored half of the time." if config.flip else ".")
        + " Validation images are never varied."
    )
    if st.button("Draw others", icon=":material/shuffle:", key="augment-again"):
        st.session_state["augment-seed"] = st.session_state.get("augment-seed", 0) + 1
    rng = np.random.default_rng(st.session_state.get("augment-seed", 0))
    matrices = draw_matrices(config, VIEWS, size, rng)
    views = warp(np.repeat(pixels[None], VIEWS, axis=0), matrices, settings.threads)
    with st.container(key="grid-strip-views"):
        for number, view in enumerate(views):
            with st.container(key=f"stage-model-view-{number}"):
                st.image(picture(view, SHOWN_SIDE), width="stretch", alt="Varied model input")


def _help(field: str) -> str:
    return PreprocessConfig.model_fields[field].description or ""
