"""Opinions of one image as the Prediction page shows them: the bars and the table.

Holds what is drawn; who is asked, and when, stands in ``opinions``.
"""

import pandas as pd
from streamlit.delta_generator import DeltaGenerator

from core import runs
from core.charts.one_image import probabilities_by_run
from core.charts.theme import CONFIG
from core.evaluation.compare import run_name
from core.evaluation.confused_with import ConfusedWith, confused_with
from core.inference.agreement import agreement
from core.inference.opinions import Opinion, opinion_rows
from pages.components.cases import cases_of
from pages.components.worded_table import worded_table
from pages.components.words import class_title, percent

# Pixels beside the choices of the Prediction page on a screen of 1440.
ROOM = 720


def bars(
    place: DeltaGenerator,
    given: list[Opinion],
    asked: list[runs.Run],
    classes: tuple[str, ...],
    truth: str,
) -> None:
    """Draw the mean and a bar per network into ``place``; those still to answer keep their rows."""
    table = opinion_rows(given, classes, truth)
    table["name"] += table["doubt"].map(lambda doubt: " · not in the mean" if doubt else "")
    together = agreement(given, classes)
    means = dict(zip(together.table["class"], together.table["mean"], strict=True))
    mean = {
        "name": f"<b>Mean of {together.n}</b>" if together.n else "Mean",
        "wrong": together.likeliest != truth if truth and together.n else None,
        **{f"p_{name}": means[name] for name in classes},
    }
    waiting = [{"name": f"{run_name(run)} …", "wrong": None} for run in asked[len(given) :]]
    rows = [mean, *table.to_dict("records"), *waiting]
    drawn = pd.DataFrame(rows, columns=["name", "wrong", *(f"p_{name}" for name in classes)])
    place.plotly_chart(
        probabilities_by_run(drawn, classes), theme=None, config=CONFIG,
        key=f"opinions/{len(given)}",
    )  # fmt: skip


def table_of_opinions(
    given: list[Opinion], asked: list[runs.Run], classes: tuple[str, ...], truth: str
) -> None:
    """Each network's answer, its probabilities, and what that answer was mistaken for most."""
    table, by_id = opinion_rows(given, classes, truth), {run.id: run for run in asked}
    mistakes = [
        confused_with(cases_of(by_id[row.run]), row.predicted) for row in table.itertuples()
    ]
    shown = table.assign(
        predicted=table["predicted"].map(class_title),
        mistaken=[_mistake_words(each) for each in mistakes],
    )
    bounds = [each.interval or (None, None) for each in mistakes]
    exact = table.drop(columns="wrong").assign(
        answers_like_it=[each.n for each in mistakes],
        of_them_wrong=[each.wrong for each in mistakes],
        mistaken_for=[each.other for each in mistakes],
        mistaken_images=[each.count for each in mistakes],
        mistaken_share_low=[low for low, _ in bounds],
        mistaken_share_high=[high for _, high in bounds],
    )
    probabilities = [f"p_{name}" for name in classes]
    worded_table(
        shown[["name", "predicted", *probabilities, "mistaken"]],
        {name: [percent(value) for value in table[name]] for name in probabilities},
        {f"p_{name}": (class_title(name), f"Probability of {name}") for name in classes},
        {
            "name": ("Network and run", None),
            "predicted": ("Answer", None),
            "mistaken": (
                "This answer was really",
                "The class that its validation images most often had when it gave this answer "
                "wrongly, with the 95 % interval of that share.",
            ),
        },
        ["color: #E69F00" if wrong else "" for wrong in table["wrong"]],
        name="opinions",
        room=ROOM,
        exact=exact,
    )


def _mistake_words(mistake: ConfusedWith) -> str:
    if not mistake.n:
        return "never given on its validation images"
    share = percent(mistake.count / mistake.n, *mistake.interval)
    if not mistake.wrong:
        return f"right in all {mistake.n:,}: wrong in {share}"
    return f"{class_title(mistake.other)} in {mistake.count:,} of {mistake.n:,}: {share}"
