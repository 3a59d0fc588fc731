"""Several maps of one image side by side: all methods, all networks, and the sanity check.

Holds ``more_maps`` and ``show_check``. Each map is asked for by itself, so that a row fills in from
the left while dear ones are still computed.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import streamlit as st

from core import runs
from core.errors import UserError
from core.evaluation.cases import run_classes
from core.inference.methods import EXPLANATIONS
from core.inference.overlay import overlay
from core.inference.predictor import Prediction
from core.inference.sanity import SanityCheck
from core.settings import Settings
from pages.components.explanation import check_cached, predict_cached
from pages.components.where_it_looked import opacity
from pages.components.words import class_title, percent, run_title

SAME_CLASSES = "all with these classes"
SHUFFLED_SHOWN = 3


def more_maps(
    run: runs.Run,
    image: Path | bytes,
    name: str,
    prediction: Prediction,
    finished: list[runs.Run],
    settings: Settings,
) -> None:
    """Offer the rows of maps, and show those that are switched on.

    ``prediction`` is what the page shows of ``run`` and ``image``; the rows show its class.
    """
    title = EXPLANATIONS[prediction.explanation].title
    explained = prediction.explained_class

    def asked(other: runs.Run, method: str) -> Prediction:
        return predict_cached(other, image, name, settings, explained, method)

    if st.toggle("Sanity check of this map", key="maps-sanity"):
        check = check_cached(run, image, name, settings, explained, prediction.explanation)
        show_check(check, prediction)
    if st.toggle(f"All {len(EXPLANATIONS)} methods in one row", key="maps-methods"):
        st.caption(
            f"What speaks for {class_title(explained)}. The methods ask different questions; where "
            "they agree, the place matters more surely."
        )
        _row(
            "stages-methods",
            {
                row.name: (row.title, lambda row=row: asked(run, row.name))
                for row in EXPLANATIONS.values()
            },
        )
    if st.toggle("The networks' maps in one row", key="maps-networks"):
        others = _chosen_runs(run, finished)
        st.caption(
            f"What speaks for {class_title(explained)}, by {title}. A network that has to be "
            "loaded first takes about ten seconds. Some may have learnt from this image."
        )
        _row(
            "networks",
            {
                other.id: (
                    run_title(other),
                    lambda other=other: asked(other, prediction.explanation),
                )
                for other in others
            },
            lambda answer: f": {percent(answer.probabilities[explained])}",
        )


def _row(
    name: str,
    asks: Mapping[str, tuple[str, Callable[[], Prediction]]],
    words: Callable[[Prediction], str] = lambda answer: "",
) -> None:
    with st.container(key=f"grid-{name}"):
        places = {key: st.empty() for key in asks}
    for place, (title, _) in zip(places.values(), asks.values(), strict=True):
        place.caption(f"{title}: waiting")
    for key, (title, ask) in asks.items():
        try:
            answer = ask()
        except UserError as error:
            places[key].caption(f"{title}: {error}")
            continue
        places[key].image(
            overlay(answer.pixels, answer.heat, opacity()),
            title + words(answer) + (" (empty map)" if answer.note else ""),
            width="stretch",
        )


def _chosen_runs(run: runs.Run, finished: list[runs.Run]) -> list[runs.Run]:
    same = [other for other in finished if run_classes(other) == run_classes(run)]
    studies = list(dict.fromkeys(str(other.config.get("study") or "") for other in same))
    options = [study for study in studies if study] + [SAME_CLASSES]
    own = run.config.get("study")
    chosen = st.selectbox(
        "Networks of the study",
        options,
        index=options.index(own if own in options else SAME_CLASSES),
        key=f"maps-study/{run.id}",
    )
    return [other for other in same if chosen in (SAME_CLASSES, other.config.get("study"))]


def show_check(check: SanityCheck, prediction: Prediction) -> None:
    """Say whether the map depends on what was learnt, and show what became of it."""
    if check.note:
        st.info(f"{check.note} There is nothing to check.")
        return
    count = len(check.shuffled)
    figures = (
        f"rank correlation {check.correlation:.2f} (Spearman; mean of {count}, "
        f"{min(check.correlations):.2f} to {max(check.correlations):.2f}; 1 is the same map), "
        f"{percent(check.overlap)} of the hottest fifth in common (chance: 20\N{NO-BREAK SPACE}%)"
    )
    # A blank map is no map that differs: say what the nought stands for.
    if empty := sum(not heat.any() for heat in check.shuffled):
        figures += f"; {empty} of the {count} shuffled maps {'is' if empty == 1 else 'are'} empty"
    if check.looks_the_same:
        st.error(
            "**This map explains nothing for this image.** It looks the same when what the "
            f"network's head has learnt is shuffled away: {figures}. It shows what any such "
            "network looks at, not why this one answered.",
            icon=":material/visibility_off:",
        )
    else:
        st.success(
            "**The map depends on what was learnt.** With the weights of the network's head "
            f"shuffled it changes: {figures}. That does not make it right; it could still have "
            "looked at the wrong thing.",
            icon=":material/rule:",
        )
    with st.container(key="grid-stages-sanity"):
        tiles = [("as trained", check.heat)]
        tiles += [(f"shuffled ({i})", heat) for i, heat in enumerate(check.shuffled, 1)]
        for words, heat in tiles[: SHUFFLED_SHOWN + 1]:
            st.image(overlay(prediction.pixels, heat, opacity()), words, width="stretch")
    st.caption(
        "The randomisation test of Adebayo et al. (2018), at the network's head: every weight is "
        "put at another weight's place, and the map is drawn again. A mean rank correlation above "
        f"{EXPLANATIONS[check.method].same_above:g} counts as the same map."
    )
