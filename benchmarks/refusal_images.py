"""Pictures that are no chest X-ray: photographs, charts, pages, noise and blanks.

Holds their drawing alone, from scikit-image's sample pictures and from seeds; what is refused of
them is measured in ``benchmarks.refusal``. Every picture is uint8, (H, W) or RGB (H, W, 3).
"""

from collections.abc import Iterator

import cv2
import numpy as np
import skimage.data

# Those that come with scikit-image itself; "cell", "retina" and others are medical but no X-rays.
SAMPLES = (
    "astronaut", "brick", "camera", "cat", "cell", "clock", "coffee", "coins", "grass", "gravel",
    "horse", "hubble_deep_field", "immunohistochemistry", "microaneurysms", "moon", "retina",
    "rocket",
)  # fmt: skip
WORDS = ("the", "lungs", "are", "clear", "with", "normal", "volume", "no", "effusion", "today")


def photographs(random: np.random.Generator, crops: int = 5) -> Iterator[np.ndarray]:
    """Every sample picture whole, and ``crops`` parts of each at sizes of their own."""
    for name in SAMPLES:
        picture = getattr(skimage.data, name)()
        if picture.dtype == bool:
            picture = picture.astype(np.uint8) * 255
        yield picture
        for _ in range(crops):
            side = int(min(picture.shape[:2]) * random.uniform(0.4, 1))
            top = random.integers(0, picture.shape[0] - side + 1)
            left = random.integers(0, picture.shape[1] - side + 1)
            size = int(random.integers(128, 640))
            yield cv2.resize(picture[top : top + side, left : left + side], (size, size))


def grey(pictures: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """The same without colour."""
    for picture in pictures:
        yield picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)


def charts(random: np.random.Generator, count: int = 60) -> Iterator[np.ndarray]:
    """Charts of bars, lines, points and tables of colours, on light and on dark paper."""
    for number in range(count):
        height, width = (int(n) for n in random.integers(300, 700, 2))
        paper, ink = ((255,) * 3, (40,) * 3) if number % 3 else ((20,) * 3, (220,) * 3)
        chart = np.full((height, width, 3), paper, np.uint8)
        colours = [tuple(int(c) for c in random.integers(30, 230, 3)) for _ in range(3)]
        left, bottom = 50, height - 40
        for level in range(1, 5):
            y = bottom - level * (height - 80) // 5
            cv2.line(chart, (left, y), (width - 20, y), (128,) * 3, 1)
            cv2.putText(chart, f"{level}0", (10, y + 5), cv2.FONT_HERSHEY_SIMPLEX, 0.5, ink, 1)
        kind = number % 4
        steps = int(random.integers(4, 20))
        across = np.linspace(left + 10, width - 40, steps).astype(int)
        for colour in colours:
            heights = bottom - random.uniform(0.05, 0.9, steps) * (height - 80)
            if kind == 0:
                for x, y in zip(across, heights.astype(int), strict=True):
                    cv2.rectangle(chart, (x, y), (x + 8, bottom), colour, -1)
            elif kind == 1:
                points = np.stack([across, heights.astype(int)], axis=1).astype(np.int32)
                cv2.polylines(chart, [points], False, colour, 2, cv2.LINE_AA)
            elif kind == 2:
                for _ in range(60):
                    x, y = int(random.integers(left, width)), int(random.integers(20, bottom))
                    cv2.circle(chart, (x, y), 4, colour, -1, cv2.LINE_AA)
        if kind == 3:
            cells = random.integers(0, 256, (steps, steps), np.uint8)
            table = cv2.applyColorMap(cells, cv2.COLORMAP_VIRIDIS)
            inside = (width - 20 - left, bottom - 20)
            chart[20:bottom, left : width - 20] = cv2.resize(table, inside, interpolation=0)
        cv2.line(chart, (left, 20), (left, bottom), ink, 2)
        cv2.line(chart, (left, bottom), (width - 20, bottom), ink, 2)
        yield chart


def pages(random: np.random.Generator, count: int = 60) -> Iterator[np.ndarray]:
    """Pages of text and screenshots of windows, grey; every third one is light on dark."""
    for number in range(count):
        height, width = int(random.integers(400, 1000)), int(random.integers(400, 900))
        page = np.full((height, width), int(random.integers(235, 256)), np.uint8)
        scale = float(random.uniform(0.4, 0.9))
        for y in range(40, height - 20, int(40 * scale)):
            if random.random() < 0.15:
                continue
            line = " ".join(random.choice(WORDS, width // int(70 * scale)))
            cv2.putText(page, line, (30, y), cv2.FONT_HERSHEY_SIMPLEX, scale, 30, 1, cv2.LINE_AA)
        if number % 2:
            page[:30] = 120
            for x in (15, 35, 55):
                cv2.circle(page, (width - x, 15), 6, 220, -1)
            box = int(height * 0.3)
            page[box : box * 2, width // 2 : width - 40] = 190
        yield 255 - page if number % 3 == 0 else page


def noise(random: np.random.Generator, count: int = 60) -> Iterator[np.ndarray]:
    """Noise of many grains: of single pixels, in clouds, with salt and pepper, in stripes."""
    for number in range(count):
        side = int(random.integers(128, 600))
        if number % 5 == 0:
            picture = random.integers(0, 256, (side, side)).astype(np.uint8)
        elif number % 5 == 1:
            picture = random.normal(128, random.uniform(5, 60), (side, side))
        elif number % 5 == 2:
            small = random.normal(128, 60, (int(random.integers(4, 40)),) * 2)
            picture = cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)
        elif number % 5 == 3:
            picture = np.where(random.random((side, side)) < 0.1, 255, 30)
        else:
            lines = np.repeat(random.normal(128, 50, (side, 1)), side, axis=1)
            picture = lines + random.normal(0, 10, (side, side))
        yield np.clip(picture, 0, 255).astype(np.uint8)


def blanks(random: np.random.Generator, count: int = 60) -> Iterator[np.ndarray]:
    """Nothing at all: one grey value, nearly one, and smooth ramps from dark to light."""
    for number in range(count):
        side = int(random.integers(64, 600))
        level = float(random.choice([0, 255, random.uniform(0, 255)]))
        picture = np.full((side, side), level)
        if number % 3 == 1:
            picture += random.normal(0, random.uniform(0.5, 3), (side, side))
        elif number % 3 == 2:
            ramp = np.linspace(0, random.uniform(10, 255), side)
            picture = np.rot90(np.tile(ramp, (side, 1)), int(random.integers(4)))
        yield np.clip(picture, 0, 255).astype(np.uint8)
