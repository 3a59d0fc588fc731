"""The tables of a report that hold figures: scores, differences, spread, and times, in words.

Holds one function per table; what else a report has in tables stands in
``core.evaluation.report_tables``, and where each stands in ``core.evaluation.report_sections``.
"""

import pandas as pd

from core.evaluation.compare import BASELINE, PUBLISHED, RUN
from core.evaluation.metrics import MEASURES, per_class_table
from core.evaluation.published_differences import against_published
from core.evaluation.report_facts import Facts
from core.evaluation.report_tables import Table, count_words
from core.evaluation.spread import repeats, spread_table
from core.evaluation.verdict import better_first
from core.runs import Run
from core.words import class_title, exact_duration, percent, points, spread_words

UNDEFINED = "undefined"
SCORE_TITLES = {
    "balanced_accuracy": "Balanced accuracy",
    "accuracy": "Accuracy",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "precision": "Precision",
    "f1": "F1",
}
FROM = {RUN: "run", PUBLISHED: "published", BASELINE: "trivial baseline"}


def score_table(facts: Facts) -> Table:
    """All scores with their intervals: runs, published networks, baselines, best first."""
    table = pd.concat([facts.scores, facts.published, facts.baselines], ignore_index=True)
    table = table.sort_values("balanced_accuracy", ascending=False, ignore_index=True)
    rows = [
        [
            row["name"],
            "SYNTHETIC run" if row["synthetic"] and row["kind"] == RUN else FROM[row["kind"]],
            count_words(row["n"]),
            *(_score(row, name) for name in SCORE_TITLES),
        ]
        for row in table.to_dict("records")
    ]
    own = frozenset(number for number, kind in enumerate(table["kind"]) if kind == RUN)
    columns = ("Network and run", "From", "n", *SCORE_TITLES.values())
    return Table("Scores", columns, rows, (0, 1), own, "Marked: the runs of this report.")


def against_table(facts: Facts) -> Table:
    """Runs less the published network of the same name, in points."""
    rows = against_published(facts.scores.dropna(subset=["balanced_accuracy"]))
    cells = [
        [
            row["name"],
            points(row["difference"], row["low"], row["high"]),
            percent(row["mine"]),
            percent(row["published"]),
        ]
        for row in rows.to_dict("records")
    ]
    columns = ("Run", "Difference (points)", "Balanced accuracy", "Published accuracy")
    return Table("Balanced accuracy less the published accuracy", columns, cells)


def pairs_table(facts: Facts) -> Table:
    """Every pair of runs, the better first, with interval and test."""
    pairs = better_first(facts.pairs).sort_values("difference", ascending=False)
    rows = [
        [
            row["name_a"],
            row["name_b"],
            row["finding"],
            points(row["difference"], row["low"], row["high"]),
            _p(row["p_holm"]),
            count_words(row["n_common"]),
        ]
        for row in pairs.to_dict("records")
    ]
    columns = ("First", "Second", "Verdict", "Difference (points)", "p, Holm", "n")
    return Table("Pairs, in balanced accuracy", columns, rows, (0, 1, 2))


def repeats_table(facts: Facts) -> Table:
    """Mean and spread of runs that repeat each other; no rows where none do."""
    spread = spread_table(repeats(facts.scores))
    shown = ("balanced_accuracy", "accuracy")
    rows = [
        [
            row["group"],
            f"{row['runs']}",
            *(
                spread_words(*(row[f"{name}_{part}"] for part in ("mean", "sd", "min", "max")))
                for name in shown
            ),
        ]
        for row in spread.to_dict("records")
    ]
    columns = ("Repeated run", "Runs", *(SCORE_TITLES[name] for name in shown))
    return Table("Mean ± standard deviation (least to greatest)", columns, rows)


def class_table(run: Run, name: str) -> Table | None:
    """The scores of one run class by class; None when its metrics.json holds none."""
    try:
        table = per_class_table(run.metrics())
        rows = [
            [
                class_title(str(row["class"])),
                f"{int(row['n']):,}",
                *(_score(row, measure) for measure in MEASURES),
            ]
            for row in table.to_dict("records")
        ]
    # Anybody may have edited it.
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return Table(name, ("Class", "n", *(SCORE_TITLES[m] for m in MEASURES)), rows)


def times_table(facts: Facts) -> Table:
    """How long each run took, and on what."""
    rows = [
        [
            row["name"],
            *(
                exact_duration(row[name]) if row[name] == row[name] else "not known"
                for name in ("training_seconds", "feature_seconds", "testing_seconds")
            ),
            row["trained"] or "not known",
            row["device"] or "not known",
        ]
        for row in facts.scores.to_dict("records")
    ]
    columns = ("Run", "Training", "Reading images before", "Testing", "Trained", "Computed on")
    return Table("Times", columns, rows, (0, 4, 5))


def _score(row: dict, name: str) -> str:
    if pd.isna(row[name]):
        return "not legible" if row.get("kind") == PUBLISHED else UNDEFINED
    mark = " †" if name in (row.get("derived") or ()) else ""
    return percent(row[name], row.get(f"{name}_low"), row.get(f"{name}_high")) + mark


def _p(value: float) -> str:
    if pd.isna(value):
        return UNDEFINED
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
