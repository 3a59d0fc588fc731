"""A folder in the shape of the Kermany collection, small enough for a test, drawn on the spot."""

from pathlib import Path

import cv2
import numpy as np

# Three patients of each kind, two images each: 18 images.
NAMES = {
    "NORMAL": "IM-{patient:04d}-000{image}.jpeg",
    "bacteria": "person{patient}_bacteria_{image}.jpeg",
    "virus": "person{patient}_virus_{image}.jpeg",
}
PATIENTS, IMAGES = 3, 2
IMAGES_IN_ALL = len(NAMES) * PATIENTS * IMAGES


def make_collection(root: Path) -> Path:
    """Write the collection below ``root``, with one exact copy and one file that is no image."""
    generator = np.random.default_rng(0)
    for number, (kind, pattern) in enumerate(NAMES.items()):
        folder = root / "chest_xray" / "train" / ("NORMAL" if kind == "NORMAL" else "PNEUMONIA")
        folder.mkdir(parents=True, exist_ok=True)
        for patient in range(PATIENTS):
            for image in range(IMAGES):
                pixels = generator.integers(40 * number, 40 * number + 120, (60, 80), np.uint8)
                name = pattern.format(patient=10 * number + patient + 1, image=image + 1)
                (folder / name).write_bytes(cv2.imencode(".jpeg", pixels)[1].tobytes())
    first = folder / NAMES["virus"].format(patient=21, image=1)
    (folder / NAMES["virus"].format(patient=21, image=2)).write_bytes(first.read_bytes())
    (folder / "person99_virus_1.jpeg").write_text("not an image", encoding="utf-8")
    return root
