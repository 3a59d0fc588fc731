"""Whether an image is a chest X-ray like those a run learnt from, and which of those are nearest.

Holds ``judge``, which loads Keras into this process; the dashboard's server calls it through
``core.inference.process.ask``. An image that is refused should not be given a diagnosis. How the
limits come about stands in ``core.inference.familiarity``.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core import runs
from core.evaluation.refusal_limits import DISTANCE
from core.imaging.decode import read_image
from core.imaging.pixel_checks import CHECKS, oddness
from core.imaging.preprocess import prepare
from core.imaging.turns import TURNS, turn_back
from core.inference.familiarity import TURNED, NoReference, make_in_parts, pooled_features
from core.inference.loaded_models import load_classifier
from core.inference.orientation import how_turned
from core.inference.reference import FAMILIARITY, Reference, read_reference
from core.settings import Settings
from core.training.config import read_config

# A neighbour this close, as a share of its distance to others, shows the same picture, saved anew.
SAME_PICTURE = 0.1
SAME_FILE_WORDS, SAME_PICTURE_WORDS = "the same file", "the same picture"


@dataclass(frozen=True)
class NearImage:
    """A training image near the one judged: ``distance`` from 0 (the same) as in Reference.

    ``copy`` is empty, SAME_FILE_WORDS (byte by byte) or SAME_PICTURE_WORDS.
    """

    id: str
    path: str
    sha256: str
    label: str
    finding: str
    distance: float
    copy: str = ""


@dataclass(frozen=True)
class Judgement:
    """Whether ``run`` should be asked about an image, and the sentences that say why not.

    ``turn`` is empty, or the row of ``core.imaging.turns.TURNS`` that an X-ray seems to lie in.
    ``distance`` (None when the network was not asked) says how many times as far the image is from
    ``nearest`` as those are from their own nearest, ``limit`` the most that is allowed.
    ``false_refusals`` is as in Reference, with ``reference`` the number of training images compared
    with.
    """

    run: str
    accepted: bool
    reasons: tuple[str, ...]
    turn: str
    distance: float | None
    limit: float
    nearest: tuple[NearImage, ...] = ()
    false_refusals: dict = field(default_factory=dict)
    reference: int = 0


def judge(run: runs.Run, image: Path | bytes, settings: Settings, name: str = "") -> Judgement:
    """Judge one image (a path, or an upload's bytes called ``name``) for a finished run.

    Makes the run's reference first when there is none, which can take minutes. Raises UserError for
    an image that cannot be read or a run without a usable model, NoReference when a reference
    cannot be made.
    """
    return judge_by(_reference_of(run, settings), run, image, settings, name)


def judge_by(
    reference: Reference, run: runs.Run, image: Path | bytes, settings: Settings, name: str = ""
) -> Judgement:
    """As ``judge``, with a reference at hand."""
    grey = read_image(image, settings.max_pixels, name)
    limits = reference.limits
    common = {
        "run": run.id,
        "limit": limits[DISTANCE],
        "false_refusals": reference.false_refusals,
        "reference": len(reference.images),
    }
    odd = odd_checks(reference, image, grey)
    if odd:
        reasons = tuple(CHECKS[check].sentence for check in odd)
        return Judgement(accepted=False, reasons=reasons, turn="", distance=None, **common)

    config, model = read_config(run.config), load_classifier(run)
    pixels = prepare(grey, config.preprocess, config.size)
    distances, places = reference.nearest(pooled_features(model, pixels[np.newaxis]))
    distance, reasons = float(reference.relative_distance(distances, places)[0]), []
    turn = _turn(reference, model, grey, pixels, distance, config)
    if turn:
        reasons.append(f"It looks like an X-ray {TURNS[turn].words}.")
    elif distance > limits[DISTANCE]:
        reasons.append(
            f"The network finds it unlike the images it learnt from: {distance:.2f} times as far "
            "from the nearest of them as those are from each other; up to "
            f"{limits[DISTANCE]:.2f} is usual among X-rays."
        )
    data = image.read_bytes() if isinstance(image, Path) else image
    near = _near_images(reference, distances[0], places[0], hashlib.sha256(data).hexdigest())
    return Judgement(
        accepted=not reasons, reasons=(*reasons,), turn=turn, distance=distance, nearest=near,
        **common,
    )  # fmt: skip


def odd_checks(reference: Reference, source: Path | bytes, grey: np.ndarray) -> list[str]:
    """Which checks of the pixels alone forbid a diagnosis: keys of CHECKS; takes what they take."""
    limits = reference.limits
    return [check for check, value in oddness(source, grey).items() if value > limits[check]]


def plainly_accepted(reference: Reference, features: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Which of many images are upright and near enough to the training images, (n,) bool.

    ``features`` (n, c) as of ``pooled_features``, ``pixels`` (n, size, size) uint8. Whether one of
    the others is refused, and why, is told by ``judge_by``.
    """
    distance = reference.relative_distance(*reference.nearest(features))
    odds, _ = how_turned(reference.orientation, pixels)
    limits = reference.limits
    return (distance <= limits[DISTANCE]) & (np.asarray(odds) <= limits[TURNED])


def _reference_of(run: runs.Run, settings: Settings) -> Reference:
    reference = read_reference(run)
    if reference is None:
        # Also one that cannot be read, or was made by another version.
        (run.folder / FAMILIARITY).unlink(missing_ok=True)
        make_in_parts(run, settings, lambda *step: None)
        reference = read_reference(run)
    if reference is None:
        raise NoReference(f"{FAMILIARITY} of {run.id} cannot be read; delete it.")
    return reference


def _turn(
    reference: Reference, model, grey: np.ndarray, pixels: np.ndarray, distance: float, config
) -> str:
    """How the X-ray lies, where it is not upright; empty when it is, or when it is no X-ray.

    What only looks turned by its darks and lights must also come nearer to the training images, and
    near enough, once it is turned back.
    """
    (odds,), (name,) = how_turned(reference.orientation, pixels[np.newaxis])
    if odds <= reference.limits[TURNED]:
        return ""
    back = prepare(turn_back(grey, name), config.preprocess, config.size)
    found = reference.nearest(pooled_features(model, back[np.newaxis]))
    nearer = float(reference.relative_distance(*found)[0])
    return name if nearer < distance and nearer <= reference.limits[DISTANCE] else ""


def _near_images(
    reference: Reference, distances: np.ndarray, places: np.ndarray, sha256: str
) -> tuple[NearImage, ...]:
    near = []
    for distance, place in zip(distances, places, strict=True):
        row = reference.images.iloc[place]
        same = distance < SAME_PICTURE * reference.spacing[place]
        copy = SAME_FILE_WORDS if row["sha256"] == sha256 else SAME_PICTURE_WORDS if same else ""
        kept = {name: row[name] for name in ("id", "path", "sha256", "label", "finding")}
        near.append(NearImage(**kept, distance=float(distance), copy=copy))
    return tuple(near)
