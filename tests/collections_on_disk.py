"""Tiny collections in the public folder shapes, drawn for the tests of core.data."""

import csv
from pathlib import Path

import numpy as np
from PIL import Image

from core.settings import Settings

COHEN_COLUMNS = (
    "patientid",
    "offset",
    "sex",
    "age",
    "finding",
    "view",
    "modality",
    "folder",
    "filename",
    "license",
    "clinical_notes",
)


def make_settings(tmp_path: Path, *roots: Path) -> Settings:
    return Settings(
        data_roots=roots,
        artifacts=tmp_path / "artifacts",
        weights=None,
        max_pixels=1_000_000,
        threads=2,
        model_memory=1_000_000_000,
    )


def draw(path: Path, seed: int = 0, size: int = 40) -> Path:
    """One grey image of noise; the same seed gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size, size), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def make_kermany(folder: Path, names: dict[str, list[str]] | None = None) -> Path:
    """A Kermany collection: folder inside -> file names."""
    names = names or {
        "train/NORMAL": ["IM-0115-0001.jpeg", "NORMAL2-IM-0052-0001.jpeg"],
        "train/PNEUMONIA": ["person793_bacteria_2697.jpeg", "person793_virus_1.jpeg"],
        "test/PNEUMONIA": ["person9_virus_15.jpeg"],
        "val/NORMAL": ["IM-0115-0002.jpeg"],
    }
    seed = 100
    for inside, files in names.items():
        for name in files:
            seed += 1
            draw(folder / inside / name, seed)
    return folder


def cohen_row(**columns: str) -> dict[str, str]:
    """One metadata row of a frontal COVID-19 X-ray, changed by ``columns``."""
    return {
        "patientid": "1",
        "offset": "3",
        "sex": "M",
        "age": "65",
        "finding": "COVID-19",
        "view": "PA",
        "modality": "X-ray",
        "folder": "images",
        "filename": "a.png",
        "license": "CC BY",
        "clinical_notes": "",
    } | columns


def make_cohen(folder: Path, rows: list[dict[str, str]], encoding: str = "utf-8") -> Path:
    """A Cohen collection with an image for every row whose file name ends in .png."""
    for seed, row in enumerate(rows):
        if row["filename"].endswith(".png") and row["folder"] == "images":
            draw(folder / "images" / row["filename"], seed)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    write_metadata(folder, rows, COHEN_COLUMNS, encoding)
    return folder


def write_metadata(
    folder: Path, rows: list[dict[str, str]], columns: tuple[str, ...], encoding: str = "utf-8"
) -> None:
    with (folder / "metadata.csv").open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def make_both(folder: Path) -> Path:
    """A Kermany collection of six images, and of Cohen's two usable ones, a lateral and a gap."""
    make_kermany(folder / "xrays" / "chest_xray")
    make_cohen(
        folder / "covid-chestxray-dataset",
        [
            cohen_row(),
            cohen_row(filename="b.png", finding="SARS", patientid="2"),
            cohen_row(filename="c.png", view="L"),
            cohen_row(filename="gone.png.jpg"),
        ],
    )
    return folder
