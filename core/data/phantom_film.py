"""Disease and film of a synthetic chest X-ray: what clouds the lungs, and how the picture is taken.

Holds ``Disease`` (where one person's lungs are clouded), ``Style`` (how one source takes pictures)
and ``draw_phantom``, which puts body, disease, exposure, noise and border together. The body stands
in ``core.data.phantom_anatomy``.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from core.data.phantom_anatomy import (
    SIZE,
    Anatomy,
    Shadow,
    cast_shadow,
    draw_anatomy,
    draw_pose,
)
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


def draw_disease(finding: str, rng: np.random.Generator) -> Disease:
    """Draw where and how strongly the lungs are clouded.

    Raises UserError when ``finding`` is none of normal, bacteria, virus, covid19.
    """
    if finding not in _CLOUDS:
        raise UserError(f"'{finding}' cannot be drawn; choose one of {', '.join(_CLOUDS)}.")
    return Disease(
        finding,
        side=int(rng.integers(2)),
        place=(rng.uniform(0.2, 0.8), rng.uniform(0.12, 0.88)),
        radius=rng.uniform(0.21, 0.34),
        strength=rng.uniform(0.85, 1.1),
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
    anatomy = anatomy or draw_anatomy(rng, "FM"[int(rng.integers(2))])
    disease = disease or draw_disease(finding, rng)
    shadow = cast_shadow(anatomy, draw_pose(rng, view))
    severity = disease.strength * rng.uniform(0.85, 1.15)
    cloud = _CLOUDS[finding](shadow, disease, np.random.default_rng(disease.seed))
    return _expose(shadow.attenuation + severity * cloud, style, rng)


def _no_cloud(shadow: Shadow, disease: Disease, rng: np.random.Generator) -> np.ndarray:
    return np.zeros((SIZE, SIZE), np.float32)


def _focal_cloud(shadow: Shadow, disease: Disease, rng: np.random.Generator) -> np.ndarray:
    """One fluffy patch inside one lung, with the lung's own edge as its limit."""
    lung = shadow.lungs[disease.side] & (shadow.air > 0.6)
    rows, columns = np.nonzero(lung)
    row = rows[int(disease.place[1] * len(rows))]
    across = columns[rows == row]
    column = across[int(disease.place[0] * len(across))]
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    stretch = rng.uniform(0.75, 1.35)
    distance = np.hypot((x - column) * stretch, (y - row) / stretch) * 2 / SIZE
    ragged = distance / disease.radius + 0.22 * _noise(rng, 9) + 0.08 * _noise(rng, 4)
    patch = 1 / (1 + np.exp((ragged - 0.9) * 7))
    return 0.72 * patch * shadow.air * (1 + 0.05 * _noise(rng, 4))


def _viral_cloud(shadow: Shadow, disease: Disease, rng: np.random.Generator) -> np.ndarray:
    """Fine net on both sides, strongest around the roots and at the base."""
    return _net(shadow, rng, inner=0.8, glass=0.10)


def _covid_cloud(shadow: Shadow, disease: Disease, rng: np.random.Generator) -> np.ndarray:
    """Ground glass and net on both sides, strongest at the outer edge and the base."""
    return _net(shadow, rng, inner=0.35, glass=0.18)


def _net(shadow: Shadow, rng: np.random.Generator, inner: float, glass: float) -> np.ndarray:
    outer = np.exp(-((shadow.depth / 0.16) ** 2))
    where = shadow.air * (inner + (1 - inner) * outer) * (0.45 + 0.75 * shadow.height)
    # Where smooth noise crosses zero lie thin lines that close to a net.
    lines = np.exp(-((_noise(rng, 3.4) / 0.55) ** 2)) + np.exp(-((_noise(rng, 5.5) / 0.50) ** 2))
    patches = 1 / (1 + np.exp(-2.5 * _noise(rng, 14)))
    return where * (0.15 * lines * (0.6 + patches) + glass * patches)


_CLOUDS = {
    "normal": _no_cloud,
    "bacteria": _focal_cloud,
    "virus": _viral_cloud,
    "covid19": _covid_cloud,
}


def _expose(attenuation: np.ndarray, style: Style, rng: np.random.Generator) -> np.ndarray:
    scatter = cv2.GaussianBlur(attenuation, (0, 0), 22)
    film = attenuation + rng.uniform(0.05, 0.20) * scatter
    density = rng.uniform(1.0, 1.9)
    film = (1 - np.exp(-density * np.maximum(film, 0))) / (1 - np.exp(-1.35 * density))
    tilt_x, tilt_y = rng.normal(0, 0.03, 2)
    axis = np.linspace(-1, 1, SIZE, dtype=np.float32)
    film = film + tilt_x * axis[None, :] + tilt_y * axis[:, None]
    film = np.clip(film, 0, 1) ** rng.uniform(0.8, 1.6)
    grain = rng.normal(0, 1, (SIZE, SIZE)).astype(np.float32)
    film = film + rng.uniform(0.004, 0.010) * cv2.GaussianBlur(grain, (0, 0), 0.6) * 1.6
    film += style.sharpening * (film - cv2.GaussianBlur(film, (0, 0), 3))
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


def _noise(rng: np.random.Generator, sigma: float) -> np.ndarray:
    """Smooth noise, mean 0 and standard deviation 1, of ``sigma`` pixels' grain."""
    noise = cv2.GaussianBlur(rng.normal(0, 1, (SIZE, SIZE)).astype(np.float32), (0, 0), sigma)
    return (noise - noise.mean()) / noise.std()
