"""Where the lungs are: from annotations, or the centre."""

import json

import numpy as np
import pandas as pd
import pytest

from core.data.lungs import ANNOTATIONS, CENTRE, annotated_box, lung_boxes
from core.data.sources import COHEN, KERMANY
from core.errors import UserError


def annotate(folder, text=None):
    path = folder / ANNOTATIONS
    path.parent.mkdir(parents=True)
    boxes = [[10, 20, 30, 40], [60, 10, 60, 50]]  # the second reaches past the right edge
    content = {
        "images": [{"id": 7, "file_name": "a.jpg", "width": 100, "height": 200}],
        "annotations": [{"image_id": 7, "bbox": box} for box in boxes],
    }
    path.write_text(json.dumps(content) if text is None else text)


def rows(folder):
    paths = [folder / "images" / name for name in ("a.jpg", "b.jpg", "a.jpg")]
    return pd.DataFrame({"path": map(str, paths), "source": [COHEN, COHEN, KERMANY]})


def test_the_rectangle_holds_both_lungs_and_else_it_is_the_centre(tmp_path):
    annotate(tmp_path)
    boxes, annotated = lung_boxes(rows(tmp_path))
    assert annotated.tolist() == [True, False, False]
    assert boxes[0] == pytest.approx([0.1, 0.05, 1, 0.3])
    assert np.array_equal(boxes[1:], [CENTRE, CENTRE])


def test_one_image_has_the_box_of_its_row_or_none(tmp_path):
    annotate(tmp_path)
    assert annotated_box(tmp_path / "images" / "a.jpg") == pytest.approx((0.1, 0.05, 1, 0.3))
    assert annotated_box(tmp_path / "images" / "b.jpg") is None
    assert annotated_box(tmp_path / "elsewhere" / "deep" / "a.jpg") is None


def test_a_collection_without_annotations_has_centres(tmp_path):
    boxes, annotated = lung_boxes(rows(tmp_path))
    assert not annotated.any() and np.array_equal(boxes, [CENTRE] * 3)


@pytest.mark.parametrize("text", ["{", "{}", "[]", '{"images": 1, "annotations": []}'])
def test_annotations_that_cannot_be_used_are_named(tmp_path, text):
    annotate(tmp_path, text)
    with pytest.raises(UserError, match="lung boxes"):
        lung_boxes(rows(tmp_path))
