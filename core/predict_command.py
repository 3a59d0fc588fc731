"""The command `predict`: one image, several, or one image through a whole study.

Holds the choice among these and what one image through one run gives: probabilities, what the run
says of the image as such, and a heat map. A refused image has no answer unless it is asked for.
Several images stand in
``core.predict_several_command``, the networks of a study in ``core.opinions_command``.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from core import runs
from core.answers import Answer
from core.errors import UserError
from core.judging import judge_image, say_unanswered
from core.opinions_command import ask_study
from core.predict_several_command import predict_several
from core.settings import Settings, read_settings
from core.sheet_command import check_pdf, image_facts, save_sheet
from core.words import NOT_FOR_DIAGNOSIS

MAP_FORMATS = (".png", ".jpg", ".jpeg")


def predict_images(chosen: argparse.Namespace) -> Answer:
    """Predict images with a finished run or all of a study, and save where a network looked."""
    settings = read_settings()
    one = _is_one_image(chosen.paths)
    if chosen.study:
        if not one:
            raise UserError("--study asks about one image; give one file, or --run for several.")
        return ask_study(chosen, settings)
    if not one:
        if chosen.pdf:
            raise UserError("--pdf is a page about one image; give one file.")
        return predict_several(chosen, settings)
    if chosen.out_maps:
        raise UserError("--out-maps is for several images; save the map of one with --out.")
    return _predict_one(chosen, settings)


def _predict_one(chosen: argparse.Namespace, settings: Settings) -> Answer:
    from core.inference.overlay import save_overlay
    from core.inference.predictor import predict, read_question

    if chosen.out and not chosen.explain:
        raise UserError("--out needs --explain: there is no map to save without it.")
    if chosen.out and Path(chosen.out).suffix.lower() not in MAP_FORMATS:
        raise UserError(f"--out {chosen.out}: end it in .png or .jpg.")
    if chosen.pdf:
        check_pdf(chosen.pdf)
    run, image = runs.read_run(settings.runs, chosen.run_id), Path(chosen.paths[0])
    asked = {
        "explain": chosen.explain or ("gradcam" if chosen.pdf else ""),
        "explained_class": chosen.of or "",
    }
    # What is asked for wrongly is said before a reference is made, which can take minutes.
    read_question(run, image, settings, **asked)
    judged, unjudged, judgement = judge_image(run, image, settings)
    answer = {
        "run": run.id,
        "class": None,
        "probabilities": {},
        "explanation": None,
        "judgement": judgement,
        "synthetic": bool(run.metrics().get("synthetic", False)),
        "warning": NOT_FOR_DIAGNOSIS,
        "pdf": None,
    }
    if judged is not None and not judged.accepted and not chosen.answer_refused:
        say_unanswered(chosen)
        return answer, 0
    prediction = predict(run, image, settings, **asked)
    answer |= {
        "class": prediction.predicted,
        "probabilities": prediction.probabilities,
        "pdf": chosen.pdf,
    }
    if prediction.explanation:
        answer["explanation"] = {
            "method": prediction.explanation,
            "class": prediction.explained_class,
            "layer": prediction.layer,
            "note": prediction.note,
            "out": chosen.out,
        }
    if chosen.out:
        save_overlay(prediction.pixels, prediction.heat, Path(chosen.out))
    if chosen.pdf:
        about = image_facts([run], image, judged, unjudged)
        save_sheet(run, prediction, about, Path(chosen.pdf))
    if not chosen.json:
        for name, probability in prediction.probabilities.items():
            print(f"{name:<14} {probability:6.1%}")
        if near := judgement.get("nearest"):
            labels = ", ".join(image["label"] for image in near)
            print(f"nearest training images: {labels}")
        print(answer["warning"])
    return answer, 0


def _is_one_image(paths: Sequence[str]) -> bool:
    """Whether there is a single file that is no folder and no ZIP archive."""
    from core.imaging.given_images import given_images

    path = Path(paths[0])
    if len(paths) > 1 or path.is_dir():
        return False
    # An archive has members, or a problem of its own in place of its path.
    return given_images(path, path.name)[0].source == path
