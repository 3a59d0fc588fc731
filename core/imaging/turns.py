"""The eight ways in which a film can lie before the reader: four turns, positive or negative.

Holds the table and turns images there and back. Mirrored films are no row of it: the heart's side
is all that tells them apart, and runs learn from mirrored copies. Which turn an image has is
recognised in ``core.inference.orientation``.
"""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Turn:
    """Quarter turns anticlockwise, whether black and white are exchanged, and both in words."""

    quarters: int
    negative: bool
    words: str


UPRIGHT = "upright"
TURNS: dict[str, Turn] = {
    UPRIGHT: Turn(0, False, "upright"),
    "left": Turn(1, False, "turned by 90 degrees to the left"),
    "upside_down": Turn(2, False, "upside down"),
    "right": Turn(3, False, "turned by 90 degrees to the right"),
    "negative": Turn(0, True, "with black and white exchanged"),
    "negative_left": Turn(
        1, True, "turned by 90 degrees to the left, with black and white exchanged"
    ),
    "negative_upside_down": Turn(2, True, "upside down, with black and white exchanged"),
    "negative_right": Turn(
        3, True, "turned by 90 degrees to the right, with black and white exchanged"
    ),
}


def turn(images: np.ndarray, name: str) -> np.ndarray:
    """``images`` (..., height, width) of unsigned integers, as a row of TURNS would show them."""
    row = TURNS[name]
    return _exchanged(np.rot90(images, row.quarters, axes=(-2, -1)), row.negative)


def turn_back(images: np.ndarray, name: str) -> np.ndarray:
    """Undo ``turn``: what was turned so is upright again, and positive."""
    row = TURNS[name]
    return _exchanged(np.rot90(images, -row.quarters, axes=(-2, -1)), row.negative)


def turned_back_file(image: np.ndarray, name: str) -> bytes:
    """The bytes of a PNG file of one image (height, width), uint8 or uint16, turned back."""
    return cv2.imencode(".png", turn_back(image, name))[1].tobytes()


def _exchanged(images: np.ndarray, negative: bool) -> np.ndarray:
    images = np.ascontiguousarray(images)
    return np.iinfo(images.dtype).max - images if negative else images
