"""The trail's writer: one chain, every entry once, whatever happens between two writes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from approvals.model import AuditEntry, Proposal, ProposalState
from approvals.ports import Changed
from approvals.stored import codec, layout
from approvals.writing.audit import parse_trail, verify_trail
from services.store import trail
from services.store.trail import append, pay_debt
from tests.fakes import MONDAY, ListMeter, MemoryStore

PROPOSAL = "p-abcdefghijkl"
TRAIL = layout.audit(PROPOSAL)
BLOB = layout.proposal(PROPOSAL)


def entry(name: str) -> AuditEntry:
    return AuditEntry(name, MONDAY, "ana", "submitted")


def written(store: MemoryStore) -> list[str]:
    """The ids in the trail, whose chain holds."""
    blob = store.blobs.get(TRAIL)
    data = blob.data if blob else b""
    assert verify_trail(data).problem is None
    return [line.entry.id for line in parse_trail(data)]


def indebted(*names: str) -> Proposal:
    return Proposal(
        proposal=PROPOSAL,
        title="New sorting hall",
        author="ana",
        revision=1,
        state=ProposalState.SCREENING,
        instance=f"{PROPOSAL}-r1",
        created_at=MONDAY,
        changed_at=MONDAY,
        unaudited=tuple(map(entry, names)),
    )


def stored(store: MemoryStore) -> Proposal:
    return codec.loads(Proposal, store.blobs[BLOB].data)


class Crash(Exception):
    """The process ends here."""


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "LONGEST_PAUSE_SECONDS", 0)


def test_entries_are_appended_in_order() -> None:
    store = MemoryStore()
    append(store, PROPOSAL, [entry("a"), entry("b")])
    append(store, PROPOSAL, [entry("c")])
    assert written(store) == ["a", "b", "c"]


def test_several_entries_are_one_write() -> None:
    store = MemoryStore()
    append(store, PROPOSAL, [entry("a"), entry("b")])
    assert store.writes() == [("append", TRAIL)]


def test_an_entry_that_is_there_is_not_written_again() -> None:
    store = MemoryStore()
    append(store, PROPOSAL, [entry("a"), entry("b")])
    append(store, PROPOSAL, [entry("b"), entry("c"), entry("c")])
    append(store, PROPOSAL, [entry("a"), replace(entry("c"), at=MONDAY + timedelta(hours=1))])
    append(store, PROPOSAL, [])
    assert written(store) == ["a", "b", "c"]
    assert len(store.writes()) == 2


def test_who_loses_goes_on_behind_the_winner() -> None:
    store = MemoryStore()
    winners = iter(["theirs"])

    def faster(operation: str, _name: str) -> None:
        for winner in winners:
            append(store, PROPOSAL, [entry(winner)])

    store.before = faster
    append(store, PROPOSAL, [entry("mine")])
    assert written(store) == ["theirs", "mine"]
    assert ("append lost", TRAIL) in store.log


def test_somebody_who_writes_the_same_entry_first_does_no_harm() -> None:
    store = MemoryStore()
    copies = iter([True])

    def faster(operation: str, _name: str) -> None:
        for _ in copies:
            append(store, PROPOSAL, [entry("a")])

    store.before = faster
    append(store, PROPOSAL, [entry("a"), entry("b")])
    assert written(store) == ["a", "b"]


def test_a_write_whose_answer_was_lost_is_found_by_the_next_try() -> None:
    store = MemoryStore()
    losses = iter([Crash])

    def lose(operation: str, _name: str) -> None:
        for loss in losses:
            raise loss

    store.after = lose
    with pytest.raises(Crash):
        append(store, PROPOSAL, [entry("a")])
    append(store, PROPOSAL, [entry("a"), entry("b")])
    assert written(store) == ["a", "b"]


def test_who_loses_every_time_says_so() -> None:
    store = MemoryStore()
    numbers = iter(range(2 * trail.ATTEMPTS))
    inside = False

    def faster(operation: str, _name: str) -> None:
        nonlocal inside
        if not inside:
            inside = True
            append(store, PROPOSAL, [entry(str(next(numbers)))])
            inside = False

    store.before = faster
    with pytest.raises(Changed):
        append(store, PROPOSAL, [entry("mine")])
    assert written(store) == [str(n) for n in range(trail.ATTEMPTS)]


def test_paying_writes_the_entries_and_clears_the_debt() -> None:
    store, value = MemoryStore(), indebted("a", "b")
    etag = store.create(BLOB, codec.dumps(value))
    paid = pay_debt(store, PROPOSAL, BLOB, value, etag, ListMeter())
    assert paid == (replace(value, unaudited=()), store.blobs[BLOB].etag)
    assert stored(store) == paid[0]
    assert written(store) == ["a", "b"]


def test_who_owes_nothing_writes_nothing() -> None:
    store, value = MemoryStore(), indebted()
    etag = store.create(BLOB, codec.dumps(value))
    store.log.clear()
    assert pay_debt(store, PROPOSAL, BLOB, value, etag, ListMeter()) == (value, etag)
    assert store.log == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", [("append", TRAIL), ("replace", BLOB)], ids=["append", "replace"])
def test_a_crash_at_any_write_is_made_good_by_whoever_comes_next(when: str, point: tuple[str, str]) -> None:
    store, value = MemoryStore(), indebted("a", "b")
    store.create(BLOB, codec.dumps(value))

    def crash(operation: str, name: str) -> None:
        if (operation, name) == point:
            raise Crash

    setattr(store, when, crash)
    with pytest.raises(Crash):
        pay_debt(store, PROPOSAL, BLOB, value, store.blobs[BLOB].etag, ListMeter())
    setattr(store, when, lambda *_: None)
    pay_debt(store, PROPOSAL, BLOB, stored(store), store.blobs[BLOB].etag, ListMeter())
    assert written(store) == ["a", "b"]
    assert stored(store).unaudited == ()


def test_a_blob_that_changed_meanwhile_keeps_its_debt_for_the_next() -> None:
    store, value = MemoryStore(), indebted("a")
    etag = store.create(BLOB, codec.dumps(value))
    changed = replace(value, state=ProposalState.DECIDING, unaudited=(*value.unaudited, entry("b")))
    newer = store.replace(BLOB, codec.dumps(changed), etag)
    assert pay_debt(store, PROPOSAL, BLOB, value, etag, ListMeter()) == (changed, newer)
    assert written(store) == ["a"]
    pay_debt(store, PROPOSAL, BLOB, changed, newer, ListMeter())
    assert written(store) == ["a", "b"]
    assert stored(store) == replace(changed, unaudited=())


def test_two_who_pay_the_same_debt_pay_it_once() -> None:
    store, value = MemoryStore(), indebted("a")
    etag = store.create(BLOB, codec.dumps(value))
    first = pay_debt(store, PROPOSAL, BLOB, value, etag, ListMeter())
    assert pay_debt(store, PROPOSAL, BLOB, value, etag, ListMeter()) == first
    assert written(store) == ["a"]


def test_a_blob_that_vanished_is_said_to_have_changed() -> None:
    store, value = MemoryStore(), indebted("a")
    etag = store.create(BLOB, codec.dumps(value))
    store.delete(BLOB)
    with pytest.raises(Changed):
        pay_debt(store, PROPOSAL, BLOB, value, etag, ListMeter())
