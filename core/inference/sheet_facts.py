"""What of runs, an image and their predictions goes on a sheet of one page.

Holds ``sheet_of``, which words it, and ``known_image``; the page itself is drawn by
``core.inference.sheet``. Of an image only its name, its class and its side are used: never what a
DICOM file says of a patient.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from core.evaluation.common_images import short_names
from core.evaluation.values import interval, number, whole
from core.files import disk_errors
from core.inference.overlay import overlay
from core.inference.predictor import Prediction
from core.inference.sheet import Map, Opinion, Sheet
from core.run_files import read_table
from core.runs import Run
from core.words import class_title, class_words, percent

OPACITY = 0.5
METHODS = {"gradcam": "Grad-CAM"}
SIDES = {
    "training": "The network LEARNT FROM this image: its answer shows memory, not skill.",
    "validation": "The network has not learnt from this image.",
}
PROBABILITY = (
    "A probability is what the network computes, not how often it is right; see the run's scores "
    "on its validation images."
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


def sheet_of(
    answers: Sequence[tuple[Run, Prediction]],
    image: str,
    truth: str = "",
    side: str = "",
    synthetic: bool = False,
    opacity: float = OPACITY,
    made: datetime | None = None,
) -> Sheet:
    """The sheet of one image, called ``image``, and what each run said of it, the first foremost.

    ``truth`` is the class that the source gives, ``side`` "training" or "validation", each empty
    where not known; ``opacity`` 0..1 is how much of the image the hottest place of a map hides.
    """
    run, first = answers[0]
    names = short_names([each for each, _ in answers])
    metrics = run.metrics()
    several = len(answers) > 1
    maps = [
        Map(
            overlay(each.pixels, each.heat, opacity),
            f"What speaks for {class_title(each.explained_class)} "
            f"({METHODS.get(each.explanation, each.explanation)}"
            + (f", {names[owner.id]})" if several else ")"),
        )
        for owner, each in answers
        if each.heat is not None
    ]
    facts = [("Image", f"SHA-256 of the pixels {hashlib.sha256(first.pixels).hexdigest()}")]
    facts.append(("The answer means", class_words(first.predicted)))
    if truth:
        facts.append(("The source says", class_words(truth)))
    facts += [("Run" if not n else "", f"{owner.id}") for n, (owner, _) in enumerate(answers)][:7]
    facts += [("Learnt from", _data(run, metrics)), ("Score of the run", _score(metrics, first))]
    limits = [SIDES[side]] if side in SIDES else []
    limits += [note for note in [first.note] if note]
    limits += [PROBABILITY, *([MAPS] if maps else [])]
    shared = whole(metrics.get("overlap_patients"))
    if shared > 0:
        limits.append(SHARED.format(shared=int(shared)))
    return Sheet(
        pixels=first.pixels,
        image=image,
        answer=f"{class_title(first.predicted)}: {percent(first.probabilities[first.predicted])}",
        opinions=[
            Opinion(names[owner.id], {class_title(c): p for c, p in each.probabilities.items()})
            for owner, each in answers
        ],
        maps=maps,
        facts=facts,
        limits=limits,
        colours={class_title(name): name for name in first.probabilities},
        synthetic=synthetic or metrics.get("synthetic") is True,
        made=made,
    )


def known_image(run: Run, path: Path) -> dict[str, str]:
    """``truth`` and ``side`` of the file ``path`` in ``run``, empty where it took no part.

    Matched by content, so that a copy of a training image counts as one.
    """
    images = read_table(run.folder / "images.csv", ("sha256", "label", "side"))
    with disk_errors(path), path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    # "training" sorts before "validation": of copies on both sides the training one counts.
    own = images[images["sha256"] == digest].sort_values("side")
    if own.empty:
        return {"truth": "", "side": ""}
    return {"truth": str(own["label"].iloc[0]), "side": str(own["side"].iloc[0])}


def _data(run: Run, metrics: dict) -> str:
    config = run.config
    split = config.get("split") if isinstance(config.get("split"), dict) else {}
    n = whole(metrics.get("n_training"))
    images = f"{int(n):,} images" if n >= 0 else "images whose number is not known"
    return (
        f"{images} (cohort {config.get('cohort')}, classes {config.get('labels')}, split by "
        f"{split.get('by')}, seed {config.get('seed')})"
    )


def _score(metrics: dict, prediction: Prediction) -> str:
    n = whole(metrics.get("n_validation"))
    intervals = metrics.get("ci95") if isinstance(metrics.get("ci95"), dict) else {}
    score = number(metrics.get("balanced_accuracy"))
    if not (n >= 1 and 0 <= score <= 1):
        return "not known: the run's metrics.json is missing or cannot be read"
    words = percent(score, *interval(intervals.get("balanced_accuracy")))
    return f"balanced accuracy {words} on {int(n):,} validation images"
