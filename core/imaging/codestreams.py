"""What compressed pixels say of their own size, read before any decoder is let near them.

Holds functions on the bytes of one JPEG, JPEG-LS, JPEG 2000 or RLE stream, as DICOM files carry
them. Decoding them is left to the libraries that ``core.imaging.dicom`` calls.
"""

from struct import unpack_from

_JPEG, _JPEG_2000 = b"\xff\xd8", b"\xff\x4f\xff\x51"
# Start of frame, lossless and JPEG-LS included; C4, C8 and CC share the range and are none.
_FRAMES = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
_ALONE = {0x01, *range(0xD0, 0xDA)}  # markers without a length


def coded_size(stream: bytes) -> tuple[int, int] | None:
    """Width and height in pixels that the stream's own header declares; None when there is none.

    JPEG and JPEG-LS: ISO/IEC 10918-1, B.2.2 and 14495-1, C.2.2; JPEG 2000: 15444-1, A.5.1, as a
    codestream or inside of its file format.
    """
    start = stream.find(_JPEG_2000, 0, 4096)
    if start >= 0 and not stream.startswith(_JPEG):
        if len(stream) < start + 24:
            return None
        right, bottom, left, top = unpack_from(">4I", stream, start + 8)
        return right - left, bottom - top
    if not stream.startswith(_JPEG):
        return None
    at = 2
    while at + 9 <= len(stream) and stream[at] == 0xFF:
        marker = stream[at + 1]
        if marker in _FRAMES:
            height, width = unpack_from(">HH", stream, at + 5)
            return width, height
        if marker == 0xFF:
            at += 1  # filling
        elif marker in _ALONE:
            at += 2
        else:
            at += 2 + unpack_from(">H", stream, at + 2)[0]
    return None


def longest_rle_segment(frame: bytes, enough: int) -> int:
    """Bytes that the longest segment of an RLE frame unpacks to; counting stops past ``enough``.

    DICOM PS3.5, Annex G. Raises ValueError when the segments do not lie in the frame in order.
    """
    if len(frame) < 64:
        raise ValueError("no RLE header")
    count, *offsets = unpack_from("<16I", frame)
    ends = [*offsets[1:count], len(frame)]
    if not 1 <= count <= 15 or any(
        not 64 <= begin <= end for begin, end in zip(offsets, ends, strict=False)
    ):
        raise ValueError("RLE segments out of order")
    return max(
        _rle_length(frame[begin:end], enough) for begin, end in zip(offsets, ends, strict=False)
    )


def _rle_length(segment: bytes, enough: int) -> int:
    length = at = 0
    while at < len(segment) and length <= enough + 1:
        header = segment[at]
        if header > 128:
            length += 257 - header
            at += 2
        else:
            taken = header + 1 if header < 128 else 0
            length += taken
            at += 1 + taken
    return length
