"""The sanity check of a map: does it change when what the head has learnt is shuffled away?

Adebayo et al. (2018), "Sanity checks for saliency maps", found methods whose maps look much the
same whatever the network has learnt: such a map shows the image's edges, or what any network looks
at, not why this one answered. Holds ``check_map`` and its verdict; the shuffled heads are made in
``core.inference.network_parts`` and leave the run's own network as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import runs
from core.inference.loaded_models import load_classifier
from core.inference.methods import get_method
from core.inference.predictor import read_question
from core.models.backbones import BACKBONES
from core.settings import Settings

HOTTEST = 0.2  # share of the image whose overlap is counted


@dataclass(frozen=True)
class SanityCheck:
    """One map and what becomes of it with shuffled heads.

    ``heat`` and each of ``shuffled`` are float32 (s, s) in 0..1; ``correlations`` are Spearman's
    rank correlations of each with ``heat``, -1 to 1, and ``overlaps`` the shares of the hottest
    fifth of the image that they have in common, 0 to 1. A shuffled map that is empty has 0 in both:
    nothing of the map is left. ``note`` says why there is nothing to compare, else it is empty.
    """

    method: str
    explained_class: str
    heat: np.ndarray
    shuffled: tuple[np.ndarray, ...]
    correlations: tuple[float, ...]
    overlaps: tuple[float, ...]
    note: str = ""

    @property
    def correlation(self) -> float:
        """Mean of the rank correlations."""
        return float(np.mean(self.correlations))

    @property
    def overlap(self) -> float:
        """Mean of the overlaps; chance is HOTTEST."""
        return float(np.mean(self.overlaps))

    @property
    def looks_the_same(self) -> bool:
        """Whether the map explains nothing: it looks the same without what the head has learnt."""
        return not self.note and self.correlation > get_method(self.method).same_above


def check_map(
    run: runs.Run,
    image: Path | bytes,
    settings: Settings,
    name: str,
    method: str,
    explained_class: str,
    seeds: Sequence[int] = (),
) -> SanityCheck:
    """Check the map of ``method`` for ``explained_class`` of one image, as ``predict`` makes it.

    ``seeds`` shuffle the head, one map each; by default as many as the method's row says. Raises
    UserError as ``predict`` does.
    """
    from core.inference.explain import explain_shuffled

    config, pixels = read_question(run, image, settings, name, method, explained_class)
    seeds = seeds or range(get_method(method).shuffles)
    layer = BACKBONES[config.backbone].gradcam_layer
    own, *others = explain_shuffled(
        method, load_classifier(run), pixels, config.classes.index(explained_class), layer, seeds
    )
    same = [(0.0, 0.0) if own.note or each.note else alike(own.heat, each.heat) for each in others]
    correlations, overlaps = zip(*same, strict=True)
    heats = tuple(each.heat for each in others)
    return SanityCheck(method, explained_class, own.heat, heats, correlations, overlaps, own.note)


def alike(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Spearman's rank correlation of two maps that are not constant, and the overlap of their
    hottest fifths: of the pixels that are among the HOTTEST share in one, how many are in both."""
    from scipy.stats import rankdata

    ranks = [rankdata(heat) for heat in (one, other)]
    count = round(HOTTEST * one.size)
    hottest = [set(np.argsort(-heat, axis=None, kind="stable")[:count]) for heat in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1]), len(hottest[0] & hottest[1]) / count
