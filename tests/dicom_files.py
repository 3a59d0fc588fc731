"""DICOM files made in memory for tests: any pixels, in any compression that can be written here."""

import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

PATIENT = "Fernandez^Immaculada"  # stands in every file and must never be seen again
# Pixels of 40 x 60: 8 bits, 12 bits, 12 bits with a sign, and colours.
_RNG = np.random.default_rng(0)
GREY = cv2.GaussianBlur(_RNG.integers(0, 256, (40, 60), np.uint8), (0, 0), 2)
TWELVE = GREY.astype(np.uint16) << 4 | _RNG.integers(0, 16, (40, 60), np.uint16)
SIGNED = (TWELVE.astype(np.int32) - 2048).astype(np.int16)
COLOUR = np.ascontiguousarray(np.dstack([GREY, GREY[::-1], GREY[:, ::-1]]))


def dataset(pixels: np.ndarray, bits: int | None = None, **elements: object) -> FileDataset:
    """An uncompressed DICOM image of ``pixels``, (H, W) or (H, W, 3); elements by their keyword."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["a test"])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made = FileDataset(None, {}, file_meta=meta, preamble=bytes(128))
    made.SOPClassUID = meta.MediaStorageSOPClassUID
    made.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    made.PatientName, made.PatientID, made.PatientBirthDate = PATIENT, "7734512", "19340102"
    made.Modality, made.BurnedInAnnotation = "DX", "NO"
    made.Rows, made.Columns = pixels.shape[:2]
    made.SamplesPerPixel = 1 if pixels.ndim == 2 else 3
    made.PhotometricInterpretation = "MONOCHROME2" if pixels.ndim == 2 else "RGB"
    if pixels.ndim == 3:
        made.PlanarConfiguration = 0
    made.BitsAllocated = 8 * pixels.itemsize
    made.BitsStored = bits or made.BitsAllocated
    made.HighBit = made.BitsStored - 1
    made.PixelRepresentation = int(pixels.dtype.kind == "i")
    made.PixelData = pixels.tobytes()
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    return made


def saved(made: FileDataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """The file's bytes, uncompressed, deflated or RLE."""
    if syntax == RLELossless and not made["PixelData"].is_undefined_length:
        made.compress(RLELossless, generate_instance_uid=False)
    made.file_meta.TransferSyntaxUID = syntax
    file = BytesIO()
    pydicom.dcmwrite(file, made, enforce_file_format=True)
    return file.getvalue()


def by_pillow(made: FileDataset, pixels: np.ndarray, syntax: str) -> bytes:
    """The file's bytes, its pixels as JPEG (8 bit) or JPEG 2000 written by Pillow."""
    stream = BytesIO()
    if syntax == JPEGBaseline8Bit:
        Image.fromarray(pixels).save(stream, "JPEG", quality=98)
    else:
        assert syntax == JPEG2000Lossless
        Image.fromarray(pixels).save(stream, "JPEG2000", no_jp2=True, irreversible=False)
    made.PixelData = encapsulate([stream.getvalue()])
    made["PixelData"].is_undefined_length = True
    if pixels.ndim == 3:
        made.PhotometricInterpretation = "YBR_FULL_422" if syntax == JPEGBaseline8Bit else "YBR_RCT"
    return saved(made, syntax)


# GDCM in a process of its own: loaded beside Pillow it can end the one that tests run in.
_COMPRESS = """
import sys, gdcm
reader = gdcm.ImageReader()
reader.SetFileName(sys.argv[1])
assert reader.Read()
change = gdcm.ImageChangeTransferSyntax()
change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, sys.argv[3])))
change.SetInput(reader.GetImage())
assert change.Change()
writer = gdcm.ImageWriter()
writer.SetFileName(sys.argv[2])
writer.SetFile(reader.GetFile())
writer.SetImage(change.GetOutput())
assert writer.Write()
"""
_NAMES = {
    JPEGLosslessSV1: "JPEGLosslessProcess14_1",
    JPEGLSLossless: "JPEGLSLossless",
}


def by_gdcm(data: bytes, syntax: str) -> bytes:
    """An uncompressed file's bytes again, its pixels as lossless JPEG or JPEG-LS."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "before.dcm", Path(folder) / "after.dcm"
        before.write_bytes(data)
        command = [sys.executable, "-c", _COMPRESS, before, after, _NAMES[syntax]]
        subprocess.run(command, check=True, timeout=60)
        return after.read_bytes()
