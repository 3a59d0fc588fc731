"""The paper's third question: what accuracy can be attained? The best run and what to weigh it by.

Holds which run counts as best, the answer, and the rows that its chart draws. Baselines are those
of ``core.evaluation.baseline_results``, published figures those of ``core.evaluation.published``.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from core.evaluation import published
from core.evaluation.baseline_results import best_trivial, lies_below, not_above
from core.evaluation.compare import published_rows
from core.evaluation.evidence import (
    CANNOT,
    FROZEN,
    LIMITED,
    NO,
    NOT_SETTLED,
    PATIENT,
    RANDOM_WEIGHTS,
    YES,
    Evidence,
    QuestionAnswer,
    unless_drawn,
)
from core.evaluation.further_runs import (
    baselines_command,
    config_of,
    seeds_command,
    train_command,
)
from core.evaluation.rehearsals import keeps_random_weights
from core.evaluation.spread import spread_table
from core.evaluation.statistics import difference_of_scores
from core.words import counted, percent, points

KEY = "RQ3"
QUESTION = "What accuracy can be attained?"
MEASURE = "balanced_accuracy"
PAPER = "paper3"
BEST_PUBLISHED = max(published.SUMMARY, key=lambda name: published.SUMMARY[name][0])
ASKED = (
    f"Does the best run reach what the paper published, {published.SUMMARY[BEST_PUBLISHED][0]} % "
    f"({BEST_PUBLISHED})?"
)
# For classes that the paper has no figures for.
ASKED_OTHERWISE = "Does the best run lie above every trivial baseline?"
OPTIMISTIC = (
    "This run is split by image, as the paper's were: patients stand on both sides, and the figure "
    "is optimistic. A run split by patient is the stricter test."
)
# The question asks for a figure: yes and no would answer another one.
IN_SHORT = {YES: "as high as published", NO: "lower than published"}


def best_run(table: pd.DataFrame) -> pd.Series | None:
    """The row with the highest balanced accuracy among runs with patients kept apart, else of all.

    None when no run has a balanced accuracy.
    """
    scored = table.dropna(subset=[MEASURE])
    apart = scored[scored["split"] == PATIENT]
    rows = apart if len(apart) else scored
    return rows.loc[rows[MEASURE].idxmax()] if len(rows) else None


def answer(evidence: Evidence) -> QuestionAnswer:
    """Answer from the best of the runs: against the paper, trivial baselines and other seeds."""
    best = best_run(evidence.real)
    if best is None:
        return _cannot(
            evidence,
            "No run here has a balanced accuracy: train one whose validation images hold every "
            "class.",
        )
    own = evidence.real[evidence.real["run"] == best["run"]]
    beside = evidence.baselines[evidence.baselines["division"] == best["division"]]
    trivial = best_trivial(beside, MEASURE)
    trivial = trivial.iloc[0] if len(trivial) else None
    beaten = not_above(own, beside, MEASURE)
    above = None if trivial is None else beaten.empty
    below = any(lies_below(row, MEASURE) for row in beaten.to_dict("records"))
    of_paper = best["labels"] == PAPER
    gap = _against_paper(best) if of_paper else (np.nan,) * 3
    decided = _decide(gap, above, below, of_paper)
    sentence = " ".join(_sentences(best, gap, trivial, above, below))
    decided, sentence = unless_drawn(evidence, decided, sentence)
    like = config_of(evidence, best["run"])
    apart = like.split.model_copy(update={"by": PATIENT})
    commands = [seeds_command(evidence, like.model_copy(update={"split": apart}))]
    if trivial is None:
        commands = [baselines_command(like), *commands]
    scored, drawn = _scored(best, MEASURE), [own, beside]
    if of_paper and not evidence.synthetic:
        paper = published_rows()
        drawn.append(paper[paper["backbone"].isin([BEST_PUBLISHED, best["backbone"]])])
    return QuestionAnswer(
        KEY,
        QUESTION,
        ASKED if of_paper else ASKED_OTHERWISE,
        decided,
        sentence,
        tuple(_doubts(evidence, best)),
        ("" if best["split"] == PATIENT else "Patients kept apart are the stricter test. ")
        + "Other seeds tell how much of the figure is luck; the recipe paper trains the whole "
        "network as published"
        + (
            ", and the trivial baselines tell what no lung is needed for."
            if trivial is None
            else "."
        ),
        tuple(filter(None, commands)),
        {
            "run": best["run"],
            "name": best["name"],
            "n": int(best["n"]),
            "split": best["split"],
            **{name: _scored(best, name) for name in (MEASURE, "accuracy")},
            "best_trivial": None
            if trivial is None
            else {"name": trivial["backbone"], **_scored(trivial, MEASURE)},
            "above_trivial": above,
            "below_trivial": None if trivial is None else below,
            "published": published.SUMMARY[BEST_PUBLISHED][0] / 100 if of_paper else None,
            "against_published": {"difference": gap[0], "ci95": list(gap[1:])},
        },
        {"rows": pd.concat(drawn, ignore_index=True)},
        # Of other classes the paper has no figure.
        in_short=IN_SHORT.get(decided, "") if of_paper else "",
        figure=f"{percent(scored['value'], *scored['ci95'])} balanced accuracy, "
        f"n = {int(best['n']):,}",
    )


def _against_paper(best: pd.Series) -> tuple[float, float, float]:
    theirs = published.summary_table().set_index("backbone").loc[BEST_PUBLISHED]
    bounds = best[[f"{MEASURE}_low", f"{MEASURE}_high"]].to_numpy(float)
    low, high = difference_of_scores(
        best[MEASURE], bounds, theirs["accuracy"], theirs[["accuracy_low", "accuracy_high"]]
    )
    return float(best[MEASURE] - theirs["accuracy"]), low, high


def _decide(
    gap: tuple[float, float, float], above: bool | None, below: bool, of_paper: bool
) -> str:
    if not of_paper:
        return CANNOT if above is None else YES if above else NO if below else NOT_SETTLED
    if gap[2] < 0:
        return NO
    return YES if gap[1] > 0 else NOT_SETTLED


def _sentences(
    best: pd.Series, gap: tuple, trivial: pd.Series | None, above: bool | None, below: bool
) -> Iterator[str]:
    yield (
        f"The best run here, {best['name']}, attains a balanced accuracy of {_said(best, MEASURE)} "
        f"and an accuracy of {_said(best, 'accuracy')} on {best['n']:,} validation images."
    )
    if np.isfinite(gap[0]):
        yield (
            f"Against the published {published.SUMMARY[BEST_PUBLISHED][0]} % its balanced accuracy "
            f"differs by {points(*gap)} points."
        )
    if trivial is None:
        yield "Trivial baselines have not been computed for its images."
    else:
        stands = "lies above" if above else "lies below" if below else "is not shown to lie above"
        yield (
            f"It {stands} the best trivial baseline on the same images "
            f"({trivial['backbone']}, {_said(trivial, MEASURE)})."
        )


def _doubts(evidence: Evidence, best: pd.Series) -> Iterator[str]:
    others = len(evidence.real) - 1
    if others:
        yield (
            f"It is the best of {counted(others + 1, 'run')}, and the best of several is partly "
            "the luckiest."
        )
    spread = spread_table(evidence.real)
    own = spread[spread["members"].map(lambda members: best["run"] in members).astype(bool)]
    own = own.dropna(subset=[f"{MEASURE}_sd"])
    if len(own):
        row = own.iloc[0]
        mean, deviation, least, most = (
            100 * row[f"{MEASURE}_{name}"] for name in ("mean", "sd", "min", "max")
        )
        yield (
            f"The {row['runs']} runs that repeat it come to {mean:.1f} % ± {deviation:.1f} (mean "
            f"and standard deviation; {least:.1f} to {most:.1f})."
        )
    else:
        yield "It was trained once: how far another seed would move it is not known."
    if best["split"] != PATIENT:
        yield OPTIMISTIC
    else:
        by_image = evidence.real[evidence.real["split"] != PATIENT].dropna(subset=[MEASURE])
        if len(by_image):
            most = by_image.loc[by_image[MEASURE].idxmax()]
            yield (
                f"Runs split by image reach {percent(most[MEASURE])} here; they are not counted, "
                "because patients stand on both sides."
            )
    if best["labels"] == PAPER:
        yield published.FOOTNOTES["class mix"]
        yield published.FOOTNOTES["split"]
    if pd.notna(best["limit"]):
        yield LIMITED.format(limit=best["limit"])
    (config,) = (run.config for run in evidence.runs if run.id == best["run"])
    if keeps_random_weights(config):
        yield RANDOM_WEIGHTS
    elif best["trained"] == "head":
        yield FROZEN.format(recipe=best["recipe"])


def _said(row: pd.Series, name: str) -> str:
    return percent(row[name], row[f"{name}_low"], row[f"{name}_high"])


def _scored(row: pd.Series, name: str) -> dict:
    return {"value": float(row[name]), "ci95": [float(row[f"{name}_{e}"]) for e in ("low", "high")]}


def _cannot(evidence: Evidence, sentence: str) -> QuestionAnswer:
    return QuestionAnswer(
        KEY,
        QUESTION,
        ASKED,
        CANNOT,
        sentence,
        would_change="Any finished run answers it:",
        commands=(train_command(evidence),),
    )
