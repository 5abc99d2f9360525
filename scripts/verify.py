"""Check a decision record and its audit trail offline, with nothing but Python 3.11 and this file.

    python scripts/verify.py record.json audit.jsonl

Each line of the trail holds the SHA-256 of the line before. The record holds number and SHA-256 of the last line when
it was sealed, its anchor, so that a trail that was cut off is found too. Who rewrites both is found by the record's
own SHA-256, which is in the message about the outcome. Exit code: 0 all holds, 1 something does not, 2 unreadable.

A line whose text was erased keeps, in "erased", the SHA-256 that it had, so that the chain holds without the text. What
is left of it proves nothing by itself: the line about the erasure vouches for it with the SHA-256 of all lines before,
and its own SHA-256 is in the archive, in the file PROPOSAL-erased.json beside the record.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

GENESIS = "0" * 64
OTHER_SHAPE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
# What a decision says, in the record and in the trail's line about it.
SAME = {"by": "actor", "recorded_at": "at", "source": "source", "authenticated": "authenticated"}


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:  # noqa: PLR2004 - the two files
        print("usage: python scripts/verify.py record.json audit.jsonl", file=sys.stderr)
        return 2
    try:
        sealed, written = (Path(name).read_bytes() for name in arguments)
        record = json.loads(sealed)
        lines, digests, broken = read_trail(written)
        astray = list(off_anchor(record, digests))
        gone, unproven = erasures(written, lines)
        problems = [*broken, *astray, *unproven, *differences(record, lines)]
    except OSError as error:
        print(f"cannot read {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    except OTHER_SHAPE as error:
        print(f"{arguments[0]} is not a decision record: {type(error).__name__} {error}", file=sys.stderr)
        return 2
    print(f"trail: intact to line {len(lines)}" + (", not further" if broken else ", its last"))
    for told in gone:
        print(told)
    print("record: not anchored" if astray else f"record: anchored at line {record['trail_lines']}")
    print(
        f"record: SHA-256 {hashlib.sha256(sealed).hexdigest()}: compare it with the message about the outcome"
    )
    for problem in problems:
        print(f"PROBLEM: {problem}")
    return 1 if problems else 0


def read_trail(data: bytes) -> tuple[list[dict[str, Any]], list[str], list[str]]:
    """The lines that hold together, the digest at each length of that, and what is wrong with the next line."""
    lines: list[dict[str, Any]] = []
    digests = [GENESIS]
    for number, raw in enumerate(data.removesuffix(b"\n").split(b"\n") if data else (), start=1):
        try:
            line = json.loads(raw)
            follows = type(line["n"]) is int and (line["n"], line["previous"]) == (number, digests[-1])
        except OTHER_SHAPE:
            return lines, digests, [f"line {number} of the trail is not an audit line"]
        if not follows:
            return lines, digests, [f"line {number} of the trail does not follow line {number - 1}"]
        lines.append(line)
        digests.append(str(line.get("erased") or hashlib.sha256(raw).hexdigest()))
    return lines, digests, []


def erasures(data: bytes, lines: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """What was erased and when, and which erased lines nobody vouches for."""
    raws = data.split(b"\n")
    erased = [line["n"] for line in lines if "erased" in line]
    told = []
    for line in lines:
        if line.get("action") != "erased" or "erased" in line:
            continue
        before = b"".join(raw + b"\n" for raw in raws[: line["n"] - 1])
        if line["detail"].get("remainder") == hashlib.sha256(before).hexdigest():
            numbers = ", ".join(str(n) for n in erased if n < line["n"])
            own = hashlib.sha256(raws[line["n"] - 1]).hexdigest()
            told.append(
                f"erased: at {line['at']} by {line['actor']}; intact by the digests they kept: lines {numbers}"
            )
            told.append(
                f"erased: SHA-256 {own}: compare it with trail_head of the archive's PROPOSAL-erased.json"
            )
            erased = [n for n in erased if n > line["n"]]
    return told, [f"line {n} of the trail is erased, and nobody vouches for what is left" for n in erased]


def off_anchor(record: dict[str, Any], digests: list[str]) -> Iterator[str]:
    """Why the record's anchor does not lie in the trail; nothing where it does."""
    number, intact = record["trail_lines"], len(digests) - 1
    if not 0 <= number <= intact:
        yield f"the record was sealed at line {number} of the trail, which is intact to line {intact}"
    elif digests[number] != record["trail_head"]:
        yield f"line {number} of the trail is not the one that the record was sealed at"


def differences(record: dict[str, Any], lines: list[dict[str, Any]]) -> Iterator[str]:
    """Where record and trail disagree about decisions and outcome."""
    told = {line["id"]: line for line in lines}
    named = set()
    for task in (task for revision in record["revisions"] for task in revision["tasks"] if task["decision"]):
        name = (task["kept_from"] or f"r{task['revision']}/{task['task']}") + "/decided"
        named.add(name)
        if name not in told or not agree(task["decision"], told[name]):
            yield f"the record's decision {name!r} is not the trail's"
    for line in lines[: record["trail_lines"]]:
        if line["action"] == "decided" and line["id"] not in named:
            yield f"the trail's decision {line['id']!r} is not in the record"
    ends = [told[name]["detail"].get("outcome", name) for name in ("settled", "withdrawn") if name in told]
    if ends != [record["outcome"]]:
        yield f"the record's outcome is {record['outcome']!r}, the trail's is {ends!r}"


def agree(decision: dict[str, Any], line: dict[str, Any]) -> bool:
    same = all(decision[ours] == line[theirs] for ours, theirs in SAME.items())
    parts = ("verdict",) if "erased" in line else ("verdict", "comment")
    return same and all(decision[part] == line["detail"][part] for part in parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
