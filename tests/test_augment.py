"""One warp does what the steps would do one after the other, and the seed decides which."""

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from core.imaging.augment import AugmentConfig, draw_matrices, warp

SIZE = 33
RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (12, SIZE, SIZE), dtype=np.uint8)
SMOOTH = np.stack([cv2.GaussianBlur(image, (0, 0), 3) for image in NOISE])
STRONG = AugmentConfig(rotation_degrees=40, shift=0.1, shear_degrees=20, zoom=0.3, flip=True)
CENTRE = (SIZE - 1) / 2


def about_centre(linear):
    linear = np.asarray(linear, dtype=float)
    offset = CENTRE - linear @ [CENTRE, CENTRE]
    return np.column_stack([linear, offset]).astype(np.float32)


# name: (matrix, the same done by exact indexing)
EXACT = {
    "identity": (about_centre(np.eye(2)), lambda a: a),
    "flip": (about_centre([[-1, 0], [0, 1]]), lambda a: a[:, ::-1]),
    "quarter turn": (about_centre([[0, -1], [1, 0]]), lambda a: np.rot90(a, -1)),
    "half turn": (about_centre([[-1, 0], [0, -1]]), lambda a: a[::-1, ::-1]),
    "shift": (
        np.float32([[1, 0, 3], [0, 1, -2]]),
        lambda a: np.pad(a, ((0, 2), (3, 0)), mode="edge")[2:, :SIZE],
    ),
}


@pytest.mark.parametrize("kind", EXACT)
@pytest.mark.parametrize("threads", [1, 3])
def test_whole_pixel_changes_are_exact(kind, threads):
    matrix, exactly = EXACT[kind]
    before = NOISE.copy()
    warped = warp(NOISE, np.repeat(matrix[None], len(NOISE), axis=0), threads)
    assert np.array_equal(warped, np.stack([exactly(image) for image in NOISE]))
    assert np.array_equal(NOISE, before)


def test_no_augmentation_draws_the_identity():
    config = AugmentConfig.none()
    assert not config.active and AugmentConfig().active
    matrices = draw_matrices(config, len(NOISE), SIZE, np.random.default_rng(1))
    assert (matrices.dtype, matrices.shape) == (np.float32, (len(NOISE), 2, 3))
    assert np.array_equal(warp(NOISE, matrices, 2), NOISE)


def test_the_composed_matrix_equals_the_steps_one_after_the_other():
    composed = draw_matrices(STRONG, len(SMOOTH), SIZE, np.random.default_rng(2))
    angle, slant, scale, right, down, side = np.random.default_rng(2).uniform(
        -1, 1, (6, len(SMOOTH))
    )
    inner = np.s_[10:-10, 10:-10]  # beyond, what came into view in one step is carried to the next
    for k, image in enumerate(SMOOTH):
        a, s = np.deg2rad(40 * angle[k]), np.tan(np.deg2rad(20 * slant[k]))
        z, f = 1 + 0.3 * scale[k], -1 if side[k] < 0 else 1
        steps = [
            about_centre([[f, 0], [0, 1]]),
            about_centre([[z, 0], [0, z]]),
            about_centre([[1, s], [0, 1]]),
            about_centre([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]),
            np.float32([[1, 0, 0.1 * SIZE * right[k]], [0, 1, 0.1 * SIZE * down[k]]]),
        ]
        product = np.eye(3)
        for step in steps:
            product = np.vstack([step, [0, 0, 1]]) @ product
        assert np.allclose(composed[k], product[:2], atol=1e-4)
        # The steps on a picture nine times as fine, so that resampling five times costs little.
        fine = cv2.resize(image, None, fx=9, fy=9, interpolation=cv2.INTER_CUBIC)
        for step in steps:
            linear, shift = step[:, :2], step[:, 2] + step[:, :2] @ [CENTRE, CENTRE] - CENTRE
            middle = (9 * SIZE - 1) / 2
            offset = middle - linear @ [middle, middle] + 9 * shift
            matrix = np.column_stack([linear, offset]).astype(np.float32)
            fine = cv2.warpAffine(fine, matrix, fine.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
        stepwise = fine[4::9, 4::9]
        once = warp(image[None], composed[k : k + 1], 1)[0]
        assert np.abs(once.astype(int) - stepwise)[inner].max() <= 6


def test_bounds_hold():
    matrices = draw_matrices(STRONG, 2000, 100, np.random.default_rng(3))
    area = np.linalg.det(matrices[:, :, :2])
    assert np.abs(area).min() >= 0.7**2 - 1e-4 and np.abs(area).max() <= 1.3**2 + 1e-4
    assert 0.45 < (area < 0).mean() < 0.55
    middle = matrices @ np.array([49.5, 49.5, 1]) - 49.5
    assert np.abs(middle).max() <= 10 + 1e-3 and np.abs(middle).max() > 9.5


def test_switching_one_setting_off_leaves_the_others_draws():
    both = draw_matrices(AugmentConfig(flip=True), 50, SIZE, np.random.default_rng(4))
    unflipped = draw_matrices(AugmentConfig(flip=False), 50, SIZE, np.random.default_rng(4))
    kept = np.linalg.det(both[:, :, :2]) > 0
    assert 0 < kept.sum() < 50
    assert np.allclose(both[kept], unflipped[kept], atol=1e-5)


def test_the_seed_decides_and_threads_do_not():
    first, again, other = (
        draw_matrices(STRONG, len(NOISE), SIZE, np.random.default_rng(seed)) for seed in (5, 5, 6)
    )
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    alone = warp(NOISE, first, 1)
    assert all(np.array_equal(warp(NOISE, first, threads), alone) for threads in (2, 3, 8))


def test_none_and_one_image():
    assert warp(NOISE[:0], np.empty((0, 2, 3), np.float32), 4).shape == (0, SIZE, SIZE)
    assert warp(NOISE[:1], EXACT["flip"][0][None], 4).shape == (1, SIZE, SIZE)


@pytest.mark.parametrize(
    "field", [{"zoom": 1}, {"shift": -0.1}, {"shear_degrees": 90}, {"blur": 1}]
)
def test_settings_out_of_range_are_refused(field):
    with pytest.raises(ValidationError):
        AugmentConfig(**field)


def test_every_setting_explains_itself():
    assert all(field.description for field in AugmentConfig.model_fields.values())
