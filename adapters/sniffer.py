"""What a document is by its content, from puremagic; and text, which has no magic number, by its name."""

from __future__ import annotations

from pathlib import PurePath

import puremagic

TEXT_TYPES = {".md": "text/markdown", ".txt": "text/plain", ".csv": "text/csv"}
# The container that office documents share; puremagic tells them apart by what is inside.
MIN_CONFIDENCE = 0.1


class ContentSniffer:
    """`Sniffer` on puremagic. A text must decode as UTF-8 and hold no NUL to be taken for what its name says."""

    def media_types(self, data: bytes, name: str) -> frozenset[str]:
        suffix = PurePath(name).suffix.lower()
        if suffix in TEXT_TYPES and _is_text(data):
            return frozenset({TEXT_TYPES[suffix]})
        try:
            found = puremagic.magic_string(data, name)
        except (puremagic.PureError, ValueError):
            return frozenset()
        likely = [
            match for match in found if match.confidence >= MIN_CONFIDENCE and match.extension == suffix
        ]
        return frozenset(match.mime_type for match in likely if match.mime_type)


def _is_text(data: bytes) -> bool:
    try:
        return "\0" not in data.decode("utf-8")
    except UnicodeDecodeError:
        return False
