"""Disease and film of a synthetic chest X-ray: what clouds the lungs, and how the picture is taken.

Holds ``Disease`` (where one person's lungs are clouded), ``Style`` (how one source takes pictures),
``draw_phantom``, which puts body, disease, exposure, noise and border together, and
``draw_with_cloud``, which also tells where the cloud lies. The body stands
in ``core.data.phantom_anatomy``.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from core.data.phantom_anatomy import Anatomy, Shadow, cast_shadow, draw_anatomy, draw_pose
from core.data.phantom_shapes import SIZE, blank, blur, depth, noise
from core.errors import UserError


@dataclass(frozen=True)
class Disease:
    """One person's disease; strengths are factors around 1, places fractions of the lung."""

    finding: str
    side: int  # 0 left of the picture, 1 right
    place: tuple[float, float]  # across and down, as fractions of what is seen of the lung
    radius: float  # half image widths
    strength: float
    seed: int  # the pattern stays the person's own


@dataclass(frozen=True)
class Style:
    """How one source takes its pictures."""

    sharpening: float  # edge enhancement, as digital detectors do
    border: float  # how often the collimator's edge is in the picture
    letters: bool  # whether a side marker stands in the picture
    exposure: float  # average brightness, about 0


STYLES = {
    "phantom-a": Style(sharpening=0.5, border=0.35, letters=True, exposure=0.03),
    "phantom-b": Style(sharpening=0.0, border=0.15, letters=False, exposure=-0.03),
}


FOCAL_STRENGTH = 0.64


def draw_disease(finding: str, rng: np.random.Generator) -> Disease:
    """Draw where and how strongly the lungs are clouded.

    Raises UserError when ``finding`` is none of normal, bacteria, virus, covid19.
    """
    if finding not in _CLOUDS:
        raise UserError(f"'{finding}' cannot be drawn; choose one of {', '.join(_CLOUDS)}.")
    return Disease(
        finding,
        side=int(rng.integers(2)),
        place=(rng.uniform(0, 1), rng.uniform(0.02, 0.98)),
        radius=rng.uniform(0.20, 0.33),
        strength=rng.uniform(0.9, 1.1),
        seed=int(rng.integers(2**31)),
    )


def draw_phantom(
    finding: str,
    rng: np.random.Generator,
    view: str = "PA",
    anatomy: Anatomy | None = None,
    disease: Disease | None = None,
    style: Style = STYLES["phantom-b"],
) -> np.ndarray:
    """Draw one synthetic chest X-ray, (SIZE, SIZE) uint8 grey.

    ``anatomy`` and ``disease`` make several pictures of one person; left out, a new person is
    drawn from ``rng``. Raises UserError when ``finding`` is none of normal, bacteria, virus,
    covid19.
    """
    return draw_with_cloud(finding, rng, view, anatomy, disease, style)[0]


def draw_with_cloud(
    finding: str,
    rng: np.random.Generator,
    view: str = "PA",
    anatomy: Anatomy | None = None,
    disease: Disease | None = None,
    style: Style = STYLES["phantom-b"],
) -> tuple[np.ndarray, np.ndarray]:
    """As ``draw_phantom``, and how much the disease weakens the ray of each pixel.

    The second is float32 (SIZE, SIZE), before severity; where a focal cloud is thick it is about
    FOCAL_STRENGTH.
    """
    anatomy = anatomy or draw_anatomy(rng, "FM"[int(rng.integers(2))])
    disease = disease or draw_disease(finding, rng)
    shadow = cast_shadow(anatomy, draw_pose(rng, view))
    severity = disease.strength * rng.uniform(0.9, 1.1)
    cloud = _CLOUDS[finding](shadow, disease, np.random.default_rng(disease.seed))
    return _expose(shadow.attenuation + severity * cloud, style, rng), cloud


def _no_cloud(shadow: Shadow, disease: Disease, rng: np.random.Generator) -> np.ndarray:
    return blank()


def _focal_cloud(shadow: Shadow, disease: Disease, rng: np.random.Generator) -> np.ndarray:
    """One fluffy patch inside one lung, clear of the heart, with the lung's edge as its limit."""
    visible = shadow.lungs[disease.side] & (shadow.air > 0.5)
    inward = depth(visible.astype(np.uint8))
    # Far enough from heart and edge that most of the patch lies in open lung.
    rows, columns = np.nonzero(inward > min(0.6 * disease.radius, 0.7 * inward.max()))
    row = rows[int(disease.place[1] * len(rows))]
    across = columns[rows == row]
    column = across[int(disease.place[0] * len(across))]
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    stretch = float(rng.uniform(0.8, 1.25))
    distance = np.hypot((x - column) * stretch, (y - row) / stretch) * np.float32(2 / SIZE)
    ragged = distance / disease.radius + 0.20 * noise(rng, 9) + 0.08 * noise(rng, 4)
    patch = 1 / (1 + np.exp((ragged - 1) * 8))
    return patch * shadow.air * (FOCAL_STRENGTH + 0.07 * noise(rng, 4.5))


def _viral_cloud(shadow: Shadow, disease: Disease, rng: np.random.Generator) -> np.ndarray:
    """Reticular haze on both sides, strongest around the roots."""
    return _haze(shadow, rng, outer=0.75, patchiness=0.06)


def _covid_cloud(shadow: Shadow, disease: Disease, rng: np.random.Generator) -> np.ndarray:
    """Ground glass in patches on both sides, strongest at the outer edge and the base."""
    return _haze(shadow, rng, outer=1.15, patchiness=0.12)


def _haze(shadow: Shadow, rng: np.random.Generator, outer: float, patchiness: float) -> np.ndarray:
    edge = np.exp(-((shadow.depth / 0.18) ** 2))
    where = shadow.air * (0.9 + (outer - 0.9) * edge) * (0.75 + 0.4 * shadow.height)
    # Noise without its slow part: grains and strands of one size, as thickened septa make them.
    grain = rng.standard_normal((SIZE, SIZE), np.float32)
    mottle = blur(grain, 2.2) - blur(grain, 5.0)
    mottle = np.maximum(mottle / mottle.std(), -0.8)
    patches = noise(rng, 13)
    return where * (0.05 + 0.08 * mottle * (1 + 0.35 * np.tanh(patches)) + patchiness * patches)


_CLOUDS = {
    "normal": _no_cloud,
    "bacteria": _focal_cloud,
    "virus": _viral_cloud,
    "covid19": _covid_cloud,
}


def _expose(attenuation: np.ndarray, style: Style, rng: np.random.Generator) -> np.ndarray:
    film = attenuation + rng.uniform(0.05, 0.20) * blur(attenuation, 22)
    density = rng.uniform(1.0, 1.7)
    film = (1 - np.exp(-density * np.maximum(film, 0))) / (1 - float(np.exp(-1.35 * density)))
    axis = np.linspace(-1, 1, SIZE, dtype=np.float32)
    film += rng.normal(0, 0.03) * axis[None, :] + rng.normal(0, 0.03) * axis[:, None]
    film = np.clip(film, 0, 1) ** rng.uniform(0.95, 1.6)
    grain = blur(rng.standard_normal((SIZE, SIZE), np.float32), 0.8)
    film += rng.uniform(0.004, 0.010) * grain
    if style.sharpening:
        film += style.sharpening * (film - blur(film, 3))
    film = 0.05 + style.exposure + rng.normal(0, 0.03) + rng.uniform(0.80, 0.95) * film
    grey = (np.clip(film, 0, 1) * 255).astype(np.uint8)
    if rng.random() < style.border:
        _collimate(grey, rng)
    if style.letters:
        corner = (int(rng.integers(206, 232)), int(rng.integers(22, 44)))
        cv2.putText(grey, "L", corner, cv2.FONT_HERSHEY_SIMPLEX, 0.6, 235, 2, cv2.LINE_AA)
    return grey


def _collimate(grey: np.ndarray, rng: np.random.Generator) -> None:
    top, bottom, left, right = rng.integers(0, 14, 4)
    shade = int(rng.integers(0, 25))
    grey[:top], grey[:, :left] = shade, shade
    grey[SIZE - bottom :], grey[:, SIZE - right :] = shade, shade
