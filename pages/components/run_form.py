"""Everything that is chosen before a run, or alike for all runs of a study.

Holds ``run_form``, which gives the choices. The widgets above the many settings stand in
``run_choices``, those of the settings in ``settings_form``; what differs between the runs of a
study is chosen in ``study_form``.
"""

from collections.abc import Collection, Mapping, Sequence

import pandas as pd
import streamlit as st

from core.data.catalog import check_classes, limit_rows
from core.data.labels import COHORTS, LABEL_SCHEMES
from core.data.splits import Split, SplitConfig, make_split
from core.models.backbones import BACKBONES, check_image_size
from core.models.weights import IMAGENET
from core.settings import Settings
from core.training.config import RunConfig, changes_from, configure
from core.training.run_data import check_batch
from pages.components.catalog import chosen_rows
from pages.components.run_choices import network, recipe, row_of, split_by, weights
from pages.components.settings_form import settings_form
from pages.components.take_away import take_away
from pages.components.words import class_title

SHOWN_ABOVE = ("backbone", "recipe", "weights", "cohort", "labels", "split.by")


def run_form(
    settings: Settings,
    over: Mapping[str, Sequence] | None = None,
    leave_out: Collection[str] = (),
) -> dict:
    """Show all choices; return them as what ``core.training.config.configure`` takes.

    They hold what was chosen by hand and leave all else to the recipe, and so suit another network
    or recipe too. ``over`` names what differs between the runs of a study, with its values: no
    widget is shown for that, and the choices hold the first value. ``leave_out`` names further
    settings that are not shown. Raises UserError when the choices do not fit together.
    """
    over = over or {}
    left, right = st.columns(2, gap="large")
    with left:
        names = over.get("backbones") or [network(settings).name]
        backbones = [BACKBONES[name] for name in names]
        recipes = over.get("recipes") or [recipe(backbones[0])]
        start_from = weights(backbones, recipes, settings)
    with right:
        # The demonstration study takes every drawn image; a run beside it should too.
        cohort = row_of("Images (cohort)", COHORTS, "all" if settings.demonstration else "paper")
        labels = (
            over["labels"][0]
            if "labels" in over
            else row_of("Classes (label scheme)", LABEL_SCHEMES, "paper3")
        )
        by = (
            over["split"][0]
            if "split" in over
            else split_by(configure(names[0], recipes[0]).split.by, f"split-{recipes[0]}")
        )
    chosen = {"cohort": cohort, "labels": labels, "split": {"by": by}}
    # Where several networks start from ImageNet weights, one that has none starts without.
    if start_from != IMAGENET:
        chosen["weights"] = start_from
    start = configure(names[0], recipes[0], **chosen)
    # Under another key the widgets begin again from what the recipe says.
    key = f"{'study' if over else names[0]}/{recipes[0]}/{start_from}"
    with st.expander("All settings", icon=":material/tune:"):
        st.caption(
            "Filled in by the recipe; the question marks say what each one does."
            + (" What you change here changes in every run of the study." if over else "")
        )
        values = settings_form(start, key, (*SHOWN_ABOVE, *leave_out))
    config = configure(names[0], recipes[0], **_joined(chosen, values))
    for backbone in backbones:
        check_image_size(backbone, config.image_size)
    changed = _joined(chosen, changes_from(start, config))
    return {"backbone": names[0], "recipe": recipes[0], **changed}


def _joined(chosen: dict, values: dict) -> dict:
    return chosen | values | {"split": chosen["split"] | values.get("split", {})}


def preview(config: RunConfig, settings: Settings, of_which: str = "") -> None:
    """Say how many images and patients stand on which side; ``of_which`` begins the sentence.

    Raises UserError when the images of ``config`` cannot be divided, or are fewer than a batch.
    """
    rows = chosen_rows(settings, config.cohort, config.labels)
    check_classes(rows, config.labels)
    which = (config.cohort, config.labels, _key(rows["id"]))
    division, counts = _divide(which, rows, config.split, config.limit, config.seed)
    total = counts.sum()
    shared = (
        f":orange[**{division.overlap_patients:,} patients on both sides**]"
        if division.overlap_patients
        else "no patient on both sides"
    )
    held_back = (
        f"**{total['calibration images']:,}** held back to set a temperature on, "
        if len(division.calibration)
        else ""
    )
    st.markdown(
        f"{of_which}**{total['training images']:,}** images to learn from, "
        f"**{total['validation images']:,}** to check on, {held_back}{shared}."
    )
    with st.expander("Images and patients of each class"):
        shown = counts.rename(index=class_title)
        st.dataframe(shown, width="stretch")
        exact = shown.rename_axis("class").reset_index()
        take_away("division", exact, lambda: exact)
    check_batch(config, division)


def _key(ids: pd.Series) -> int:
    return hash(pd.util.hash_pandas_object(ids, categorize=False).to_numpy().tobytes())


@st.cache_data(max_entries=32, show_spinner="Dividing the images")
def _divide(
    which: tuple, _rows: pd.DataFrame, split: SplitConfig, limit: int | None, seed: int
) -> tuple[Split, pd.DataFrame]:
    rows = limit_rows(_rows, limit, seed) if limit else _rows
    division = make_split(rows, split)
    return division, division.describe(rows)
