"""The offline verifier, run as people run it: on two files, with nothing of the app around."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from approvals.model import AuditEntry, Decision, Outcome
from approvals.stored.ids import sha256
from approvals.writing import erasure
from approvals.writing.audit import GENESIS, line
from approvals.writing.record import to_json
from tests.fakes import MONDAY
from tests.records import DECISION, KEPT, LATE, sealed

SCRIPT = Path(__file__).parents[3] / "scripts" / "verify.py"


def decided(name: str, decision: Decision | None) -> AuditEntry:
    assert decision is not None
    return AuditEntry(
        id=f"{name}/decided",
        at=decision.recorded_at,
        actor=decision.by,
        action="decided",
        subject=name.partition("/")[2],
        source=decision.source,
        authenticated=decision.authenticated,
        detail={"verdict": decision.verdict.value, "comment": decision.comment},
    )


def entry(name: str, **detail: str) -> AuditEntry:
    return AuditEntry(name, MONDAY, "greenlight", name, detail=detail)


BEFORE = [
    AuditEntry("r1/submitted", MONDAY, "ana", "submitted", "r1"),
    decided("r1/finance-1", KEPT.decision),
    decided("r1/line-1.2", DECISION),
    decided("r2/board-1", LATE.decision),
    entry("settled", outcome="approved"),
]
AFTER = [entry("closed")]
WITHDRAWN = [*BEFORE[:-1], entry("withdrawn", reason="changed my mind")]


def chain(entries: list[AuditEntry]) -> list[bytes]:
    """The lines of a trail, with their line breaks."""
    head, lines = GENESIS, []
    for n, found in enumerate(entries, start=1):
        lines.append(line(n, head, found))
        head = sha256(lines[-1][:-1])
    return lines


def record(entries: list[AuditEntry] = BEFORE, **changes: Any) -> bytes:
    """The record that is sealed when the trail has these entries."""
    head = sha256(chain(entries)[-1][:-1])
    return to_json(replace(sealed(**changes), trail_head=head, trail_lines=len(entries)))


@dataclass
class Verifier:
    """A folder with the script alone in it."""

    folder: Path

    def run(self, record: bytes | None, trail: bytes | None) -> subprocess.CompletedProcess[str]:
        for name, data in (("record.json", record), ("audit.jsonl", trail)):
            if data is not None:
                (self.folder / name).write_bytes(data)
        return self.call("record.json", "audit.jsonl")

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "verify.py", *arguments]
        return subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, encoding="utf-8", check=False
        )


@pytest.fixture
def verifier(tmp_path: Path) -> Verifier:
    shutil.copy(SCRIPT, tmp_path)
    return Verifier(tmp_path)


LINES = chain(BEFORE + AFTER)
WHOLE = b"".join(LINES)


def test_it_is_short_enough_to_be_read() -> None:
    assert len(SCRIPT.read_text(encoding="utf-8").splitlines()) <= 130


@pytest.mark.parametrize("after", [0, 1])
def test_a_true_record_and_a_whole_trail(verifier: Verifier, after: int) -> None:
    answer = verifier.run(record(), b"".join(LINES[: len(BEFORE) + after]))
    assert answer.stderr == ""
    assert answer.stdout == (
        f"trail: intact to line {5 + after}, its last\n"
        "record: anchored at line 5\n"
        f"record: SHA-256 {sha256(record())}: compare it with the message about the outcome\n"
    )
    assert answer.returncode == 0


def test_a_withdrawn_proposal_ends_otherwise(verifier: Verifier) -> None:
    answer = verifier.run(record(WITHDRAWN, outcome=Outcome.WITHDRAWN), b"".join(chain(WITHDRAWN)))
    assert (answer.returncode, answer.stderr) == (0, "")


Tamper = Callable[[list[bytes]], list[bytes]]


@pytest.mark.parametrize(
    ("tamper", "intact", "anchored"),
    [
        pytest.param(lambda x: [x[0].replace(b"ana", b"bob"), *x[1:]], 1, False, id="first changed"),
        pytest.param(lambda x: [*x[:2], x[2].replace(b"dora", b"hugo"), *x[3:]], 3, False, id="changed"),
        pytest.param(
            lambda x: [*x[:4], x[4].replace(b"approved", b"rejected"), x[5]], 5, False, id="last changed"
        ),
        pytest.param(lambda x: x[1:], 0, False, id="first removed"),
        pytest.param(lambda x: [*x[:3], *x[4:]], 3, False, id="removed"),
        pytest.param(lambda x: [x[0], x[2], x[1], *x[3:]], 1, False, id="reordered"),
        pytest.param(lambda x: [*x[:2], x[1], *x[2:]], 2, False, id="doubled"),
        pytest.param(
            lambda x: [*x[:2], line(3, sha256(x[1][:-1]), entry("added")), *x[2:]], 3, False, id="inserted"
        ),
        pytest.param(lambda x: [*x[:3], b"\n", *x[3:]], 3, False, id="blank line"),
        pytest.param(lambda x: [*x[:3], x[3][:50] + b"\n", *x[4:]], 3, False, id="cut short in the middle"),
        pytest.param(lambda x: [*x[:4], x[4][:-9]], 4, False, id="cut short at the end"),
        pytest.param(lambda x: x[:4], 4, False, id="cut off before the anchor"),
        pytest.param(lambda x: [*x[:3], b"\xff\xfe\n", *x[3:]], 3, False, id="no text"),
        pytest.param(lambda x: [*x[:3], b"[" * 100_000 + b"\n", *x[3:]], 3, False, id="nested"),
        pytest.param(
            lambda x: [b'{"n":true,"previous":"' + b"0" * 64 + b'"}\n', *x[1:]], 0, False, id="no number"
        ),
        pytest.param(lambda _: [], 0, False, id="all removed"),
        pytest.param(
            lambda x: [*x[:5], x[5].replace(b"closed", b"opened"), b"{}\n"], 6, True, id="behind the anchor"
        ),
    ],
)
def test_a_trail_that_was_tampered_with(
    verifier: Verifier, tamper: Tamper, intact: int, anchored: bool
) -> None:
    answer = verifier.run(record(), b"".join(tamper(LINES)))
    assert answer.returncode == 1
    assert answer.stdout.startswith(f"trail: intact to line {intact}")
    assert ("record: anchored" in answer.stdout) is anchored
    assert "PROBLEM: " in answer.stdout


def test_a_trail_that_was_rewritten(verifier: Verifier) -> None:
    """Its chain holds; the anchor tells."""
    forged = [replace(BEFORE[0], actor="bob"), *BEFORE[1:], *AFTER]
    answer = verifier.run(record(), b"".join(chain(forged)))
    assert answer.returncode == 1
    assert answer.stdout.splitlines()[0] == "trail: intact to line 6, its last"
    assert answer.stdout.splitlines()[-1] == (
        "PROBLEM: line 5 of the trail is not the one that the record was sealed at"
    )


ERASED = erasure.trail(WHOLE, MONDAY, "olga")


def test_an_erased_trail_and_the_record_of_before(verifier: Verifier) -> None:
    """The record keeps what was said; the chain holds by the digests that the erased lines kept."""
    assert b"Once the permit is there." not in ERASED
    answer = verifier.run(record(), ERASED)
    assert answer.stderr == ""
    own = sha256(ERASED.splitlines()[-1])
    assert answer.stdout.splitlines() == [
        "trail: intact to line 7, its last",
        "erased: at 2026-11-23T09:00:00.000000Z by olga; intact by the digests they kept: lines 3",
        f"erased: SHA-256 {own}: compare it with trail_head of the archive's PROPOSAL-erased.json",
        "record: anchored at line 5",
        f"record: SHA-256 {sha256(record())}: compare it with the message about the outcome",
    ]
    assert answer.returncode == 0


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        pytest.param(
            b'"actor":"dora"',
            b'"actor":"hugo"',
            "PROBLEM: line 3 of the trail is erased, and nobody vouches for what is left",
            id="what is left of an erased line",
        ),
        pytest.param(
            b'"verdict":"approve_with_conditions"',
            b'"verdict":"reject"',
            "PROBLEM: the record's decision 'r1/line-1.2/decided' is not the trail's",
            id="a verdict",
        ),
        pytest.param(
            b'"erased":"',
            b'"erased":"0',
            "PROBLEM: line 4 of the trail does not follow line 3",
            id="the digest it kept",
        ),
        pytest.param(
            b'"remainder":"',
            b'"remainder":"0',
            "PROBLEM: line 3 of the trail is erased, and nobody vouches for what is left",
            id="what vouches",
        ),
    ],
)
def test_an_erased_trail_that_was_tampered_with(
    verifier: Verifier, old: bytes, new: bytes, problem: str
) -> None:
    assert ERASED.count(old) == 1
    answer = verifier.run(record(), ERASED.replace(old, new))
    assert answer.returncode == 1
    assert problem in answer.stdout.splitlines()


def test_a_line_that_only_says_that_it_was_erased(verifier: Verifier) -> None:
    """To hide what somebody said it takes the erasure's own line, and that one is in the archive."""
    forged = ERASED.splitlines(keepends=True)[:-1]
    answer = verifier.run(record(), b"".join(forged))
    assert answer.returncode == 1
    assert "erased: " not in answer.stdout
    assert "PROBLEM: line 3 of the trail is erased, and nobody vouches for what is left" in answer.stdout


def test_the_record_of_another_trail(verifier: Verifier) -> None:
    other = record([entry("other"), *BEFORE[1:]])
    answer = verifier.run(other, WHOLE)
    assert answer.returncode == 1
    assert "record: not anchored\n" in answer.stdout


def edited(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda plain: plain["revisions"][0]["tasks"][1]["decision"].update(changes)


DORA = "PROBLEM: the record's decision 'r1/line-1.2/decided' is not the trail's"


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        pytest.param(edited(verdict="approve"), DORA, id="verdict"),
        pytest.param(edited(by="greta"), DORA, id="by"),
        pytest.param(edited(comment="fine"), DORA, id="comment"),
        pytest.param(edited(recorded_at="2026-01-01T00:00:00.000000Z"), DORA, id="recorded_at"),
        pytest.param(edited(authenticated=True), DORA, id="authenticated"),
        pytest.param(edited(source="api"), DORA, id="source"),
        pytest.param(
            lambda plain: plain["revisions"][1]["tasks"][0]["decision"].update(by="eli"),
            "PROBLEM: the record's decision 'r1/finance-1/decided' is not the trail's",
            id="kept decision",
        ),
        pytest.param(
            lambda plain: plain["revisions"][0]["tasks"][0].update(
                decision=plain["revisions"][0]["tasks"][1]["decision"]
            ),
            "PROBLEM: the record's decision 'r1/line-1/decided' is not the trail's",
            id="added",
        ),
        pytest.param(
            lambda plain: plain["revisions"][0]["tasks"].pop(),
            "PROBLEM: the trail's decision 'r1/line-1.2/decided' is not in the record",
            id="removed",
        ),
        pytest.param(
            lambda plain: plain.update(outcome="rejected"),
            "PROBLEM: the record's outcome is 'rejected', the trail's is ['approved']",
            id="outcome",
        ),
        pytest.param(
            lambda plain: plain.update(trail_lines=-1),
            "PROBLEM: the record was sealed at line -1 of the trail, which is intact to line 6",
            id="anchor before the start",
        ),
    ],
)
def test_a_record_that_was_tampered_with(
    verifier: Verifier, edit: Callable[[dict[str, Any]], None], problem: str
) -> None:
    plain = json.loads(record())
    edit(plain)
    answer = verifier.run(json.dumps(plain).encode(), WHOLE)
    assert answer.returncode == 1
    assert problem in answer.stdout.splitlines()


def test_any_other_change_to_a_record_changes_its_digest(verifier: Verifier) -> None:
    """Which the message about the outcome told."""
    before = verifier.run(record(), WHOLE).stdout
    after = verifier.run(record().replace(b"Replace the", b"Keep the"), WHOLE).stdout
    digests = re.findall(r"SHA-256 ([0-9a-f]{64})", before + after)
    assert digests[0] == sha256(record())
    assert digests[0] != digests[1]


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"{}", b"[]", b"3", b"\xff", b"[" * 100_000, WHOLE, record().replace(b"tasks", b"works")],
)
def test_what_is_no_record(verifier: Verifier, data: bytes) -> None:
    answer = verifier.run(data, WHOLE)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.startswith("record.json is not a decision record: ")
    assert len(answer.stderr.splitlines()) == 1


def test_a_file_that_is_not_there(verifier: Verifier) -> None:
    answer = verifier.run(record(), None)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr == "cannot read audit.jsonl: No such file or directory\n"


@pytest.mark.parametrize("count", [0, 1, 3])
def test_it_says_how_it_is_called(verifier: Verifier, count: int) -> None:
    answer = verifier.call(*["file"] * count)
    assert answer.returncode == 2
    assert answer.stderr == "usage: python scripts/verify.py record.json audit.jsonl\n"
