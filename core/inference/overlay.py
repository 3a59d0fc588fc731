"""A heat map drawn over the image it belongs to.

Apart from the maps' making: the dashboard's server draws it at any opacity without loading
TensorFlow.
"""

from pathlib import Path

import cv2
import numpy as np

from core.files import whole_file

# Even lightness from dark to bright, so that hotter always looks hotter, in grey print too.
COLOURS = cv2.COLORMAP_INFERNO


def overlay(image: np.ndarray, heat: np.ndarray, opacity: float) -> np.ndarray:
    """Draw a heat map over a grey image: RGB uint8 (height, width, 3).

    ``image`` is uint8 (height, width); ``heat`` is 0..1 at any size; ``opacity`` is 0..1, how much
    of the image the hottest place hides. Where the heat is zero the image stays as it is.
    """
    height, width = image.shape
    heat = np.clip(cv2.resize(heat.astype(np.float32), (width, height)), 0, 1)
    colours = cv2.applyColorMap((heat * 255).round().astype(np.uint8), COLOURS)[..., ::-1]
    share = (opacity * heat)[..., np.newaxis]
    return ((1 - share) * image[..., np.newaxis] + share * colours).round().astype(np.uint8)


def save_overlay(image: np.ndarray, heat: np.ndarray, path: Path) -> None:
    """Save a heat map over its image at half opacity; ``path`` ends in .png or .jpg.

    Raises UserError when the disk is full or cannot be written.
    """
    blended = cv2.cvtColor(overlay(image, heat, 0.5), cv2.COLOR_RGB2BGR)
    # OpenCV would write to a full disk without a word.
    content = cv2.imencode(path.suffix, blended)[1].tobytes()
    with whole_file(path) as temporary:
        temporary.write_bytes(content)
