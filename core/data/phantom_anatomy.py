"""The body in a synthetic chest X-ray: one person's build, a pose, and the shadow they cast.

Holds ``Anatomy`` (what stays the same in all pictures of one person), ``Pose`` (what changes from
picture to picture) and ``cast_shadow``, which turns both into a map of how much each pixel's ray is
weakened. Disease and film stand in ``core.data.phantom_film``; lines and noise in
``core.data.phantom_shapes``, whose lengths are used here.

Shapes are polygons through hand-placed points, moved by the person's build and the pose; none is
traced from a real picture.
"""

from dataclasses import dataclass

import numpy as np

from core.data.phantom_shapes import SIZE, Placement, blank, blur, depth, ellipse, rotation, smooth


def _points(text: str) -> np.ndarray:
    return np.array([pair.split(",") for pair in text.split()], float)


# One lung, drawn for the right half of the picture and mirrored for the left one.
_LUNG = _points(
    ".25,-.76 .40,-.70 .53,-.50 .61,-.20 .655,.10 .675,.38 .69,.60 .685,.60 "
    ".58,.49 .43,.42 .27,.43 .10,.52 .09,.20 .09,-.15 .11,-.45 .16,-.67"
)
_TRUNK = _points(
    "0,-1.5 .21,-1.5 .22,-1.02 .34,-.95 .70,-.86 1,-.70 1.6,.10 "
    "1.6,.75 1,.02 .86,-.10 .84,.20 .86,.60 .90,1.5 0,1.5"
)
_BLADE = _points(".62,-.66 .86,-.72 .80,-.30 .70,-.08")
_FORK = -0.22  # where the windpipe divides


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
    aeration: float  # how little the lungs weaken the rays, 1 at most
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
        heart=rng.uniform(0.78, 1.15),
        heart_turn=rng.uniform(15, 50),
        trunk=rng.uniform(1.05, 1.30),
        domes=(rng.uniform(-0.09, 0.05), rng.uniform(-0.05, 0.09)),
        lean=rng.normal(0, 0.02),
        clavicles=(rng.uniform(0.05, 0.35), rng.uniform(0.05, 0.35)),
        ribs=rng.uniform(0.7, 1.3),
        rib_drop=rng.uniform(0.8, 1.3),
        rib_phase=rng.uniform(0, 1),
        vessels=rng.uniform(0.6, 1.3),
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
        aeration=rng.uniform(0.84, 1.0),
        turn=rng.normal(0, 0.03),
        heart_nearer=1.10 if lying else 1.0,
    )


def cast_shadow(anatomy: Anatomy, pose: Pose) -> Shadow:
    """Cast the shadow of one healthy person in one pose."""
    matrix = pose.zoom * rotation(pose.tilt) * (anatomy.width, anatomy.height)
    place = Placement(matrix, pose.shift)
    half = smooth(_TRUNK) * (anatomy.trunk, 1)
    trunk = place.fill(np.concatenate([half, half[::-1] * (-1, 1)]))
    thickness = np.sqrt(np.minimum(depth(trunk) / 0.55, 1)) * np.float32(0.85 + 0.25 * anatomy.fat)

    left, right = (place.fill(_lung(anatomy, pose, side)) for side in (-1, 1))
    inward = depth(left | right)
    heart = blur(_heart(place, anatomy, pose), 2.0)
    air = blur(np.minimum(inward / 0.16, 1) ** 0.6, 1.5) * (1 - 0.93 * heart)

    # Parts of like sharpness are blurred together.
    attenuation = blur(thickness + 0.08 * anatomy.ribs * _bones(place, anatomy), 1.0)
    attenuation += blur(_middle(place, anatomy, pose) + _soft_parts(place, anatomy, pose), 2.0)
    attenuation += 0.14 * heart + _breasts(place, anatomy)
    vessels = blur(_vessels(place, anatomy, pose), 1.4)
    attenuation += air * (0.07 * anatomy.vessels * vessels - 0.74 * pose.aeration)
    attenuation *= blur(trunk, 1.5)

    rows = np.arange(SIZE, dtype=np.float32)[:, None]
    inside = np.flatnonzero((left | right).any(axis=1))
    height = np.clip((rows - inside[0]) / max(1, inside[-1] - inside[0]), 0, 1)
    height = np.broadcast_to(height.astype(np.float32), (SIZE, SIZE))
    return Shadow(attenuation, air, inward, height, (left > 0, right > 0))


def _sinking(pose: Pose) -> float:
    return 0.9 * (pose.breath - 1)  # how far a breath moves the diaphragm


def _lung(anatomy: Anatomy, pose: Pose, side: int) -> np.ndarray:
    points = _LUNG.copy()
    base = np.clip((points[:, 1] + 0.2) / 0.7, 0, 1)
    points[:, 1] += base * (anatomy.domes[side > 0] + _sinking(pose))
    points[:, 0] = side * points[:, 0] + anatomy.lean
    return smooth(points, closed=True)


def _heart(place: Placement, anatomy: Anatomy, pose: Pose) -> np.ndarray:
    size, x = anatomy.heart * pose.heart_nearer, anatomy.lean + pose.turn
    floor = 0.42 + 0.5 * sum(anatomy.domes) + _sinking(pose)
    ventricle = (x + 0.13 * size, floor - 0.17 * size)
    parts = (
        ellipse(ventricle, (0.31 * size, 0.23 * size), anatomy.heart_turn),
        ellipse((x - 0.06, floor - 0.19 * size), (0.15 * size, 0.22 * size)),
        ellipse((x + 0.10, -0.30), (0.10, 0.10)),  # the aorta's arch
        ellipse((x + 0.07, -0.12), (0.11, 0.20)),  # the great vessels
    )
    return np.maximum.reduce([place.fill(part) for part in parts])


def _middle(place: Placement, anatomy: Anatomy, pose: Pose) -> np.ndarray:
    x, front = anatomy.lean, anatomy.lean + pose.turn
    spine, windpipe = blank(), blank()
    place.line(spine, np.array([(x, -1.4), (x, 1.4)]), 0.13, 0.17)
    discs = [[(x - 0.075, y), (x + 0.075, y)] for y in np.arange(-1.3, 1.3, 0.135)]
    place.line(spine, np.array(discs), 0.06, 0.02)
    place.line(windpipe, np.array([(x, -1.4), (front, _FORK)]), 0.22, 0.075)
    branches = [[(front, _FORK), (x + side * 0.15, _FORK + 0.13)] for side in (-1, 1)]
    place.line(windpipe, np.array(branches), 0.15, 0.055)
    return spine - windpipe


def _bones(place: Placement, anatomy: Anatomy) -> np.ndarray:
    back, front, collar = blank(), blank(), blank()
    rib, drop = np.arange(11), anatomy.rib_drop
    y = -0.86 + 0.128 * (rib + 0.5 * anatomy.rib_phase)
    end = y + (0.10 + 0.022 * rib) * drop
    low = end + 0.20 * drop
    edge = np.interp(end, _LUNG[:8, 1], _LUNG[:8, 0] + 0.015)
    behind = _paths((0.07, y + 0.02), (0.45 * edge, y - 0.03), (0.8 * edge, y + 0.03), (edge, end))
    ahead = _paths((edge, end), (0.92 * edge, end + 0.09), (0.6 * edge, low), (0.3, low + 0.1))
    for side, slope in zip((-1, 1), anatomy.clavicles, strict=True):
        bend = (0.28, -0.63 - 0.3 * slope), (0.52, -0.70 - 0.3 * slope)
        clavicle = np.array([(0.07, -0.60), *bend, (0.90, -0.74 - 0.5 * slope)])
        bones = (back, behind, 0.055), (front, ahead[1:8], 0.06), (collar, clavicle, 0.065)
        for image, points, width in bones:
            paths = smooth(points) * (side, 1) + (anatomy.lean, 0)
            # Bone is denser in its walls than inside.
            place.line(image, paths, 1.0, width)
            place.line(image, paths, 0.6, 0.5 * width)
    return back + 0.5 * front + 1.3 * collar


def _paths(*points: tuple) -> np.ndarray:
    # (k, n, 2): k bones through n points, whose x and y may differ from bone to bone.
    return np.stack([np.stack(np.broadcast_arrays(*point), axis=-1) for point in points], axis=1)


def _vessels(place: Placement, anatomy: Anatomy, pose: Pose) -> np.ndarray:
    # The same person keeps the same vessels: they grow from the person's own seed.
    rng = np.random.default_rng(anatomy.vessel_seed)
    tree = blank()
    for side in (-1, 1):
        root = np.array([anatomy.lean + pose.turn + side * 0.14, -0.06])
        angles = np.linspace(-1.35, 1.35, 9) + rng.normal(0, 0.12, 9)
        starts, width = np.tile(root, (9, 1)), 0.042
        for _ in range(3):
            bends = angles[:, None] + rng.normal(0, 0.14, (len(angles), 4)).cumsum(axis=1)
            steps = np.stack([side * np.cos(bends), np.sin(bends)], axis=-1)
            steps *= rng.uniform(0.03, 0.055, bends.shape)[:, :, None]
            paths = np.concatenate([0 * steps[:, :1], steps.cumsum(axis=1)], 1) + starts[:, None]
            place.line(tree, paths, min(1.0, width / 0.03), width)
            starts, width = np.repeat(paths[:, -1], 2, axis=0), 0.62 * width
            forks = rng.uniform(0.2, 0.5, len(starts)) * np.tile((-1, 1), len(angles))
            angles = np.repeat(bends[:, -1], 2) + forks
        place.line(tree, root + np.array([(0, -0.06), (side * 0.02, 0.12)]), 1.0, 0.09)
    return tree


def _soft_parts(place: Placement, anatomy: Anatomy, pose: Pose) -> np.ndarray:
    blades = [place.fill(smooth(_BLADE, closed=True) * (side, 1)) for side in (-1, 1)]
    floor = 0.56 + anatomy.domes[1] + _sinking(pose)
    bubble = place.fill(ellipse((0.36, floor), (0.13, 0.07), -8))
    return 0.07 * anatomy.ribs * (blades[0] + blades[1]) - 0.25 * anatomy.bubble * bubble


def _breasts(place: Placement, anatomy: Anatomy) -> np.ndarray:
    if not anatomy.breasts:
        return blank()
    x, y = anatomy.breast_place
    both = [place.fill(ellipse((side * x, y), (0.30, 0.27))) for side in (-1, 1)]
    return 0.09 * anatomy.breasts * blur(both[0] + both[1], 4.0)
