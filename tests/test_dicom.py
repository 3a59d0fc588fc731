"""DICOM files become the grey that a viewer shows, and say nothing of the patient."""

import logging
import warnings

import numpy as np
import pydicom
import pytest
from dicom_files import COLOUR, GREY, SIGNED, TWELVE, by_gdcm, by_pillow, dataset, saved
from PIL import Image
from pydicom import uid
from pydicom.dataset import Dataset

from core.errors import UserError
from core.imaging.decode import read_image

LIMIT = 1_000_000
LUMA = np.array(Image.fromarray(COLOUR).convert("L"))
UNCOMPRESSED = (
    uid.ExplicitVRLittleEndian,
    uid.ImplicitVRLittleEndian,
    uid.DeflatedExplicitVRLittleEndian,
    uid.RLELossless,
)


def table_item(first, bits, entries):
    item = Dataset()
    item.LUTDescriptor = [len(entries), first, bits]
    item.add_new("LUTData", "US", [int(entry) for entry in entries])
    return item


def palette(indices):
    made = dataset(indices, PhotometricInterpretation="PALETTE COLOR")
    for name in ("Red", "Green", "Blue"):
        setattr(made, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        entries = (255 - np.arange(256, dtype=np.uint16)) * 257
        setattr(made, f"{name}PaletteColorLookupTableData", entries.tobytes())
    return made


def windowed(function, centre, width):
    return dataset(
        TWELVE, 12, WindowCenter=centre, WindowWidth=width, VOILUTFunction=function,
        RescaleSlope=2, RescaleIntercept=-100,
    )  # fmt: skip


def window(values, centre, width):
    """LINEAR of PS3.3, C.11.2.1.2.1, as a share of white."""
    return np.clip((values - (centre - 0.5)) / (width - 1) + 0.5, 0, 1)


VALUES = 2.0 * TWELVE - 100
# name: (file's bytes, expected grey, largest allowed difference)
FILES = {
    **{f"8 bit, {s.name}": (saved(dataset(GREY), s), GREY, 0) for s in UNCOMPRESSED},
    **{f"12 bit, {s.name}": (saved(dataset(TWELVE, 12), s), TWELVE << 4, 0) for s in UNCOMPRESSED},
    **{f"signed, {s.name}": (saved(dataset(SIGNED, 12), s), TWELVE << 4, 0) for s in UNCOMPRESSED},
    **{f"colour, {s.name}": (saved(dataset(COLOUR), s), LUMA, 0) for s in UNCOMPRESSED},
    "10 bit": (saved(dataset(TWELVE >> 2, 10)), (TWELVE >> 2) << 6, 0),
    "16 bit": (saved(dataset(TWELVE << 4)), TWELVE << 4, 0),
    "MONOCHROME1": (
        saved(dataset(GREY, PhotometricInterpretation="MONOCHROME1")),
        255 - GREY,
        0,
    ),
    "MONOCHROME1, 12 bit": (
        saved(dataset(TWELVE, 12, PhotometricInterpretation="MONOCHROME1")),
        (4095 - TWELVE) << 4,
        0,
    ),
    "padding is black": (
        saved(
            dataset(
                GREY, PhotometricInterpretation="MONOCHROME1", PixelPaddingValue=int(GREY[0, 0])
            )
        ),
        np.where(GREY[0, 0] == GREY, 0, 255 - GREY).astype(np.uint8),
        0,
    ),
    "falling rescale": (
        saved(dataset(GREY, RescaleSlope=-1, RescaleIntercept=255)),
        255 - GREY,
        0,
    ),
    "linear window": (
        saved(windowed("LINEAR", 4000, 1000)),
        np.rint(window(VALUES, 4000, 1000) * 65535).astype(np.uint16),
        1,
    ),
    "exact window": (
        saved(windowed("LINEAR_EXACT", 4000, 1000)),
        np.rint(np.clip((VALUES - 4000) / 1000 + 0.5, 0, 1) * 65535).astype(np.uint16),
        1,
    ),
    "sigmoid window": (
        saved(windowed("SIGMOID", 4000, 1000)),
        np.rint(65535 / (1 + np.exp(-4 * (VALUES - 4000) / 1000))).astype(np.uint16),
        1,
    ),
    "several windows": (
        saved(dataset(GREY, WindowCenter=[128, 50], WindowWidth=[101, 9])),
        np.rint(window(GREY.astype(float), 128, 101) * 255).astype(np.uint8),
        1,
    ),
    "a window without a width": (saved(dataset(GREY, WindowCenter=9, WindowWidth=0)), GREY, 0),
    "a VOI table of 8 bits": (
        saved(dataset(TWELVE, 12, VOILUTSequence=[table_item(0, 8, np.arange(4096) // 16)])),
        np.rint((TWELVE // 16) / 255 * 65535).astype(np.uint16),
        1,
    ),
    "a VOI table before the window": (
        saved(
            dataset(
                GREY, VOILUTSequence=[table_item(100, 12, [0, 4095])], WindowCenter=1, WindowWidth=9
            )
        ),
        (255 * (GREY > 100)).astype(np.uint8),
        0,
    ),
    "a modality table": (
        saved(dataset(GREY, ModalityLUTSequence=[table_item(0, 16, 65535 - 257 * np.arange(256))])),
        255 - GREY,
        0,
    ),
    "JPEG": (by_pillow(dataset(GREY), GREY, uid.JPEGBaseline8Bit), GREY, 6),
    "colour JPEG": (by_pillow(dataset(COLOUR), COLOUR, uid.JPEGBaseline8Bit), LUMA, 40),
    "JPEG 2000": (by_pillow(dataset(GREY), GREY, uid.JPEG2000Lossless), GREY, 0),
    "16-bit JPEG 2000": (by_pillow(dataset(TWELVE), TWELVE, uid.JPEG2000Lossless), TWELVE, 0),
    "colour JPEG 2000": (by_pillow(dataset(COLOUR), COLOUR, uid.JPEG2000Lossless), LUMA, 1),
    "lossless JPEG": (by_gdcm(saved(dataset(TWELVE, 12)), uid.JPEGLosslessSV1), TWELVE << 4, 0),
    "JPEG-LS": (by_gdcm(saved(dataset(SIGNED, 12)), uid.JPEGLSLossless), TWELVE << 4, 0),
    "palette": (saved(palette(GREY)), (255 - GREY.astype(np.uint16)) * 257, 1),
    "no preamble": (saved(dataset(GREY))[132:], GREY, 0),
}


@pytest.mark.parametrize("kind", FILES)
def test_every_kind_of_file_gives_the_grey_that_a_viewer_shows(kind):
    data, expected, tolerance = FILES[kind]
    image = read_image(data, LIMIT)
    assert (image.dtype, image.shape) == (expected.dtype, expected.shape)
    assert image.flags.c_contiguous
    assert np.abs(image.astype(int) - expected.astype(int)).max() <= tolerance


def test_a_bare_data_set_is_read_too():
    made = dataset(GREY)
    file = pydicom.filebase.DicomBytesIO()
    file.is_little_endian, file.is_implicit_VR = True, False
    pydicom.filewriter.write_dataset(file, made)
    assert np.array_equal(read_image(file.getvalue(), LIMIT), GREY)


def test_pixels_become_square():
    image = read_image(saved(dataset(GREY, PixelAspectRatio=["2", "1"])), LIMIT)
    assert image.shape == (80, 60)
    assert read_image(saved(dataset(GREY, PixelAspectRatio=["1", "3"])), LIMIT).shape == (40, 180)
    assert read_image(saved(dataset(GREY, PixelAspectRatio=["1", "0"])), LIMIT).shape == (40, 60)


def test_a_png_called_dicom_is_a_png(tmp_path):
    path = tmp_path / "scan.dcm"
    Image.fromarray(GREY).save(path, "PNG")
    assert np.array_equal(read_image(path, LIMIT), GREY)
    path = tmp_path / "scan.png"
    path.write_bytes(saved(dataset(GREY)))
    assert np.array_equal(read_image(path, LIMIT), GREY)


def test_nothing_of_the_patient_is_logged_or_warned_of(caplog, capfd):
    made = dataset(GREY)
    # Values that pydicom would quote because they break its rules.
    made.add_new("PatientBirthDate", "LO", "no date of Immaculada")
    made.add_new("PatientName", "LO", 100 * "Immaculada")
    data = saved(made)
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        read_image(data, LIMIT)
        with pytest.raises(UserError) as caught:
            read_image(data[:-100], LIMIT)
    assert caught.value.__cause__ is None
    written = "".join([*capfd.readouterr(), caplog.text, *(str(each.message) for each in warned)])
    assert "Immaculada" not in written
