"""DICOM files that cannot be read become one sentence that names no patient."""

import os

import numpy as np
import pytest
from dicom_files import COLOUR, GREY, PATIENT, TWELVE, by_gdcm, by_pillow, dataset, saved
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from core.errors import UserError
from core.imaging.decode import read_image
from core.imaging.decoding_process import DecoderLostError, decode_apart

LIMIT = 1_000_000


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


LOSSLESS = by_gdcm(saved(dataset(TWELVE, 12)), uid.JPEGLosslessSV1)
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


def test_a_decoder_that_is_lost_takes_nothing_with_it():
    with pytest.raises(DecoderLostError):
        decode_apart(os.abort)
    data = bytearray(LOSSLESS)
    data[data.index(b"\xff\xc4")] = 218  # GDCM 3.2.6 ends its process
    with pytest.raises(UserError, match="damaged"):
        read_image(bytes(data), LIMIT)
    assert np.array_equal(read_image(LOSSLESS, LIMIT), TWELVE << 4)
