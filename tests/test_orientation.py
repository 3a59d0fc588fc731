"""How a film lies, told from where it is dark and where it is light."""

import cv2
import numpy as np
import pytest

from core.imaging.turns import TURNS, UPRIGHT, turn
from core.inference.orientation import fit_orientation, how_turned


def films(count, seed):
    """Bright below, two dark ovals, a bright body between them: as a chest, and symmetric."""
    random = np.random.default_rng(seed)
    images = []
    for _ in range(count):
        image = np.tile(np.linspace(60, 200, 64)[:, None], (1, 64))
        for x in (20, 44):
            centre = (x + int(random.integers(-2, 3)), 28 + int(random.integers(-3, 4)))
            cv2.ellipse(image, centre, (9, 17), 0, 0, 360, 20, -1)
        images.append(image + random.normal(0, 12, image.shape))
    return np.clip(images, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def weights():
    return fit_orientation(films(60, 0))


@pytest.mark.parametrize("name", [name for name in TURNS if name != UPRIGHT])
def test_every_turn_is_recognised(weights, name):
    odds, names = how_turned(weights, turn(films(20, 1), name))
    assert (odds > 0).all() and set(names) == {name}


def test_upright_and_mirrored_films_are_left_alone(weights):
    upright = films(20, 1)
    for images in (upright, upright[..., ::-1]):
        assert (how_turned(weights, images)[0] < 0).all()
    assert np.array_equal(weights, fit_orientation(films(60, 0)))


def test_a_blank_image_gives_finite_odds(weights):
    odds, _ = how_turned(weights, np.zeros((1, 64, 64), np.uint8))
    assert np.isfinite(odds).all()
