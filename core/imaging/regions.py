"""Regions drawn on an image: what they cover, what is put there, and the same shapes elsewhere.

A region is a box, a brush stroke or an outline, in fractions 0..1 of the image's width and height,
so that it fits the image at any size. What a network says of a covered image stands in
``core.inference.cover``.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from core.errors import UserError

BOX, BRUSH, OUTLINE = "box", "brush", "outline"
# Kind -> the fewest points that make one.
KINDS = {BOX: 2, BRUSH: 1, OUTLINE: 3}
MOST_POINTS, MOST_REGIONS = 4000, 100
WIDEST = 0.5
# How many random places are tried for each that is wanted.
TRIES = 60
# A place is elsewhere when it shares at most so much with what was drawn, and its parts lie over
# each other by no more than so much: both as fractions of what was drawn.
MOST_SHARED, MOST_HIDDEN = 0.25, 0.05


@dataclass(frozen=True)
class Region:
    """One region: its kind, its points (x, y) as fractions 0..1, and a brush's width.

    A box has two opposite corners; ``width`` is the brush's diameter as a fraction of the image's
    width, 0 for other kinds.
    """

    kind: str
    points: tuple[tuple[float, float], ...]
    width: float = 0.0


def read_region(content: Mapping) -> Region:
    """A region from what a browser sends: kind, points, width. Points outside are moved inside.

    Raises UserError when it is no region.
    """
    try:
        kind = content["kind"]
        points = np.asarray(content["points"], dtype=float).reshape(-1, 2)
        width = float(content.get("width") or 0) if kind == BRUSH else 0.0
        fits = KINDS[kind] <= len(points) <= MOST_POINTS and np.isfinite(points).all()
        fits &= kind != BRUSH or 0 < width <= WIDEST
    except (AttributeError, KeyError, TypeError, ValueError):
        fits = False
    if not fits:
        raise UserError("What was drawn is no region; draw it again, or give the box's edges.")
    return Region(kind, tuple(map(tuple, points.clip(0, 1).tolist())), width)


def mask_of(regions: Sequence[Region], size: int) -> np.ndarray:
    """What the regions cover together, bool (size, size)."""
    mask = np.zeros((size, size), np.uint8)
    for region in regions:
        mask |= _draw(region, size)
    return mask.astype(bool)


def covered(pixels: np.ndarray, mask: np.ndarray, fill: str) -> np.ndarray:
    """``pixels`` (size, size) uint8 with a fill of FILLS where ``mask`` is set, as a new array."""
    return np.where(mask, FILLS[fill].paint(pixels), pixels).astype(np.uint8)


def elsewhere(regions: Sequence[Region], size: int, count: int, seed: int = 0) -> list[np.ndarray]:
    """The same shapes at up to ``count`` random places, each a mask as that of ``mask_of``.

    Every connected part of what the regions cover is moved by itself, unturned, and stays inside
    the image. Fewer masks, or none, where there is too little room: see MOST_SHARED and
    MOST_HIDDEN.
    """
    drawn = mask_of(regions, size)
    area = int(drawn.sum())
    number, labels = cv2.connectedComponents(drawn.astype(np.uint8))
    parts = [_cut_out(labels == label) for label in range(1, number)]
    rng = np.random.default_rng(seed)
    places: list[np.ndarray] = []
    for _ in range(TRIES * count if parts else 0):
        mask = np.zeros_like(drawn)
        for part in parts:
            height, width = part.shape
            top, left = rng.integers(size - height + 1), rng.integers(size - width + 1)
            mask[top : top + height, left : left + width] |= part
        shared = int((mask & drawn).sum())
        if shared <= MOST_SHARED * area and area - int(mask.sum()) <= MOST_HIDDEN * area:
            places.append(mask)
        if len(places) == count:
            break
    return places


def _draw(region: Region, size: int) -> np.ndarray:
    mask = np.zeros((size, size), np.uint8)
    points = np.array(region.points) * size
    if region.kind == BOX:
        low, high = np.floor(points.min(axis=0)), np.ceil(points.max(axis=0))
        (left, top), (right, bottom) = low.astype(int), high.astype(int)
        mask[top:bottom, left:right] = 1
        return mask
    # The middle of the pixel (0, 0) is at half a pixel.
    corners = np.round(points - 0.5).astype(np.int32)
    if region.kind == OUTLINE:
        return cv2.fillPoly(mask, [corners], 1)
    # A dot and a line of OpenCV have round ends, as the brush on the screen.
    thickness = max(1, round(region.width * size))
    cv2.polylines(mask, [corners], False, 1, thickness)
    for corner in corners[[0, -1]]:
        cv2.circle(mask, corner.tolist(), math.floor(thickness / 2), 1, cv2.FILLED)
    return mask


def _cut_out(mask: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


@dataclass(frozen=True)
class Fill:
    """What replaces covered pixels: a name, a sentence on it, and how it is painted.

    ``paint`` gives the fill for every pixel of an image (size, size) uint8, or one for all.
    """

    title: str
    sentence: str
    paint: Callable[[np.ndarray], np.ndarray]


def _blurred(pixels: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(pixels, (0, 0), pixels.shape[0] / 12)


FILLS = {
    "grey": Fill(
        "the image's mean grey",
        "As bright as the image is on average: the least striking flat patch, though no X-ray has "
        "one.",
        lambda pixels: np.uint8(round(float(pixels.mean()))),
    ),
    "blurred": Fill(
        "the image, blurred",
        "Keeps how bright the place is and takes its details: closest to an X-ray, but a dense "
        "patch of disease stays visible as a bright cloud.",
        _blurred,
    ),
    "black": Fill(
        "black",
        "Takes everything, but looks like air or a lead marker: a black patch inside a chest is "
        "itself unusual, and the network may answer to the patch.",
        lambda pixels: np.uint8(0),
    ),
}
