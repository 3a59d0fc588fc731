"""The body of a synthetic chest X-ray: one person's build, and the shadows that it casts.

Holds ``Anatomy`` (what differs from person to person), ``Pose`` (what differs from picture to
picture) and ``cast_shadow``, which turns both into a map of how much each pixel's ray is weakened.
Disease and film stand in ``core.data.phantom_film``; files and tables in ``core.data.phantom``.

Lengths are in half image widths: x runs from -1 (left edge of the picture, the person's right) to
1, y from -1 (top) to 1. Shapes are polygons through hand-placed points, moved by the person's build
and the pose; none is traced from a real picture.
"""

from dataclasses import dataclass

import cv2
import numpy as np

SIZE = 256  # pixels, both ways
_FRACTION_BITS = 4  # OpenCV draws on a grid of sixteenths of a pixel

# One lung, drawn for the right half of the picture and mirrored for the left one.
_LUNG = np.array(
    [
        (0.25, -0.76),
        (0.4, -0.7),
        (0.53, -0.5),
        (0.61, -0.2),
        (0.655, 0.1),
        (0.675, 0.38),
        (0.69, 0.6),
        (0.685, 0.6),
        (0.58, 0.49),
        (0.43, 0.42),
        (0.27, 0.43),
        (0.1, 0.52),
        (0.09, 0.2),
        (0.09, -0.15),
        (0.11, -0.45),
        (0.16, -0.67),
    ]
)
_TRUNK = np.array(
    [
        (0.0, -1.5),
        (0.21, -1.5),
        (0.22, -1.02),
        (0.34, -0.95),
        (0.7, -0.86),
        (1.0, -0.7),
        (1.6, 0.1),
        (1.6, 0.75),
        (1.0, 0.02),
        (0.86, -0.1),
        (0.84, 0.2),
        (0.86, 0.6),
        (0.9, 1.5),
        (0.0, 1.5),
    ]
)


@dataclass(frozen=True)
class Anatomy:
    """One person: lengths are factors around 1 unless said otherwise."""

    width: float
    height: float
    heart: float
    heart_turn: float  # degrees
    trunk: float
    domes: tuple[float, float]  # heights of the diaphragm, left and right of the picture
    lean: float  # how far the middle stands off the axis, in half widths
    clavicles: tuple[float, float]  # slopes
    ribs: float  # how dense bone is
    rib_drop: float
    rib_phase: float  # where the first rib begins, in rib distances
    vessels: float  # how dense the vessels are
    vessel_seed: int
    breasts: float  # 0: none
    breast_place: tuple[float, float]
    bubble: float  # air in the stomach, 0 to 1
    fat: float  # soft tissue over everything


@dataclass(frozen=True)
class Pose:
    """How the person stood for one picture: degrees, factors and half image widths."""

    tilt: float
    zoom: float
    shift: tuple[float, float]
    breath: float  # depth of the lungs, about 1
    turn: float  # sideways shift of what lies in front, by a turned trunk
    heart_nearer: float  # AP pictures enlarge the heart


@dataclass(frozen=True)
class Shadow:
    """What the rays meet, each (SIZE, SIZE) float32.

    ``attenuation`` 0 in air, about 1 through the trunk; ``air`` how much lung lies in the ray, 0 to
    1; ``depth`` distance from the lungs' outer edge in half widths, 0 outside them; ``height`` 0 at
    the lungs' top to 1 at their base; ``lungs`` masks, left and right of the picture.
    """

    attenuation: np.ndarray
    air: np.ndarray
    depth: np.ndarray
    height: np.ndarray
    lungs: tuple[np.ndarray, np.ndarray]


def draw_anatomy(rng: np.random.Generator, sex: str) -> Anatomy:
    """Draw one person's build; ``sex`` "F" or "M" decides about breast shadows alone."""
    return Anatomy(
        width=rng.uniform(0.88, 1.10),
        height=rng.uniform(0.86, 1.08),
        heart=rng.uniform(0.80, 1.25),
        heart_turn=rng.uniform(15, 50),
        trunk=rng.uniform(1.05, 1.30),
        domes=(rng.uniform(-0.09, 0.05), rng.uniform(-0.05, 0.09)),
        lean=rng.normal(0, 0.02),
        clavicles=(rng.uniform(0.05, 0.35), rng.uniform(0.05, 0.35)),
        ribs=rng.uniform(0.7, 1.4),
        rib_drop=rng.uniform(0.8, 1.3),
        rib_phase=rng.uniform(0, 1),
        vessels=rng.uniform(0.6, 1.4),
        vessel_seed=int(rng.integers(2**31)),
        breasts=rng.uniform(0.3, 1.0) if sex == "F" else 0.0,
        breast_place=(rng.uniform(0.36, 0.48), rng.uniform(0.20, 0.42)),
        bubble=rng.uniform(0, 1),
        fat=rng.uniform(0, 1),
    )


def draw_pose(rng: np.random.Generator, view: str) -> Pose:
    """Draw how a person stood or lay; ``view`` "AP" (lying, heart enlarged) or "PA"."""
    lying = view == "AP"
    return Pose(
        tilt=rng.normal(0, 3.5 if lying else 2.0),
        zoom=rng.uniform(1.02, 1.28),
        shift=(rng.normal(0, 0.045), rng.normal(0, 0.05)),
        breath=rng.uniform(0.86, 1.0) if lying else rng.uniform(0.92, 1.05),
        turn=rng.normal(0, 0.03),
        heart_nearer=1.10 if lying else 1.0,
    )


def cast_shadow(anatomy: Anatomy, pose: Pose) -> Shadow:
    """Cast the shadow of one healthy person in one pose."""
    place = _Placement(anatomy, pose)
    trunk = place.fill(_mirrored_outline(_smooth(_TRUNK, closed=False) * (anatomy.trunk, 1)))
    thickness = np.sqrt(np.minimum(_depth(trunk) / 0.55, 1)) * (0.85 + 0.25 * anatomy.fat)

    left, right = (place.fill(place.lung(side)) for side in (-1, 1))
    depth = np.maximum(_depth(left), _depth(right))
    heart = _heart(place)
    air = _soft(np.minimum(depth / 0.16, 1) ** 0.6, 1.5) * (1 - 0.93 * _soft(heart, 1.8))

    attenuation = _soft(thickness, 1.0) - 0.74 * air
    attenuation += 0.14 * _soft(heart, 2.5)
    attenuation += _middle(place)
    attenuation += 0.095 * anatomy.ribs * _bones(place)
    attenuation += 0.09 * anatomy.vessels * _vessels(place) * air
    for side in (-1, 1):
        attenuation += _soft_parts(place, side)
    attenuation *= _soft(trunk, 1.5)

    rows = np.arange(SIZE, dtype=np.float32)[:, None]
    inside = np.flatnonzero((left | right).any(axis=1))
    height = np.clip((rows - inside[0]) / max(1, inside[-1] - inside[0]), 0, 1)
    return Shadow(
        attenuation.astype(np.float32),
        air.astype(np.float32),
        depth,
        np.broadcast_to(height, (SIZE, SIZE)),
        (left > 0, right > 0),
    )


class _Placement:
    """Draws shapes given in a person's own lengths where the pose puts them."""

    def __init__(self, anatomy: Anatomy, pose: Pose) -> None:
        self.anatomy, self.pose = anatomy, pose
        angle = np.deg2rad(pose.tilt)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        self.matrix = pose.zoom * turn * (anatomy.width, anatomy.height)

    def pixels(self, points: np.ndarray) -> np.ndarray:
        moved = points @ self.matrix.T + self.pose.shift
        return np.round((moved + 1) * SIZE / 2 * 2**_FRACTION_BITS).astype(np.int32)

    def fill(self, outline: np.ndarray) -> np.ndarray:
        mask = np.zeros((SIZE, SIZE), np.uint8)
        cv2.fillPoly(mask, [self.pixels(outline)], 1, cv2.LINE_8, _FRACTION_BITS)
        return mask

    def line(self, image: np.ndarray, points: np.ndarray, value: float, width: float) -> None:
        thickness = max(1, round(width * SIZE / 2))
        cv2.polylines(
            image, [self.pixels(points)], False, value, thickness, cv2.LINE_8, _FRACTION_BITS
        )

    def lung(self, side: int) -> np.ndarray:
        points = _LUNG.copy()
        base = np.clip((points[:, 1] + 0.2) / 0.7, 0, 1)
        points[:, 1] += base * (self.anatomy.domes[side > 0] + 0.9 * (self.pose.breath - 1))
        points[:, 0] = side * points[:, 0] + self.anatomy.lean
        return _smooth(points)


def _heart(place: _Placement) -> np.ndarray:
    size = place.anatomy.heart * place.pose.heart_nearer
    x = place.anatomy.lean + place.pose.turn
    floor = 0.42 + 0.5 * sum(place.anatomy.domes) + 0.9 * (place.pose.breath - 1)
    ventricle = _ellipse(
        (x + 0.13 * size, floor - 0.17 * size),
        (0.31 * size, 0.23 * size),
        place.anatomy.heart_turn,
    )
    atrium = _ellipse((x - 0.06, floor - 0.19 * size), (0.15 * size, 0.22 * size), 0)
    arch = _ellipse((x + 0.10, -0.30), (0.10, 0.10), 0)
    trunk = _ellipse((x + 0.07, -0.12), (0.11, 0.20), 0)
    return np.maximum.reduce([place.fill(part) for part in (ventricle, atrium, arch, trunk)])


def _middle(place: _Placement) -> np.ndarray:
    x = place.anatomy.lean
    spine = np.zeros((SIZE, SIZE), np.float32)
    place.line(spine, np.array([(x, -1.4), (x, 1.4)]), 0.13, 0.17)
    for y in np.arange(-1.3, 1.3, 0.135):
        place.line(spine, np.array([(x - 0.075, y), (x + 0.075, y)]), 0.06, 0.02)
    windpipe = np.zeros((SIZE, SIZE), np.float32)
    fork = -0.22
    place.line(windpipe, np.array([(x, -1.4), (x + place.pose.turn, fork)]), 0.22, 0.075)
    for side in (-1, 1):
        branch = np.array([(x + place.pose.turn, fork), (x + side * 0.15, fork + 0.13)])
        place.line(windpipe, branch, 0.15, 0.055)
    return _soft(spine, 2.0) - _soft(windpipe, 2.0)


def _bones(place: _Placement) -> np.ndarray:
    back, front, collar = (np.zeros((SIZE, SIZE), np.float32) for _ in range(3))
    drop = place.anatomy.rib_drop
    edge_y, edge_x = _LUNG[:8, 1], _LUNG[:8, 0] + 0.015
    for side, slope in zip((-1, 1), place.anatomy.clavicles, strict=True):
        for rib in range(11):
            y = -0.86 + 0.128 * (rib + 0.5 * place.anatomy.rib_phase)
            end = y + (0.10 + 0.022 * rib) * drop
            edge = np.interp(end, edge_y, edge_x)
            path = [(0.07, y + 0.02), (0.45 * edge, y - 0.03), (0.8 * edge, y + 0.03), (edge, end)]
            _rib(place, back, path, side, 0.055)
            if 1 <= rib <= 7:
                low = end + 0.20 * drop
                path = [(edge, end), (0.92 * edge, end + 0.09), (0.6 * edge, low), (0.3, low + 0.1)]
                _rib(place, front, path, side, 0.06)
        path = [(0.07, -0.60), (0.28, -0.63 - 0.3 * slope), (0.52, -0.70 - 0.3 * slope)]
        _rib(place, collar, [*path, (0.90, -0.74 - 0.5 * slope)], side, 0.065)
    return _soft(back, 0.9) + 0.55 * _soft(front, 1.2) + 1.3 * _soft(collar, 0.9)


def _rib(place: _Placement, image: np.ndarray, path: list, side: int, width: float) -> None:
    points = _smooth(np.array(path), closed=False) * (side, 1) + (place.anatomy.lean, 0)
    place.line(image, points, 1.0, width)
    place.line(image, points, 0.6, 0.5 * width)


def _vessels(place: _Placement) -> np.ndarray:
    # The same person keeps the same vessels: they grow from the person's own seed.
    rng = np.random.default_rng(place.anatomy.vessel_seed)
    tree = np.zeros((SIZE, SIZE), np.float32)
    for side in (-1, 1):
        root = np.array([place.anatomy.lean + place.pose.turn + side * 0.14, -0.06])
        for angle in np.linspace(-1.35, 1.35, 9) + rng.normal(0, 0.12, 9):
            _grow(place, tree, rng, root, angle, side, 0.042, 0)
        place.line(
            tree, np.stack([root - (0, 0.06), root + np.array([side * 0.02, 0.12])]), 1.0, 0.09
        )
    return _soft(tree, 1.1)


def _grow(place, tree, rng, start, angle, side, width, generation) -> None:
    path = [start]
    for _ in range(4):
        angle += rng.normal(0, 0.14)
        path.append(
            path[-1] + rng.uniform(0.03, 0.055) * np.array([side * np.cos(angle), np.sin(angle)])
        )
    place.line(tree, np.array(path), float(np.clip(width / 0.03, 0.25, 1)), width)
    if generation < 2:
        for fork in (-1, 1):
            _grow(
                place,
                tree,
                rng,
                path[-1],
                angle + fork * rng.uniform(0.2, 0.5),
                side,
                0.62 * width,
                generation + 1,
            )


def _soft_parts(place: _Placement, side: int) -> np.ndarray:
    x, y = place.anatomy.breast_place
    blade = place.fill(
        _smooth(np.array([(0.62, -0.66), (0.86, -0.72), (0.80, -0.30), (0.70, -0.08)]) * (side, 1))
    )
    parts = 0.07 * place.anatomy.ribs * _soft(blade, 1.5)
    if place.anatomy.breasts:
        breast = place.fill(_ellipse((side * x, y), (0.30, 0.27), 0))
        parts += 0.09 * place.anatomy.breasts * _soft(breast, 4.0)
    if side > 0:
        dome = place.anatomy.domes[1] + 0.9 * (place.pose.breath - 1)
        bubble = place.fill(_ellipse((0.36, 0.56 + dome), (0.13, 0.07), -8))
        parts -= 0.25 * place.anatomy.bubble * _soft(bubble, 2.0)
    return parts


def _depth(mask: np.ndarray) -> np.ndarray:
    return cv2.distanceTransform(mask, cv2.DIST_L2, 3) * np.float32(2 / SIZE)


def _soft(image: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(image.astype(np.float32), (0, 0), sigma)


def _mirrored_outline(half: np.ndarray) -> np.ndarray:
    return np.concatenate([half, half[::-1] * (-1, 1)])


def _ellipse(centre: tuple, radii: tuple, degrees: float) -> np.ndarray:
    around = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    points = np.stack([radii[0] * np.cos(around), radii[1] * np.sin(around)], axis=1)
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return points @ turn.T + centre


def _smooth(points: np.ndarray, closed: bool = True, steps: int = 6) -> np.ndarray:
    """Catmull-Rom curve through ``points`` (n, 2)."""
    padded = (
        np.concatenate([points[-1:], points, points[:2]])
        if closed
        else np.concatenate([points[:1], points, points[-1:]])
    )
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    p0, p1, p2, p3 = (padded[i : len(padded) - 3 + i][:, None, :] for i in range(4))
    curve = 0.5 * (
        2 * p1
        + (p2 - p0) * t
        + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
        + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    )
    return np.concatenate([curve.reshape(-1, 2), points[:1] if closed else points[-1:]])
