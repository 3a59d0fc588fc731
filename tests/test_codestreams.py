"""What compressed pixels say of themselves before anything unpacks them."""

import pydicom
import pytest
from dicom_files import GREY, SIGNED, TWELVE, by_gdcm, by_pillow, dataset, saved
from pydicom import uid

from core.imaging.codestreams import coded_size, longest_rle_segment

FILES = {
    "JPEG": by_pillow(dataset(GREY), GREY, uid.JPEGBaseline8Bit),
    "JPEG 2000": by_pillow(dataset(GREY), GREY, uid.JPEG2000Lossless),
    "lossless JPEG": by_gdcm(saved(dataset(TWELVE, 12)), uid.JPEGLosslessSV1),
    "JPEG-LS": by_gdcm(saved(dataset(SIGNED, 12)), uid.JPEGLSLossless),
}


@pytest.mark.parametrize("kind", FILES)
def test_sizes_in_compressed_pixels(kind):
    made = pydicom.dcmread(pydicom.filebase.DicomBytesIO(FILES[kind]))
    frame = pydicom.encaps.get_frame(made.PixelData, 0, number_of_frames=1)
    assert coded_size(frame) == (60, 40)
    assert coded_size(frame[:10]) is None


def test_no_pixels_have_no_size():
    assert coded_size(b"") is None


def test_runs_are_counted_before_they_are_unpacked():
    header = (1).to_bytes(4, "little") + (64).to_bytes(4, "little") + bytes(56)
    # A run of 128, three bytes as they are, and a byte that means nothing.
    assert longest_rle_segment(header + b"\x81\x00" + b"\x02abc" + b"\x80", 1000) == 131
    assert longest_rle_segment(header + b"\x81\x00" * 10**6, 1000) < 1200
    with pytest.raises(ValueError, match="order"):
        longest_rle_segment(bytes(64), 1)
