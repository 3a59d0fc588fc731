"""What a run keeps to tell whether an image is like those it learnt from: familiarity.npz.

Holds ``Reference``, how it is written and read, and the distance to the nearest training images.
How one is made stands in ``core.inference.familiarity``, what follows from it for an image in
``core.inference.judgement``.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from core.files import whole_file
from core.runs import Run

FAMILIARITY = "familiarity.npz"
# Raise this when references are made in another way: older ones are then made anew.
VERSION = 1
NEAREST = 6
# Images of one patient are left out of a patient's own neighbours; nobody has so many more.
SPARE = 40
IMAGE_COLUMNS = ["id", "path", "sha256", "patient", "source", "label", "finding"]


@dataclass(frozen=True)
class Reference:
    """Training images as the run's network sees them, and the limits set on validation images.

    ``features`` (m, d) float32 have length 1 each; ``images`` has one row of IMAGE_COLUMNS for
    each, and ``spacing`` (m,) says how far each lies from its NEAREST of other patients, on the
    mean. ``checked`` has the rows of the validation images, and their oddness by every check.
    ``orientation`` are the weights of ``core.inference.orientation``. ``limits`` is the oddness
    allowed by every check; ``false_refusals`` what ``core.evaluation.refusal_limits.check_rate``
    tells of them, and ``wanted``, the rate asked for.
    """

    features: np.ndarray
    spacing: np.ndarray
    images: pd.DataFrame
    checked: pd.DataFrame
    orientation: np.ndarray
    limits: dict[str, float]
    false_refusals: dict

    def nearest(self, features: np.ndarray, count: int = NEAREST) -> tuple[np.ndarray, np.ndarray]:
        """The ``count`` nearest training images (fewer when there are fewer) of features (n, d).

        Their distances (n, count), ascending, and their positions in ``images`` (n, count). The
        distance is Euclidean between features of length 1: 0 for the same direction, 1.41 for
        features that have nothing in common.
        """
        from sklearn.neighbors import NearestNeighbors

        known = NearestNeighbors(n_neighbors=min(count, len(self.features)), algorithm="brute")
        return known.fit(self.features).kneighbors(of_length_one(features))

    def relative_distance(self, distances: np.ndarray, places: np.ndarray) -> np.ndarray:
        """How many times as far images are from their nearest as those are from theirs, (n,).

        Takes what ``nearest`` gives. Plain distance would refuse half of a small collection beside
        a large one, whose images lie closer together (a local outlier factor without its smoothing:
        Breunig et al. 2000, SIGMOD).
        """
        return distances.mean(axis=1) / self.spacing[places].mean(axis=1)

    def nearest_strangers(
        self, features: np.ndarray, patients: pd.Series
    ) -> tuple[np.ndarray, np.ndarray]:
        """As ``nearest``, without training images of the image's own patient.

        An image that is judged later comes from a new patient: images of a patient on both sides
        would make the distances that limits are set on too small.
        """
        distances, places = self.nearest(features, NEAREST + SPARE)
        own = patients.to_numpy()[:, np.newaxis]
        same = (self.images["patient"].to_numpy()[places] == own) & (own != "")
        # Where a patient has almost all training images, they come last.
        order = np.argsort(same, axis=1, kind="stable")[:, :NEAREST]
        return np.take_along_axis(distances, order, 1), np.take_along_axis(places, order, 1)


def of_length_one(features: np.ndarray) -> np.ndarray:
    """Features (n, d) divided by their lengths, float32; one that is all zero stays so."""
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return (features / np.maximum(lengths, 1e-12)).astype(np.float32)


def is_current(run: Run) -> bool:
    """Whether the run's reference is there and no older than its network; reads no content."""
    try:
        kept = (run.folder / FAMILIARITY).stat().st_mtime_ns
        return kept >= run.model_path.stat().st_mtime_ns
    except OSError:
        return False


def write_reference(run: Run, reference: Reference) -> None:
    """Write familiarity.npz, whole or not at all; raises UserError when the disk is full."""
    about = {
        "version": VERSION,
        "limits": reference.limits,
        "false_refusals": reference.false_refusals,
        "images": _as_text(reference.images[IMAGE_COLUMNS]),
        "checked": _as_text(reference.checked),
    }
    with whole_file(run.folder / FAMILIARITY) as temporary:
        np.savez(
            temporary,
            about=np.array(json.dumps(about)),
            # Half the size, for a thousandth of a distance.
            features=reference.features.astype(np.float16),
            spacing=reference.spacing,
            orientation=reference.orientation,
        )


def read_reference(run: Run) -> Reference | None:
    """The run's reference; None when there is none that is current and can be read."""
    if not is_current(run):
        return None
    path = run.folder / FAMILIARITY
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=3)
def _read(path: Path, modified: int) -> Reference | None:
    try:
        with np.load(path, allow_pickle=False) as content:
            about = json.loads(str(content["about"]))
            if about["version"] != VERSION:
                return None
            return Reference(
                content["features"].astype(np.float32),
                content["spacing"],
                _from_text(about["images"]),
                _from_text(about["checked"]),
                content["orientation"],
                about["limits"],
                about["false_refusals"],
            )
    # A torn archive raises a dozen kinds.
    except Exception:
        return None


def _as_text(table: pd.DataFrame) -> str:
    return table.to_json(orient="split", index=False, double_precision=15)


def _from_text(text: str) -> pd.DataFrame:
    table = pd.read_json(StringIO(text), orient="split", dtype=False)
    return table.astype(dict.fromkeys(IMAGE_COLUMNS, "str"))
