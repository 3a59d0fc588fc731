"""Small pictures of images for a browser, made on demand and kept in memory.

Holds no judgement about an image: what cannot be read has no thumbnail. What a network sees is
another matter and stands in ``core.imaging.preprocess``.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from core.errors import UserError
from core.imaging.decode import read_image

# About 8 kilobytes each at the size the pages ask for.
KEPT = 4096
JPEG_QUALITY = 88


def thumbnails(
    files: Iterable[tuple[str, str]], side: int, max_pixels: int, threads: int
) -> list[bytes | None]:
    """JPEG bytes for every (path, version of the file), the longer side at most ``side`` pixels.

    ``version`` is any text that changes with the file, such as its SHA-256: a picture is made
    once for each. None stands for a file that cannot be read.
    """
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda file: _thumbnail(*file, side, max_pixels), files))


def picture(image: np.ndarray, side: int) -> bytes:
    """JPEG bytes of a grey image, (H, W) uint8 or uint16, its longer side at most ``side``.

    A smaller image keeps its size; 16-bit grey values are shown by their upper eight bits.
    """
    if image.dtype == np.uint16:
        image = (image >> 8).astype(np.uint8)
    scale = side / max(image.shape)
    if scale < 1:
        size = tuple(max(1, round(length * scale)) for length in image.shape[::-1])
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()


@lru_cache(maxsize=KEPT)
def _thumbnail(path: str, version: str, side: int, max_pixels: int) -> bytes | None:
    try:
        return picture(read_image(Path(path), max_pixels), side)
    except UserError:
        return None
