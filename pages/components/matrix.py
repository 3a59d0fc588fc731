"""A confusion matrix with what is said about it: of one run, or of a run and its repeats together.

Holds ``matrix_of``. Which runs repeat each other, and how their matrices come together, stands in
``core.evaluation.spread``.
"""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import runs
from core.charts.confusion import confusion_heatmap
from core.charts.theme import CONFIG
from core.evaluation.metrics import per_class_table
from core.evaluation.spread import combined_matrix, matrix_rates
from core.words import PERCENT
from pages.components.closer_look import choose_cell, chosen_cell
from pages.components.matrix_words import read_matrix
from pages.components.published_classes import has_partner
from pages.components.repeats import repeated_words, repeats_of
from pages.components.run_choice import describe_run, warn_of_shared_patients
from pages.components.score_tables import class_table
from pages.components.take_away import take_away
from pages.components.words import class_title, percent, run_title, spread_words

ACCURACY = (
    "Accuracy as the paper defines it: recognised images of the class over all validation images. "
    "The classes add up to the overall accuracy, so that one class alone cannot reach 100 %."
)


def matrix_of(
    run: runs.Run, finished: list[runs.Run], shares: bool, key: str, tables: DeltaGenerator
) -> None:
    """Show the matrix of ``run`` and its words, and in ``tables`` its table class by class.

    Where ``finished`` has repeats of it, a switch takes all of them together. ``shares``: large
    figures are shares of the row; ``key`` "alone" stands for a matrix that has the whole width.
    """
    metrics = run.metrics()
    if not metrics.get("confusion_matrix"):
        st.warning(f"metrics.json of `{run.id}` is missing or cannot be read; repeat the run.")
        return
    rows, spread = repeats_of(run, finished)
    if rows is not None and st.toggle(
        f"Together with its repeats: {len(rows)} runs, {repeated_words(spread)}",
        key=f"together-{key}",
    ):
        _together(run, rows, spread, finished, shares, key, tables)
    else:
        describe_run(run, metrics)
        with _draw(metrics["confusion_matrix"], metrics["classes"], shares, key, run=run):
            warn_of_shared_patients([run])
        with tables:
            st.markdown(f"**{_whose(run, key)}lass by class, as the paper prints it**")
            class_table(per_class_table(metrics))
            if not has_partner(run):
                st.caption(ACCURACY)
            for sentence in metrics.get("undefined", []):
                st.caption(sentence)


def _together(
    run: runs.Run,
    rows: pd.DataFrame,
    spread: pd.Series,
    finished: list[runs.Run],
    shares: bool,
    key: str,
    tables: DeltaGenerator,
) -> None:
    matrices = {
        other.id: other.metrics().get("confusion_matrix")
        for other in finished
        if other.id in spread["members"]
    }
    classes = run.metrics()["classes"]
    for identifier, matrix in matrices.items():
        if np.shape(matrix) != (len(classes), len(classes)):
            st.warning(f"metrics.json of `{identifier}` has no matrix like this; repeat the run.")
            return
    matrix = combined_matrix(rows, matrices)
    # Each image counts once where only folds are added up.
    mean = bool(rows["fold"].isna().any() or rows["fold"].duplicated().any())
    st.markdown(_about(spread, mean))
    with _draw(matrix.tolist(), classes, shares, key, mean):
        warn_of_shared_patients([other for other in finished if other.id in matrices])
        st.caption("The cells of several runs together have no images to show; those of one have.")
    table = matrix_rates(matrix, classes)
    if mean:
        # Of means over the same images, Wilson's interval would claim images nobody checked.
        table = table.assign(sensitivity_low=np.nan, sensitivity_high=np.nan)
    with tables:
        st.markdown(f"**{_whose(run, key)}lass by class, from this matrix**")
        class_table(table)


def _about(spread: pd.Series, mean: bool) -> str:
    scores = (spread[f"balanced_accuracy_{part}"] for part in ("mean", "sd", "min", "max"))
    synthetic = ":orange-badge[SYNTHETIC images] " if spread["synthetic"] else ""
    words = f"{synthetic}**{spread['group']}**, {spread['runs']} runs: {repeated_words(spread)}. "
    folds = "fold" in spread["differ"]
    if folds and mean:
        words += (
            "Each cell is the **mean** over the runs that held back the same fold, **added up** "
            "over the folds"
            + ("." if len(spread["split_seed"]) < 2 else ", and averaged over the divisions.")
        )
    elif folds:
        words += (
            "Each cell is the **sum over the folds**: every image is answered by the network that "
            "was not trained on it."
        )
    else:
        words += (
            "Each cell is the **mean over the runs**: how many images a network trained this way "
            "takes so on average. One network gives whole numbers; a mean need not."
        )
    if folds and np.isfinite(spread["covered"]):
        words += (
            " Every image was checked once"
            if spread["covered"] > 1 - 1e-9
            else f" **Folds are missing:** {100 * spread['covered']:.0f}{PERCENT} of the images "
            "were checked"
        ) + (" by each seed." if mean else ".")
    return f"{words} Balanced accuracy of the runs: mean {spread_words(*scores)}."


def _draw(
    matrix: list,
    classes: list[str],
    shares: bool,
    key: str,
    mean: bool = False,
    run: runs.Run | None = None,
) -> DeltaGenerator:
    """Draw the matrix; gives the place of its words, which stand beside it or below it."""
    # Only cells of one run have images to show; those of several are sums or means.
    click = {}
    if run is not None:
        click = {
            "on_select": partial(choose_cell, run, f"matrix-{key}"),
            "selection_mode": "points",
        }
    left, right = st.columns([2, 3], gap="large") if key == "alone" else (st, st)
    with left.container():
        names = {name: class_title(name) for name in classes}
        st.plotly_chart(
            confusion_heatmap(
                matrix, classes, shares, names, chosen=chosen_cell(run) if run else None
            ),
            theme=None,
            config=CONFIG,
            key=f"matrix-{key}",
            **click,
        )
        exact = pd.DataFrame(matrix, columns=classes)
        exact.insert(0, "truth", classes)
        take_away("confusion-matrix", exact, partial(_as_read, matrix, classes))
    words = right.container()
    for sentence in read_matrix(matrix, classes, mean):
        words.markdown(sentence)
    return words


def _as_read(matrix: list, classes: list[str]) -> pd.DataFrame:
    """A row per true class, a column per answer; in a cell its images and their share of the row.

    Images may be means, then with one decimal.
    """
    counts = np.asarray(matrix, float)
    images = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, images, out=np.full(counts.shape, np.nan), where=images > 0)
    digits = 1 if (counts % 1).any() else 0
    columns = {"Truly": [class_title(name) for name in classes]}
    for place, name in enumerate(classes):
        cells = zip(counts[:, place], shares[:, place], strict=True)
        columns[f"Taken for {class_title(name)}"] = [
            f"{n:,.{digits}f} ({percent(share)})" for n, share in cells
        ]
    return pd.DataFrame(columns)


def _whose(run: runs.Run, key: str) -> str:
    return "C" if key == "alone" else f"{run_title(run)}: c"
