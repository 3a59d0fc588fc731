"""What can be told of an image before any network is asked: colour, contrast, greys, proportions.

Holds the table of checks and their measurement. Each has a bound that is never made stricter;
where a run's own X-rays go beyond it, ``core.evaluation.refusal_limits`` moves it out. Whether an
image is refused is decided in ``core.inference.judgement``.
"""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np

from core.imaging.decode import FORMATS

# Colour is measured on a reduced copy: a tint covers an area.
COLOUR_SIDE = 256


@dataclass(frozen=True)
class PixelCheck:
    """One check: ``bound`` in the unit that ``unit`` names, ``sign`` and what to say beyond it.

    ``sign`` is 1 where high values are odd, -1 where low ones are; ``sign * value`` is the oddness
    of an image, and an image is odd when it exceeds ``sign * bound``, or the limit of a run that
    lies further out.
    """

    bound: float
    sign: int
    unit: str
    sentence: str


CHECKS: dict[str, PixelCheck] = {
    "colour": PixelCheck(
        0.10, 1, "mean difference of the strongest and the weakest channel, 0..1",
        "It is in colour; an X-ray is grey.",
    ),
    "contrast": PixelCheck(
        0.004, -1, "standard deviation of the grey values, of the full range",
        "It is blank, or nearly so: its grey values hardly differ.",
    ),
    "greys": PixelCheck(
        3.5, -1, "entropy of the grey values in 256 steps, bits",
        "It has few different grey values, as a page of text, a chart or a screenshot has.",
    ),
    "aspect": PixelCheck(
        2.5, 1, "longer side by shorter side",
        "It is a strip: one side is far longer than the other.",
    ),
}  # fmt: skip


def oddness(source: Path | bytes, grey: np.ndarray) -> dict[str, float]:
    """How odd an image is by every check of CHECKS: ``sign * value``, in the check's unit.

    ``source`` is a path or a file's bytes that ``core.imaging.decode`` reads; ``grey`` is what it
    gives of it, (height, width) uint8 or uint16.
    """
    values = {
        "colour": _colour(source),
        "contrast": float(grey.std()) / np.iinfo(grey.dtype).max,
        "greys": _grey_bits(grey),
        "aspect": max(grey.shape) / min(grey.shape),
    }
    return {name: CHECKS[name].sign * value for name, value in values.items()}


def bounds() -> dict[str, float]:
    """The oddness that every check allows in any run."""
    return {name: check.sign * check.bound for name, check in CHECKS.items()}


def _colour(source: Path | bytes) -> float:
    data = source.read_bytes() if isinstance(source, Path) else source
    reader = next((r for magic, r in FORMATS.items() if data.startswith(magic)), None)
    if reader is None:
        return 0.0  # formats of one channel
    image = reader(BytesIO(data), "")
    if image.mode in ("1", "L", "LA", "I", "F") or image.mode.startswith("I;16"):
        return 0.0
    image.draft("RGB", (COLOUR_SIDE, COLOUR_SIDE))
    clear = "A" in image.mode or "a" in image.mode or "transparency" in image.info
    pixels = np.asarray(image.convert("RGBA" if clear else "RGB"))
    side = min(1.0, COLOUR_SIDE / max(pixels.shape))
    pixels = cv2.resize(pixels, None, fx=side, fy=side, interpolation=cv2.INTER_AREA)
    # Channel by channel in whole numbers: ten times as fast as one call over the last axis.
    red, green, blue, *alpha = cv2.split(pixels)
    spread = cv2.max(cv2.max(red, green), blue) - cv2.min(cv2.min(red, green), blue)
    # What is transparent is not seen.
    return float((spread * (alpha[0] / 255.0)).mean() if alpha else spread.mean()) / 255


def _grey_bits(grey: np.ndarray) -> float:
    if grey.dtype == np.uint8:
        counts = np.bincount(grey.ravel(), minlength=256)
    else:
        # Steps of the range in use: twelve bits kept in sixteen have as many as eight in eight.
        low, high = float(grey.min()), float(grey.max())
        counts = np.histogram(grey, 256, (low, max(high, low + 255)))[0]
    shares = counts[counts > 0] / grey.size
    return float(-(shares * np.log2(shares)).sum())
