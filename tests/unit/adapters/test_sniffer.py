"""Documents are what they hold and what they are called, both."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest

from adapters.sniffer import ContentSniffer

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


def pdf() -> bytes:
    """One empty page."""
    parts = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
    ]
    body = "".join(f"{n} 0 obj{part}endobj\n" for n, part in enumerate(parts, start=1))
    return f"%PDF-1.4\n{body}trailer<</Root 1 0 R/Size 4>>\n%%EOF\n".encode()


def png() -> bytes:
    """One white pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    image = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\xff")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + image


def archive(*names: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        for name in names:
            made.writestr(name, "<part/>")
    return data.getvalue()


def office(folder: str) -> bytes:
    return archive("[Content_Types].xml", "_rels/.rels", f"{folder}/document.xml")


JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"
JPEG_OF_A_CAMERA = b"\xff\xd8\xff\xe1\x00\x08Exif\x00\x00\xff\xd9"


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("design.pdf", pdf(), "application/pdf"),
        ("Design.PDF", pdf(), "application/pdf"),
        ("design.final.v2.pdf", pdf(), "application/pdf"),
        ("plan.png", png(), "image/png"),
        ("plan.jpg", JPEG, "image/jpeg"),
        ("plan.jpeg", JPEG_OF_A_CAMERA, "image/jpeg"),
        ("offer.docx", office("word"), DOCX),
        ("offer.xlsx", office("xl"), XLSX),
        ("offer.pptx", office("ppt"), PPTX),
        ("all.zip", archive("a.txt"), "application/zip"),
        ("notes.md", "# Größe\n".encode(), "text/markdown"),
        ("notes.md", b"\xef\xbb\xbf# with a byte order mark\n", "text/markdown"),
        ("notes.txt", b"plain", "text/plain"),
        ("costs.csv", b"what;how much\r\nsorter;12000\r\n", "text/csv"),
    ],
)
def test_a_document_is_what_content_and_name_agree_on(name: str, data: bytes, media_type: str) -> None:
    assert ContentSniffer().media_types(data, name) == {media_type}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("design.pdf", b"not a PDF at all"),
        ("design.pdf", png()),
        ("design.pdf", b"MZ\x90\x00" + bytes(60)),
        ("design.pdf", office("word")),
        ("design", pdf()),
        ("design.docx", pdf()),
        ("plan.png", JPEG),
        ("offer.docx", office("xl")),
        ("offer.docx", archive("word/document.xml")),
        ("offer.docx", archive("[Content_Types].xml")),
        ("offer.docx", office("word")[:-30]),
        ("offer.docx", b"PK\x03\x04 and nothing more"),
        ("offer.xlsm", office("xl")),
        ("tool.jar", archive("META-INF/MANIFEST.MF")),
        ("all.zip", b"PK\x03\x04 and nothing more"),
        ("notes.md", pdf() + b"\xff\xfe"),
        ("notes.txt", "in UTF-16".encode("utf-16")),
        ("notes.txt", b"a\0b"),
        ("empty.pdf", b""),
    ],
)
def test_what_is_called_something_else_is_unknown(name: str, data: bytes) -> None:
    assert ContentSniffer().media_types(data, name) == frozenset()


@pytest.mark.parametrize(
    ("change", "to"),
    [(b"\x14\x00\x00\x00\x00\x00", b"\xff\x00\x00\x00\x00\x00"), (b"w.xml", b"\xff.xml")],
    ids=["of a later kind", "names of bad bytes"],
)
def test_an_archive_that_cannot_be_read_is_unknown(change: bytes, to: bytes) -> None:
    data = bytearray(archive("[Content_Types].xml", "word/é-w.xml"))
    directory = data.index(b"PK\x01\x02")
    data[directory:] = data[directory:].replace(change, to[: len(change)].ljust(len(change), b"\xff"))
    assert ContentSniffer().media_types(bytes(data), "offer.docx") == frozenset()
