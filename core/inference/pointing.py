"""The pointing test: does a map's hottest place lie in the lesion, where the lesion is known?

Only the demonstration set knows where a lesion was drawn. Loads Keras and trains nothing. After
Zhang et al. (2018), Int J Comput Vis 126, "Top-down neural attention by excitation backprop",
section 4.1: a map hits when its peak lies in the object or within a margin of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from core import runs
from core.data.catalog import load_catalog
from core.data.phantom import lesion_of
from core.errors import UserError
from core.evaluation.statistics import wilson
from core.inference.methods import GRADCAM
from core.inference.predictor import read_question
from core.settings import Settings

LESION = "bacteria"
MARGIN = 0.1  # of the image's width


@dataclass(frozen=True)
class PointingScore:
    """Hits of n maps, the share with Wilson's 95 % interval; ``area`` what chance would hit.

    ``area`` is the mean share of the image that counts as a hit.
    """

    hits: int
    n: int
    area: float

    @property
    def share(self) -> float:
        return self.hits / self.n

    @property
    def ci95(self) -> list[float]:
        return wilson(self.hits, self.n)


def pointing_test(
    run: runs.Run, settings: Settings, shuffles: Sequence[int] = (), method: str = GRADCAM
) -> tuple[PointingScore, PointingScore | None]:
    """The score of a run's maps on its rightly answered bacteria images, and of shuffled heads.

    The images are those of its validation set. A map hits when its peak lies in the drawn lesion or
    within MARGIN of the image's width of it; an empty map does not. The second score is over all
    maps made with the head shuffled by each seed of ``shuffles``, None without any. Raises
    UserError when the run did not read the demonstration set, or answered no such image rightly.
    """
    from core.inference.explain import explain_shuffled
    from core.inference.loaded_models import load_classifier
    from core.models.backbones import BACKBONES

    answers = run.predictions()
    if not run.metrics().get("synthetic") or "predicted" not in answers:
        raise UserError(
            f"{run.id} has no lesions whose place is known; the pointing test needs a finished run "
            "on the demonstration set."
        )
    asked = answers[(answers["label"] == LESION) & (answers["predicted"] == LESION)]
    if asked.empty:
        raise UserError(f"{run.id} recognised no {LESION} image, so no map can be tested.")
    paths = load_catalog(settings).set_index("id")["path"]
    model = load_classifier(run)
    hits, areas = [], []
    for identifier in asked["id"]:
        config, pixels = read_question(run, _path(paths, identifier), settings)
        maps = explain_shuffled(
            method, model, pixels, config.classes.index(LESION),
            BACKBONES[config.backbone].gradcam_layer, shuffles,
        )  # fmt: skip
        target = near(lesion_of(identifier), MARGIN)
        areas.append(target.mean())
        hits.append([not each.note and peak_lies_in(each.heat, target) for each in maps])
    hits, area = np.array(hits), float(np.mean(areas))
    own = PointingScore(int(hits[:, 0].sum()), len(hits), area)
    if not len(shuffles):
        return own, None
    return own, PointingScore(int(hits[:, 1:].sum()), hits[:, 1:].size, area)


def near(lesion: np.ndarray, margin: float) -> np.ndarray:
    """``lesion``, bool (h, w), and what lies within ``margin`` of the width of it, as bool."""
    distance = cv2.distanceTransform((~lesion).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return distance <= margin * lesion.shape[1]


def peak_lies_in(heat: np.ndarray, target: np.ndarray) -> bool:
    """Whether the hottest pixel of ``heat`` (s, s) lies in ``target``, bool of any size."""
    place = np.array(np.unravel_index(heat.argmax(), heat.shape))
    row, column = ((place + 0.5) / heat.shape * target.shape).astype(int)
    return bool(target[row, column])


def _path(paths: pd.Series, identifier: str) -> Path:
    if identifier not in paths.index:
        raise UserError(f"The catalog has no image '{identifier}'; the images have changed.")
    return Path(paths[identifier])
