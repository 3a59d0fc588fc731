"""How grainy an image is: one number that says what stretching contrast costs.

Holds the noise estimate alone; the stretching is done by ``core.imaging.preprocess``.
"""

import cv2
import numpy as np

# The difference of two Laplacians: zero on flat areas, ramps and straight edges.
_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


def grain(image: np.ndarray) -> float:
    """Standard deviation of pixel noise in grey levels, for an (H, W) uint8 image.

    Immerkaer, Fast noise variance estimation, Computer Vision and Image Understanding 64 (1996)
    300-302. Fine structure counts as noise, so compare an image with itself only. 0 below 3 x 3.
    """
    height, width = image.shape
    if min(height, width) < 3:
        return 0.0
    response = np.abs(cv2.filter2D(image, cv2.CV_32F, _KERNEL)[1:-1, 1:-1])
    return float(np.sqrt(np.pi / 2) * response.mean(dtype=np.float64) / 6)
