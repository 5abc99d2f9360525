"""The audit trail of a proposal: one JSON object a line, each holding the digest of the line before it.

``audit.jsonl`` can be checked offline by anybody who has it: change, removal, insertion or reordering of a line
breaks the chain from there on. What was cut off at the end is found by a record that holds head and length.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from approvals.codec import CodecError, canonical, decode, encode
from approvals.ids import sha256
from approvals.model import AuditEntry

# What the first line holds in place of a digest.
GENESIS = "0" * 64


@dataclass(frozen=True)
class AuditLine:
    """Line ``n`` (from 1) of a trail; ``digest`` is that of its bytes without the line break."""

    n: int
    previous: str
    entry: AuditEntry
    digest: str


@dataclass(frozen=True)
class TrailCheck:
    """``intact`` lines from the start hold together; ``problem`` says what is wrong with the next one."""

    intact: int
    head: str
    problem: str | None


def line(n: int, previous: str, entry: AuditEntry) -> bytes:
    """Line ``n`` with its line break. ``previous`` is the digest of the line before, GENESIS for the first."""
    return canonical({"n": n, "previous": previous, **encode(entry)}) + b"\n"


def parse_trail(data: bytes) -> tuple[AuditLine, ...]:
    """All lines of a trail, without checking the chain. Raises CodecError for a line that is none."""
    lines = []
    for number, raw in enumerate(data.splitlines(), start=1):
        try:
            plain = json.loads(raw)
            lines.append(AuditLine(plain["n"], plain["previous"], decode(AuditEntry, plain), sha256(raw)))
        except (ValueError, KeyError, TypeError) as error:
            raise CodecError(f"line {number} of the trail is not an audit line: {error}") from None
    return tuple(lines)


def verify_trail(data: bytes) -> TrailCheck:
    """How far the chain holds."""
    head, intact = GENESIS, 0
    for number, raw in enumerate(data.splitlines(), start=1):
        try:
            (found,) = parse_trail(raw)
        except (CodecError, ValueError) as error:
            return TrailCheck(intact, head, f"line {number} is not an audit line: {error}")
        if (found.n, found.previous) != (number, head):
            return TrailCheck(intact, head, f"line {number} does not follow line {intact}")
        head, intact = found.digest, number
    return TrailCheck(intact, head, None)
