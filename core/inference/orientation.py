"""How an X-ray lies: upright, turned by quarters, or with black and white exchanged.

Holds a small classifier of the eight rows of ``core.imaging.turns``: logistic regression on the
image reduced to 16 x 16, fitted on a run's training images turned in every way. No network is
asked: what tells the ways apart is where a chest is dark and where it is light, and feature
distance alone misses half of the X-rays that are upside down.
"""

import cv2
import numpy as np

from core.imaging.turns import TURNS, UPRIGHT, turn

SIDE = 16
# Below this many grey levels of deviation an image has no pattern worth stretching.
SMALLEST_DEVIATION = 8.0
REGULARISATION = 0.01
NAMES = tuple(TURNS)


def fit_orientation(pixels: np.ndarray) -> np.ndarray:
    """Fit the classifier on upright images (n, size, size) uint8: weights (8, 257) float64.

    A row belongs to one of NAMES, its last column is the intercept. Mirrored copies are learnt
    from as well, so that a mirrored film is not taken for a turned one.
    """
    from sklearn.linear_model import LogisticRegression

    films = np.concatenate([pixels, pixels[..., ::-1]])
    seen = np.concatenate([_reduced(turn(films, name)) for name in NAMES])
    truth = np.repeat(np.arange(len(NAMES)), len(films))
    scale = seen.std(axis=0) + 1e-3
    model = LogisticRegression(C=REGULARISATION, max_iter=300).fit(seen / scale, truth)
    return np.concatenate([model.coef_ / scale, model.intercept_[:, np.newaxis]], axis=1)


def how_turned(weights: np.ndarray, pixels: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """How far images (n, size, size) uint8 speak for lying another way than upright, and for which.

    The first is (n,) float64, natural log of the odds of the likeliest other way against upright:
    above 0 the image is more likely turned. The second names that other way for each image.
    """
    scores = _reduced(pixels) @ weights[:, :-1].T + weights[:, -1]
    others = np.delete(scores, NAMES.index(UPRIGHT), axis=1)
    names = [name for name in NAMES if name != UPRIGHT]
    odds = others.max(axis=1) - scores[:, NAMES.index(UPRIGHT)]
    return odds, [names[i] for i in others.argmax(axis=1)]


def _reduced(pixels: np.ndarray) -> np.ndarray:
    small = [cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for image in pixels]
    rows = np.stack(small).reshape(len(pixels), -1).astype(np.float64)
    rows -= rows.mean(axis=1, keepdims=True)
    return rows / np.maximum(rows.std(axis=1, keepdims=True), SMALLEST_DEVIATION)
