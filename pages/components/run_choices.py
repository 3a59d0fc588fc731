"""The choices above all others: network, recipe, starting weights, images, classes and split.

Holds a widget for each, with the sentence that says what it means. They are put together in
``run_form``.
"""

from collections.abc import Sequence

import streamlit as st

from core import runs
from core.models.backbones import BACKBONES, Backbone
from core.models.weights import IMAGENET, NONE, local_imagenet
from core.settings import Settings
from core.training.config import RunConfig, configure
from core.training.recipes import RECIPES
from core.words import listed
from pages.components.words import run_title

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


def network(settings: Settings) -> Backbone:
    """Choose one row of the table of backbones."""
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


def recipe(backbone: Backbone) -> str:
    """Choose one row of the table of recipes."""
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


def weights(backbones: Sequence[Backbone], recipes: Sequence[str], settings: Settings) -> str:
    """Choose what to start from, for one network or for several that start alike.

    Never a path typed by a visitor: that would let him probe the disk.
    """
    with_imagenet = [row for row in backbones if row.weights_url]
    options = {IMAGENET: "ImageNet: learnt on a million photographs"} if with_imagenet else {}
    options[NONE] = "None: random weights, learns everything here"
    if len(backbones) == 1:
        for run in runs.list_runs(settings.runs):
            if run.state == runs.FINISHED and run.config.get("backbone") == backbones[0].name:
                options[str(run.model_path)] = f"My run: {run_title(run)}"
    chosen = st.selectbox(
        "Starting weights",
        list(options),
        format_func=options.get,
        key=f"weights-{backbones[0].name if len(backbones) == 1 else 'several'}",
        help=RunConfig.model_fields["weights"].description,
    )
    if chosen == IMAGENET:
        _say_what_is_missing(backbones, settings)
    head_alone = [
        RECIPES[name].title
        for name in recipes
        if chosen == NONE and not configure(backbones[0].name, name, weights=NONE).epochs
    ]
    if head_alone:
        which = "This recipe" if len(recipes) == 1 else f"The recipe {head_alone[0]}"
        st.warning(
            f"{which} trains nothing but the head, and random weights have learnt nothing "
            "yet. Choose the recipe Fine-tune, or ImageNet weights."
        )
    return chosen


def _say_what_is_missing(backbones: Sequence[Backbone], settings: Settings) -> None:
    missing = [row for row in backbones if row.weights_url and not local_imagenet(row, settings)]
    if not missing:
        return
    names = listed([row.title for row in missing])
    # Where on the server they would have to lie is nothing for a visitor; the README says it.
    st.info(
        f"The ImageNet weights of {names} are not here yet. Keras will download them when a run "
        "starts, which needs a network. Without one, whoever runs this server puts them in place: "
        "the README says how.",
        icon=":material/download:",
    )


def row_of(label: str, table: dict, first: str) -> str:
    """Choose one row of a ``table`` whose rows have a title and a sentence."""
    names = list(table)
    name = st.selectbox(
        label, names, index=names.index(first), format_func=lambda name: table[name].title
    )
    st.caption(table[name].sentence)
    return name


def split_by(first: str, key: str) -> str:
    """Choose how the images are divided, beginning with ``first``."""
    return st.radio(
        "Divide into training and validation images (split)",
        list(SPLITS),
        index=list(SPLITS).index(first),
        key=key,
        format_func=lambda name: SPLITS[name][0],
        captions=[sentence for _, sentence in SPLITS.values()],
    )
