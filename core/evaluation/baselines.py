"""What can be scored without reading a lung: trivial baselines, one row of ``BASELINES`` each.

Every baseline is the same classifier, logistic regression on scaled inputs, and differs in what it
is given: next to nothing, or something of an image that tells no disease. A network that scores no
higher has not shown that it reads X-rays. Where the results are kept and how they stand beside runs
is the business of ``core.evaluation.baseline_results``.

Pixels are the prepared ones that networks of 224 pixels see with the default preparation.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd

from core.data.splits import Split
from core.imaging.prepared import Prepared

# Raise this when the same images would give other results.
VERSION = 1
# Inverse strength of the L2 penalty: inputs are many, and neighbouring pixels say much the same.
C = 0.05
# About 100 steps are taken on 6,087 images.
MOST_STEPS = 5000
PIXELS = 224
GREY_LEVELS = 64
THUMBNAIL = 16
BORDER_SIDE, BORDER_WIDTH = 20, 2  # of an image shrunk to 20 x 20, the outer two pixels: a tenth
_CHUNK = 256  # images in memory at a time


@dataclass(frozen=True)
class Baseline:
    """One trivial baseline: its names, what it looks at in plain words, and its inputs.

    ``inputs(rows, pixels)`` gives float64 (n, k) from the n rows of the catalog and their prepared
    pixels. ``shortcut`` marks one that is given the answer's likeliest shortcut itself: an upper
    bound on what the shortcut is worth, not a bar that a network has to clear.
    """

    name: str
    title: str
    sentence: str
    inputs: Callable[[pd.DataFrame, Prepared], np.ndarray]
    shortcut: bool = False


def predict_baseline(
    inputs: np.ndarray, labels: np.ndarray, split: Split, classes: int
) -> np.ndarray:
    """Fit on the training side; probabilities float64 (validation images, classes).

    ``inputs`` is (n, k) float64, ``labels`` (n,) int64. Nothing in it is drawn by chance: the same
    inputs give the same answer. The training side must have two classes, as ``make_split`` sees to.
    """
    # These take long to load, which a page that only shows results need not wait for.
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    model = make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=MOST_STEPS))
    # Matrices this small are multiplied many times faster by one thread than by several that wait
    # for each other, and the dashboard's server keeps its other cores.
    with threadpool_limits(1):
        model.fit(inputs[split.train], labels[split.train])
        answered = model.predict_proba(inputs[split.validation])
    probabilities = np.zeros((len(split.validation), classes))
    probabilities[:, model.classes_] = answered
    return probabilities


def _nothing(rows: pd.DataFrame, pixels: Prepared) -> np.ndarray:
    # Nothing is left but the intercepts: the class shares of the training side.
    return np.zeros((len(rows), 1))


def _size_and_aspect(rows: pd.DataFrame, pixels: Prepared) -> np.ndarray:
    width, height = (rows[name].to_numpy(dtype=float) for name in ("width", "height"))
    return np.stack([width, height, width / height], axis=1)


def _histogram(rows: pd.DataFrame, pixels: Prepared) -> np.ndarray:
    counts = np.empty((len(pixels), GREY_LEVELS))
    for start, images in _chunks(pixels):
        for number, image in enumerate(images, start):
            counts[number] = cv2.calcHist([image], [0], None, [GREY_LEVELS], [0, 256]).ravel()
    return counts / (pixels.size * pixels.size)


def _thumbnail(rows: pd.DataFrame, pixels: Prepared) -> np.ndarray:
    return _shrunk(pixels, THUMBNAIL).reshape(len(pixels), -1)


def _border(rows: pd.DataFrame, pixels: Prepared) -> np.ndarray:
    outside = np.ones((BORDER_SIDE, BORDER_SIDE), bool)
    outside[BORDER_WIDTH:-BORDER_WIDTH, BORDER_WIDTH:-BORDER_WIDTH] = False
    return _shrunk(pixels, BORDER_SIDE)[:, outside]


def _source(rows: pd.DataFrame, pixels: Prepared) -> np.ndarray:
    return pd.get_dummies(rows["source"]).to_numpy(dtype=float)


def _shrunk(pixels: Prepared, side: int) -> np.ndarray:
    small = np.empty((len(pixels), side, side))
    for start, images in _chunks(pixels):
        for number, image in enumerate(images, start):
            small[number] = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    return small


def _chunks(pixels: Prepared):
    for start in range(0, len(pixels), _CHUNK):
        yield start, pixels.take(np.arange(start, min(start + _CHUNK, len(pixels))))


BASELINES = (
    Baseline(
        "majority",
        "Majority class",
        "Looks at nothing: always gives the class most frequent in training.",
        _nothing,
    ),
    Baseline(
        "size",
        "Image size only",
        "Looks at width, height and their ratio, at no pixel.",
        _size_and_aspect,
    ),
    Baseline(
        "histogram",
        "Grey histogram",
        f"Looks at how often each of {GREY_LEVELS} grey levels occurs, not at where.",
        _histogram,
    ),
    Baseline(
        "thumbnail",
        f"{THUMBNAIL} x {THUMBNAIL} thumbnail",
        f"Looks at {THUMBNAIL} x {THUMBNAIL} pixels: brightness and outline, no texture of a lung.",
        _thumbnail,
    ),
    Baseline(
        "border",
        "Border only",
        "Looks at the outer tenth of the image on every edge, where there is hardly any lung.",
        _border,
    ),
    Baseline(
        "source",
        "Source only",
        "Is told which collection the image comes from, and nothing else: what a network can "
        "gain at most by recognising the collection.",
        _source,
        shortcut=True,
    ),
)
