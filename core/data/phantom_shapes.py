"""Drawing for the synthetic chest X-rays: curves, filled shapes, blurred maps and smooth noise.

Holds geometry and pixels alone; what is drawn with them stands in ``core.data.phantom_anatomy`` and
``core.data.phantom_film``. Lengths are in half image widths: x runs from -1 (left edge of the
picture, the person's right) to 1, y from -1 (top) to 1.
"""

import cv2
import numpy as np

SIZE = 256  # pixels, both ways
_FRACTION_BITS = 4  # OpenCV draws on a grid of sixteenths of a pixel


class Placement:
    """Puts shapes given in a person's own lengths where the pose has them in the picture.

    ``matrix`` (2, 2) and ``shift`` (2,) map a person's lengths to the picture's.
    """

    def __init__(self, matrix: np.ndarray, shift: tuple[float, float]) -> None:
        self.matrix, self.shift = matrix, shift

    def fill(self, outline: np.ndarray) -> np.ndarray:
        """Fill ``outline`` (n, 2); gives (SIZE, SIZE) uint8, 1 inside and 0 outside."""
        mask = np.zeros((SIZE, SIZE), np.uint8)
        cv2.fillPoly(mask, [self._pixels(outline)], 1, cv2.LINE_8, _FRACTION_BITS)
        return mask

    def line(self, image: np.ndarray, paths: np.ndarray, value: float, width: float) -> None:
        """Draw ``paths``, (n, 2) or (k, n, 2), into ``image``; ``width`` in half image widths."""
        lines = list(self._pixels(paths).reshape(-1, *paths.shape[-2:]))
        thickness = max(1, round(width * SIZE / 2))
        cv2.polylines(image, lines, False, value, thickness, cv2.LINE_8, _FRACTION_BITS)

    def _pixels(self, points: np.ndarray) -> np.ndarray:
        moved = points @ self.matrix.T + self.shift
        return np.round((moved + 1) * SIZE / 2 * 2**_FRACTION_BITS).astype(np.int32)


def blank() -> np.ndarray:
    """An empty map, (SIZE, SIZE) float32."""
    return np.zeros((SIZE, SIZE), np.float32)


def blur(image: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur by ``sigma`` pixels, as float32."""
    image = image.astype(np.float32, copy=False)
    shrink = _shrink(sigma)
    if shrink > 1:
        small = cv2.resize(image, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
        return _enlarge(cv2.GaussianBlur(small, (0, 0), sigma / shrink), image.shape)
    return cv2.GaussianBlur(image, (0, 0), sigma)


def noise(rng: np.random.Generator, sigma: float) -> np.ndarray:
    """Smooth noise, mean 0 and standard deviation 1, of ``sigma`` pixels' grain, float32."""
    shrink = _shrink(sigma)
    grain = rng.standard_normal((SIZE // shrink, SIZE // shrink), np.float32)
    grain = cv2.GaussianBlur(grain, (0, 0), sigma / shrink)
    return _enlarge((grain - grain.mean()) / grain.std(), (SIZE, SIZE))


def depth(mask: np.ndarray) -> np.ndarray:
    """Distance of each pixel in ``mask`` (uint8) from its edge, in half widths; 0 outside."""
    return cv2.distanceTransform(mask, cv2.DIST_L2, 3) * np.float32(2 / SIZE)


def ellipse(centre: tuple, radii: tuple, degrees: float = 0.0) -> np.ndarray:
    """Outline (n, 2) of an ellipse, turned clockwise by ``degrees``."""
    around = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    points = np.stack([radii[0] * np.cos(around), radii[1] * np.sin(around)], axis=1)
    return points @ rotation(degrees).T + centre


def rotation(degrees: float) -> np.ndarray:
    """Matrix (2, 2) that turns by ``degrees``, clockwise in the picture."""
    angle = np.deg2rad(degrees)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def smooth(points: np.ndarray, closed: bool = False, steps: int = 6) -> np.ndarray:
    """Catmull-Rom curve through ``points``, (n, 2) or several curves (k, n, 2)."""
    first, last = points[..., :1, :], points[..., -1:, :]
    ends = (last, points[..., :2, :]) if closed else (first, last)
    padded = np.concatenate([ends[0], points, ends[1]], axis=-2)
    segments = padded.shape[-2] - 3
    p0, p1, p2, p3 = (padded[..., i : segments + i, None, :] for i in range(4))
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    curve = p1 + 0.5 * t * (
        p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * p1 - p0 - 3 * p2 + p3))
    )
    curve = curve.reshape(*points.shape[:-2], segments * steps, 2)
    return np.concatenate([curve, first if closed else last], axis=-2)


def _shrink(sigma: float) -> int:
    # A wide blur keeps nothing that a smaller picture cannot hold, and costs a fraction there.
    return 8 if sigma >= 16 else 4 if sigma >= 8 else 2 if sigma >= 3 else 1


def _enlarge(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    if image.shape == shape:
        return image
    return cv2.resize(image, shape[::-1], interpolation=cv2.INTER_LINEAR)
