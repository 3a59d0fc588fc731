"""Whether a run should be asked about images at all, as the commands find out and tell it.

Holds ``reference_problem``, ``judge_image`` and ``judge_by_one_of``, for commands that predict, and
what they say where a refused image has no answer.
How an image is judged stands in ``core.inference.judgement``.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from core import runs
from core.errors import UserError
from core.settings import Settings
from core.terminal import ProgressLine
from core.words import NOT_FOR_DIAGNOSIS

if TYPE_CHECKING:
    from core.inference.judgement import Judgement

UNANSWERED = "no diagnosis"
HOW_TO_ANSWER = "--answer-refused gives the answer of a refused image all the same."


def reference_problem(run: runs.Run, settings: Settings) -> str:
    """Make what the run judges images by, with progress; why it cannot be, also told on stderr."""
    from core.inference.familiarity import NoReference, make_in_parts

    try:
        with ProgressLine() as progress:
            make_in_parts(run, settings, progress)
    except NoReference as error:
        print(f"warning: {error}", file=sys.stderr)
        return str(error)
    return ""


def judge_image(
    run: runs.Run, image: Path, settings: Settings
) -> tuple["Judgement | None", str, dict]:
    """What the run says of the image before it is asked for a diagnosis, told on stderr.

    The judgement, or None and a sentence on why there is none; and what a command answers of both.
    """
    from core.inference.judgement import judge

    if problem := reference_problem(run, settings):
        return None, problem, {"accepted": None, "reasons": [problem]}
    judgement = judge(run, image, settings)
    if not judgement.accepted:
        print(f"warning: {image.name} should not be diagnosed.", file=sys.stderr)
        for reason in judgement.reasons:
            print(f"  {reason}", file=sys.stderr)
    return judgement, "", asdict(judgement)


def judge_by_one_of(
    asked: Sequence[runs.Run], image: Path, settings: Settings
) -> tuple["Judgement | None", str, dict]:
    """As ``judge_image``, by one of several runs: to get to know a run's images takes minutes.

    Those that know them already come first; one whose network cannot be loaded leaves it to the
    next.
    """
    from core.inference.reference import is_current

    problem = ""
    for run in sorted(asked, key=lambda run: not is_current(run)):
        try:
            judgement, problem, answer = judge_image(run, image, settings)
        except UserError as error:
            problem = str(error)
            continue
        if judgement is not None:
            return judgement, problem, answer
    return None, problem, {"accepted": None, "reasons": [problem]}


def say_unanswered(chosen: argparse.Namespace) -> None:
    """Say that a refused image has no diagnosis, and that what was to show it was not written."""
    for file in filter(None, (chosen.out, chosen.pdf)):
        print(f"{file} was not written.", file=sys.stderr)
    print(HOW_TO_ANSWER, file=sys.stderr)
    if not chosen.json:
        print(f"{UNANSWERED}\n{NOT_FOR_DIAGNOSIS}")
