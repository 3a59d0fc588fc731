"""Four cards on the Home page: images, runs, pretrained weights, computer.

Holds widgets alone; what they say is found by ``core.standing``.
"""

from html import escape

import streamlit as st

from core.data.labels import CLASS_WORDS
from core.standing import Standing
from pages.components.frame import dot


def where_you_stand(standing: Standing) -> None:
    """Show ``standing`` as four cards, one below the other on a narrow screen."""
    images, trained, weights, computer = st.columns([4, 3, 3, 3])
    with images.container(border=True, height="stretch"):
        kind = "Synthetic images" if standing.synthetic else "Real X-rays"
        _figure(kind, f"{standing.images:,}")
        st.html(
            "".join(
                f'<p class="class-count">{dot(name)}{name} <b>{n:,}</b>'
                f"<small>{CLASS_WORDS[name]}</small></p>"
                for name, n in standing.by_class.items()
            )
        )
    with trained.container(border=True, height="stretch"):
        _figure("Runs finished", standing.finished)
        st.caption(
            "A run is one training of one network.\n\n"
            f"{standing.active} at work or waiting  \n{standing.unfinished} failed or interrupted"
        )
    with weights.container(border=True, height="stretch"):
        _figure("Pretrained networks here", f"{len(standing.weights)} of {standing.wanted}")
        st.caption(
            "Weights learnt on everyday photographs (ImageNet), a head start for the large "
            "networks. Missing ones are downloaded when first used."
            + (f"\n\nHere: {', '.join(standing.weights)}" if standing.weights else "")
        )
    with computer.container(border=True, height="stretch"):
        _figure("Computer", standing.device.kind)
        st.caption(standing.device.sentence)


def _figure(label: str, value: object) -> None:
    # st.metric makes the browser fetch a library for charts that no card here has, a fifth of a
    # second of the first page; Markdown with HTML in it, one for parsing that.
    st.html(f'<p class="figure"><span>{escape(label)}</span> <b>{escape(str(value))}</b></p>')
