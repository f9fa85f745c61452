"""Zip files that the tests make."""

import io
import zipfile
from collections.abc import Mapping


def zip_of(files: Mapping[str, str | bytes], *, compressed: bool = False) -> bytes:
    """A zip of `files`, the same bytes at every run."""
    out = io.BytesIO()
    kind = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), content, kind)
    return out.getvalue()
