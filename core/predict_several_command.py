"""The command `predict` for several images: files, folders and ZIP archives in one call.

Holds what the command does and answers when it is given more than one image. One image alone stands
in ``core.predict_command``; the predictions are ``core.inference.batch``'s.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core import runs
from core.answers import Answer
from core.errors import UserError
from core.files import whole_file
from core.imaging.given_images import GivenImage, images_at
from core.judging import HOW_TO_ANSWER, UNANSWERED, reference_problem
from core.settings import Settings
from core.terminal import ProgressLine
from core.words import NOT_FOR_DIAGNOSIS

if TYPE_CHECKING:
    from core.inference.batch import Answer as ImageAnswer


def predict_several(chosen: argparse.Namespace, settings: Settings) -> Answer:
    """Predict many images with a finished run: a table, --out as CSV, --out-maps as pictures.

    Images that are refused have reasons and no diagnosis, nor a map, without --answer-refused.
    The exit code is 0 when at least one image could be read, else 2.
    """
    from core.inference.batch import answers_table, predict_images
    from core.training.config import read_config

    if chosen.out and Path(chosen.out).suffix.lower() != ".csv":
        raise UserError(f"--out {chosen.out}: several images make a table; end it in .csv.")
    if bool(chosen.explain) != bool(chosen.out_maps):
        raise UserError("With several images --explain and --out-maps FOLDER go together.")
    run = runs.read_run(settings.runs, chosen.run_id)
    images = images_at([Path(path) for path in chosen.paths])
    reference_problem(run, settings)
    answers: list[ImageAnswer] = []
    with ProgressLine() as progress:
        for answer in predict_images(run, images, settings, answer_refused=chosen.answer_refused):
            answers.append(answer)
            progress("Predicting images", len(answers), len(images))
    if chosen.out:
        with whole_file(Path(chosen.out)) as temporary:
            answers_table(answers, read_config(run.config).classes).to_csv(temporary, index=False)
    maps = _save_maps(chosen, run, images, answers, settings) if chosen.out_maps else {}
    read = sum(not answer.problem for answer in answers)
    if not chosen.json:
        _print(answers, read, chosen.out)
    answer = {
        "run": run.id,
        "n": len(answers),
        "n_read": read,
        "images": [_row(answer, maps.get(place)) for place, answer in enumerate(answers)],
        "out": chosen.out,
        "synthetic": bool(run.metrics().get("synthetic", False)),
        "warning": NOT_FOR_DIAGNOSIS,
    }
    return answer, 0 if read else 2


def _save_maps(
    chosen: argparse.Namespace,
    run: runs.Run,
    images: Sequence[GivenImage],
    answers: Sequence["ImageAnswer"],
    settings: Settings,
) -> dict[int, str]:
    """Save a map for every image that has an answer; give its file by the image's place."""
    from core.inference.overlay import save_overlay
    from core.inference.predictor import predict

    maps = {}
    with ProgressLine() as progress:
        for place, (image, answer) in enumerate(zip(images, answers, strict=True)):
            if answer.predicted:
                prediction = predict(
                    run,
                    image.unpacked().source,
                    settings,
                    name=image.name,
                    explain=chosen.explain,
                    explained_class=chosen.of or "",
                )
                # Images of several folders can have one name: the number tells them apart.
                stem = re.sub(r"[^\w.-]+", "_", Path(image.name).stem)[:80]
                path = Path(chosen.out_maps) / f"{place + 1:04d}-{stem}.png"
                save_overlay(prediction.pixels, prediction.heat, path)
                maps[place] = str(path)
            progress("Drawing heat maps", place + 1, len(images))
    return maps


def _row(answer: "ImageAnswer", heat_map: str | None) -> dict:
    return {
        "name": answer.name,
        "class": answer.predicted or None,
        "confidence": answer.confidence,
        "probabilities": answer.probabilities,
        "refused": answer.refused or None,
        "problem": answer.problem or None,
        "map": heat_map,
    }


def _print(answers: Sequence["ImageAnswer"], read: int, out: str | None) -> None:
    for answer in answers:
        if answer.problem:
            print(answer.problem)
        elif not out:
            said = f"{answer.predicted} {answer.confidence:.1%}" if answer.predicted else UNANSWERED
            print(f"{answer.name}  {said}")
        if answer.refused:
            print(f"{answer.name} should not be diagnosed. {answer.refused}", file=sys.stderr)
    refused = sum(bool(answer.refused) for answer in answers)
    print(
        f"{read:,} of {len(answers):,} images read"
        + (f", {refused:,} of them refused" if refused else "")
        + (f", table in {out}." if out else ".")
    )
    if any(answer.refused and not answer.predicted for answer in answers):
        print(HOW_TO_ANSWER, file=sys.stderr)
    print(NOT_FOR_DIAGNOSIS)
