"""What a document is by its content, held against its name: puremagic for what has a magic number, text by decoding."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePath

import puremagic

TEXT_TYPES = {".md": "text/markdown", ".txt": "text/plain", ".csv": "text/csv"}
# Office documents are ZIP archives alike; the folder inside tells which.
OFFICE_FOLDERS = {".docx": "word/", ".xlsx": "xl/", ".pptx": "ppt/"}
ZIP = b"PK\x03\x04"


class ContentSniffer:
    """`Sniffer`: what the content may be, of that only what its name promises; so a renamed file is nothing."""

    def media_types(self, data: bytes, name: str) -> frozenset[str]:
        suffix = PurePath(name).suffix.lower()
        if suffix in TEXT_TYPES:
            return frozenset({TEXT_TYPES[suffix]}) if _is_text(data) else frozenset()
        try:
            found = puremagic.magic_string(data)
        except (puremagic.PureError, ValueError):
            return frozenset()
        promised = frozenset(match.mime_type for match in found if match.extension == suffix and match.mime_type)
        if data.startswith(ZIP) and not _is_office(data, suffix):
            return frozenset()
        return promised


def _is_text(data: bytes) -> bool:
    try:
        return "\0" not in data.decode("utf-8")
    except UnicodeDecodeError:
        return False


def _is_office(data: bytes, suffix: str) -> bool:
    folder = OFFICE_FOLDERS.get(suffix)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return folder is not None and any(name.startswith(folder) for name in archive.namelist())
    except zipfile.BadZipFile:
        return False
