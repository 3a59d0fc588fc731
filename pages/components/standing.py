"""Four cards on the Home page: images, runs, pretrained weights, computer.

Holds widgets alone; what they say is found by ``core.standing``.
"""

import streamlit as st

from core.data.labels import CLASS_WORDS
from core.standing import Standing
from pages.components.frame import dot


def where_you_stand(standing: Standing) -> None:
    """Show ``standing`` as four cards, one below the other on a narrow screen."""
    images, trained, weights, computer = st.columns([4, 3, 3, 3])
    with images.container(border=True, height="stretch"):
        kind = "Synthetic images" if standing.synthetic else "Real X-rays"
        st.metric(kind, f"{standing.images:,}")
        # The first clause says what the class is; what follows it is for the Dataset page.
        lines = [
            f"{dot(name)}{name} **{n:,}**  \n:gray[:small[{CLASS_WORDS[name].partition(' (')[0]}]]"
            for name, n in standing.by_class.items()
        ]
        st.markdown("\n\n".join(lines), unsafe_allow_html=True)
    with trained.container(border=True, height="stretch"):
        st.metric("Runs finished", standing.finished)
        st.caption(
            "A run is one training of one network.\n\n"
            f"{standing.active} at work or waiting  \n{standing.unfinished} failed or interrupted"
        )
    with weights.container(border=True, height="stretch"):
        st.metric("Pretrained networks here", f"{len(standing.weights)} of {standing.wanted}")
        st.caption(
            "Weights learnt on everyday photographs (ImageNet), a head start for the large "
            "networks. Missing ones are downloaded when first used."
            + (f"\n\nHere: {', '.join(standing.weights)}" if standing.weights else "")
        )
    with computer.container(border=True, height="stretch"):
        st.metric("Computer", standing.device.kind)
        st.caption(standing.device.sentence)
