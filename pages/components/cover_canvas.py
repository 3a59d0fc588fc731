"""A canvas to draw regions on an image: brush, box or outline, with mouse, pen or finger.

Holds ``draw_regions`` and what a visitor has drawn. The canvas itself is cover_canvas.html, .css
and .js; what a region is stands in ``core.imaging.regions``.
"""

from base64 import b64encode
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import streamlit as st

from core.errors import UserError
from core.imaging.regions import BOX, MOST_REGIONS, Region, read_region

CANVAS, DRAWN = "cover-canvas", "cover-drawn"
REMEMBERED = 2 * MOST_REGIONS
_FILES = Path(__file__).with_name("cover_canvas")
_canvas = st.components.v2.component(
    "chestbench_cover_canvas",
    **{kind: _FILES.with_suffix(f".{kind}").read_text("utf-8") for kind in ("html", "css", "js")},
)


def draw_regions(pixels: np.ndarray, image: int) -> tuple[Region, ...]:
    """Show ``pixels`` (s, s) uint8 to draw on; gives the regions drawn so far, oldest first.

    They stay until ``image``, any number that stands for the image, is another one.
    """
    drawn = _drawn(image)
    _canvas(
        key=CANVAS,
        data={
            "image": _as_address(pixels),
            "regions": [asdict(region) for region in drawn["regions"]],
            "seen": drawn["seen"],
        },
        on_drawn_change=_take,
    )
    regions = drawn["regions"]
    with st.container(horizontal=True):
        st.button("Undo", icon=":material/undo:", disabled=not regions, on_click=_undo)
        st.button("Clear", icon=":material/ink_eraser:", disabled=not regions, on_click=_clear)
    with st.expander("Without drawing: a box by its edges"):
        across = st.slider("From left to right", 0, 100, (10, 45), 1, "%d %%", key="cover-across")
        down = st.slider("From top to bottom", 0, 100, (20, 80), 1, "%d %%", key="cover-down")
        st.button("Cover this box", on_click=_add_box, args=(across, down))
    if drawn["refused"]:
        st.warning(drawn["refused"])
    return tuple(regions)


def _drawn(image: int) -> dict:
    drawn = st.session_state.get(DRAWN)
    if drawn is None or drawn["image"] != image:
        drawn = {"image": image, "regions": [], "seen": [], "refused": ""}
        st.session_state[DRAWN] = drawn
    return drawn


def _take() -> None:
    drawn = st.session_state[DRAWN]
    for content in st.session_state[CANVAS].drawn or ():
        identifier = content.get("id") if isinstance(content, dict) else None
        if not isinstance(identifier, str) or identifier in drawn["seen"]:
            continue
        drawn["seen"] = [*drawn["seen"], identifier][-REMEMBERED:]
        try:
            _add(read_region(content))
        except UserError as error:
            drawn["refused"] = str(error)


def _add_box(across: tuple[int, int], down: tuple[int, int]) -> None:
    corners = tuple((x / 100, y / 100) for x, y in zip(across, down, strict=True))
    if across[0] == across[1] or down[0] == down[1]:
        st.session_state[DRAWN]["refused"] = "A box needs some width and height; move its edges."
    else:
        _add(Region(BOX, corners))


def _add(region: Region) -> None:
    drawn = st.session_state[DRAWN]
    full = len(drawn["regions"]) >= MOST_REGIONS
    drawn["refused"] = f"{MOST_REGIONS} regions are enough; clear them first." if full else ""
    if not full:
        drawn["regions"] = [*drawn["regions"], region]


def _undo() -> None:
    drawn = st.session_state[DRAWN]
    drawn["regions"], drawn["refused"] = drawn["regions"][:-1], ""


def _clear() -> None:
    drawn = st.session_state[DRAWN]
    drawn["regions"], drawn["refused"] = [], ""


def _as_address(pixels: np.ndarray) -> str:
    content = cv2.imencode(".png", pixels)[1].tobytes()
    return f"data:image/png;base64,{b64encode(content).decode()}"
