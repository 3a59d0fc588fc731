"""What grey the stored values of a DICOM image mean, as a viewer shows it at first.

Holds ``shown_grey``: modality and VOI transformation of the standard (PS3.3, C.11.1 and C.11.2),
MONOCHROME1 turned round, colour to luma, pixels made square. Files are read and checked in
``core.imaging.dicom``.
"""

import cv2
import numpy as np
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut
from pydicom.pixels.processing import apply_windowing

GREYS = ("MONOCHROME1", "MONOCHROME2")
COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", "PALETTE COLOR")
# Pixels longer than this against their other side are a mistake of the header, taken for square.
MOST_UNEQUAL = 4.0


def shown_grey(stored: np.ndarray, dataset: Dataset, max_pixels: int) -> np.ndarray:
    """Grey of stored values, (H, W) or (H, W, 3), as the elements of ``dataset`` say.

    uint8 where the file stores at most 8 bits a pixel, else uint16. Colour becomes luma (ITU-R
    BT.601). Pixels that are not square are made so where ``max_pixels`` allows it.
    """
    grey = dataset.PhotometricInterpretation in GREYS
    shown = _through_table(stored, dataset) if grey else _luma(stored, dataset)
    return _square_pixels(shown, dataset, max_pixels)


def _through_table(stored: np.ndarray, dataset: Dataset) -> np.ndarray:
    """Give stored values the grey in which a viewer shows them, through a table of all values."""
    bits = dataset.BitsStored
    signed = dataset.PixelRepresentation == 1
    lowest = -(1 << (bits - 1)) if signed else 0
    values = np.arange(lowest, lowest + (1 << bits))
    out = np.uint8 if bits <= 8 else np.uint16
    places = 8 if bits <= 8 else 16
    shares = _transformed(values, dataset)
    if shares is None:
        # Shifted, not stretched: the same pixels in a 16-bit TIFF then have the same proportions.
        grey = (values - lowest) << (places - bits) if bits > 1 else values * 255
    else:
        grey = np.rint(np.clip(shares, 0, 1) * np.iinfo(out).max)
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        grey = grey.max() + grey.min() - grey if shares is None else np.iinfo(out).max - grey
    padding = dataset.get("PixelPaddingValue")
    if isinstance(padding, int) and lowest <= padding <= values[-1]:
        grey[padding - lowest] = 0  # beyond the image, whichever way round it is stored
    table = np.zeros(1 << 16, out)
    table[values & 0xFFFF] = grey
    # Lossy compression can step over the range.
    inside = np.clip(stored, lowest, values[-1]) if bits < 8 * stored.itemsize else stored
    return table[inside.astype(np.int16).view(np.uint16) if signed else inside]


def _transformed(values: np.ndarray, dataset: Dataset) -> np.ndarray | None:
    """Share of white, about 0 to 1, of each stored value; None where the file says nothing."""
    modality = _first(dataset, "ModalityLUTSequence")
    voi = _first(dataset, "VOILUTSequence")
    slope = float(dataset.get("RescaleSlope") or 1)
    if modality is not None:
        values, white = _looked_up(values, modality)
    else:
        values = values * slope + float(dataset.get("RescaleIntercept") or 0)
        white = None
    if voi is not None:
        values, white = _looked_up(np.rint(values).astype(np.int64), voi)
        return values / white
    if dataset.get("WindowCenter") is not None and dataset.get("WindowWidth") is not None:
        try:
            with np.errstate(over="ignore"):
                # Far beyond its ends the window gives its black and its white.
                black, white = apply_windowing(np.array([-1e9, 1e9]), dataset)
                return (apply_windowing(values, dataset) - black) / (white - black)
        # A window of no width, or one of an unknown function, is as good as none.
        except ValueError:
            pass
    if modality is not None:
        return values / white
    return None if slope > 0 else (values - values.min()) / (values.max() - values.min())


def _first(dataset: Dataset, sequence: str) -> Dataset | None:
    items = dataset.get(sequence)
    return items[0] if items and items[0].get("LUTData") is not None else None


def _looked_up(values: np.ndarray, item: Dataset) -> tuple[np.ndarray, int]:
    """Values through a lookup table (PS3.3, C.11.1.1.1), and the table's white.

    pydicom's own apply_voi and apply_modality_lut wrap round at entry 256 of tables of 8 bits.
    """
    count, first, bits = (int(number) for number in item.LUTDescriptor)
    count = count or 1 << 16
    entries = item.LUTData
    if isinstance(entries, bytes):
        wide = len(entries) >= 2 * count
        little = not item.original_encoding or item.original_encoding[1] is not False
        entries = np.frombuffer(entries, ("<u2" if little else ">u2") if wide else np.uint8)
    entries = np.atleast_1d(np.asarray(entries, dtype=np.int64))[:count]
    return entries[np.clip(values - first, 0, len(entries) - 1)], (1 << bits) - 1


def _luma(stored: np.ndarray, dataset: Dataset) -> np.ndarray:
    bits = dataset.BitsStored
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        stored = apply_color_lut(stored, dataset)
        bits = 8 * stored.itemsize
    if bits <= 8:
        return np.asarray(Image.fromarray(stored.astype(np.uint8)).convert("L")) << (8 - bits)
    return cv2.cvtColor(stored.astype(np.uint16), cv2.COLOR_RGB2GRAY) << (16 - bits)


def _square_pixels(grey: np.ndarray, dataset: Dataset, max_pixels: int) -> np.ndarray:
    """Lengthen the side along which the pixels are longer (PixelAspectRatio: height, width)."""
    ratio = dataset.get("PixelAspectRatio")
    if not ratio or len(ratio) != 2 or min(ratio) <= 0:
        return grey
    high = float(ratio[0]) / float(ratio[1])
    if high == 1 or not 1 / MOST_UNEQUAL <= high <= MOST_UNEQUAL:
        return grey
    rows, columns = grey.shape
    size = (columns, round(rows * high)) if high > 1 else (round(columns / high), rows)
    if size[0] * size[1] > max_pixels:
        return grey
    return cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR)
