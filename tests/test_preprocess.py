"""The preparation is robust, and one and the same for every caller."""

import numpy as np
import pytest
from pydantic import ValidationError

from core.imaging.preprocess import PreprocessConfig, prepare, stages

RNG = np.random.default_rng(0)
PLAIN = PreprocessConfig(normalise=False, clahe=False)
STRETCH = PreprocessConfig(clahe=False, low_percentile=1, high_percentile=99)

IMAGES = {
    "grey": RNG.integers(60, 180, (90, 120), dtype=np.uint8),
    "16 bit": RNG.integers(1000, 5000, (90, 120), dtype=np.uint16),
    "constant": np.full((50, 50), 77, np.uint8),
    "constant 16 bit": np.full((50, 50), 1234, np.uint16),
    "black": np.zeros((50, 50), np.uint8),
    "smaller than the tiles": RNG.integers(0, 256, (3, 5), dtype=np.uint8),
    "one row": RNG.integers(0, 256, (1, 200), dtype=np.uint8),
    "uneven": RNG.integers(0, 256, (101, 67), dtype=np.uint8),
}


@pytest.mark.parametrize("kind", IMAGES)
@pytest.mark.parametrize("size", [32, 96])
def test_every_image_gets_through(kind, size):
    image = IMAGES[kind]
    before = image.copy()
    shown = stages(image, PreprocessConfig(), size)
    assert list(shown) == ["raw", "normalised", "clahe", "model input"]
    assert all(stage.dtype == np.uint8 for stage in shown.values())
    assert all(shown[name].shape == image.shape for name in ("raw", "normalised", "clahe"))
    assert shown["model input"].shape == (size, size)
    assert np.array_equal(prepare(image, PreprocessConfig(), size), shown["model input"])
    assert np.array_equal(image, before)


def test_the_stretch_follows_the_percentiles():
    image = IMAGES["grey"]
    low, high = np.percentile(image, [1, 99], method="inverted_cdf").astype(float)
    expected = np.clip(np.rint((image - low) * 255 / (high - low)), 0, 255)
    assert np.array_equal(stages(image, STRETCH, 32)["normalised"], expected)


def test_the_stretch_does_not_care_about_exposure_or_depth():
    image = IMAGES["grey"]
    darker = (image // 2).astype(np.uint8)
    deep = image.astype(np.uint16) * 37 + 500
    stretched = stages(image, STRETCH, 32)["normalised"]
    assert np.abs(stages(darker, STRETCH, 32)["normalised"].astype(int) - stretched).max() <= 3
    assert np.array_equal(stages(deep, STRETCH, 32)["normalised"], stretched)


def test_a_few_odd_pixels_do_not_decide_the_stretch():
    image = IMAGES["grey"].copy()
    expected = stages(image, STRETCH, 32)["normalised"].astype(int)
    image[0, :20] = 255
    image[1, :20] = 0
    difference = np.abs(stages(image, STRETCH, 32)["normalised"] - expected)[2:]
    assert difference.max() <= 3


@pytest.mark.parametrize("kind", ["constant", "constant 16 bit", "black"])
def test_a_constant_image_stays_constant(kind):
    shown = stages(IMAGES[kind], STRETCH, 32)
    assert np.array_equal(shown["normalised"], shown["raw"])
    assert np.ptp(prepare(IMAGES[kind], PreprocessConfig(), 32)) == 0


def test_a_stage_switched_off_changes_nothing():
    shown = stages(IMAGES["grey"], PLAIN, 32)
    assert np.array_equal(shown["clahe"], IMAGES["grey"])
    square = IMAGES["grey"][:, :90]
    assert np.array_equal(prepare(square, PLAIN, 90), square)


def test_clahe_raises_local_contrast():
    dim = (100 + IMAGES["grey"] // 20).astype(np.uint8)
    config = PreprocessConfig(normalise=False)
    assert stages(dim, config, 32)["clahe"].std() > 1.5 * dim.std()


def test_shrinking_averages_areas():
    checked = (np.indices((64, 64)).sum(0) % 2 * 200).astype(np.uint8)
    assert np.all(prepare(checked, PLAIN, 32) == 100)


def test_enlarging_stays_within_the_grey_values():
    enlarged = prepare(IMAGES["grey"], PLAIN, 299)
    assert IMAGES["grey"].min() <= enlarged.min() and enlarged.max() <= IMAGES["grey"].max()


@pytest.mark.parametrize(
    "field",
    [
        {"low_percentile": -1},
        {"high_percentile": 101},
        {"high_percentile": 20},
        {"clip_limit": 0},
        {"tile_grid": 0},
        {"tile_grid": 100},
        {"gamma": 1},
    ],
)
def test_settings_out_of_range_are_refused(field):
    with pytest.raises(ValidationError):
        PreprocessConfig(**field)


def test_every_setting_explains_itself():
    assert all(field.description for field in PreprocessConfig.model_fields.values())
