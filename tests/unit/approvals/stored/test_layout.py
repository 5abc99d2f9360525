"""Blob names: each of them is another one, and each lies where its listing looks."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from approvals.stored import layout

DIGEST = "0" * 64
P = "p-aaaaaaaaaaaa"
DAY = date(2026, 11, 24)

NAMES = {
    "submission_once": layout.submission_once(DIGEST),
    "proposal": layout.proposal(P),
    "audit": layout.audit(P),
    "erased audit": layout.audit(P, erased=True),
    "submission": layout.submission(P, 1),
    "erased submission": layout.submission(P, 1, erased=True),
    "route": layout.route(P, 1),
    "document": layout.document(P, 1, DIGEST),
    "screening": layout.screening(P, 1),
    "task": layout.task(P, 1, "line-1.2"),
    "condition": layout.condition(P, 1, "line-1.2-c1"),
    "question": layout.question(P, 1, "r1-line-1.2-q1"),
    "event of the approval": layout.event(P, 1, "approval", 1),
    "event of the conditions": layout.event(P, 1, "conditions", 1),
    "record.json": layout.record(P, 1, "json"),
    "record.html": layout.record(P, 1, "html"),
    "inbox_entry": layout.inbox_entry("ana", P, 1, "line-1"),
    "open_marker": layout.open_marker(P),
    "closed_marker": layout.closed_marker(DAY, P),
    "purged_marker": layout.purged_marker(DAY, P),
    "by_author_entry": layout.by_author_entry("ana", P),
    "message": layout.message("ana", f"{P}-r1-line-1-assigned"),
    "undelivered": layout.undelivered("ana", f"{P}-r1-line-1-assigned"),
    "policy": layout.policy(DIGEST),
    "directory": layout.directory(DIGEST),
    "seen_document": layout.seen_document(DIGEST, P, 1),
}


def test_an_inbox_entry_names_its_task() -> None:
    entry = layout.inbox_entry("ana", P, 12, "line-1.2")
    assert layout.inbox_matter("ana", entry) == (P, 12, "line-1.2")


def test_no_two_things_share_a_name() -> None:
    assert [name for name, times in Counter(NAMES.values()).items() if times > 1] == []


EVENTS = {"event of the approval", "event of the conditions"}


@pytest.mark.parametrize(
    ("listing", "held"),
    [
        (
            layout.revision(P, 1),
            {
                "submission",
                "erased submission",
                "route",
                "document",
                "screening",
                "task",
                "condition",
                "question",
                "record.json",
                "record.html",
            }
            | EVENTS,
        ),
        (layout.tasks(P, 1), {"task"}),
        (layout.conditions(P, 1), {"condition"}),
        (layout.questions(P, 1), {"question"}),
        (layout.events(P, 1), EVENTS),
        (layout.inbox("ana"), {"inbox_entry"}),
        (layout.OPEN, {"open_marker"}),
        (layout.CLOSED, {"closed_marker"}),
        (layout.PURGED, {"purged_marker"}),
        (layout.by_author("ana"), {"by_author_entry"}),
        (layout.outbox("ana"), {"message"}),
        (layout.UNDELIVERED, {"undelivered"}),
        (layout.seen_documents(DIGEST), {"seen_document"}),
    ],
)
def test_a_listing_finds_what_belongs_to_it_and_nothing_else(listing: str, held: set[str]) -> None:
    assert {key for key, name in NAMES.items() if name.startswith(listing)} == held


def test_a_listing_does_not_reach_into_its_neighbour() -> None:
    """Revision 1 is not a prefix of revision 10, nor ana of anabel."""
    assert not layout.submission(P, 10).startswith(layout.revision(P, 1))
    for folder in (layout.inbox, layout.outbox, layout.by_author):
        assert not folder("anabel").startswith(folder("ana"))


def test_events_are_listed_in_the_order_in_which_they_were_raised() -> None:
    names = [layout.event(P, 1, "approval", n) for n in (2, 9, 10, 999, 1000)]
    assert sorted(names) == names


def test_what_closed_first_is_listed_first() -> None:
    days = [date(2026, 9, 30), date(2026, 10, 1), date(2027, 1, 1)]
    names = [layout.closed_marker(day, P) for day in days]
    assert sorted(names) == names


def test_a_published_record_is_named_after_proposal_and_revision() -> None:
    assert layout.published_record(P, 2, "json") == f"{P}-r2.json"
    assert layout.certificate(P) not in {layout.published_record(P, n, "json") for n in (1, 2)}
    assert layout.published_record(P, 2, "html") != layout.published_record(P, 22, "html")
