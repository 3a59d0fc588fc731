"""A DICOM file's pixels become one grey array; nothing else of the file leaves this module.

Holds ``read_dicom``: single-frame images in every usual compression, with the modality and the
VOI transformation of the standard (PS3.3, C.11.1 and C.11.2) and MONOCHROME1 turned round. Of the
file only the elements of ``ELEMENTS`` are parsed, so that names, dates and numbers of a patient are
neither shown nor kept nor logged. Other image files, and which reader a file gets, are the business
of ``core.imaging.decode``.
"""

import logging
import warnings
import zlib
from io import BytesIO

import cv2
import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels import apply_color_lut, get_decoder, pixel_array
from pydicom.pixels.processing import apply_windowing
from pydicom.uid import (
    UID,
    JPEG2000TransferSyntaxes,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from core.errors import UserError
from core.imaging.codestreams import coded_size, longest_rle_segment
from core.imaging.decode import check_size
from core.imaging.decoding_process import decode_apart
from core.imaging.gdcm_decoding import PIXEL_ELEMENTS, decode_by_gdcm

ELEMENTS = [
    *PIXEL_ELEMENTS,
    *("SOPClassUID", "PixelAspectRatio", "PixelPaddingValue"),
    *("RescaleSlope", "RescaleIntercept", "ModalityLUTSequence"),
    *("WindowCenter", "WindowWidth", "VOILUTFunction", "VOILUTSequence"),
    *(
        f"{colour}PaletteColorLookupTable{part}"
        for colour in ("Red", "Green", "Blue")
        for part in ("Descriptor", "Data")
    ),
    *(f"Segmented{colour}PaletteColorLookupTableData" for colour in ("Red", "Green", "Blue")),
    *("FloatPixelData", "DoubleFloatPixelData", "EncryptedAttributesSequence"),
]
COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", "PALETTE COLOR")
GREYS = ("MONOCHROME1", "MONOCHROME2")
# Objects whose pixels are no picture of a body.
NO_PICTURES = (
    "SegmentationStorage",
    "LabelMapSegmentationStorage",
    "ParametricMapStorage",
    "RTDoseStorage",
)
# What Pillow and pydicom have no decoder for.
BY_GDCM = (JPEGLossless, JPEGLosslessSV1, JPEGLSLossless, JPEGLSNearLossless)
# Pixels wider than this against their height are a mistake of the header, and taken for square.
MOST_UNEQUAL = 4.0

_DEFLATED = b"1.2.840.10008.1.2.1.99"
_NOT_DEFLATED = b"1.2.840.10008.1.2.1\0\0\0"
_META_LENGTH_AT = {True: 140, False: 8}  # by whether there is a preamble
_ROOM_FOR_HEADERS = 16_000_000  # bytes

# pydicom quotes the values that it doubts, a patient's among them, in warnings and in its log.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
warnings.filterwarnings("ignore", module="pydicom")


def read_dicom(data: bytes, max_pixels: int, name: str) -> np.ndarray:
    """Decode the one image of a DICOM file into grey, as a viewer shows it at first.

    Returns (H, W), C-contiguous; uint8 where the file stores at most 8 bits a pixel, else uint16,
    in which fewer stored bits take the upper places. A VOI lookup table or window (the first one)
    decides what is black and white; without one, the range of the stored bits does. Colour becomes
    luma (ITU-R BT.601); pixels that are not square are made so. Raises UserError when the file is
    damaged, encrypted, without an image, with several frames, in a compression that cannot be
    read, or has more than ``max_pixels`` pixels, told before anything is decoded.
    """
    try:
        return _read(data, max_pixels, name)
    except UserError:
        raise
    # pydicom raises a dozen kinds of exception on a damaged file. None of them is kept as the
    # cause: its words may be a patient's.
    except Exception:
        raise UserError(
            f"{name} is a DICOM file that is damaged or cut short and cannot be decoded; replace "
            "it with a whole copy."
        ) from None


def _read(data: bytes, max_pixels: int, name: str) -> np.ndarray:
    dataset = _parse(data, max_pixels, name)
    _check_object(dataset, name)
    _check_pixels(dataset, max_pixels, name)
    library = _check_compression(dataset, name)
    if library == "gdcm":
        stored = decode_apart(decode_by_gdcm, data)
    else:
        plugin = library if dataset.file_meta.TransferSyntaxUID.is_encapsulated else ""
        stored = pixel_array(dataset, index=0, decoding_plugin=plugin)
    if dataset.PhotometricInterpretation in GREYS:
        grey = _shown(stored, dataset)
    else:
        grey = _luma(stored, dataset)
    return np.ascontiguousarray(_square_pixels(grey, dataset, max_pixels))


def _parse(data: bytes, max_pixels: int, name: str) -> Dataset:
    if _DEFLATED in data:
        data = _inflated(data, max_pixels, name)
    dataset = pydicom.dcmread(BytesIO(data), force=True, specific_tags=ELEMENTS)
    if "TransferSyntaxUID" not in dataset.file_meta:
        implicit, little = dataset.original_encoding
        dataset.file_meta.TransferSyntaxUID = (
            pydicom.uid.ImplicitVRLittleEndian
            if implicit
            else pydicom.uid.ExplicitVRLittleEndian
            if little
            else pydicom.uid.ExplicitVRBigEndian
        )
    return dataset


def _inflated(data: bytes, max_pixels: int, name: str) -> bytes:
    """Unpack a deflated file, which pydicom would do without any limit."""
    at = _META_LENGTH_AT[data[128:132] == b"DICM"]
    begin = at + 4 + int.from_bytes(data[at : at + 4], "little")
    limit = 2 * max_pixels + _ROOM_FOR_HEADERS
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    body = unpacking.decompress(data[begin:], limit)
    if unpacking.unconsumed_tail:
        raise UserError(
            f"{name} unpacks to more than {limit / 1e6:.0f} MB; save it without deflate "
            "compression."
        )
    return data[:begin].replace(_DEFLATED, _NOT_DEFLATED) + body


def _check_object(dataset: Dataset, name: str) -> None:
    """Refuse what is encrypted, what holds no picture, and what holds several."""
    if "EncryptedAttributesSequence" in dataset:
        raise UserError(f"{name} has encrypted attributes; decrypt the DICOM file first.")
    kind = UID(dataset.get("SOPClassUID") or "")
    # A name of the standard's own table; never what a file writes in its place.
    called = f" ({kind.name})" if kind.keyword else ""
    if (
        kind.keyword in NO_PICTURES
        or "FloatPixelData" in dataset
        or ("DoubleFloatPixelData" in dataset)
    ):
        raise UserError(f"{name} is a DICOM object that holds no X-ray{called}; choose the image.")
    if not dataset.get("PixelData"):
        raise UserError(f"{name} is a DICOM file without an image{called}; choose the image.")
    frames = int(dataset.get("NumberOfFrames") or 1)
    if frames != 1:
        raise UserError(
            f"{name} is a DICOM file of {frames:,} frames; save the one that is meant as an image "
            "of its own."
        )


def _check_pixels(dataset: Dataset, max_pixels: int, name: str) -> None:
    check_size((int(dataset.Columns), int(dataset.Rows)), max_pixels, name)
    if dataset.PhotometricInterpretation not in (*COLOURS, *GREYS):
        raise UserError(
            f"{name} is a DICOM file in colours of a kind that is not read; save it as grey "
            "(MONOCHROME2) or RGB."
        )
    allocated, samples = dataset.BitsAllocated, dataset.SamplesPerPixel
    if allocated not in (1, 8, 16) or (allocated == 1 and samples != 1):
        raise UserError(
            f"{name} is a DICOM file of {allocated} bits a sample; save it with 8 or 16."
        )
    if not 1 <= dataset.BitsStored <= allocated or samples not in (1, 3):
        raise ValueError("bits or samples that contradict each other")


def _check_compression(dataset: Dataset, name: str) -> str:
    """Check the compressed pixels against their header; give the library that decodes them."""
    syntax = dataset.file_meta.TransferSyntaxUID
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError:
        decoder = None
    by_gdcm = syntax in BY_GDCM
    twelve_bit_jpeg = syntax == JPEGExtended12Bit and dataset.BitsStored != 8
    if decoder is None or twelve_bit_jpeg or not (by_gdcm or decoder.is_available):
        called = syntax.name if syntax.keyword else "one that is not known here"
        raise UserError(
            f"{name} is a DICOM file compressed in a way that is not read ({called}); save it "
            "uncompressed or as JPEG 2000."
        )
    if not syntax.is_encapsulated:
        return "pydicom"
    frame = get_frame(dataset.PixelData, 0, number_of_frames=1)
    rows, columns = dataset.Rows, dataset.Columns
    if syntax == RLELossless:
        # A decoder unpacks whatever runs there are before it looks at how many it needed.
        fits = longest_rle_segment(frame, rows * columns) <= rows * columns + 1
    else:
        # A decoder believes the size in the compressed pixels, whatever the header says.
        fits = coded_size(frame) == (columns, rows)
    if not fits:
        raise UserError(
            f"{name} is a DICOM file whose compressed image is not of the size that its header "
            "says; replace it with a whole copy."
        )
    if syntax == RLELossless:
        return "pydicom"
    # Pillow reads no colour deeper than 8 bits.
    deep_colour = dataset.SamplesPerPixel > 1 and dataset.BitsStored > 8
    return "gdcm" if by_gdcm or (syntax in JPEG2000TransferSyntaxes and deep_colour) else "pillow"


def _shown(stored: np.ndarray, dataset: Dataset) -> np.ndarray:
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
