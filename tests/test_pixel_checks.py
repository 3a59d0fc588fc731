"""What is told of an image before a network is asked."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from core.imaging.decode import read_image
from core.imaging.pixel_checks import CHECKS, bounds, oddness

RANDOM = np.random.default_rng(0)
GREY = RANDOM.normal(128, 40, (120, 100)).clip(0, 255).astype(np.uint8)
PAGE = np.where(RANDOM.random((100, 100)) < 0.1, 20, 250).astype(np.uint8)
COLOURED = np.stack([GREY, GREY // 2, 255 - GREY], axis=-1)


def file_of(pixels, format="PNG", mode=None):
    content = BytesIO()
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(content, format)
    return content.getvalue()


def odd_checks(data):
    found = oddness(data, read_image(data, 10**7, "x"))
    assert all(np.isfinite(value) for value in found.values())
    return {name for name, value in found.items() if value > bounds()[name]}


@pytest.mark.parametrize(
    ("data", "odd"),
    [
        (file_of(GREY), set()),
        (file_of(GREY, mode="RGB"), set()),
        (file_of(GREY, "JPEG", "RGB"), set()),
        (file_of(GREY, mode="P"), set()),
        (file_of(GREY.astype(np.uint16) << 4), set()),  # twelve bits kept in sixteen
        (file_of(COLOURED), {"colour"}),
        (file_of(COLOURED, "JPEG"), {"colour"}),
        (file_of(COLOURED, "WEBP"), {"colour"}),
        (file_of(np.dstack([COLOURED, np.full_like(GREY, 255)])), {"colour"}),
        (file_of(np.full((80, 80), 90, np.uint8)), {"contrast", "greys"}),
        (file_of(np.zeros((80, 80), np.uint16)), {"contrast", "greys"}),
        (file_of(PAGE), {"greys"}),
        (file_of(np.repeat(GREY, 4, axis=0)), {"aspect"}),
    ],
)
def test_only_what_is_odd_is_odd(data, odd):
    assert odd_checks(data) == odd


def test_what_is_transparent_has_no_colour():
    hidden = np.dstack([COLOURED, np.zeros_like(GREY)])
    assert oddness(file_of(hidden), GREY)["colour"] == 0


def test_every_check_says_something(tmp_path):
    assert all(check.sentence.endswith(".") and check.unit for check in CHECKS.values())
    path = tmp_path / "x.png"
    path.write_bytes(file_of(GREY))
    assert oddness(path, GREY) == oddness(path.read_bytes(), GREY)
