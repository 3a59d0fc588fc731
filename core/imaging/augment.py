"""Random variation of training images by one affine warp.

Holds the settings, the drawing of random matrices and the warp. Rotation, shift, shear, zoom and
flip are composed into a single matrix, so that an image is resampled once, whatever is switched on.
Which images are warped when, and with which seed, is the business of ``core.training.batches``.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise
from typing import Self

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field

# Fewer images a thread than this cost more in handing over than they gain.
_SMALLEST_CHUNK = 4


class AugmentConfig(BaseModel):
    """How much training images vary; immutable, and unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rotation_degrees: float = Field(
        10.0, ge=0, le=180, description="Turn by up to this many degrees either way."
    )
    shift: float = Field(
        0.05, ge=0, le=0.5, description="Shift by up to this part of the width and of the height."
    )
    shear_degrees: float = Field(
        5.0, ge=0, le=45, description="Slant by up to this many degrees either way."
    )
    zoom: float = Field(
        0.1, ge=0, le=0.9, description="Enlarge or shrink by up to this part of the size."
    )
    flip: bool = Field(
        True,
        description="Swap left and right for half of the images, as in the published recipe. The "
        "heart then lies on the other side.",
    )

    @classmethod
    def none(cls) -> Self:
        """Give the settings that leave every image as it is."""
        return cls(rotation_degrees=0, shift=0, shear_degrees=0, zoom=0, flip=False)

    @property
    def active(self) -> bool:
        """Whether any image can change at all."""
        return self != self.none()


def draw_matrices(
    config: AugmentConfig, count: int, size: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw ``count`` affine matrices for images of ``size`` x ``size`` pixels.

    Returns (count, 2, 3) float32, mapping a pixel (x, y) of the image to its new place: flip, then
    zoom, shear and rotation about the image's centre, then shift. Every amount is uniform between
    its bounds. The same number of values is drawn whatever is switched on, so that switching one
    setting off leaves the others' draws as they were.
    """
    angle, slant, scale, right, down, side = rng.uniform(-1, 1, (6, count))
    angle = np.deg2rad(angle * config.rotation_degrees)
    slant = np.tan(np.deg2rad(slant * config.shear_degrees))
    scale = 1 + scale * config.zoom
    mirrored = np.where((side < 0) & config.flip, -1.0, 1.0)
    shift = np.stack([right, down], axis=1) * config.shift * size
    cosine, sine = np.cos(angle), np.sin(angle)
    # rotation @ shear @ zoom @ flip, written out for all images at once
    linear = scale[:, None, None] * np.stack(
        [
            np.stack([cosine * mirrored, cosine * slant - sine], axis=1),
            np.stack([sine * mirrored, sine * slant + cosine], axis=1),
        ],
        axis=1,
    )
    # The centre lies between the pixels: only so does a flip map pixels onto pixels.
    centre = np.full(2, (size - 1) / 2)
    offset = centre - linear @ centre + shift
    return np.concatenate([linear, offset[:, :, None]], axis=2).astype(np.float32)


def warp(images: np.ndarray, matrices: np.ndarray, threads: int) -> np.ndarray:
    """Warp every image by its matrix: (n, s, s) uint8 and (n, 2, 3) float32 to (n, s, s) uint8.

    Bilinear. What comes into view from beyond the edge repeats the edge: black wedges would exist
    in training images only, and repeating is also what Keras's ImageDataGenerator does by default.
    The result does not depend on ``threads``.
    """
    images = np.ascontiguousarray(images)
    warped = np.empty_like(images)
    count = len(images)
    parts = min(threads, count // _SMALLEST_CHUNK)
    if parts < 2:
        _warp_part(images, matrices, warped)
        return warped
    edges = np.linspace(0, count, parts + 1, dtype=int)
    cuts = [slice(a, b) for a, b in pairwise(edges)]
    # OpenCV lets go of the interpreter's lock while it works, so plain threads run side by side.
    list(_pool(threads).map(lambda c: _warp_part(images[c], matrices[c], warped[c]), cuts))
    return warped


@lru_cache(maxsize=4)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="warp")


def _warp_part(images: np.ndarray, matrices: np.ndarray, warped: np.ndarray) -> None:
    size = images.shape[1:][::-1]
    for image, matrix, result in zip(images, matrices, warped, strict=True):
        cv2.warpAffine(
            image,
            matrix,
            size,
            dst=result,
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
