"""How much of a map lies in a box, and the box on the image."""

import numpy as np
import pytest

from core.inference.box_heat import LINE, box_area, outline, share_inside

BOX = (0.25, 0.5, 0.75, 1.0)


def test_an_even_map_has_the_boxs_share_of_the_image_inside():
    assert share_inside(np.ones((8, 8), np.float32), BOX) == pytest.approx(box_area(BOX)) == 0.25


def test_heat_is_counted_where_the_box_is():
    heat = np.zeros((8, 8), np.float32)
    heat[6, 3], heat[1, 3] = 3, 1  # row 6 is inside, row 1 above
    assert share_inside(heat, BOX) == 0.75
    with pytest.raises(ValueError, match="no heat"):
        share_inside(heat * 0, BOX)


@pytest.mark.parametrize("shape", [(40, 40), (40, 40, 3)])
def test_the_box_is_drawn_on_a_copy(shape):
    image = np.full(shape, 9, np.uint8)
    drawn = outline(image, BOX)
    assert (image == 9).all() and drawn.shape == (40, 40, 3)
    assert tuple(drawn[20, 15]) == LINE and tuple(drawn[39, 29]) == LINE
    assert (drawn[30, 20] == 9).all() and (drawn[10, 10] == 9).all()
