"""Compressed pixels of a DICOM file through GDCM, for a process that may be lost.

Holds ``decode_by_gdcm``, which ``core.imaging.dicom`` calls by way of
``core.imaging.decoding_process`` with files that it has checked.
"""

from io import BytesIO

import numpy as np
import pydicom
from pydicom.pixels import pixel_array

PIXEL_ELEMENTS = [
    *("Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation"),
    *("PlanarConfiguration", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
    "PixelData",
]


def decode_by_gdcm(data: bytes) -> np.ndarray:
    """Stored values of a file's only frame, (H, W) or (H, W, 3); raises whatever pydicom raises."""
    dataset = pydicom.dcmread(BytesIO(data), force=True, specific_tags=PIXEL_ELEMENTS)
    return pixel_array(dataset, index=0, decoding_plugin="gdcm")
