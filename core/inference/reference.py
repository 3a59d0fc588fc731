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
IMAGE_COLUMNS = ["id", "path", "sha256", "patient", "label", "finding"]


@dataclass(frozen=True)
class Reference:
    """Training images as the run's network sees them, and the limits set on validation images.

    ``features`` (m, d) float32 are standardised by ``centre`` and ``scale`` (d,); ``images`` has
    one row of IMAGE_COLUMNS for each. ``checked`` has those of the validation images, and their
    oddness by every check. ``orientation`` are the weights of
    ``core.inference.orientation``. ``limits`` is the oddness allowed by every check;
    ``false_refusals`` how many X-rays they refuse: wanted (the rate asked for), refused, n, rate,
    ci95, measured on images that the limits were not set on.
    """

    centre: np.ndarray
    scale: np.ndarray
    features: np.ndarray
    images: pd.DataFrame
    checked: pd.DataFrame
    orientation: np.ndarray
    limits: dict[str, float]
    false_refusals: dict

    def nearest(self, features: np.ndarray, count: int = NEAREST) -> tuple[np.ndarray, np.ndarray]:
        """The ``count`` nearest training images (fewer when there are fewer) of features (n, d).

        Their distances (n, count), ascending, Euclidean between standardised features, and their
        positions in ``images`` (n, count).
        """
        from sklearn.neighbors import NearestNeighbors

        known = NearestNeighbors(n_neighbors=min(count, len(self.features)), algorithm="brute")
        return known.fit(self.features).kneighbors((features - self.centre) / self.scale)

    def distance_of_strangers(self, features: np.ndarray, patients: pd.Series) -> np.ndarray:
        """Mean distance to the NEAREST training images of other patients, float64 (n,).

        An image that is judged later comes from a new patient: images of a patient on both sides
        would make the distances of validation images too small.
        """
        distances, places = self.nearest(features, NEAREST + SPARE)
        other = self.images["patient"].to_numpy()[places]
        own = patients.to_numpy()[:, np.newaxis]
        kept = ((other != own) | (own == "")).astype(float)
        kept *= kept.cumsum(axis=1) <= NEAREST
        # Where a patient has almost all training images, they must do.
        kept[kept.sum(axis=1) == 0] = 1
        return (distances * kept).sum(axis=1) / kept.sum(axis=1)


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
            centre=reference.centre,
            scale=reference.scale,
            # Half the size, and a thousandth of a distance.
            features=reference.features.astype(np.float16),
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
                content["centre"],
                content["scale"],
                content["features"].astype(np.float32),
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
