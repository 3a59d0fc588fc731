"""Whether a run should be asked about images at all, as the commands find out and tell it.

Holds ``reference_problem`` and ``judge_image``, for every command that predicts. How an image is
judged stands in ``core.inference.judgement``.
"""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from core import runs
from core.settings import Settings
from core.terminal import ProgressLine

if TYPE_CHECKING:
    from core.inference.judgement import Judgement


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


def judge_among(asked: Sequence[runs.Run]) -> runs.Run:
    """The one of several runs that judges an image: the first that knows what its images look like.

    To get to know them takes minutes, so one judges for all.
    """
    from core.inference.reference import is_current

    return next((run for run in asked if is_current(run)), asked[0])
