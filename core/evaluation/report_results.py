"""The sections of a report that show what came out: scores, pairs, matrices, curves, times.

Holds ``Chart`` and one function per section, each giving sentences, tables and charts from above.
The order of all sections stands in ``core.evaluation.report_sections``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from core.charts.cheat_test import cheat_chart
from core.charts.comparison import comparison_chart, score_against_time
from core.charts.confusion import confusion_heatmap
from core.charts.curves import overlaid_curves
from core.charts.differences import best_chart, differences_chart
from core.charts.spread import spread_chart
from core.evaluation import published
from core.evaluation import report_figures as figures
from core.evaluation.baseline_results import (
    against_trivial,
    best_trivial,
    not_above,
    who_lies_above,
)
from core.evaluation.cheat_differences import difference_table, difference_words
from core.evaluation.cheat_results import SEEN, cheat_table
from core.evaluation.compare import undefined_words
from core.evaluation.report_facts import Facts
from core.evaluation.report_tables import Table
from core.evaluation.resampling import RESAMPLES
from core.evaluation.spread import repeats, spread_table
from core.evaluation.verdict import better_first
from core.words import class_title, percent

MEASURE = "balanced_accuracy"


@dataclass(frozen=True)
class Chart:
    """A figure with its title; ``half``: two of them stand side by side where there is room."""

    title: str
    figure: go.Figure
    half: bool = False


Block = str | Table | Chart


def scores(facts: Facts) -> Iterator[Block]:
    """All scores beside the published ones and the trivial baselines."""
    yield (
        "Every score stands with its 95 % interval in brackets. Sensitivity, specificity, "
        "precision and F1 are plain means over the classes."
    )
    drawn = facts.baselines
    if drawn["division"].nunique() > 1:
        drawn = best_trivial(drawn, MEASURE)
    table = pd.concat([facts.scores, facts.published, drawn], ignore_index=True)
    yield Chart("Balanced accuracy", comparison_chart(table, MEASURE))
    yield figures.score_table(facts)
    everything = pd.concat([facts.scores, facts.baselines], ignore_index=True)
    # One reason can undo several scores.
    yield from dict.fromkeys(
        words for score in figures.SCORE_TITLES for words in undefined_words(everything, score)
    )
    if len(facts.published):
        notes = ("class mix", "derived", "not legible", "intervals", "split")
        for note in notes:
            yield ("† " if note == "derived" else "") + published.FOOTNOTES[note]
        yield f"Published: {published.CITATION}"
        against = figures.against_table(facts)
        if against.rows and not facts.synthetic:
            yield against


def pairs(facts: Facts) -> Iterator[Block]:
    """Whether one run is better than another; nothing where fewer than two compare."""
    if facts.pairs.empty:
        return
    yield (
        "Each pair is compared on the validation images that both runs share. Better: McNemar's "
        "test (Holm's correction over all pairs) and the bootstrap interval agree; unclear: only "
        "one of them does; chance: neither."
    )
    yield Chart("How far each two runs are apart", differences_chart(_better_first(facts)))
    yield figures.pairs_table(facts)
    yield from dict.fromkeys(filter(None, facts.pairs["reason"]))
    if facts.best is None:
        return
    if facts.best.table["probability"].notna().any():
        yield Chart("Which run is best, how often", best_chart(facts.best.table))
        yield (
            f"Share of {RESAMPLES:,} resamples of the {facts.best.n:,} images common to all runs "
            "in which a run has the highest balanced accuracy."
        )
    if facts.best.reason:
        yield facts.best.reason


def repeated_runs(facts: Facts) -> Iterator[Block]:
    """Mean and spread of runs that repeat each other; nothing where none do."""
    table = figures.repeats_table(facts)
    if table.rows:
        rows = repeats(facts.scores)
        yield Chart("Runs that repeat each other", spread_chart(rows, spread_table(rows), MEASURE))
        yield table


def class_by_class(facts: Facts) -> Iterator[Block]:
    """Confusion matrix and scores of every run."""
    for run in facts.scored:
        name, metrics = facts.names[run.id], run.metrics()
        matrix, classes = metrics.get("confusion_matrix"), metrics.get("classes")
        if _is_matrix(matrix, classes):
            names = {each: class_title(each) for each in classes}
            yield Chart(f"{name}: true against predicted", _heatmap(matrix, classes, names), True)
        else:
            yield f"metrics.json of {run.id} holds no confusion matrix."
        yield figures.class_table(run, name) or f"metrics.json of {run.id} has no scores by class."


def learning_curves(facts: Facts) -> Iterator[Block]:
    """How the runs learnt, epoch by epoch."""
    if facts.curves.empty:
        yield "None of these runs has a history that can be read."
        return
    for measure, title in (
        ("val_accuracy", "Validation accuracy"),
        ("val_loss", "Validation loss"),
    ):
        yield Chart(title, overlaid_curves(facts.curves, measure))


def trivial_baselines(facts: Facts) -> Iterator[Block]:
    """Which runs are not shown to beat the best trivial baseline."""
    if facts.baselines.empty:
        yield "Not computed on these images (`python -m core baselines`)."
        return
    yield (
        "A trivial baseline sees next to nothing of the lungs. What it scores, a network can score "
        "too without having learnt to read an X-ray. The scores stand in the table above."
    )
    beaten = not_above(facts.scores, facts.baselines, MEASURE)
    for row in beaten.to_dict("records"):
        yield against_trivial(row["name"], row, MEASURE, "balanced accuracy")
    if beaten.empty:
        scored = facts.scores.dropna(subset=[MEASURE])
        if some := int(scored["division"].isin(facts.baselines["division"]).sum()):
            who = who_lies_above(some, len(facts.scores))
            yield f"{who} above the best of them, by intervals."


def without_lungs(facts: Facts) -> Iterator[Block]:
    """What the runs score without the lungs, where that was tested."""
    table = cheat_table(facts.scored, MEASURE)
    if table.empty:
        yield "Not made for these runs (`python -m core cheat-test --run RUN`)."
        return
    table = table.assign(name=table["run"].map(facts.names))
    yield Chart("With and without the lungs", cheat_chart(table, MEASURE, SEEN))
    rows = [
        [row["name"], SEEN[row["seen"]], percent(row["score"], row["low"], row["high"]), row["n"]]
        for row in table.to_dict("records")
    ]
    for row in difference_table(facts.scored, MEASURE).to_dict("records"):
        yield f"{facts.names[row['run']]}, {SEEN[row['seen']]}: {difference_words(row)}."
    columns = ("Run", "Seen", "Balanced accuracy", "n")
    yield Table("Cheat test", columns, [[str(c) for c in row] for row in rows], (0, 1))


def times(facts: Facts) -> Iterator[Block]:
    """What a score costs in time."""
    yield Chart("What a score costs", score_against_time(facts.scores, MEASURE))
    yield figures.times_table(facts)


def _better_first(facts: Facts) -> pd.DataFrame:
    pairs = better_first(facts.pairs)
    return pairs.sort_values("difference", ascending=False, ignore_index=True)


def _heatmap(matrix: list, classes: list, names: dict[str, str]) -> go.Figure:
    return confusion_heatmap(matrix, classes, words=names, height=330)


def _is_matrix(matrix: object, classes: object) -> bool:
    """Whether these are k rows of k counts for k names: anybody may have edited metrics.json."""
    if not (isinstance(matrix, list) and isinstance(classes, list)) or not classes:
        return False
    square = len(matrix) == len(classes) and all(
        isinstance(row, list) and len(row) == len(classes) for row in matrix
    )
    return (
        square
        and all(isinstance(name, str) for name in classes)
        and all(isinstance(n, int) and 0 <= n < 2**53 for row in matrix for n in row)
    )
