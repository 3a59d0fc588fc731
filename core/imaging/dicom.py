"""A DICOM file's pixels become one grey array; nothing else of the file leaves this module.

Holds ``read_dicom`` for single-frame images in every usual compression, and what is checked before
a decoder is let near them. Of the file only the elements of ``ELEMENTS`` are parsed, so that names,
dates and numbers of a patient are neither shown nor kept nor logged. What grey the stored values
mean stands in ``core.imaging.dicom_grey``; which reader a file gets, in ``core.imaging.decode``.
"""

import logging
import zlib
from io import BytesIO

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels import get_decoder, pixel_array
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
from core.imaging.dicom_grey import COLOURS, GREYS, shown_grey
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
# Objects whose pixels are no picture of a body.
NO_PICTURES = (
    "SegmentationStorage",
    "LabelMapSegmentationStorage",
    "ParametricMapStorage",
    "RTDoseStorage",
)
# What Pillow and pydicom have no decoder for.
BY_GDCM = (JPEGLossless, JPEGLosslessSV1, JPEGLSLossless, JPEGLSNearLossless)

_DEFLATED = b"1.2.840.10008.1.2.1.99"
_NOT_DEFLATED = b"1.2.840.10008.1.2.1\0\0\0"
_META_LENGTH_AT = {True: 140, False: 8}  # by whether there is a preamble
_ROOM_FOR_HEADERS = 16_000_000  # bytes

# pydicom quotes the values that it doubts, a patient's among them, in its log; in warnings too,
# which ``core`` silences.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)


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
    return np.ascontiguousarray(shown_grey(stored, dataset, max_pixels))


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
    unpictured = kind.keyword in NO_PICTURES
    if unpictured or "FloatPixelData" in dataset or "DoubleFloatPixelData" in dataset:
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
