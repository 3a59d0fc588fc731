"""Choosing one image for a network to read: from the catalog, or brought along.

Holds ``choose_image`` and, where several were brought along, ``one_of``. What a network says of it
is shown by the page.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from core import runs
from core.data.labels import LABEL_SCHEMES
from core.data.texts import occurs_in
from core.errors import UserError
from core.imaging.decode import read_image
from core.settings import Settings
from core.training.config import read_config
from pages.components.cases import cases_of, changed
from pages.components.catalog import catalog
from pages.components.several_images import choose_among
from pages.components.uploads import Uploaded, upload_images
from pages.components.words import class_title, class_words

UNKNOWN = "not in this run"
SIDES = {
    "validation": "Checking images (validation)",
    "training": "Training images",
    "calibration": "Held back to set a temperature on (calibration)",
    UNKNOWN: "Others of the catalog",
}


@dataclass(frozen=True)
class ChosenImage:
    """A path or an upload's bytes, what to call it, its true class ("" if unknown) and side."""

    source: Path | bytes
    name: str
    truth: str = ""
    side: str = ""
    synthetic: bool = False


def choose_image(run: runs.Run, settings: Settings) -> ChosenImage | Uploaded | None:
    """Show the two ways to an image; return the image chosen, or None when there is none yet.

    Several uploaded images are returned as they are, for ``one_of``.
    """
    way = st.segmented_control(
        "Image", ["from the catalog", "your own"], default="from the catalog", required=True
    )
    return _upload(settings) if way == "your own" else _from_catalog(run, settings)


def one_of(
    chosen: ChosenImage | Uploaded | None, run: runs.Run, settings: Settings
) -> ChosenImage | None:
    """Of several images show what ``run`` says of each, and return the one whose row is chosen."""
    if not isinstance(chosen, Uploaded):
        return chosen
    image = choose_among(chosen, run, settings)
    return None if image is None else ChosenImage(image.unpacked().source, image.name)


def _upload(settings: Settings) -> ChosenImage | Uploaded | None:
    uploaded = upload_images()
    if uploaded is None or len(uploaded.images) > 1:
        return uploaded
    image = uploaded.images[0].unpacked()
    if image.problem:
        raise UserError(image.problem)
    # A file that is no image is refused here, before the network is woken for it.
    read_image(image.source, settings.max_pixels, image.name)
    return ChosenImage(image.source, image.name)


def _from_catalog(run: runs.Run, settings: Settings) -> ChosenImage | None:
    config = read_config(run.config)
    rows = _rows(run, config.labels, settings)
    classes = [name for name in config.classes if name in rows["label"].unique()]
    side = st.selectbox(
        "Which images",
        [name for name in SIDES if name in rows["side"].unique()],
        format_func=SIDES.get,
        key=f"side/{run.id}",
        help="The network has learnt from the training images; only the others test it.",
    )
    label = st.selectbox(
        "True class",
        ["any", *classes],
        format_func=lambda name: "any" if name == "any" else class_words(name),
        key=f"class/{run.id}",
    )
    rows = rows[rows["side"] == side]
    if side == "validation" and st.toggle("Only those it got wrong"):
        cases = cases_of(run)
        rows = rows[occurs_in(rows["id"], cases.loc[cases["wrong"], "id"])]
    if label != "any":
        rows = rows[rows["label"] == label]
    if rows.empty:
        st.info("No such image; choose another class or other images.")
        return None
    if st.button("Another image", icon=":material/shuffle:") or "drawn" not in st.session_state:
        st.session_state["drawn"] = secrets.randbelow(2**31)
    row = rows.iloc[st.session_state["drawn"] % len(rows)]
    st.caption(f"One of {len(rows):,}, drawn by chance: `{row['id']}`")
    return ChosenImage(
        Path(row["path"]), Path(row["path"]).name, row["label"], side, bool(row["synthetic"])
    )


def _rows(run: runs.Run, labels: str, settings: Settings) -> pd.DataFrame:
    """Readable images with their class under ``labels`` and their side in the run.

    Matched by content, so that a copy of a training image counts as one. The table is shared.
    """
    known = catalog(settings)
    # The catalog is one object until it is read again.
    mark = (id(known), len(known), changed(run, "images.csv"))
    return _divided(run.id, mark, labels, run, known)


@st.cache_resource(max_entries=16, show_spinner="Reading which images the run used.")
def _divided(
    identifier: str, mark: tuple, labels: str, _run: runs.Run, _table: pd.DataFrame
) -> pd.DataFrame:
    rows = _table[(_table["excluded"] == "") & (_table["finding"] != "")]
    sides = _sides(_run)
    return rows.assign(
        label=rows["finding"].map(LABEL_SCHEMES[labels].class_of),
        side=rows["sha256"].map(sides).fillna(UNKNOWN),
    )


def _sides(run: runs.Run) -> pd.Series:
    try:
        images = pd.read_csv(run.folder / "images.csv", usecols=["sha256", "side"])
    except (OSError, ValueError):
        return pd.Series(dtype="str")
    # Of copies on both sides the training one counts: "training" sorts before "validation". What
    # is held back comes last: no copy of it is learnt from.
    images = images.assign(held_back=images["side"] == "calibration")
    images = images.sort_values(["held_back", "side"])
    return images.drop_duplicates("sha256").set_index("sha256")["side"]


def describe_image(image: ChosenImage) -> None:
    """Say what is known of the image, and whether the network has learnt from it."""
    synthetic = ":orange-badge[SYNTHETIC] " if image.synthetic else ""
    truth = f"The source says: **{class_title(image.truth)}**." if image.truth else ""
    st.markdown(f"{synthetic}`{image.name}` {truth}")
    if image.side == "training":
        st.warning(
            "The network **learnt from this image**. Its answer shows memory, not skill.",
            icon=":material/school:",
        )
    elif image.side == "validation":
        st.caption("The network has not learnt from this image.")
    elif image.side == "calibration":
        st.caption(
            "The network has not learnt from this image; it was held back to set a temperature on."
        )
    elif image.truth:
        st.caption("This image took no part in the run.")
