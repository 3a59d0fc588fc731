"""Several uploaded images through one network: progress with a stop, a table, and one to look at.

Holds ``choose_among``. The answers come from ``core.inference.batch``, a slice at a time, and stay
with the visitor's session; one image is shown by the page.
"""

import base64
import time
from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from core import runs
from core.charts.colours import MUTED, class_colour
from core.imaging.given_images import GivenImage
from core.inference.batch import Answer, answers_table, predict_slice
from core.settings import Settings
from core.training.config import read_config
from core.words import PERCENT
from pages.components.cases import changed
from pages.components.known_images import has_reference
from pages.components.take_away import take_away
from pages.components.uploads import Uploaded
from pages.components.waiting import asking
from pages.components.words import class_title, percent, time_left

# A slice goes to the network in one piece: others wait for it, and it is lost by a stop.
SLICE, SLICE_BYTES = 32, 100_000_000
THUMBNAIL_SIDE, ROW_HEIGHT = 96, 52  # pixels
KEPT = 4  # tables, so that going back to another network asks nothing again
STATE = "several-images"
REFUSED = "not diagnosed"


@dataclass
class _Asked:
    """What one network has answered so far to one upload."""

    answers: list[Answer] = field(default_factory=list)
    stopped: bool = False

    def stop(self) -> None:
        self.stopped = True

    def go_on(self) -> None:
        self.stopped = False


def choose_among(uploaded: Uploaded, run: runs.Run, settings: Settings) -> GivenImage | None:
    """Ask ``run`` about every uploaded image and show its answers as a table.

    Gives the image whose row is chosen, or None.
    """
    asked = _asked(uploaded, run)
    if not asked.stopped:
        if len(asked.answers) < len(uploaded.images):
            has_reference(run, settings)
        _ask(uploaded.images, asked, run, settings)
    if len(asked.answers) < len(uploaded.images):
        st.warning(
            f"Stopped after {len(asked.answers):,} of {len(uploaded.images):,} images.",
            icon=":material/stop_circle:",
        )
        st.button("Go on", icon=":material/play_arrow:", on_click=asked.go_on)
    if not asked.answers:
        return None
    place = _table(asked.answers, run, str(hash((uploaded.key, run.id))))
    if place is None:
        st.caption("Tick a row at its left edge to see that image and where the network looked.")
        return None
    answer, image = asked.answers[place], uploaded.images[place]
    if answer.problem:
        st.error(answer.problem, icon=":material/error:")
        return None
    return image


def _asked(uploaded: Uploaded, run: runs.Run) -> _Asked:
    kept: dict = st.session_state.setdefault(STATE, {})
    key = (uploaded.key, run.id, changed(run, "model.keras"))
    for other in [other for other in kept if other[0] != uploaded.key]:
        del kept[other]  # of an upload that was taken back
    asked = kept.pop(key, None) or _Asked()
    kept[key] = asked  # at the end: the first is the one that waited longest
    while len(kept) > KEPT:
        del kept[next(iter(kept))]
    return asked


def _ask(images: list[GivenImage], asked: _Asked, run: runs.Run, settings: Settings) -> None:
    before = len(asked.answers)
    if before == len(images):
        return
    place = st.empty()
    with place.container():
        bar = st.progress(0.0)
        st.button("Stop", icon=":material/stop:", on_click=asked.stop)
        began = time.monotonic()
        while (done := len(asked.answers)) < len(images) and not asked.stopped:
            new = done - before
            seconds = (len(images) - done) * (time.monotonic() - began) / new if new else None
            # Drawing is where Streamlit hears that somebody has pressed a button meanwhile.
            bar.progress(
                done / len(images), f"{done:,} of {len(images):,} images, {time_left(seconds)}"
            )
            part = _slice(images[done:])
            asked.answers += asking(predict_slice, run, part, settings, THUMBNAIL_SIDE)
    place.empty()


def _slice(images: list[GivenImage]) -> list[GivenImage]:
    """The next images with their bytes, as many as go to the network in one piece."""
    part, size = [], 0
    for image in images[:SLICE]:
        part.append(image.unpacked())
        size += len(part[-1].source)
        if size > SLICE_BYTES:
            break
    return part


def _table(answers: list[Answer], run: runs.Run, key: str) -> int | None:
    classes = read_config(run.config).classes
    table = answers_table(answers, classes)
    refused = table["refused"] != ""
    _summary(table, classes)
    shown = pd.DataFrame(
        {
            "image": [_address(answer.thumbnail) for answer in answers],
            # With its archive: two of them can hold files of one name.
            "file": table["name"],
            "answer": table["predicted"].map(class_title).mask(refused, REFUSED),
            **{name: 100 * table[f"p_{name}"].astype(float) for name in classes},
        }
    )
    colours = [class_colour(name) if name else MUTED for name in table["predicted"]]
    event = st.dataframe(
        shown.style.apply(lambda _: [f"color: {c}" for c in colours], subset=["answer"]),
        hide_index=True,
        height=min(640, 42 + ROW_HEIGHT * len(shown)),
        row_height=ROW_HEIGHT,
        on_select="rerun",
        selection_mode="single-row",
        key=f"several/{key}",
        placeholder="–",
        column_config={
            "image": st.column_config.ImageColumn("Image", width=60),
            "file": st.column_config.TextColumn("File", width=190),
            "answer": st.column_config.TextColumn("Answer", width=100),
            **{
                name: st.column_config.ProgressColumn(
                    class_title(name),
                    help=f"Probability of {class_title(name)}, as the network computes it.",
                    format=f"%.1f{PERCENT}%",
                    min_value=0,
                    max_value=100,
                    color=class_colour(name),
                    width=115,
                )
                for name in classes
            },
        },
    )
    if refused.any():
        verb = "is" if refused.sum() == 1 else "are"
        with st.expander(f"Why {refused.sum():,} {verb} {REFUSED}", icon=":material/block:"):
            pairs = zip(table.loc[refused, "name"], table.loc[refused, "refused"], strict=True)
            st.text("\n".join(f"{name}: {reasons}" for name, reasons in pairs))
            st.caption("Tick such a row to see the image, and its answer all the same.")
    problems = table.loc[table["problem"] != "", "problem"]
    if len(problems):
        verb = "has" if len(problems) == 1 else "have"
        with st.expander(f"Why {len(problems):,} {verb} no answer", icon=":material/error:"):
            st.text("\n".join(problems))
    take_away("predictions", table, lambda: _as_read(shown, table, classes))
    rows = event.selection.rows
    return rows[0] if rows and rows[0] < len(answers) else None


def _as_read(shown: pd.DataFrame, table: pd.DataFrame, classes: tuple[str, ...]) -> pd.DataFrame:
    """The table without its pictures, and why an image has no answer in words beside it."""
    columns = {"File": shown["file"], "Answer": shown["answer"].replace("", "–")}
    for name in classes:
        shares = shown[name] / 100
        columns[class_title(name)] = [percent(None if pd.isna(p) else p) for p in shares]
    why = table["refused"].where(table["refused"] != "", table["problem"])
    return pd.DataFrame(columns | ({"Why": why} if why.any() else {}))


def _summary(table: pd.DataFrame, classes: tuple[str, ...]) -> None:
    refused = table["refused"] != ""
    counts = table["predicted"].value_counts()
    words = [f"**{counts[name]:,}** {class_title(name)}" for name in classes if name in counts]
    if refused.any():
        words.append(f"**{refused.sum():,}** {REFUSED}")
    if unread := int((table["problem"] != "").sum()):
        words.append(f"**{unread:,}** without an answer")
    st.markdown(f"### {len(table):,} images\n{', '.join(words)}.")


def _address(thumbnail: bytes) -> str | None:
    if not thumbnail:
        return None
    return f"data:image/jpeg;base64,{base64.b64encode(thumbnail).decode()}"
