"""DICOM files become the grey that a viewer shows, or one sentence that names no patient."""

import logging
import os
import warnings

import cv2
import numpy as np
import pydicom
import pytest
from dicom_files import PATIENT, by_gdcm, by_pillow, dataset, saved
from PIL import Image
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from core.errors import UserError
from core.imaging.codestreams import coded_size, longest_rle_segment
from core.imaging.decode import read_image
from core.imaging.decoding_process import DecoderLostError, decode_apart

LIMIT = 1_000_000
RNG = np.random.default_rng(0)
GREY = cv2.GaussianBlur(RNG.integers(0, 256, (40, 60), np.uint8), (0, 0), 2)
TWELVE = GREY.astype(np.uint16) << 4 | RNG.integers(0, 16, (40, 60), np.uint16)
SIGNED = (TWELVE.astype(np.int32) - 2048).astype(np.int16)
COLOUR = np.ascontiguousarray(np.dstack([GREY, GREY[::-1], GREY[:, ::-1]]))
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


def without(*keywords):
    made = dataset(GREY)
    for keyword in keywords:
        delattr(made, keyword)
    return saved(made)


def frames():
    made = dataset(GREY, NumberOfFrames=2)
    made.PixelData = 2 * GREY.tobytes()
    return saved(made)


def other_size():
    """A JPEG of a size of its own, in a header that declares a small one."""
    return by_pillow(dataset(GREY), np.zeros((400, 600), np.uint8), uid.JPEGBaseline8Bit)


def rle_bomb():
    made = dataset(GREY)
    header = (1).to_bytes(4, "little") + (64).to_bytes(4, "little") + bytes(56)
    made.PixelData = encapsulate([header + b"\x81\x00" * 5000])
    made["PixelData"].is_undefined_length = True
    return saved(made, uid.RLELossless)


def deflate_bomb():
    made = dataset(np.zeros((5000, 5000), np.uint16))
    return saved(made, uid.DeflatedExplicitVRLittleEndian)


def in_syntax(syntax):
    made = dataset(GREY)
    by_pillow(made, GREY, uid.JPEGBaseline8Bit)
    return saved(made, syntax)


# name: (file's bytes, words that the sentence must hold)
BAD = {
    "no pixels": (without("PixelData"), "without an image"),
    "a report": (
        saved(dataset(GREY, SOPClassUID=uid.RTDoseStorage)),
        "no X-ray (RT Dose Storage)",
    ),
    "several frames": (frames(), "2 frames"),
    "encrypted attributes": (
        saved(dataset(GREY, EncryptedAttributesSequence=[Dataset()])),
        "encrypted",
    ),
    "an envelope": (
        bytes.fromhex("3082100006092a864886f70d010703a0820ff1") + bytes(200),
        "encrypted",
    ),
    "huge": (saved(dataset(GREY, Rows=30_000, Columns=20_000)), "20000 x 30000"),
    "small": (saved(dataset(GREY[:4, :4].copy())), "4 x 4"),
    "32 bits": (saved(dataset(GREY.astype(np.uint32))), "32 bits"),
    "other colours": (saved(dataset(COLOUR, PhotometricInterpretation="HSV")), "colours"),
    "no size": (without("Rows"), "damaged"),
    "too few pixels": (saved(dataset(GREY, Rows=41)), "damaged"),
    "a deflate bomb": (deflate_bomb(), "unpacks to more than"),
    "an RLE bomb": (rle_bomb(), "not of the size"),
    "a JPEG of another size": (other_size(), "not of the size"),
    "a video": (in_syntax("1.2.840.10008.1.2.4.100"), "MPEG2"),
    "12-bit JPEG": (
        by_pillow(dataset(TWELVE, 12), GREY, uid.JPEGBaseline8Bit).replace(
            uid.JPEGBaseline8Bit.encode(), uid.JPEGExtended12Bit.encode()
        ),
        "compressed in a way that is not read",
    ),
    "high-throughput JPEG 2000": (in_syntax("1.2.840.10008.1.2.4.201"), "not read"),
    "cut short": (saved(dataset(GREY))[:-500], "cut short"),
    "cut in the header": (saved(dataset(GREY))[:300], "without an image"),
    "the magic alone": (bytes(128) + b"DICM", "without an image"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_gives_one_sentence_that_names_no_patient(kind, tmp_path):
    data, words = BAD[kind]
    path = tmp_path / "x.dcm"
    path.write_bytes(data)
    with pytest.raises(UserError) as caught:
        read_image(path, LIMIT)
    sentence = str(caught.value)
    assert sentence.startswith("x.dcm") and words in sentence, sentence
    assert sentence.endswith(".") and "\n" not in sentence
    assert PATIENT not in sentence


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


def test_a_decoder_that_is_lost_takes_nothing_with_it():
    with pytest.raises(DecoderLostError):
        decode_apart(os.abort)
    data = bytearray(FILES["lossless JPEG"][0])
    data[data.index(b"\xff\xc4")] = 218  # GDCM 3.2.6 ends its process
    with pytest.raises(UserError, match="damaged"):
        read_image(bytes(data), LIMIT)
    assert np.array_equal(read_image(FILES["lossless JPEG"][0], LIMIT), TWELVE << 4)


def test_sizes_in_compressed_pixels():
    for kind in ("JPEG", "JPEG 2000", "lossless JPEG", "JPEG-LS"):
        data = FILES[kind][0]
        made = pydicom.dcmread(pydicom.filebase.DicomBytesIO(data))
        frame = pydicom.encaps.get_frame(made.PixelData, 0, number_of_frames=1)
        assert coded_size(frame) == (60, 40), kind
        assert coded_size(frame[:10]) is None
    assert coded_size(b"") is None


def test_runs_are_counted_before_they_are_unpacked():
    header = (1).to_bytes(4, "little") + (64).to_bytes(4, "little") + bytes(56)
    # A run of 128, three bytes as they are, and a byte that means nothing.
    assert longest_rle_segment(header + b"\x81\x00" + b"\x02abc" + b"\x80", 1000) == 131
    assert longest_rle_segment(header + b"\x81\x00" * 10**6, 1000) < 1200
    with pytest.raises(ValueError, match="order"):
        longest_rle_segment(bytes(64), 1)
