"""Everything that a report says, gathered once: the runs, their images, scores and comparisons.

Holds ``Facts`` and ``gather``. Run folders are read through the modules that the Comparison page
uses too, and nothing in them is trusted: what is missing becomes a sentence in ``Facts.missing``,
never an exception. Words and tables are made of the facts in ``core.evaluation.report_tables``.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd

from core.data.sources import Progress
from core.data.summaries import read_summary
from core.errors import UserError
from core.evaluation.baseline_results import baseline_rows
from core.evaluation.common_images import read_answers, short_names
from core.evaluation.compare import (
    comparison_table,
    curves,
    published_rows,
    run_name,
    unusable_runs,
)
from core.evaluation.divisions import division_of
from core.evaluation.pairs import Best, pairs_table, probability_best
from core.run_files import read_table, text
from core.runs import FINISHED, Run
from core.settings import Settings
from core.studies import what_differs

IMAGE_COLUMNS = ("id", "sha256", "patient", "source", "finding", "label", "side")
# Every two of them make 66 pairs, more than a table or Holm's correction can bear.
MOST_COMPARED = 12
STEPS = "Gathering what is known"


@dataclass(frozen=True)
class Facts:
    """What is known of the runs of one report.

    ``runs`` are those asked for; ``scored`` those with figures, in the order of ``scores``, a
    comparison table of theirs. ``names`` are short, by identifier, and tell all of ``runs`` apart.
    ``images`` holds the content of images.csv by division, ``differing`` the fields of the config
    in which the runs differ. ``missing`` are sentences on what could not be had.
    """

    title: str
    study: str
    made: datetime
    runs: tuple[Run, ...]
    scored: tuple[Run, ...]
    names: dict[str, str]
    differing: tuple[str, ...]
    scores: pd.DataFrame
    published: pd.DataFrame
    baselines: pd.DataFrame
    curves: pd.DataFrame
    images: dict[str, pd.DataFrame]
    pairs: pd.DataFrame
    best: Best | None
    summary: dict = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    @property
    def synthetic(self) -> bool:
        """Whether any run read drawn images."""
        return bool(self.scores["synthetic"].any())

    @property
    def labels(self) -> tuple[str, ...]:
        """The label schemes met, in the order of the runs."""
        return tuple(dict.fromkeys(name for name in self.scores["labels"] if name))

    def settings_of(self, name: str) -> list:
        """The different values that the scored runs have for a field of their config, with dots."""
        values = []
        for run in self.scored:
            value = run.config
            for part in name.split("."):
                value = value.get(part) if isinstance(value, dict) else None
            # Only an edited config holds several values where one belongs.
            if isinstance(value, dict | list):
                value = json.dumps(value)[:200]
            if value not in values:
                values.append(value)
        return values


def gather(
    runs: Sequence[Run], settings: Settings, study: str = "", progress: Progress = None
) -> Facts:
    """Read what a report of ``runs`` says, oldest run first.

    Raises UserError when none of them has figures: then there is nothing to report.
    """
    report = progress or (lambda *_: None)
    runs = tuple(sorted(runs, key=lambda run: run.id))
    report(STEPS, 0, 3)
    scores = comparison_table(runs)
    if scores.empty:
        reasons = " ".join(unusable_runs(runs).values())
        raise UserError(
            f"None of these runs has finished with figures to report. {reasons}".strip()
        )
    missing = list(unusable_runs(runs).values())
    missing += [
        f"{run_name(run)} ({run.id}) has not finished: it is {run.state}."
        for run in runs
        if not run.problem and run.state != FINISHED
    ]
    by_id, names = {run.id: run for run in runs}, short_names(runs)
    scored = tuple(by_id[identifier] for identifier in scores["run"])
    scores = scores.assign(name=scores["run"].map(names))
    images, absent = _images(scored)
    report(STEPS, 1, 3)
    pairs, best, reasons = _compared(scored, names)
    published = published_rows()
    if set(scores["labels"]) != {"paper3"}:
        published = published.iloc[:0]
    own_curves = curves(scored)
    report(STEPS, 2, 3)
    summary, unread = _summary(scores, settings)
    report(STEPS, 3, 3)
    return Facts(
        title=f"Study {study}" if study else f"{len(scored)} run{'s' * (len(scored) != 1)}",
        study=study,
        made=datetime.now(),
        runs=runs,
        scored=scored,
        names=names,
        differing=tuple(what_differs(scored)),
        scores=scores,
        published=published,
        baselines=baseline_rows(filter(None, scores["division"]), settings),
        curves=own_curves.assign(name=own_curves["run"].map(names)),
        images=images,
        pairs=pairs,
        best=best,
        summary=summary,
        missing=tuple(dict.fromkeys([*missing, *absent, *reasons, *unread])),
    )


def _images(scored: Sequence[Run]) -> tuple[dict[str, pd.DataFrame], list[str]]:
    found: dict[str, pd.DataFrame] = {}
    absent = []
    for run in scored:
        key = division_of(run)
        if key in found:
            continue
        table = read_table(run.folder / "images.csv", IMAGE_COLUMNS)
        if table.empty:
            absent.append(
                f"images.csv of {run.id} is missing or cannot be read: which images it took is "
                "not known."
            )
        else:
            texts = {name: table[name].fillna("").astype(str) for name in IMAGE_COLUMNS}
            found[key] = pd.DataFrame(texts)
    return found, absent


def _compared(
    scored: Sequence[Run], names: dict[str, str]
) -> tuple[pd.DataFrame, Best | None, list[str]]:
    nothing = pairs_table([])
    if len(scored) < 2:
        return nothing, None, []
    if len(scored) > MOST_COMPARED:
        sentence = f"More than {MOST_COMPARED} runs: they are not compared two by two here."
        return nothing, None, [sentence]
    try:
        answers, left_out = read_answers(scored)
    except UserError as error:
        return nothing, None, [str(error)]
    reasons = [f"Not compared in pairs: {reason}" for reason in left_out.values()]
    if len(answers) < 2:
        return nothing, None, reasons
    pairs, best = pairs_table(answers), probability_best(answers)
    for part in ("a", "b"):
        pairs[f"name_{part}"] = pairs[f"run_{part}"].map(names)
    best.table["name"] = best.table["run"].map(names)
    return pairs, best, reasons


def _summary(scores: pd.DataFrame, settings: Settings) -> tuple[dict, list[str]]:
    """Counts of the catalog as it is now, for the exclusions; runs keep none of their own."""
    chosen = scores[["cohort", "labels"]].drop_duplicates()
    if len(chosen) > 1:
        return {}, ["These runs differ in cohort or classes: no one list of exclusions fits them."]
    cohort, labels = map(text, chosen.iloc[0])
    try:
        summary = read_summary(settings, cohort, labels)
    except UserError:
        return {}, [
            "The image collections cannot be read now, so what was excluded and why is not known."
        ]
    if summary["synthetic"] != bool(scores["synthetic"].any()):
        return {}, [
            "The collections that are set up now are not those of these runs, so what was excluded "
            "and why is not known."
        ]
    return summary, []
