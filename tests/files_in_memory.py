"""PNG images and ZIP archives made in memory for tests."""

import zipfile
from io import BytesIO

import cv2
import numpy as np


def png(pixels):
    """The bytes of a PNG image with ``pixels``, uint8 or uint16 (h, w)."""
    return cv2.imencode(".png", np.ascontiguousarray(pixels))[1].tobytes()


def zipped(files, compression=zipfile.ZIP_DEFLATED):
    """The bytes of an archive with ``files``, pairs of a name and content, in their order."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return file.getvalue()
