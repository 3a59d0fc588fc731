"""Which pixels move a class's score, by tf-explain: integrated gradients and SmoothGrad.

Holds both methods and ``attributions``, the signed map behind the first. What all maps have in
common stands in ``core.inference.explain``.

tf-explain's methods are ``tf.function``: each network and each number of steps would be traced
into a graph of its own, which takes longer than the steps themselves and keeps the network in
memory. The plain functions inside them are called instead.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace

import keras
import numpy as np
from tf_explain.core.integrated_gradients import IntegratedGradients
from tf_explain.core.smoothgrad import SmoothGrad

from core.inference.network_parts import AT_ONCE, NetworkParts

STEPS = 32  # Sundararajan et al. 2017, section 5: 20 to 300 steps are enough
COPIES = 24  # Smilkov et al. 2017, section 3.2: hardly more is gained beyond 50
NOISE = 0.15  # of the image's range; ibid.: 10 to 20 % shows most
# Ibid., section 3.1: values beyond the 99th percentile are capped, else a few pixels take all.
CAPPED_AT = 99

_STEP = 1e-3


def integrated_gradients_heats(
    network: NetworkParts, pixels: np.ndarray, class_index: int, tails: Sequence[keras.Model]
) -> list[np.ndarray]:
    """What each pixel adds to the class's score: per tail float32 (s, s), >= 0, capped.

    ``pixels`` is uint8 (s, s). Pixels that take from the score stay dark.
    """
    return [
        _capped(np.maximum(attributions(network, pixels, class_index, tail, STEPS), 0))
        for tail in tails
    ]


def attributions(
    network: NetworkParts,
    pixels: np.ndarray,
    class_index: int,
    tail: keras.Model,
    steps: int,
) -> np.ndarray:
    """Integrated gradients of the class's score from a black image to ``pixels``, float32 (s, s).

    (x - x') times the mean gradient on the straight way from x' to x (Sundararajan et al. 2017,
    equation 1, with x' = 0); their sum is the score of the image less that of a black one.
    tf-explain leaves the factor (x - x') out, without which the sum means nothing, and counts both
    ends of the way in full: the way is cut into ``steps`` parts here and asked in their middles.
    """
    target = np.asarray(pixels, np.float32)[..., np.newaxis]
    half = target / (2 * steps)
    way = np.stack(IntegratedGradients.generate_linear_path(half, target - half, steps))

    def answers(images):
        return network.scores(images, tail)

    mean = IntegratedGradients.get_integrated_gradients.python_function
    total = np.zeros(target.shape, np.float64)
    for part in _parts(way.astype(np.float32)):
        total += len(part) * mean(part, answers, class_index, len(part))[0].numpy()
    return (total / steps * target)[..., 0].astype(np.float32)


def smoothgrad_heats(
    network: NetworkParts, pixels: np.ndarray, class_index: int, tails: Sequence[keras.Model]
) -> list[np.ndarray]:
    """Size of the score's mean gradient over noisy copies: per tail float32 (s, s), capped.

    ``pixels`` is uint8 (s, s). The noise is NOISE of the image's own range (tf-explain: one grey
    level), and the same at every call. Source: Smilkov et al. 2017, equation 2.
    """
    images = np.asarray(pixels, np.float32)[np.newaxis, ..., np.newaxis]
    with _seeded(0):
        noisy = SmoothGrad.generate_noisy_images(images, COPIES, NOISE * float(np.ptp(pixels)))
    mean = SmoothGrad.get_averaged_gradients.python_function
    heats = []
    for tail in tails:
        asked = _ScoreAsLoss(network, tail, class_index)
        total = np.zeros(images.shape[1:], np.float64)
        for part in _parts(noisy):
            total += len(part) * mean(part, asked, 0, len(part))[0].numpy()
        heats.append(_capped(np.abs(total[..., 0] / COPIES / _STEP).astype(np.float32)))
    return heats


@dataclass(frozen=True)
class _ScoreAsLoss:
    """Answers so that tf-explain's cross-entropy is the class's score, but for sign and scale.

    The published method follows the score. tf-explain follows the cross-entropy of the
    probabilities, whose gradient is gone where the network is certain, and which Keras takes of no
    scores. Of the two answers u = exp(step * score) / 2 and 1 - u the cross-entropy for the first
    one is log 2 - step * score: its gradient is that of the score, exactly.
    """

    network: NetworkParts
    tail: keras.Model
    class_index: int
    output = SimpleNamespace(shape=(None, 2))

    def __call__(self, images):
        scores = self.network.scores(images, self.tail)[:, self.class_index]
        chosen = keras.ops.exp(_STEP * scores) / 2
        return keras.ops.stack([chosen, 1 - chosen], axis=1)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    # tf-explain draws from numpy's one global generator, which others may rely on.
    state = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(state)


def _parts(images: np.ndarray) -> Iterator[np.ndarray]:
    for first in range(0, len(images), AT_ONCE):
        yield images[first : first + AT_ONCE]


def _capped(heat: np.ndarray) -> np.ndarray:
    highest = np.percentile(heat, CAPPED_AT)
    return np.minimum(heat, highest) if highest > 0 else heat
