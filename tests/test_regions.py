"""Regions drawn on an image: what they cover, what is put there, and the same shapes elsewhere."""

import numpy as np
import pytest

from core.errors import UserError
from core.imaging.regions import (
    BOX,
    BRUSH,
    FILLS,
    MOST_POINTS,
    MOST_SHARED,
    OUTLINE,
    Region,
    covered,
    elsewhere,
    mask_of,
    read_region,
)

SQUARE = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))


def image(size=64):
    return np.random.default_rng(0).integers(0, 256, (size, size), np.uint8)


@pytest.mark.parametrize("size", [32, 100, 224])
def test_a_box_covers_the_same_share_at_any_size_whatever_corner_is_first(size):
    for corners in (((0.25, 0.5), (0.75, 1)), ((0.75, 1), (0.25, 0.5)), ((0.75, 0.5), (0.25, 1))):
        mask = mask_of([Region(BOX, corners)], size)
        assert mask.dtype == bool and mask.shape == (size, size)
        assert mask.mean() == 0.25
        assert mask[size // 2 :, size // 4 : 3 * size // 4].all()


def test_an_outline_is_filled_and_a_brush_is_as_wide_as_it_says():
    filled = mask_of([Region(OUTLINE, SQUARE)], 200)
    assert filled.mean() == pytest.approx(0.25, abs=0.01) and filled[100, 100]
    stroke = mask_of([Region(BRUSH, ((0.2, 0.5), (0.8, 0.5)), 0.1)], 200)
    assert stroke[:, 100].sum() == pytest.approx(20, abs=1)
    # Round ends: half a width beyond the last point, and no corners.
    assert stroke[100, 32] and not stroke[100, 26] and not stroke[91, 31]
    dot = mask_of([Region(BRUSH, ((0.5, 0.5),), 0.2)], 200)
    assert dot.sum() == pytest.approx(np.pi * 20**2, rel=0.05)


def test_regions_add_up_and_none_cover_nothing():
    left, right = Region(BOX, ((0, 0), (0.25, 1))), Region(BOX, ((0.125, 0), (0.5, 1)))
    assert mask_of([left, right], 64).mean() == 0.5
    assert not mask_of([], 64).any()


@pytest.mark.parametrize("fill", FILLS)
def test_a_fill_changes_what_is_covered_and_nothing_else(fill):
    pixels = image()
    before, mask = pixels.copy(), mask_of([Region(OUTLINE, SQUARE)], 64)
    result = covered(pixels, mask, fill)
    assert result.dtype == np.uint8 and (pixels == before).all()
    assert (result[~mask] == pixels[~mask]).all() and (result[mask] != pixels[mask]).any()
    inside = result[mask].astype(float)
    if fill == "black":
        assert not inside.any()
    elif fill == "grey":
        assert (inside == round(pixels.mean())).all()
    else:
        assert inside.std() < pixels[mask].std() / 3
        assert inside.mean() == pytest.approx(pixels.mean(), abs=10)


def test_places_elsewhere_have_the_same_shapes_and_are_the_same_each_time():
    regions = [
        Region(BRUSH, ((0.2, 0.2), (0.3, 0.4)), 0.1),
        Region(BRUSH, ((0.25, 0.3), (0.4, 0.3)), 0.1),
        Region(BOX, ((0.7, 0.7), (0.8, 0.9))),
    ]
    drawn = mask_of(regions, 128)
    places = elsewhere(regions, 128, 8)
    assert len(places) == 8 and len({mask.tobytes() for mask in places}) == 8
    for mask in places:
        assert mask.sum() == pytest.approx(drawn.sum(), rel=0.05)
        assert (mask & drawn).sum() <= MOST_SHARED * drawn.sum()
    again = elsewhere(regions, 128, 8)
    assert all((one == other).all() for one, other in zip(places, again, strict=True))
    other = elsewhere(regions, 128, 8, seed=1)
    assert not all((one == two).all() for one, two in zip(places, other, strict=True))
    # A box alone stays a box.
    (one, *_) = elsewhere(regions[2:], 128, 8)
    rows, columns = np.nonzero(one)
    assert one[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].all()


@pytest.mark.parametrize("regions", [[], [Region(BOX, ((0, 0), (0.98, 0.97)))]])
def test_without_room_there_is_no_elsewhere(regions):
    assert elsewhere(regions, 64, 8) == []


def test_what_a_browser_sends_is_read_and_moved_inside():
    read = read_region(
        {"id": "x", "kind": "brush", "points": [[-0.1, 0.5], [1.2, 2]], "width": 0.1}
    )
    assert read == Region(BRUSH, ((0.0, 0.5), (1.0, 1.0)), 0.1)
    read = read_region({"kind": "box", "points": [[0, 0], [1, 1]], "width": 0.3})
    assert read == Region(BOX, ((0.0, 0.0), (1.0, 1.0)))


@pytest.mark.parametrize(
    "content",
    [
        None,
        {},
        {"kind": "star", "points": [[0, 0], [1, 1]]},
        {"kind": "box", "points": [[0, 0]]},
        {"kind": "box", "points": "everything"},
        {"kind": "outline", "points": [[0, 0], [1, 1]]},
        {"kind": "brush", "points": [[0, 0]], "width": 0},
        {"kind": "brush", "points": [[0, 0]], "width": 3},
        {"kind": "brush", "points": [[0, float("nan")]], "width": 0.1},
        {"kind": "brush", "points": [[0, 0, 0]], "width": 0.1},
        {"kind": "brush", "points": [[0, 0]] * (MOST_POINTS + 1), "width": 0.1},
        {"kind": ["box"], "points": [[0, 0], [1, 1]]},
    ],
)
def test_what_is_no_region_is_a_sentence(content):
    with pytest.raises(UserError, match="no region"):
        read_region(content)
