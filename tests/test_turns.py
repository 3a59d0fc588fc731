"""The eight ways a film can lie: there and back, and as a file."""

import cv2
import numpy as np
import pytest

from core.imaging.turns import TURNS, turn, turn_back, turned_back_file


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("name", TURNS)
def test_every_turn_goes_back(name, kind):
    images = np.random.default_rng(0).integers(0, np.iinfo(kind).max, (2, 5, 7)).astype(kind)
    assert np.array_equal(turn_back(turn(images, name), name), images)
    file = np.frombuffer(turned_back_file(turn(images[0], name), name), np.uint8)
    assert np.array_equal(cv2.imdecode(file, cv2.IMREAD_UNCHANGED), images[0])


def test_all_turns_differ_and_say_what_they_are():
    image = np.arange(35, dtype=np.uint8).reshape(5, 7)
    seen = {turn(image, name).tobytes() + bytes(turn(image, name).shape) for name in TURNS}
    assert len(seen) == len({row.words for row in TURNS.values()}) == 8
    assert turn(image, "upside_down")[0, 0] == image[-1, -1]
    assert turn(image, "left")[-1, 0] == image[0, 0]  # the left upper corner comes to lie below
    assert turn(image, "negative")[0, 0] == 255
