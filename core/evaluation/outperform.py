"""The paper's first question: does one technique distinctly outperform the others?

Holds which runs are set against each other, one per network, and what the paired tests of
``core.evaluation.pairs`` come to as an answer. The tests themselves stand there.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from core.evaluation.common_images import Answers, read_answers
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
    setups,
    unless_drawn,
)
from core.evaluation.further_runs import (
    PAPERS,
    alike,
    config_of,
    folds_of,
    seeds_command,
    study_command,
)
from core.evaluation.pairs import BETTER, Best, pairs_table, probability_best
from core.evaluation.rehearsals import keeps_random_weights
from core.evaluation.spread import spread_table
from core.evaluation.verdict import better_first, verdict
from core.training.config import configure
from core.words import PERCENT, counted, listed

KEY = "RQ1"
QUESTION = "Does one technique distinctly outperform the others?"
ASKED = (
    "Is one network better than every other on the same images, by test and by interval, where "
    "chance is ruled out?"
)
# Two networks whose gap is surely below this differ too little to call one distinctly better; a
# yardstick of ours, a fraction of balanced accuracy.
NEGLIGIBLE = 0.02


def fair_contests(table: pd.DataFrame) -> list[pd.DataFrame]:
    """Rows of ``table`` that are a fair contest, one run per network, the largest contest first.

    In one contest all runs have the same recipe and the same images on the same sides. Of several
    runs of one network the oldest counts: choosing the best would flatter it.
    """
    known = table[table["division"] != ""].sort_values(["created", "run"])
    contests = []
    for _, rows in known.groupby(["recipe", "division", "synthetic"], sort=False):
        one_each = rows.drop_duplicates("backbone")
        if len(one_each) > 1:
            contests.append(one_each)
    order = [
        (-len(rows), rows["split"].iloc[0] != PATIENT, -rows["n"].iloc[0]) for rows in contests
    ]
    return [contests[place] for place in sorted(range(len(contests)), key=order.__getitem__)]


def tested(answers: Sequence[Answers]) -> tuple[pd.DataFrame, Best]:
    """All pairs and the share of resamples in which each is best: see ``core.evaluation.pairs``."""
    return pairs_table(answers), probability_best(answers)


def answer(evidence: Evidence, test=tested) -> QuestionAnswer:
    """Answer from the largest fair contest among the runs; ``test`` as ``tested``."""
    contests = fair_contests(evidence.real)
    if not contests:
        return _missing(evidence)
    rows = contests[0]
    by_id = {run.id: run for run in evidence.runs}
    answers, left_out = read_answers([by_id[run] for run in rows["run"]])
    if len(answers) < 2:
        return _cannot(evidence, " ".join(left_out.values()))
    pairs, best = test(answers)
    pairs = better_first(pairs)
    ranked = best.table.sort_values("balanced_accuracy", ascending=False, ignore_index=True)
    leader = ranked.iloc[0]
    own = pairs[(pairs["run_a"] == leader["run"]) | (pairs["run_b"] == leader["run"])]
    elsewhere = _elsewhere(contests[1:], rows, evidence)
    network = rows.set_index("run")["backbone"][leader["run"]]
    decided = _decide(own, leader["run"], all(name == network for name in elsewhere))
    sentence = " ".join(verdict(pairs))
    if np.isfinite(leader["probability"]):
        sentence += (
            f" {leader['name']} has the highest balanced accuracy and is best in "
            f"{100 * leader['probability']:.0f}{PERCENT} of the resamples (bootstrap probability "
            "of best)."
        )
    if decided == NO:
        rival = _level(own).iloc[0]
        sentence += (
            f" {_other(rival, leader)} is surely less than {100 * NEGLIGIBLE:.0f} points behind: "
            "no network stands apart."
        )
    decided, sentence = unless_drawn(evidence, decided, sentence)
    return QuestionAnswer(
        KEY,
        QUESTION,
        ASKED,
        decided,
        sentence,
        tuple(_doubts(evidence, rows, elsewhere, left_out)),
        "More seeds tell whether the same network leads again; more validation images narrow the "
        "intervals.",
        (seeds_command(evidence, config_of(evidence, rows["run"].iloc[0]), [*rows["backbone"]]),),
        {
            "networks": ranked[["name", "run", "balanced_accuracy", "probability"]].to_dict(
                "records"
            ),
            "n": best.n,
            "leader": leader["run"],
            "better_than": int((own["finding"] == BETTER).sum()),
            "others": len(own),
            "contests": len(contests),
        },
        {"pairs": own.sort_values("difference", ignore_index=True), "best": best.table},
    )


def _decide(own: pd.DataFrame, leader: str, leads_elsewhere: bool) -> str:
    if ((own["finding"] == BETTER) & (own["run_a"] == leader)).all():
        return YES if leads_elsewhere else NOT_SETTLED
    return NO if len(_level(own)) else NOT_SETTLED


def _level(own: pd.DataFrame) -> pd.DataFrame:
    """Pairs with the leader whose whole interval lies within NEGLIGIBLE of zero."""
    bounds = own[["low", "high"]].abs().max(axis=1, skipna=False)
    return own[bounds < NEGLIGIBLE]


def _other(pair: pd.Series, leader: pd.Series) -> str:
    return pair["name_b"] if pair["run_a"] == leader["run"] else pair["name_a"]


def _elsewhere(contests: list[pd.DataFrame], rows: pd.DataFrame, evidence: Evidence) -> list[str]:
    """Which network leads in other contests of the same networks and recipe, by backbone."""
    alike = [
        other
        for other in contests
        if set(other["backbone"]) == set(rows["backbone"])
        and other["recipe"].iloc[0] == rows["recipe"].iloc[0]
    ]
    scored = [other.dropna(subset=["balanced_accuracy"]) for other in alike]
    return [o.loc[o["balanced_accuracy"].idxmax(), "backbone"] for o in scored if len(o)]


def _doubts(
    evidence: Evidence, rows: pd.DataFrame, elsewhere: list[str], left_out: dict
) -> Iterator[str]:
    yield from (f"Left out: {sentence}" for sentence in left_out.values())
    missing = 7 - len(rows)
    if missing > 0:
        yield f"Networks that took part: {listed(list(rows['backbone']))}; the paper has seven."
    if elsewhere:
        leaders = [f"{name} in {elsewhere.count(name)}" for name in dict.fromkeys(elsewhere)]
        yield (
            f"On {counted(len(elsewhere), 'other division')} of the images, checked on other "
            f"images, the leader was {listed(leaders)}."
        )
    else:
        yield (
            "Each network was trained once on these images: the tests tell images apart from "
            "chance, not another seed of the same network."
        )
    spread = spread_table(evidence.real[evidence.real["backbone"].isin(rows["backbone"])])
    spread = spread.dropna(subset=["balanced_accuracy_sd"])
    if len(spread):
        worst = spread.loc[spread["balanced_accuracy_sd"].idxmax()]
        yield (
            f"Repeats of one network spread by up to {100 * worst['balanced_accuracy_sd']:.1f} "
            f"points (standard deviation over {worst['runs']} runs of {worst['group']})."
        )
    repeated = len(evidence.real) - evidence.real["backbone"].nunique()
    if repeated and not elsewhere:
        yield "Of several runs of one network on the same images the oldest was taken."
    if rows["limit"].notna().any():
        yield LIMITED.format(limit=rows["limit"].max())
    compared = [run for run in evidence.runs if run.id in set(rows["run"])]
    if any(keeps_random_weights(run.config) for run in compared):
        yield RANDOM_WEIGHTS
    elif (rows["trained"] == "head").all():
        yield FROZEN.format(recipe=rows["recipe"].iloc[0])
    if (rows["split"] != PATIENT).any():
        yield (
            "Split by image: networks that recognise patients they have met gain by it, each by "
            "another amount."
        )


def _missing(evidence: Evidence) -> QuestionAnswer:
    networks = list(evidence.real["backbone"].unique())
    if not networks:
        return _cannot(evidence, "There is no finished run that can be read.")
    if len(networks) == 1:
        return _cannot(
            evidence,
            f"Only {networks[0]} was trained here. Repeats of one network tell how far chance "
            "moves its score, not whether another one is better; train at least one more on the "
            "same images.",
        )
    if evidence.real["recipe"].nunique() > 1 and not evidence.real["division"].duplicated().any():
        reason = "with other recipes and on other images"
    else:
        reason = "with another recipe or on other images"
    return _cannot(
        evidence,
        f"{listed(networks)} were each trained {reason}: no two networks share recipe, training "
        "images and validation images, so a gap between them could come from either. Train them "
        "as one study, with the same split and seed.",
    )


def _seven(evidence: Evidence) -> str:
    """The command of all seven networks on the images of the most believable runs here."""
    available = setups(evidence.real)
    if available.empty:
        return study_command(configure("ResNet50"), PAPERS)
    like = config_of(evidence, min(available["runs"][0]))
    rows = alike(evidence.real, like, (like.backbone,))
    same = rows[rows["split_seed"] == like.split.seed]
    return study_command(like, PAPERS, folds=folds_of(same) if like.split.fold is not None else ())


def _cannot(evidence: Evidence, sentence: str) -> QuestionAnswer:
    return QuestionAnswer(
        KEY,
        QUESTION,
        ASKED,
        CANNOT,
        sentence,
        would_change="A study of all seven networks on the same images:",
        commands=(_seven(evidence),),
    )
