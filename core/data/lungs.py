"""Where the lungs are in an image: annotated boxes where the collection has them, else the centre.

Holds ``lung_boxes``, and ``annotated_box`` of one image. The annotations come with Cohen's
collection (COCO format, one box each for the right and the left lung, pixels of the original
image).
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from core.data.sources import COHEN
from core.errors import UserError

ANNOTATIONS = Path("annotations") / "imageannotation_ai_lung_bounding_boxes.json"
# Left, top, right, bottom as fractions of the image: the middle 70 % of the width, 75 % of the
# height. A chest X-ray is framed so that the lungs fill about as much.
CENTRE = (0.15, 0.125, 0.85, 0.875)


def lung_boxes(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The rectangle around both lungs of each of ``rows``, and whether it is an annotated one.

    Rectangles are float64 (n, 4): left, top, right, bottom as fractions 0..1 of width and height;
    without an annotation it is CENTRE. The second array is (n,) bool. Raises UserError when an
    annotation file is there and cannot be used.
    """
    boxes = np.tile(CENTRE, (len(rows), 1))
    annotated = np.zeros(len(rows), bool)
    known: dict[Path, dict] = {}
    for place, (path, source) in enumerate(zip(rows["path"], rows["source"], strict=True)):
        if source != COHEN:
            continue
        path = Path(path)
        collection = path.parent.parent
        if collection not in known:
            known[collection] = _annotated_boxes(collection / ANNOTATIONS)
        if path.name in known[collection]:
            boxes[place], annotated[place] = known[collection][path.name], True
    return boxes, annotated


def annotated_box(path: Path) -> tuple[float, ...] | None:
    """The annotated rectangle of the image at ``path``, as ``lung_boxes``, or None without one."""
    box = _annotated_boxes(path.parent.parent / ANNOTATIONS).get(path.name)
    return None if box is None else tuple(map(float, box))


def _annotated_boxes(path: Path) -> dict[str, tuple[float, ...]]:
    """File name -> rectangle around the boxes of both lungs, as fractions."""
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        images = {image["id"]: image for image in content["images"]}
        found: dict[int, list] = {}
        for annotation in content["annotations"]:
            left, top, width, height = annotation["bbox"]
            found.setdefault(annotation["image_id"], []).append(
                (left, top, left + width, top + height)
            )
        boxes = {}
        for number, lungs in found.items():
            image, lungs = images[number], np.array(lungs, dtype=float)
            corners = np.concatenate([lungs[:, :2].min(axis=0), lungs[:, 2:].max(axis=0)])
            sides = np.tile([image["width"], image["height"]], 2)
            boxes[image["file_name"]] = tuple(np.clip(corners / sides, 0, 1))
        return boxes
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} cannot be read as lung boxes; put the collection's own file in its place, or "
            "delete it, and the centre of each image is taken."
        ) from error
