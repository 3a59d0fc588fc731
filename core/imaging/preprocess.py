"""From a decoded image to what the network sees: normalise, CLAHE, resize.

Holds the one function behind the preview, the pixel cache and an uploaded image, and its settings.
Reading files is left to ``core.imaging.decode``, random changes to ``core.imaging.augment``, and
rescaling to the range a backbone wants to layers inside the model.
"""

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field

# Raise this when the same settings would give other pixels: prepared pixels are kept by it.
VERSION = 1


class PreprocessConfig(BaseModel):
    """Settings of the preparation; immutable, and unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    normalise: bool = Field(
        True,
        description="Stretch each image's grey values to the full range, so that pale and dark "
        "exposures look alike.",
    )
    low_percentile: float = Field(
        0.5,
        ge=0,
        le=25,
        description="Percent of the darkest pixels that become black. A little above zero keeps "
        "a few odd pixels from deciding the stretch.",
    )
    high_percentile: float = Field(
        99.5,
        ge=75,
        le=100,
        description="Pixels brighter than this percentage of the image become white. A little "
        "below 100 keeps letters and markers on the film from deciding the stretch.",
    )
    clahe: bool = Field(
        True,
        description="Even out contrast neighbourhood by neighbourhood (CLAHE), so that lung "
        "texture shows in bright and dark regions alike.",
    )
    clip_limit: float = Field(
        2.0,
        ge=0.5,
        le=20,
        description="How far CLAHE may raise contrast. Higher shows more texture and more noise.",
    )
    tile_grid: int = Field(
        8,
        ge=1,
        le=32,
        description="CLAHE divides the image into this many neighbourhoods across and down.",
    )


def prepare(image: np.ndarray, config: PreprocessConfig, size: int) -> np.ndarray:
    """Make the model's input: (size, size) uint8 from a grey (H, W) uint8 or uint16 image."""
    return stages(image, config, size)["model input"]


def stages(image: np.ndarray, config: PreprocessConfig, size: int) -> dict[str, np.ndarray]:
    """Give every stage on the way to the model's input, in order, all uint8.

    Keys: "raw", "normalised" and "clahe", of the image's own (H, W), and "model input", (size,
    size). A stage that is switched off equals the one before it. The image's sides are squeezed to
    a square, as in the published study; its proportions are not kept.
    """
    raw = _eight_bits(image)
    normalised = _stretch(image, raw, config) if config.normalise else raw
    equalised = _equalise(normalised, config) if config.clahe else normalised
    return {
        "raw": raw,
        "normalised": normalised,
        "clahe": equalised,
        "model input": _resize(equalised, size),
    }


def _eight_bits(image: np.ndarray) -> np.ndarray:
    # The full range of the type, not of the image: raw is meant to show what the file holds.
    return image if image.dtype == np.uint8 else (image >> 8).astype(np.uint8)


def _stretch(image: np.ndarray, raw: np.ndarray, config: PreprocessConfig) -> np.ndarray:
    levels = np.iinfo(image.dtype).max + 1
    # Percentiles from a histogram: sorting millions of pixels takes many times as long.
    counts = cv2.calcHist([image], [0], None, [levels], [0, levels]).ravel()
    cumulative = np.cumsum(counts, dtype=np.float64)
    wanted = np.array([config.low_percentile, config.high_percentile]) / 100 * image.size
    # At least one pixel, so that percentile 0 is the darkest value present, not the value 0.
    low, high = np.searchsorted(cumulative, np.maximum(wanted, 1))
    if high <= low:
        return raw  # a constant image has nothing to stretch
    table = (np.arange(levels) - low) * (255 / (high - low))
    table = np.clip(np.rint(table), 0, 255).astype(np.uint8)
    return cv2.LUT(image, table) if levels == 256 else table[image]


def _equalise(image: np.ndarray, config: PreprocessConfig) -> np.ndarray:
    height, width = image.shape
    # No more tiles than pixels; OpenCV pads a side that the tiles do not divide evenly.
    grid = (min(config.tile_grid, width), min(config.tile_grid, height))
    # One object a call: OpenCV's CLAHE keeps working memory and must not be shared by threads.
    return cv2.createCLAHE(config.clip_limit, grid).apply(image)


def _resize(image: np.ndarray, size: int) -> np.ndarray:
    if image.shape == (size, size):
        return image
    # Area averages every pixel when shrinking (no moire from ribs); enlarging it would make blocks.
    shrinking = min(image.shape) >= size
    method = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    return cv2.resize(image, (size, size), interpolation=method)
