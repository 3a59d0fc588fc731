"""How much of a heat map lies in a box, and the box drawn on the image.

Holds arithmetic and drawing alone, without Keras, for pages too. Where the lungs' box of an image
lies stands in ``core.data.lungs``; boxes are left, top, right, bottom as fractions of the image.
"""

from collections.abc import Sequence

import cv2
import numpy as np

LINE = (86, 180, 233)  # light blue: in none of the colours of a heat map


def share_inside(heat: np.ndarray, box: Sequence[float]) -> float:
    """Share 0..1 of the sum of ``heat`` (h, w) >= 0 in ``box``; raises ValueError without heat."""
    total = float(heat.sum(dtype=np.float64))
    if total <= 0:
        raise ValueError("An empty map has no heat to share out.")
    left, top, right, bottom = _corners(heat, box)
    return float(heat[top:bottom, left:right].sum(dtype=np.float64)) / total


def box_area(box: Sequence[float]) -> float:
    """Share 0..1 of the image that ``box`` takes: the share of an even map inside it."""
    left, top, right, bottom = box
    return float((right - left) * (bottom - top))


def outline(image: np.ndarray, box: Sequence[float]) -> np.ndarray:
    """A copy of ``image``, uint8 (h, w) or (h, w, 3), as RGB with ``box`` drawn on it."""
    drawn = image if image.ndim == 3 else np.repeat(image[..., np.newaxis], 3, axis=2)
    left, top, right, bottom = _corners(image, box)
    width = max(1, round(image.shape[0] / 200))
    return cv2.rectangle(drawn.copy(), (left, top), (right - 1, bottom - 1), LINE, width)


def _corners(image: np.ndarray, box: Sequence[float]) -> tuple[int, ...]:
    height, width = image.shape[:2]
    return tuple(np.rint(np.array(box) * [width, height, width, height]).astype(int).tolist())
