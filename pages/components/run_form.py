"""Everything that is chosen before a run: network, recipe, images, split, and all other settings.

Holds ``run_form``, which gives the config of the run or None with the reason on the page. The
widgets of the many settings are made in ``settings_form``; starting the run is the page's.
"""

import pandas as pd
import streamlit as st

from core import runs
from core.data.catalog import check_classes, limit_rows
from core.data.labels import COHORTS, LABEL_SCHEMES
from core.data.splits import Split, SplitConfig, make_split
from core.errors import UserError
from core.models.backbones import BACKBONES, Backbone, check_image_size
from core.models.weights import IMAGENET, NONE, imagenet_file, local_imagenet
from core.settings import Settings
from core.training.config import RunConfig, configure
from core.training.recipes import RECIPES
from pages.components.catalog import chosen_rows
from pages.components.settings_form import settings_form
from pages.components.words import class_title, run_title

FIRST_CHOICE = "ResNet50"
FOR_TEACHING = "TinyCNN"
SPLITS = {
    "patient": (
        "By patient",
        "All images of a patient go to one side. The score then tells how well **new** patients "
        "are read. This is the honest test.",
    ),
    "image": (
        "By image, as in the paper",
        "Images are dealt out one by one, so that a patient can stand on both sides. The network "
        "may recognise the patient instead of the disease, and the score flatters it.",
    ),
}
SHOWN_ABOVE = ("backbone", "recipe", "weights", "cohort", "labels", "split.by")


def run_form(settings: Settings) -> RunConfig | None:
    """Show all choices; return the config, or None when it does not fit (the page says why)."""
    left, right = st.columns(2, gap="large")
    with left:
        backbone = _network(settings)
        recipe = _recipe(backbone)
        weights = _weights(backbone, settings)
        if weights == NONE and not configure(backbone.name, recipe, weights=weights).epochs:
            st.warning(
                "This recipe trains nothing but the head, and random weights have learnt nothing "
                "yet. Choose the recipe Fine-tune, or ImageNet weights."
            )
    with right:
        # The demonstration study takes every drawn image; a run beside it should too.
        cohort = _choice("Images (cohort)", COHORTS, "all" if settings.demonstration else "paper")
        labels = _choice("Classes (label scheme)", LABEL_SCHEMES, "paper3")
        by = st.radio(
            "Divide into training and validation images (split)",
            list(SPLITS),
            index=list(SPLITS).index(configure(backbone.name, recipe).split.by),
            key=f"split-{recipe}",
            format_func=lambda name: SPLITS[name][0],
            captions=[sentence for _, sentence in SPLITS.values()],
        )
    chosen = {"cohort": cohort, "labels": labels, "weights": weights, "split": {"by": by}}
    start = configure(backbone.name, recipe, **chosen)
    with st.expander("All settings", icon=":material/tune:"):
        st.caption("Filled in by the recipe; the question marks say what each one does.")
        values = settings_form(start, f"{backbone.name}/{recipe}/{weights}", SHOWN_ABOVE)
    try:
        values["split"]["by"] = by
        config = configure(backbone.name, recipe, **(chosen | values))
        check_image_size(backbone, config.image_size)
        _preview(config, settings)
    except UserError as error:
        st.error(str(error), icon=":material/error:")
        return None
    return config


def _network(settings: Settings) -> Backbone:
    names = list(BACKBONES)
    # On drawn images every network learns little more than the smallest, which takes a minute.
    first = FOR_TEACHING if settings.demonstration else FIRST_CHOICE
    row = BACKBONES[
        st.selectbox(
            "Network (backbone)",
            names,
            index=names.index(first),
            format_func=lambda name: (
                f"{BACKBONES[name].title} · {BACKBONES[name].parameters_millions:g} million "
                f"parameters · {BACKBONES[name].input_size} px"
            ),
        )
    ]
    paper = "In the paper." if row.in_paper else "Not in the paper."
    st.caption(
        f"{row.sentence} From {row.year}; reads images of {row.input_size} x {row.input_size} "
        f"pixels. {paper}"
    )
    return row


def _recipe(backbone: Backbone) -> str:
    names = list(RECIPES)
    # What a backbone without ImageNet weights begins with has settings for that.
    scratch = [name for name in names if RECIPES[name].from_scratch]
    return st.radio(
        "Recipe",
        names,
        index=0 if backbone.weights_url else names.index(scratch[0]),
        format_func=lambda name: RECIPES[name].title,
        captions=[RECIPES[name].sentence for name in names],
        key=f"recipe-{bool(backbone.weights_url)}",
    )


def _weights(backbone: Backbone, settings: Settings) -> str:
    """What to start from. Never a path typed by a visitor: that would let him probe the disk."""
    options = (
        {IMAGENET: "ImageNet: learnt on a million photographs"} if backbone.weights_url else {}
    )
    options[NONE] = "None: random weights, learns everything here"
    for run in runs.list_runs(settings.runs):
        if run.state == runs.FINISHED and run.config.get("backbone") == backbone.name:
            options[str(run.model_path)] = f"My run: {run_title(run)}"
    chosen = st.selectbox(
        "Starting weights",
        list(options),
        format_func=options.get,
        key=f"weights-{backbone.name}",
        help=RunConfig.model_fields["weights"].description,
    )
    if chosen == IMAGENET and not local_imagenet(backbone, settings):
        folder = settings.weights or settings.artifacts / "weights"
        st.info(
            f"The ImageNet weights of {backbone.title} are not here yet. Keras will download them "
            f"when the run starts, which needs a network. Without one, put the file "
            f"`{imagenet_file(backbone)}` into `{folder}`.",
            icon=":material/download:",
        )
    return chosen


def _choice(label: str, table: dict, first: str) -> str:
    names = list(table)
    name = st.selectbox(
        label, names, index=names.index(first), format_func=lambda name: table[name].title
    )
    st.caption(table[name].sentence)
    return name


def _preview(config: RunConfig, settings: Settings) -> None:
    rows = chosen_rows(settings, config.cohort, config.labels)
    check_classes(rows, config.labels)
    which = (config.cohort, config.labels, hash(tuple(rows["id"])))
    counts, overlap = _divide(which, rows, config.split, config.limit, config.seed)
    total = counts.sum()
    shared = (
        "no patient on both sides"
        if not overlap
        else f":orange[**{overlap:,} patients on both sides**]"
    )
    st.markdown(
        f"**{total['training images']:,}** images to learn from, "
        f"**{total['validation images']:,}** to check on, {shared}."
    )
    with st.expander("Images and patients of each class"):
        st.dataframe(counts.rename(index=class_title), width="stretch")


@st.cache_data(max_entries=32, show_spinner="Dividing the images")
def _divide(
    which: tuple, _rows: pd.DataFrame, split: SplitConfig, limit: int | None, seed: int
) -> tuple[pd.DataFrame, int]:
    rows = limit_rows(_rows, limit, seed) if limit else _rows
    division: Split = make_split(rows, split)
    return division.describe(rows), division.overlap_patients
