"""Where a network looked in one image: the map, its method, class and opacity, heat in the lungs.

Holds ``asked_map``, what a page asks for before it draws, and ``where_it_looked``, which draws it.
Several maps side by side stand in ``map_rows``.
"""

from pathlib import Path

import streamlit as st

from core import runs
from core.data.lungs import annotated_box
from core.inference.box_heat import box_area, outline, share_inside
from core.inference.methods import EXPLANATIONS, GRADCAM
from core.inference.overlay import overlay
from core.inference.predictor import Prediction
from pages.components.explanation import WHAT_IT_IS_NOT, what_it_is
from pages.components.words import class_title, class_words, percent

_METHOD, _OPACITY = "explain-method", "opacity"


def asked_map(run: runs.Run) -> tuple[str, str]:
    """The class ("": the network's answer) and the method that the visitor has chosen."""
    method = st.session_state.get(_METHOD)
    return (
        st.session_state.get(f"explained/{run.id}") or "",
        method if method in EXPLANATIONS else GRADCAM,
    )


def opacity() -> float:
    """How much of the image the hottest place hides, 0..1, as the visitor has set it."""
    return st.session_state.get(_OPACITY, 60) / 100


def where_it_looked(prediction: Prediction, image: Path | bytes) -> None:
    """Show what the network saw, the map over it, and the choices below."""
    box = annotated_box(image) if isinstance(image, Path) else None
    seen, looked = st.columns(2)
    drawn = overlay(prediction.pixels, prediction.heat, opacity())
    method = EXPLANATIONS[prediction.explanation]
    seen.image(prediction.pixels, "What the network sees", width="stretch")
    looked.image(
        drawn if box is None else outline(drawn, box),
        f"What speaks for {class_title(prediction.explained_class)} ({method.title})",
        width="stretch",
    )
    if prediction.note:
        st.info(prediction.note)
    elif box is not None:
        _inside_the_lungs(prediction, box)


def map_choices(run: runs.Run, prediction: Prediction) -> None:
    """The widgets that choose method, class and opacity, and what the colours mean."""
    st.selectbox(
        "How to ask where it looked (method)",
        list(EXPLANATIONS),
        format_func=lambda name: f"{EXPLANATIONS[name].title}: {EXPLANATIONS[name].plain}",
        key=_METHOD,
        help="  \n".join(f"**{row.title}**: {row.cost}." for row in EXPLANATIONS.values()),
    )
    st.selectbox(
        "Show what speaks for",
        ["", *prediction.probabilities],
        format_func=lambda name: class_words(name) if name else "the network's answer",
        key=f"explained/{run.id}",
    )
    st.slider("Strength of the colours (opacity)", 0, 100, 60, 5, "%d %%", _OPACITY)


def map_words(prediction: Prediction) -> None:
    """What the colours mean, and what they do not."""
    st.caption(f"{what_it_is(prediction.explanation)} {WHAT_IT_IS_NOT}")


def _inside_the_lungs(prediction: Prediction, box: tuple[float, ...]) -> None:
    share, area = share_inside(prediction.heat, box), box_area(box)
    times = f"{share / area:.1f} times" if area else ""
    st.markdown(
        f"**Heat inside the lungs: {percent(share)}.** The lungs' box (blue, from the collection) "
        f"takes {percent(area)} of the image; heat spread evenly would have that share in it. "
        f"Here it is {times} as much."
    )
