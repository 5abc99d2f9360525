"""What a document is by its content, held against its name: puremagic for what has a magic number, text by decoding."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePath

import puremagic

TEXT_TYPES = {".md": "text/markdown", ".txt": "text/plain", ".csv": "text/csv"}
# All ZIP archives begin alike, puremagic takes each for anything that is one. An office document has a table of its
# parts and a folder that tells which it is.
ZIP = b"PK"
OFFICE_PARTS = "[Content_Types].xml"
OFFICE_FOLDERS = {".docx": "word/", ".xlsx": "xl/", ".pptx": "ppt/"}


class ContentSniffer:
    """`Sniffer`: what the content may be, of that only what its name promises; so a renamed file is nothing."""

    def media_types(self, data: bytes, name: str) -> frozenset[str]:
        suffix = PurePath(name).suffix.lower()
        if suffix in TEXT_TYPES:
            return frozenset({TEXT_TYPES[suffix]}) if _is_text(data) else frozenset()
        if data.startswith(ZIP) and not _is_archive(data, suffix):
            return frozenset()
        try:
            found = puremagic.magic_string(data)
        except (puremagic.PureError, ValueError):  # unknown; empty
            return frozenset()
        return frozenset(match.mime_type for match in found if match.extension == suffix and match.mime_type)


def _is_text(data: bytes) -> bool:
    try:
        return "\0" not in data.decode("utf-8")
    except UnicodeDecodeError:
        return False


def _is_archive(data: bytes, suffix: str) -> bool:
    """Is it a ZIP archive that holds what an archive of this name holds?"""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        ValueError,
    ):  # not one; of a later kind; names of bad bytes
        return False
    folder = OFFICE_FOLDERS.get(suffix)
    is_office = (
        folder is not None and OFFICE_PARTS in names and any(name.startswith(folder) for name in names)
    )
    return is_office or suffix == ".zip"
