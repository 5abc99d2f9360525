"""The trail is a chain: whatever is done to a line, it is seen, and where."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from approvals.model import AuditEntry, Source
from approvals.stored.codec import CodecError, encode
from approvals.stored.ids import sha256
from approvals.writing.audit import GENESIS, line, parse_trail, verify_trail
from tests.fakes import MONDAY

FIRST = AuditEntry(
    "submitted", MONDAY, "ana", "submitted", "r1", Source.API, detail={"title": "Halle 2, größer"}
)
SECOND = AuditEntry("r1/line-1/assigned", MONDAY, "greenlight", "assigned", "line-1")
THIRD = AuditEntry(
    "r1/line-1/decided",
    MONDAY,
    "ben",
    "decided",
    "line-1",
    Source.RAISE_EVENT,
    authenticated=False,
    detail={"comment": "two\nlines\r\u2028and \x85more"},
)


def trail(*entries: AuditEntry) -> bytes:
    data, head = b"", GENESIS
    for n, entry in enumerate(entries, start=1):
        written = line(n, head, entry)
        head = sha256(written[:-1])
        data += written
    return data


WHOLE = trail(FIRST, SECOND, THIRD)
LINES = WHOLE.splitlines(keepends=True)


def test_a_line_is_one_json_object_on_one_line() -> None:
    for written in LINES:
        assert written.endswith(b"\n")
        assert written.count(b"\n") == 1
        assert isinstance(json.loads(written), dict)


def test_what_was_written_is_read() -> None:
    lines = parse_trail(WHOLE)
    assert [found.entry for found in lines] == [FIRST, SECOND, THIRD]
    assert [found.n for found in lines] == [1, 2, 3]
    assert [found.previous for found in lines] == [GENESIS, lines[0].digest, lines[1].digest]
    assert [found.digest for found in lines] == [sha256(written[:-1]) for written in LINES]


def test_a_whole_trail_is_intact_to_its_last_line() -> None:
    check = verify_trail(WHOLE)
    assert (check.intact, check.head, check.problem) == (3, sha256(LINES[2][:-1]), None)


def test_no_trail_is_an_intact_one() -> None:
    assert verify_trail(b"") == replace(verify_trail(WHOLE), intact=0, head=GENESIS)
    assert parse_trail(b"") == ()


@pytest.mark.parametrize(
    ("tamper", "intact", "problem"),
    [
        pytest.param(
            lambda a, b, c: a.replace(b"ana", b"bob") + b + c,
            1,
            "line 2 does not follow line 1",
            id="changed",
        ),
        pytest.param(
            lambda a, b, c: a.replace(b'"n":1', b'"n": 1') + b + c,
            1,
            "line 2 does not follow line 1",
            id="written differently",
        ),
        pytest.param(lambda a, b, c: b + c, 0, "line 1 does not follow line 0", id="first removed"),
        pytest.param(lambda a, b, c: a + c, 1, "line 2 does not follow line 1", id="one removed"),
        pytest.param(lambda a, b, c: a + c + b, 1, "line 2 does not follow line 1", id="reordered"),
        pytest.param(lambda a, b, c: a + b + b + c, 2, "line 3 does not follow line 2", id="doubled"),
        pytest.param(
            lambda a, b, c: a + b + line(3, GENESIS, SECOND) + c,
            2,
            "line 3 does not follow line 2",
            id="inserted",
        ),
        pytest.param(
            lambda a, b, c: a + line(7, sha256(a[:-1]), SECOND) + c,
            1,
            "line 2 does not follow line 1",
            id="inserted with a matching digest",
        ),
        pytest.param(
            lambda a, b, c: a + b"\n" + b + c,
            1,
            "line 2 is not an audit line: Expecting value",
            id="blank line",
        ),
        pytest.param(
            lambda a, b, c: a + b[:40] + b"\n" + c,
            1,
            "line 2 is not an audit line: ",
            id="cut short in the middle",
        ),
        pytest.param(
            lambda a, b, c: a + b + c[:-20], 2, "line 3 is not an audit line: ", id="cut short at the end"
        ),
        pytest.param(
            lambda a, b, c: a + b + b"\xff\n", 2, "line 3 is not an audit line: 'utf-8' codec", id="no text"
        ),
        pytest.param(
            lambda a, b, c: a + b"[]\n" + c,
            1,
            "line 2 is not an audit line: _Link is list, not an object",
            id="no object",
        ),
        pytest.param(
            lambda a, b, c: b'{"n":true}\n' + b + c,
            0,
            "line 1 is not an audit line: _Link.n is bool, not int",
            id="a number that is none",
        ),
    ],
)
def test_tampering_is_seen_and_where(
    tamper: Callable[[bytes, bytes, bytes], bytes], intact: int, problem: str
) -> None:
    check = verify_trail(tamper(*LINES))
    assert check.intact == intact
    assert check.problem is not None
    assert check.problem.startswith(problem)


def test_what_is_cut_off_at_the_end_leaves_a_shorter_chain_with_another_head() -> None:
    """That is why a decision record holds length and head."""
    check = verify_trail(LINES[0] + LINES[1])
    assert (check.intact, check.problem) == (2, None)
    assert check.head != verify_trail(WHOLE).head


@pytest.mark.parametrize("lost", ["n", "previous", "id", "at", "actor", "action"])
def test_a_line_that_lacks_something_is_none(lost: str) -> None:
    plain = {"n": 1, "previous": GENESIS, **encode(FIRST)}
    del plain[lost]
    with pytest.raises(CodecError, match=rf"line 2 is not an audit line: .*{lost} is missing"):
        parse_trail(LINES[0] + json.dumps(plain).encode())
