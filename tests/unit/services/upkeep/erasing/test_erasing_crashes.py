"""When may something be erased, and what if a crash comes between?"""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from approvals.model import AuditEntry, Outcome
from approvals.policy.retention import KEEP
from approvals.refusals import Refusal
from approvals.stored import codec, ids, layout
from services.closing import purging
from services.upkeep import erasing
from tests.unit.http_api.api import Api
from tests.unit.services.upkeep.erasing.world import (
    DOCUMENT,
    FIVE_YEARS,
    ON_REQUEST,
    PURGE_AFTER,
    SECRET,
    Killed,
    NoInstances,
    archive,
    grow_old,
    keep,
    secrets,
    snapshot,
    trail_of,
    writes,
)

# -- crashes -------------------------------------------------------------------------------------------


def test_killed_after_any_write_it_is_carried_on(api: Api, purged: str) -> None:
    grow_old(api)
    stores = (api.store, archive(api))
    begin = [dict(store.blobs) for store in stores]
    total = writes(api, lambda: erasing.run(api.ports), None)
    end = [snapshot(store) for store in stores]
    assert total > 25
    for kill_at in range(1, total + 1):
        for store, blobs in zip(stores, begin, strict=True):
            store.blobs = dict(blobs)
        assert writes(api, lambda: erasing.run(api.ports), kill_at) == kill_at
        readable = api.get(f"/api/proposals/{purged}", "ana").json
        assert readable["proposal"]["outcome"] == "approved", kill_at
        erasing.run(api.ports)
        assert [snapshot(store) for store in stores] == end, kill_at


def test_what_was_ordered_and_begun_is_carried_on_at_night(api: Api, purged: str) -> None:
    """Also where nothing is erased by itself: once the certificate is written there is no way back."""
    keep(api, ON_REQUEST)
    begin = [dict(store.blobs) for store in (api.store, archive(api))]
    total = writes(api, lambda: erasing.erase(api.ports, [purged], "olga"), None)
    end = [snapshot(store) for store in (api.store, archive(api))]
    carried_on = 0
    for kill_at in range(1, total + 1):
        for store, blobs in zip((api.store, archive(api)), begin, strict=True):
            store.blobs = dict(blobs)
        writes(api, lambda: erasing.erase(api.ports, [purged], "olga"), kill_at)
        keep(api, KEEP)
        erasing.run(api.ports)
        keep(api, ON_REQUEST)
        if api.stored(purged).erased_at is None:  # nothing has begun: whoever ordered it orders it again
            erasing.erase(api.ports, [purged], "olga")
        else:
            carried_on += 1
        assert [snapshot(store) for store in (api.store, archive(api))] == end, kill_at
    assert carried_on > total / 2


def test_one_that_cannot_be_read_does_not_stop_the_others(api: Api, purged: str) -> None:
    day = api.stored(purged).changed_at.date()
    gone, torn = "p-aaaaaaaaaaaa", "p-aaaaaaaaaaab"
    api.store.create(layout.proposal(torn), b"{")
    for proposal in (gone, torn):
        api.store.create(layout.purged_marker(day, proposal), b"")
    grow_old(api)
    with pytest.raises(ExceptionGroup) as raised:
        erasing.run(api.ports)
    assert [error.__notes__ for error in raised.value.exceptions] == [
        [f"while erasing {proposal}"] for proposal in (gone, torn)
    ]
    assert api.stored(purged).erased_at is not None


def test_what_is_owed_to_the_trail_is_paid_before(api: Api, purged: str) -> None:
    """A crash may have left a task that owes a line; afterwards the trail takes no more."""
    for name in (layout.task(purged, 2, "line-1"), layout.proposal(purged)):
        plain = json.loads(api.store.blobs[name].data)
        entry = AuditEntry(f"owed/{name}", api.clock.now(), "ben", "decided", detail={"comment": SECRET})
        plain["unaudited"] = [codec.encode(entry)]
        api.store.replace(name, json.dumps(plain).encode(), api.store.blobs[name].etag)
    grow_old(api)
    erasing.run(api.ports)
    told = [line.split(b'"id":"')[1].split(b'"')[0] for line in trail_of(api, purged).splitlines()]
    assert [name for name in told if name.startswith(b"owed/")] == [
        f"owed/{name}".encode() for name in (layout.task(purged, 2, "line-1"), layout.proposal(purged))
    ]
    assert secrets(api) == set()


# -- what may be erased --------------------------------------------------------------------------------


def test_the_policy_of_today_says_when(api: Api, purged: str) -> None:
    closed_at = api.stored(purged).changed_at
    for how, moment in (
        (KEEP, closed_at.replace(year=closed_at.year + 400)),
        (ON_REQUEST, closed_at.replace(year=closed_at.year + 400)),
        (FIVE_YEARS, closed_at.replace(year=closed_at.year + 5) - timedelta(seconds=1)),
    ):
        keep(api, how)
        api.clock.set(moment)
        erasing.run(api.ports)
        assert api.stored(purged).erased_at is None
    api.clock.advance(timedelta(seconds=1))
    erasing.run(api.ports)
    assert api.stored(purged).erased_at is not None


def test_a_run_is_bounded(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "ERASURES_A_RUN", 2)
    keep(api, FIVE_YEARS)
    made = [api.submit(title=f"number {n}") for n in range(3)]
    for proposal in made:
        api.open(proposal)
        api.publish(proposal, Outcome.APPROVED)
    api.clock.advance(PURGE_AFTER)
    purging.run(api.ports, NoInstances(), PURGE_AFTER)
    grow_old(api)
    erasing.run(api.ports)
    assert [api.stored(proposal).erased_at is None for proposal in sorted(made)] == [False, False, True]
    erasing.run(api.ports)
    assert all(api.stored(proposal).erased_at for proposal in made)


def test_nothing_is_erased_of_an_open_proposal(api: Api) -> None:
    keep(api, ON_REQUEST)
    proposal = api.submit(title=SECRET)
    api.open(proposal)
    before = dict(api.store.blobs)
    with pytest.raises(ExceptionGroup) as raised:
        erasing.erase(api.ports, [proposal], "olga")
    [refusal] = raised.value.exceptions
    assert isinstance(refusal, Refusal)
    assert str(refusal) == "refusal.erase-open(state='deciding')"
    assert refusal.__notes__ == [f"while erasing {proposal}"]
    assert api.store.blobs == before


def test_nothing_is_erased_before_it_is_purged(api: Api, closed: str) -> None:
    keep(api, ON_REQUEST)
    with pytest.raises(Refusal, match="erase-unpurged"):
        erasing.refuse(api.ports, api.stored(closed))


def test_nothing_is_erased_whose_purge_was_cut_short(api: Api, closed: str) -> None:
    """The purge says that it began before the first instance goes; their histories quote what people wrote."""

    class Dying(NoInstances):
        def status(self, instance: str) -> str | None:
            return "Completed"

        def purge(self, instance: str) -> None:
            raise Killed

    keep(api, ON_REQUEST)
    api.clock.advance(PURGE_AFTER)
    with pytest.raises(Killed):
        purging.run(api.ports, Dying(), PURGE_AFTER)
    assert api.stored(closed).purged_at is not None
    with pytest.raises(Refusal, match="erase-unpurged"):
        erasing.refuse(api.ports, api.stored(closed))
    assert purging.run(api.ports, NoInstances(), PURGE_AFTER) == 1
    erasing.refuse(api.ports, api.stored(closed))


def test_nothing_is_erased_whose_record_is_not_in_the_archive(api: Api, purged: str) -> None:
    archive(api).delete(layout.published_record(purged, 2, "json"))
    grow_old(api)
    before = dict(api.store.blobs)
    with pytest.raises(ExceptionGroup) as raised:
        erasing.run(api.ports)
    assert "erase-unpublished" in str(raised.value.exceptions[0])
    assert api.store.blobs == before


@pytest.mark.parametrize("missing", ["submission", "trail"])
def test_what_is_not_whole_is_not_erased(api: Api, purged: str, missing: str) -> None:
    api.store.delete(layout.submission(purged, 1) if missing == "submission" else layout.audit(purged))
    grow_old(api)
    with pytest.raises(ExceptionGroup) as raised:
        erasing.run(api.ports)
    assert "is not whole in the store" in str(raised.value.exceptions[0])
    assert api.stored(purged).erased_at is None
    assert layout.document(purged, 1, ids.sha256(DOCUMENT)) in api.store.blobs


def test_a_broken_trail_is_not_erased(api: Api, purged: str) -> None:
    blob = api.store.blobs[layout.audit(purged)]
    api.store.replace(layout.audit(purged), blob.data.replace(b'"ben"', b'"bob"', 1), blob.etag)
    grow_old(api)
    with pytest.raises(ExceptionGroup) as raised:
        erasing.run(api.ports)
    assert "the trail cannot be erased" in str(raised.value.exceptions[0])
    assert api.stored(purged).erased_at is None
