"""The sections of a report that read the probabilities: curves over all thresholds, calibration.

Holds one function per section, as ``core.evaluation.report_results`` does for what the answers
came to. Curves are those of ``core.evaluation.class_curves``, figures those of
``core.evaluation.calibration``.
"""

from collections.abc import Iterator

import pandas as pd

from core.charts.calibration import reliability_chart
from core.charts.thresholds import curves_by_class
from core.evaluation.calibration import FEW, Calibration, calibration_of
from core.evaluation.cases import run_cases, run_classes
from core.evaluation.class_curves import ClassCurves, class_curves
from core.evaluation.report_facts import Facts
from core.evaluation.report_figures import UNDEFINED
from core.evaluation.report_results import MEASURE, Block, Chart
from core.evaluation.report_tables import Table
from core.evaluation.statistics import Estimate
from core.evaluation.temperature import run_temperature, scaled_cases
from core.runs import Run
from core.words import class_title, counted, percent

# Each run has two figures of the one kind and one of the other.
MOST_DRAWN = 12
ABOUT_CURVES = (
    "Each class against the rest, over all thresholds. Bands are pointwise 95 % intervals, from "
    "resamples that draw whole patients within each class. The area under the ROC curve (AUC) is "
    "the chance that an image of the class gets a higher probability than another one; guessing "
    "has 50 %. Average precision sums up the precision-recall curve; guessing has the share of the "
    "class."
)
ABOUT_CALIBRATION = (
    "Answers are put together by how sure the network was. Where its probabilities are true, 80 % "
    "is right 8 times in 10, and the marks lie on the dotted line; below it the network is too "
    f"sure of itself. An open mark has fewer than {FEW} answers; bars are Wilson's 95 % intervals."
)
ABOUT_FIGURES = (
    "Expected calibration error: the mean distance of the marks from the line, weighted by their "
    "answers; true probabilities would show the figure beside it, by chance. Brier score: the mean "
    "squared distance between all probabilities and the truth, 0 to 2, lower is better, beside "
    "that of always giving each class its share."
)


def threshold_curves(facts: Facts) -> Iterator[Block]:
    """ROC and precision-recall curves of each run, class by class, and the areas below them."""
    answered = _answered(facts)
    if not answered:
        yield "None of these runs left the probabilities that curves are made of."
        return
    yield ABOUT_CURVES
    yield from _left_out(facts, answered)
    rows = []
    for run, cases in answered:
        name, classes = facts.names[run.id], run_classes(run)
        found = {each: class_curves(cases, classes, each) for each in classes}
        roc = {c: (_named(c, "AUC", f.roc.area), *_drawn(f.roc)) for c, f in found.items()}
        recall = {
            c: (_named(c, "AP", f.precision_recall.area), *_drawn(f.precision_recall))
            for c, f in found.items()
        }
        yield Chart(f"{name}: ROC", curves_by_class(roc), True)
        yield Chart(f"{name}: precision-recall", curves_by_class(recall, True), True)
        rows += [_areas(name, curves) for curves in found.values()]
    columns = ("Run", "Class", "n", "of them of the class", "AUC", "Average precision", "Share")
    yield Table("Areas under the curves", columns, rows, (0, 1))


def calibration(facts: Facts) -> Iterator[Block]:
    """Whether probabilities mean what they say: a reliability diagram per run, and its figures."""
    answered = _answered(facts)
    if not answered:
        yield "None of these runs left probabilities that could be checked."
        return
    yield ABOUT_CALIBRATION
    yield from _left_out(facts, answered)
    rows = []
    for run, cases in answered:
        found = {"as it answers": calibration_of(cases, run_classes(run))}
        temperature = run_temperature(run).value
        if temperature is not None:
            scaled = scaled_cases(cases, run_classes(run), temperature)
            found[f"at T = {temperature:.2f}"] = calibration_of(scaled, run_classes(run))
        name = facts.names[run.id]
        tables = {words: each.bins for words, each in found.items()}
        yield Chart(f"{name}: reliability", reliability_chart(tables, FEW), True)
        rows += [_figures(name, words, each) for words, each in found.items()]
    columns = ("Run", "Probabilities", "n", "Expected calibration error", "by chance")
    columns += ("Brier score", "of the shares")
    yield Table("Calibration", columns, rows, (0, 1))
    yield ABOUT_FIGURES


def _answered(facts: Facts) -> list[tuple[Run, pd.DataFrame]]:
    """The runs to draw with their cases, the best where there are many, in the report's order."""
    best = facts.scores.sort_values(MEASURE, ascending=False, kind="stable")["run"]
    chosen = set(best.head(MOST_DRAWN))
    cases = [(run, run_cases(run)) for run in facts.scored if run.id in chosen]
    return [(run, table) for run, table in cases if len(table)]


def _left_out(facts: Facts, answered: list[tuple[Run, pd.DataFrame]]) -> Iterator[str]:
    if len(facts.scored) > MOST_DRAWN:
        yield (
            f"More than {MOST_DRAWN} runs: here stand the {MOST_DRAWN} of the highest balanced "
            "accuracy."
        )
    elif lacking := len(facts.scored) - len(answered):
        yield f"{counted(lacking, 'run')} left no predictions.csv that can be used."


def _named(name: str, area: str, estimate: Estimate) -> str:
    return f"{class_title(name)}, {area} {_percent(estimate)}"


def _drawn(curve) -> tuple[pd.DataFrame, pd.DataFrame]:
    return curve.points, curve.band


def _areas(name: str, curves: ClassCurves) -> list[str]:
    return [
        name,
        class_title(curves.name),
        f"{curves.n:,}",
        f"{curves.positives:,}",
        _percent(curves.roc.area),
        _percent(curves.precision_recall.area),
        percent(curves.positives / curves.n),
    ]


def _figures(name: str, words: str, found: Calibration) -> list[str]:
    brier, shares = found.brier, found.brier_of_shares
    interval = "" if brier.low is None else f" ({brier.low:.3f} to {brier.high:.3f})"
    return [
        name,
        words,
        f"{found.n:,}",
        _percent(found.error),
        percent(found.error_by_chance),
        UNDEFINED if brier.value is None else f"{brier.value:.3f}{interval}",
        UNDEFINED if shares is None else f"{shares:.3f}",
    ]


def _percent(figure: Estimate) -> str:
    return UNDEFINED if figure.value is None else percent(figure.value, figure.low, figure.high)
