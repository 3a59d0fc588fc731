"""Occlusion sensitivity by tf-explain: how much less sure a network is when a place is covered.

Holds ``occlusion_heats``; what all maps have in common stands in ``core.inference.explain``.
"""

from collections.abc import Sequence

import keras
import numpy as np
from scipy.special import logsumexp
from tf_explain.core.occlusion_sensitivity import OcclusionSensitivity

from core.inference.network_parts import AT_ONCE, NetworkParts

# Squares along one side of the image: 144 looks, which VGG16 does in half a minute on two cores.
SQUARES = 12


def occlusion_heats(
    network: NetworkParts, pixels: np.ndarray, class_index: int, tails: Sequence[keras.Model]
) -> list[np.ndarray]:
    """Fall of the class's log odds when a grey square covers a place: per tail (s, s), >= 0.

    ``pixels`` is uint8 (s, s). Zeiler & Fergus (2014, section 4.2) show the probability of the
    class at every position of the square. Log odds rise and fall with the probability, so that
    places stand in the same order, and they still move where it rounds to 1. tf-explain gives
    1 - confidence, whatever the network says of the whole image: its answer there is subtracted, so
    that a place whose covering changes nothing has no heat.
    """
    side = pixels.shape[0]
    patch = -(-side // SQUARES)
    # tf-explain takes every square for a whole one, also those cut off at the right and at the
    # bottom, and stretches the map by that. So all are whole; the network is shown the image alone.
    padding = -side % patch
    padded = np.pad(pixels.astype(np.float32), (0, padding), "edge")[..., np.newaxis]
    shown = _Shown(network, side)
    whole = network.maps(padded[np.newaxis, :side, :side])
    heats = []
    for tail in tails:
        shown.tail = tail
        covered = OcclusionSensitivity(AT_ONCE).get_sensitivity_map(
            shown, padded, class_index, patch
        )[:side, :side]
        heats.append(np.maximum(covered - (1 - shown.log_odds(whole)[0, class_index]), 0))
    return heats


class _Shown:
    """What tf-explain asks for its predictions; the covered images pass the trunk once."""

    def __init__(self, network: NetworkParts, side: int) -> None:
        self.network, self.side, self.tail = network, side, network.tail
        self._maps: list = []

    def predict(self, images: np.ndarray, batch_size: int) -> np.ndarray:
        if not self._maps:
            images = images[:, : self.side, : self.side]
            self._maps = [
                self.network.maps(images[first : first + batch_size])
                for first in range(0, len(images), batch_size)
            ]
        return np.concatenate([self.log_odds(maps) for maps in self._maps])

    def log_odds(self, maps) -> np.ndarray:
        """log p / (1 - p) of every class, float64 (n, k)."""
        scores = np.asarray(self.tail(maps, training=False), np.float64)
        odds = [
            scores[:, place] - logsumexp(np.delete(scores, place, axis=1), axis=1)
            for place in range(scores.shape[1])
        ]
        return np.stack(odds, axis=1)
