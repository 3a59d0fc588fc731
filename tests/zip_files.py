"""ZIP archives made in memory for tests."""

import zipfile
from io import BytesIO


def zipped(files, compression=zipfile.ZIP_DEFLATED):
    """The bytes of an archive with ``files``, pairs of a name and content, in their order."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return file.getvalue()
