"""The command `predict --study`: every network's opinion of one image, and how far they agree.

Holds what the command does and answers; what it takes stands in ``core.arguments``, the asking in
``core.inference``.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from core import runs
from core.answers import Answer, finite
from core.errors import UserError
from core.judging import judge_by_one_of, say_unanswered
from core.settings import Settings
from core.sheet_command import check_pdf, image_facts, save_study_sheet
from core.studies import find_study
from core.words import NOT_FOR_DIAGNOSIS

if TYPE_CHECKING:
    from core.inference.agreement import Agreement
    from core.inference.opinions import Opinion


def ask_study(chosen: argparse.Namespace, settings: Settings) -> Answer:
    """Ask all finished runs of a study for one image; those that fail say why, the rest go on."""
    from core.evaluation.cases import run_cases, run_classes
    from core.evaluation.confused_with import confused_with
    from core.imaging.decode import read_image
    from core.inference.agreement import agreement
    from core.inference.opinions import doubts, networks_to_ask, opinions
    from core.inference.predictor import predict

    if chosen.explain or chosen.out or (chosen.of and not chosen.pdf):
        raise UserError(
            "--explain and --out go with --run; the maps of a study's networks stand on the page "
            "of --pdf, for the class of --of."
        )
    if chosen.pdf:
        check_pdf(chosen.pdf)
    image = Path(chosen.paths[0])
    # Else every run would say the same sentence.
    read_image(image, settings.max_pixels)
    members = find_study(chosen.study, runs.list_runs(settings.runs))
    asked, left_out = networks_to_ask(members)
    for reason in left_out.values():
        print(f"left out: {reason}", file=sys.stderr)
    if not asked:
        raise UserError(f"The study '{chosen.study}' has no finished run that can be asked.")
    classes = run_classes(asked[0])
    if chosen.of and chosen.of not in classes:
        raise UserError(
            f"'{chosen.of}' is no class of '{chosen.study}'; choose {', '.join(classes)}."
        )
    judged, unjudged, judgement = judge_by_one_of(asked, image, settings)
    answer = {
        "study": chosen.study,
        "opinions": [],
        "together": None,
        "left_out": left_out,
        "synthetic": any(run.metrics().get("synthetic") is True for run in asked),
        "warning": NOT_FOR_DIAGNOSIS,
        "judgement": judgement,
        "pdf": None,
    }
    if judged is not None and not judged.accepted and not chosen.answer_refused:
        say_unanswered(chosen)
        return answer, 0
    given, answered = [], []
    for one, run in zip(
        opinions(asked, doubts(image, asked), lambda run: predict(run, image, settings)),
        asked,
        strict=True,
    ):
        given.append(one)
        mistaken = confused_with(run_cases(run), one.predicted).sentence if one.predicted else ""
        answered.append(_opinion(one) | {"mistaken_for": mistaken})
        if not chosen.json:
            print(_line(one))
    if not any(one.probabilities for one in given):
        raise UserError(f"No network of '{chosen.study}' could answer. {given[0].problem}")
    together = agreement(given, classes)
    answer |= {"opinions": answered, "together": _together(together), "pdf": chosen.pdf}
    if chosen.pdf:
        explained = chosen.of or together.answer or together.likeliest or _first_answer(given)
        about = image_facts(asked, image, judged, unjudged)
        save_study_sheet(
            chosen.study, asked, given, explained, image, about, Path(chosen.pdf), settings
        )
    if not chosen.json:
        print(f"\n{together.sentence}")
        for row in answer["together"]["mean"].values():
            print(_mean_line(row))
        print(NOT_FOR_DIAGNOSIS)
    return answer, 0


def _first_answer(given: list["Opinion"]) -> str:
    return next(one.predicted for one in given if one.probabilities)


def _opinion(one: "Opinion") -> dict:
    return {
        "run": one.run,
        "name": one.name,
        "class": one.predicted or None,
        "probabilities": one.probabilities or None,
        "in_the_mean": one.counts,
        "why_not": one.doubt or one.problem,
    }


def _together(together: "Agreement") -> dict:
    rows = together.table.to_dict("records")
    return {
        "n": together.n,
        "class": together.answer or None,
        "share": finite(together.share),
        "votes": {row["class"]: row["votes"] for row in rows},
        "mean": {
            row["class"]: {
                "class": row["class"],
                "mean": finite(row["mean"]),
                "ci95": None if finite(row["low"]) is None else [row["low"], row["high"]],
                "lowest": finite(row["lowest"]),
                "highest": finite(row["highest"]),
            }
            for row in rows
        },
        "sentence": together.sentence,
    }


def _line(one: "Opinion") -> str:
    if one.problem:
        return f"{one.name}: {one.problem}"
    shares = "  ".join(f"{name} {share:6.1%}" for name, share in one.probabilities.items())
    return f"{shares}  {one.name}" + (f" (not in the mean: {one.doubt})" if one.doubt else "")


def _mean_line(row: dict) -> str:
    if row["mean"] is None:
        return f"{row['class']:<14} undefined: no network counts"
    doubt = (
        "no interval: one network"
        if row["ci95"] is None
        else (f"95 % interval {row['ci95'][0]:.1%} to {row['ci95'][1]:.1%}")
    )
    return f"{row['class']:<14} {row['mean']:6.1%}  ({doubt})"
