"""The audit trail of a proposal: one JSON object a line, each holding the digest of the line before it.

``audit.jsonl`` can be checked offline by anybody who has it: change, removal, insertion or reordering of a line
breaks the chain from there on. What was cut off at the end is found by a record that holds head and length.

A line whose text was erased (`approvals.writing.erasure`) keeps the digest of what it was, in ``erased``, so that
the chain holds. What is left of it is vouched for by a later line, which holds the digest of everything before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from approvals.model import AuditEntry
from approvals.stored.codec import CodecError, canonical, decode, encode
from approvals.stored.ids import sha256

# What the first line holds in place of a digest.
GENESIS = "0" * 64
# The action of the line that vouches for erased ones, and where it holds the digest of all bytes before it.
ERASURE = "erased"
REMAINDER = "remainder"


@dataclass(frozen=True)
class AuditLine:
    """Line ``n`` (from 1) of a trail; ``digest`` is that of its bytes without the line break, as it was written.

    ``erased``: text was taken out of it since.
    """

    n: int
    previous: str
    entry: AuditEntry
    digest: str
    erased: bool = False


@dataclass(frozen=True)
class TrailCheck:
    """``intact`` lines from the start hold together; ``problem`` says what is wrong with the next one."""

    intact: int
    head: str
    problem: str | None


def line(n: int, previous: str, entry: AuditEntry) -> bytes:
    """Line ``n`` with its line break. ``previous`` is the digest of the line before, GENESIS for the first."""
    return canonical({"n": n, "previous": previous, **encode(entry)}) + b"\n"


def erased_line(found: AuditLine, left: AuditEntry) -> bytes:
    """``found`` with nothing but ``left`` in it, and with its digest as it was written."""
    link = {"n": found.n, "previous": found.previous, "erased": found.digest}
    return canonical({**link, **encode(left)}) + b"\n"


def parse_trail(data: bytes) -> tuple[AuditLine, ...]:
    """All lines of a trail, without checking the chain. Raises CodecError for a line that is none."""
    return tuple(_parse(number, raw) for number, raw in _numbered(data))


def verify_trail(data: bytes) -> TrailCheck:
    """How far the chain holds."""
    head, intact, length = GENESIS, 0, 0
    erased: list[int] = []
    for number, raw in _numbered(data):
        try:
            found = _parse(number, raw)
        except CodecError as error:
            return TrailCheck(intact, head, str(error))
        if (found.n, found.previous) != (number, head):
            return TrailCheck(intact, head, f"line {number} does not follow line {intact}")
        head, intact = found.digest, number
        if found.erased:
            erased.append(number)
        elif found.entry.action == ERASURE and found.entry.detail.get(REMAINDER) == sha256(data[:length]):
            erased.clear()  # this line vouches for them
        length += len(raw) + 1
    problem = f"line {erased[0]} is erased, and no later line vouches for what is left" if erased else None
    return TrailCheck(intact, head, problem)


@dataclass(frozen=True)
class _Link:
    n: int
    previous: str
    erased: str | None = None


def _numbered(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines by number, without their line breaks."""
    return enumerate(data.removesuffix(b"\n").split(b"\n") if data else (), start=1)


def _parse(number: int, raw: bytes) -> AuditLine:
    try:
        plain = json.loads(raw)
        link, entry = decode(_Link, plain), decode(AuditEntry, plain)
    except ValueError as error:  # CodecError, and what json raises, for bytes that are no text too
        raise CodecError(f"line {number} is not an audit line: {error}") from None
    return AuditLine(link.n, link.previous, entry, link.erased or sha256(raw), link.erased is not None)
