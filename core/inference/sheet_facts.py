"""What of a run, an image and a prediction goes on a sheet of one page.

Holds ``SheetImage``, ``sheet_of``, which words the sheet of one network, and what it shares with
that of several (``core.inference.study_sheet``); the page itself is drawn by
``core.inference.sheet``. Of an image only its name, its class and its side are used: never what a
DICOM file says of a patient.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from core.evaluation.calibration import right_when
from core.evaluation.cases import run_cases
from core.evaluation.common_images import short_names
from core.evaluation.compare import run_name
from core.evaluation.confused_with import confused_with
from core.evaluation.rehearsals import rehearsal_sentence
from core.files import disk_errors
from core.inference.judgement import Judgement
from core.inference.methods import EXPLANATIONS
from core.inference.overlay import overlay
from core.inference.predictor import Prediction
from core.inference.sheet import Map, Sheet
from core.inference.sheet_table import Opinion
from core.run_files import interval, number, read_table, split_of, text, whole
from core.runs import Run
from core.undefined_scores import why_undefined
from core.words import class_title, class_words, listed, percent

OPACITY = 0.5
MOST_LISTED = 5
SIDES = {
    "training": "The network LEARNT FROM this image: its answer shows memory, not skill.",
    "validation": "The network has not learnt from this image.",
    "calibration": "The network has not learnt from this image; it was held back to set a "
    "temperature on.",
}
PROBABILITY = (
    "A probability is what a network computes, not how often it is right; see its scores on its "
    "validation images."
)
MAPS = (
    "Bright places spoke most for the class. A map does not outline disease, does not show that "
    "the reasoning is sound, and is always stretched to full brightness, however unsure the "
    "network is."
)
SHARED = (
    "Patients stand on both sides of this run's split ({shared:,}): its scores are higher than for "
    "new patients."
)


@dataclass(frozen=True)
class SheetImage:
    """The image a sheet is about: what to call it, and what is known of it, empty where nothing is.

    ``truth`` is the class that the source gives, ``side`` "training", "validation" or
    "calibration". ``judgement`` says whether it is an X-ray like those of the run that judged it;
    without one ``unjudged`` may say why.
    """

    name: str
    truth: str = ""
    side: str = ""
    synthetic: bool = False
    judgement: Judgement | None = None
    unjudged: str = ""

    @property
    def refused(self) -> Sequence[str]:
        """Why the image should not be diagnosed; empty when nothing speaks against it."""
        judged = self.judgement
        return () if judged is None or judged.accepted else judged.reasons


def sheet_of(
    run: Run,
    prediction: Prediction,
    image: SheetImage,
    opacity: float = OPACITY,
    made: datetime | None = None,
) -> Sheet:
    """The sheet of what one network said of ``image``.

    ``opacity`` 0..1 is how much of the image the hottest place of a map hides.
    """
    metrics, predicted = run.metrics(), prediction.predicted
    probability = prediction.probabilities[predicted]
    maps = (
        [drawn(prediction, map_title(prediction), opacity)] if prediction.heat is not None else []
    )
    facts = [
        ("Image", pixels_words(prediction.pixels)),
        ("The answer means", class_words(predicted)),
        *([("The source says", class_words(image.truth))] if image.truth else []),
        *checked_facts(image, [run]),
        ("Run", run.id),
        ("Learnt from", data_words([run])),
        ("Score of the run", _score(metrics)),
    ]
    cases = run_cases(run)
    limits = [SIDES[image.side]] if image.side in SIDES else []
    limits += [words for words in (rehearsal_sentence([run.config]), prediction.note) if words]
    # How often it is right holds for X-rays like those it was checked on.
    if not image.refused:
        limits.append(
            f"{right_when(cases, min(max(probability, 0), 1)).sentence} "
            f"{confused_with(cases, predicted).sentence}"
        )
    limits += [PROBABILITY, *([MAPS] if maps else [])]
    shared = whole(metrics.get("overlap_patients"))
    if shared > 0:
        limits.append(SHARED.format(shared=int(shared)))
    return Sheet(
        pixels=prediction.pixels,
        image=image.name,
        answer=f"{class_title(predicted)}: {percent(probability)}",
        opinions=[
            Opinion(
                short_names([run])[run.id],
                {class_title(name): share for name, share in prediction.probabilities.items()},
            )
        ],
        refused=image.refused,
        maps=maps,
        facts=facts,
        limits=limits,
        colours={class_title(name): name for name in prediction.probabilities},
        synthetic=image.synthetic or metrics.get("synthetic") is True,
        made=made,
    )


def known_image(run: Run, path: Path) -> dict[str, str]:
    """``truth`` and ``side`` of the file ``path`` in ``run``, empty where it took no part.

    Matched by content, so that a copy of a training image counts as one.
    """
    images = read_table(run.folder / "images.csv", ("sha256", "label", "side"))
    with disk_errors(path), path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    # Of copies on several sides the training one counts.
    order = {side: place for place, side in enumerate(SIDES)}
    own = images[images["sha256"] == digest]
    own = own.sort_values("side", key=lambda side: side.map(order), kind="stable")
    if own.empty:
        return {"truth": "", "side": ""}
    return {"truth": str(own["label"].iloc[0]), "side": str(own["side"].iloc[0])}


def map_title(prediction: Prediction) -> str:
    """What the colours of the prediction's map mean: "What speaks for normal (Grad-CAM)"."""
    method = EXPLANATIONS.get(prediction.explanation)
    title = method.title if method else prediction.explanation
    return f"What speaks for {class_title(prediction.explained_class)} ({title})"


def drawn(prediction: Prediction, caption: str, opacity: float) -> Map:
    """The prediction's map over what its network saw."""
    return Map(overlay(prediction.pixels, prediction.heat, opacity), caption)


def pixels_words(pixels: np.ndarray) -> str:
    """What tells one image from another, whatever its file is called."""
    return f"SHA-256 of the pixels {hashlib.sha256(pixels).hexdigest()}"


def checked_facts(image: SheetImage, asked: Sequence[Run]) -> list[tuple[str, str]]:
    """The line that says who has checked that the image is a chest X-ray, and with what result."""
    judged = image.judgement
    if judged is None:
        words = f"not done: {image.unjudged}" if image.unjudged else "not done"
        return [("Check of the image", words)]
    by = {run.id: run_name(run) for run in asked}.get(judged.run, judged.run)
    if not judged.accepted:
        return [("Check of the image", f"REFUSED by {by}; the reasons stand above")]
    return [
        (
            "Check of the image",
            f"like the X-rays that {by} learnt from (distance {judged.distance:.2f}, at most "
            f"{judged.limit:.2f})",
        )
    ]


def data_words(asked: Sequence[Run]) -> str:
    """Images, classes and split that these runs learnt from; what differs among them is listed."""
    counts = [whole(run.metrics().get("n_training")) for run in asked]
    known = sorted({int(count) for count in counts if count >= 0})
    images = " to ".join(f"{n:,}" for n in dict.fromkeys(known[:1] + known[-1:]))
    return (
        f"{f'{images} images' if known else 'images whose number is not known'} "
        f"(cohort {_among(run.config.get('cohort') for run in asked)}, "
        f"classes {_among(run.config.get('labels') for run in asked)}, "
        f"split by {_among(split_of(run.config).get('by') for run in asked)}, "
        f"seed {_among(run.config.get('seed') for run in asked)})"
    )


def score_words(metrics: dict) -> tuple[str, int]:
    """The balanced accuracy with its 95 % interval, and on how many images; "", 0: not known.

    "undefined" where a class has no validation image.
    """
    n = whole(metrics.get("n_validation"))
    intervals = metrics.get("ci95") if isinstance(metrics.get("ci95"), dict) else {}
    score = number(metrics.get("balanced_accuracy"))
    if n >= 1 and why_undefined(metrics, "balanced_accuracy"):
        return "undefined", int(n)
    if not (n >= 1 and 0 <= score <= 1):
        return "", 0
    words = percent(score, *interval(intervals.get("balanced_accuracy")))
    return words, int(n)


def _score(metrics: dict) -> str:
    words, n = score_words(metrics)
    if not n:
        return "not known: the run's metrics.json is missing or cannot be read"
    reasons = " ".join(why_undefined(metrics, "balanced_accuracy"))
    return f"balanced accuracy {words} on {n:,} validation images{reasons and f'. {reasons}'}"


def _among(values: Iterable[object]) -> str:
    found = list(dict.fromkeys(text(value) or "not known" for value in values))
    if len(found) > MOST_LISTED:
        found = [*found[: MOST_LISTED - 1], f"one of {len(found) - MOST_LISTED + 1} others"]
    return listed(found, "or")
