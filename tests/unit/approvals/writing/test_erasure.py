"""What an erasure leaves: ids, states, dates and digests; and a trail whose chain still holds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from approvals.model import AuditEntry, Duration, EventFate, Source
from approvals.policy.parse import PolicyError, parse_policy
from approvals.policy.retention import KEEP, Retention, later, parse_age
from approvals.stored import codec
from approvals.stored.ids import SYSTEM, sha256
from approvals.writing import audit, erasure
from approvals.writing.audit import GENESIS, erased_line, line, parse_trail, verify_trail
from approvals.writing.erasure import ERASED
from tests import records
from tests.fakes import CONFIG, MONDAY, example_directory

POLICY = (CONFIG / "policy.toml").read_text(encoding="utf-8")
AT = datetime(2031, 11, 24, tzinfo=UTC)


def test_a_submission_keeps_what_it_is_routed_by() -> None:
    left = erasure.submission(records.SUBMISSION)
    assert left.draft == replace(
        records.DRAFT, title=ERASED, summary=ERASED, fields={"goal": ERASED}, note=""
    )
    assert left.draft.budget == Decimal("12000.50")
    [document] = left.documents
    assert (document.name, document.media_type, document.kind) == (ERASED, ERASED, "design")
    assert (document.sha256, document.size) == ("d" * 64, 1234567)
    assert replace(left, draft=records.DRAFT, documents=records.SUBMISSION.documents) == records.SUBMISSION


def test_what_was_decided_stays_and_what_was_said_goes() -> None:
    left = erasure.task(records.DECIDED)
    assert left.decision is not None
    assert (left.assignee, left.state, left.why) == ("dora", records.DECIDED.state, ERASED)
    assert (left.decision.verdict, left.decision.by) == (records.DECISION.verdict, "dora")
    assert left.decision.comment == left.decision.conditions[0].text == ERASED
    assert left.decision.recorded_at == records.DECISION.recorded_at


def test_why_somebody_was_asked_may_quote_a_hand_over() -> None:
    left = erasure.task(records.ESCALATED)
    assert left.successor is not None
    assert (left.successor.assignee, left.successor.reason, left.successor.why) == (
        "dora",
        "escalated",
        ERASED,
    )
    assert erasure.task(records.TASK).successor is None


def test_a_condition_keeps_its_dates_and_its_confirmer() -> None:
    left = erasure.condition_file(records.MET)
    assert (left.condition.text, left.condition.due_at, left.confirmed_by) == (ERASED, records.DUE, "kim")
    assert [evidence.note for evidence in left.evidence] == [ERASED, ERASED]
    assert left.evidence[0].documents[0].name == ERASED
    assert left.refused is None
    assert erasure.condition_file(records.REFUSED).refused == ERASED


def test_a_question_keeps_whether_it_was_answered() -> None:
    left = erasure.question_file(records.QUESTION)
    assert (left.text, left.answer, left.asked_by) == (ERASED, ERASED, records.QUESTION.asked_by)
    assert erasure.question_file(records.OPEN_QUESTION).answer is None


def test_findings_keep_their_results() -> None:
    left = erasure.screening(records.SCREENING)
    assert [(f.check, f.result, f.message) for f in left.findings] == [
        (f.check, f.result, ERASED) for f in records.SCREENING.findings
    ]


def test_an_event_keeps_whether_it_was_accepted() -> None:
    left = erasure.event_fate(EventFate(3, False, "'bob' is nobody", '{"by": "bob"}', MONDAY))
    assert left == EventFate(3, False, ERASED, ERASED, MONDAY)


def test_a_proposal_keeps_its_outcome_and_says_since_when() -> None:
    left = erasure.proposal(records.SETTLED, AT)
    assert (left.title, left.outcome_reason, left.erased_at) == (ERASED, ERASED, AT)
    assert (left.outcome, left.changed_at) == (records.SETTLED.outcome, records.SETTLED.changed_at)
    assert erasure.proposal(replace(records.SETTLED, outcome_reason=""), AT).outcome_reason == ""


def test_a_directory_keeps_who_had_which_role() -> None:
    before = example_directory()
    left = erasure.directory(before)
    assert {(person.name, person.mail, person.object_id) for person in left.people} == {
        (ERASED, ERASED, None)
    }
    assert [(p.id, p.roles, p.manager) for p in left.people] == [
        (p.id, p.roles, p.manager) for p in before.people
    ]


# -- audit lines -------------------------------------------------------------------------------------------

SUBMITTED = AuditEntry(
    "r1/submitted", MONDAY, "ana", "submitted", "r1", Source.API, detail={"title": "Hall", "policy": "1" * 64}
)
SCREENED = AuditEntry(
    "r1/screened", MONDAY, SYSTEM, "screened", "r1", detail={"document_types": "failed: hall.pdf is none"}
)
ASSIGNED = AuditEntry("r1/line-1/assigned", MONDAY, SYSTEM, "assigned", "line-1", detail={"assignee": "ben"})
DECIDED = AuditEntry(
    "r1/line-1/decided",
    MONDAY,
    "ben",
    "decided",
    "line-1",
    Source.API,
    detail={"verdict": "approve", "comment": "", "line-1-c1": "Show it (due then)"},
)
EVIDENCE = AuditEntry(
    "r1/line-1-c1/evidence-1", MONDAY, "ana", "x", detail={"note": "here", "hall.pdf": "ab"}
)
REFUSED = AuditEntry(
    "r1/approval/event-0",
    MONDAY,
    "Bob the builder",
    "event_refused",
    "Bob's task",
    Source.RAISE_EVENT,
    authenticated=False,
    detail={"event": "0", "reason": "'Bob' is nobody"},
)
CLOSED = AuditEntry("closed", MONDAY, SYSTEM, "closed", "r1")
ENTRIES = [SUBMITTED, SCREENED, ASSIGNED, DECIDED, EVIDENCE, REFUSED, CLOSED]


def chain(*entries: AuditEntry) -> bytes:
    data, head = b"", GENESIS
    for n, entry in enumerate(entries, start=1):
        written = line(n, head, entry)
        data, head = data + written, sha256(written[:-1])
    return data


WHOLE = chain(*ENTRIES)
LEFT = erasure.trail(WHOLE, AT, SYSTEM)


def test_a_line_keeps_facts_and_loses_words() -> None:
    assert erasure.entry(SUBMITTED).detail == {"title": ERASED, "policy": "1" * 64}
    assert erasure.entry(SCREENED).detail == {}
    assert erasure.entry(ASSIGNED) == ASSIGNED
    assert erasure.entry(DECIDED).detail == {"verdict": "approve", "comment": "", "line-1-c1": ERASED}
    assert erasure.entry(EVIDENCE).detail == {"note": ERASED}
    left = erasure.entry(REFUSED)
    assert (left.actor, left.subject, left.detail) == (ERASED, ERASED, {"event": "0", "reason": ERASED})
    assert erasure.entry(CLOSED) == CLOSED


def test_the_chain_of_an_erased_trail_holds() -> None:
    before, after = parse_trail(WHOLE), parse_trail(LEFT)
    assert verify_trail(LEFT).problem is None
    assert [found.digest for found in after[:-1]] == [found.digest for found in before]
    assert [found.n for found in after if found.erased] == [1, 2, 4, 5, 6]
    assert b"Hall" not in LEFT
    assert b"Bob" not in LEFT


def test_lines_without_words_are_not_touched() -> None:
    whole, left = WHOLE.splitlines(), LEFT.splitlines()
    assert [n for n, raw in enumerate(left[:-1]) if raw == whole[n]] == [2, 6]


@pytest.mark.parametrize(("by", "authenticated"), [(SYSTEM, True), ("olga", False)])
def test_the_last_line_says_what_was_erased_by_whom(by: str, authenticated: bool) -> None:
    left = erasure.trail(WHOLE, AT, by)
    said = parse_trail(left)[-1].entry
    assert (said.action, said.actor, said.at, said.authenticated) == (audit.ERASURE, by, AT, authenticated)
    assert said.detail["lines"] == "1, 2, 4, 5, 6"
    assert said.detail["remainder"] == sha256(left[: left.rindex(b"\n", 0, -1) + 1])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b'"actor":"ben"', b'"actor":"bob"', id="an erased line"),
        pytest.param(b'"assignee":"ben"', b'"assignee":"bob"', id="one that was not"),
        pytest.param(b'"lines":"1, 2', b'"lines":"2', id="the line that vouches, in its words alone"),
        pytest.param(b'"remainder":"', b'"remainder":"0', id="the line that vouches"),
    ],
)
def test_what_is_left_cannot_be_changed_unseen(old: bytes, new: bytes) -> None:
    """In its own words the last line can, as ever: its digest is in the archive."""
    assert LEFT.count(old) == 1
    changed = LEFT.replace(old, new)
    certified = json.loads(erasure.certificate("p-aaaaaaaaaaaa", LEFT))["trail_head"]
    check = verify_trail(changed)
    assert check.problem is not None or check.head != certified


def test_an_erased_line_that_nobody_vouches_for_is_a_problem() -> None:
    first, *rest = parse_trail(WHOLE)
    forged = erased_line(first, erasure.entry(first.entry)) + b"".join(WHOLE.splitlines(keepends=True)[1:])
    assert verify_trail(forged).problem == "line 1 is erased, and no later line vouches for what is left"
    assert len(rest) == 6


def test_a_line_after_the_erasure_goes_on_with_the_chain() -> None:
    last = parse_trail(LEFT)[-1]
    assert verify_trail(LEFT + line(last.n + 1, last.digest, CLOSED)).problem is None
    again = line(last.n + 1, last.digest, CLOSED)
    erased_again = LEFT + erased_line(parse_trail(LEFT + again)[-1], replace(CLOSED, actor="ana"))
    assert verify_trail(erased_again).problem == (
        f"line {last.n + 1} is erased, and no later line vouches for what is left"
    )


def test_a_trail_that_does_not_hold_is_evidence_and_stays_as_it_is() -> None:
    with pytest.raises(ValueError, match="does not hold: line 2 does not follow line 1"):
        erasure.trail(WHOLE.replace(b"Hall", b"Mall"), AT, SYSTEM)


def test_the_certificate_holds_the_digest_of_what_vouches() -> None:
    certificate = json.loads(erasure.certificate("p-aaaaaaaaaaaa", LEFT))
    last = parse_trail(LEFT)[-1]
    assert certificate == {
        "format": "greenlight-erasure/1",
        "proposal": "p-aaaaaaaaaaaa",
        "erased_at": codec.utc_text(AT),
        "by": SYSTEM,
        "lines": "1, 2, 4, 5, 6",
        "trail_head": last.digest,
        "trail_lines": 8,
    }


# -- the policy --------------------------------------------------------------------------------------------


def test_without_a_word_in_the_policy_nothing_is_erased() -> None:
    assert parse_policy(f'{POLICY}[retention]\nerase_after = "never"\n').retention == KEEP
    assert parse_policy(POLICY).retention == KEEP == Retention(None, False)
    assert KEEP.erasable_at(MONDAY) is None


def test_the_policy_says_how_long() -> None:
    said = '[retention]\nerase_after = "5 years"\nerase_on_request = true\n'
    retention = parse_policy(POLICY + said).retention
    assert retention == Retention(Duration(5, "years"), True)
    assert retention.erasable_at(MONDAY) == MONDAY.replace(year=2031)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ('erase_after = "soon"', "retention.erase_after: 'soon' is not an age"),
        ('erase_after = "0 years"', "retention.erase_after: '0 years' is not an age"),
        (
            'erase_after = "5 working days"',
            "write a number up to 999 and years, months or days, like 5 years, or never",
        ),
        ('erase_after = ""', "retention.erase_after: '' is not an age"),
        ("erase_after = 5", "retention.erase_after: is 5; must be text"),
        ('erase_on_request = "yes"', "retention.erase_on_request: is 'yes'; must be true or false"),
        ('erase_afer = "5 years"', "retention.erase_afer: is not known; did you mean erase_after?"),
    ],
)
def test_what_the_policy_cannot_mean(said: str, problem: str) -> None:
    with pytest.raises(PolicyError) as raised:
        parse_policy(f"{POLICY}[retention]\n{said}\n")
    assert any(problem in each for each in raised.value.problems)


@pytest.mark.parametrize(
    ("start", "age", "end"),
    [
        ("2028-02-29", "1 year", "2029-02-28"),
        ("2028-02-29", "4 years", "2032-02-29"),
        ("2026-10-31", "1 month", "2026-11-30"),
        ("2026-11-30", "14 months", "2028-01-30"),
        ("2026-12-31", "1 day", "2027-01-01"),
        ("2026-11-24", "999 years", "3025-11-24"),
    ],
)
def test_an_age_is_counted_by_the_calendar(start: str, age: str, end: str) -> None:
    duration = parse_age(age)
    assert duration is not None
    assert later(datetime.fromisoformat(start), duration) == datetime.fromisoformat(end)
