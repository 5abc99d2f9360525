"""Purging: only what is closed, published and old enough; never what runs; and nothing is ever started over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import azure.durable_functions as df
import pytest
from azure.durable_functions.models.PurgeHistoryResult import PurgeHistoryResult

from adapters.durable import TaskHub, ensure_started
from approvals.model import Outcome, Proposal, ProposalState
from approvals.stored import codec, ids, layout
from services.closing import publishing, purging
from services.closing.purging import PURGES_A_RUN, TERMINAL, run
from services.store.cases import load_case
from services.submitting import revising
from services.upkeep import sweeping
from tests.unit.http_api.api import Api, DurableClient, draft

AFTER = timedelta(days=30)
FINAL = sorted(TERMINAL)
ALIVE = ["Pending", "Running", "Suspended", "ContinuedAsNew"]


class Hub:
    """Instances in a dictionary: id -> status. ``before`` runs before each purge and may raise."""

    def __init__(self) -> None:
        self.instances: dict[str, str] = {}
        self.before: Callable[[str], None] = lambda _: None

    def status(self, instance: str) -> str | None:
        return self.instances.get(instance)

    def purge(self, instance: str) -> None:
        self.before(instance)
        assert self.instances[instance] in TERMINAL, "the official API refuses to purge what runs"
        del self.instances[instance]


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    made = Api()
    made.install(monkeypatch)
    return made


@pytest.fixture
def hub() -> Hub:
    return Hub()


def closed(api: Api, hub: Hub, *, status: str = "Completed", **changes: Any) -> str:
    """A proposal that was approved and published, with its instances in the hub."""
    proposal = api.submit(**changes)
    api.open(proposal)
    api.publish(proposal, Outcome.APPROVED)
    for child in ("", "-screening", "-publication"):
        hub.instances[f"{proposal}-r1{child}"] = status
    return proposal


def waiting(api: Api, hub: Hub, status: str | None = "Running") -> str:
    proposal = api.submit(title="Still waits")
    api.open(proposal)
    if status is not None:
        hub.instances[f"{proposal}-r1"] = status
    return proposal


def told(api: Api, who: str = "olga") -> list[str]:
    items = api.get("/api/outbox", who).json["items"]
    return [f"{item['subject']}: {item['text']}" for item in items if item["kind"] == "trouble"]


# -- what is purged ----------------------------------------------------------------------------------------


def test_what_closed_long_enough_ago_is_purged_with_its_children(api: Api, hub: Hub) -> None:
    proposal = closed(api, hub)
    other = waiting(api, hub)
    kept = api.get(f"/api/proposals/{proposal}", "ana").json
    api.clock.advance(AFTER)
    assert run(api.ports, hub, AFTER) == 1
    assert hub.instances == {f"{other}-r1": "Running"}
    stored = api.stored(proposal)
    assert stored.purged_at == api.clock.now()
    day = stored.changed_at.date()
    assert list(api.store.names(layout.PURGED)) == [layout.purged_marker(day, proposal)]
    assert list(api.store.names(layout.CLOSED)) == []
    found = api.get(f"/api/proposals/{proposal}", "ana").json
    found["proposal"]["purged_at"] = None
    assert found == kept
    assert api.get(f"/api/proposals/{proposal}/record", "ana").status == 200
    assert run(api.ports, hub, AFTER) == 0


@pytest.mark.parametrize("status", FINAL)
def test_however_an_instance_ended(api: Api, hub: Hub, status: str) -> None:
    closed(api, hub, status=status)
    api.clock.advance(AFTER)
    assert run(api.ports, hub, AFTER) == 1
    assert hub.instances == {}


def test_every_revision_is_purged(api: Api, hub: Hub) -> None:
    proposal = closed(api, hub)
    stored = replace(api.stored(proposal), revision=2)
    assert [name.removeprefix(proposal) for name in purging.instances_of(stored)] == [
        *("-r1-screening", "-r1-conditions", "-r1-publication", "-r1"),
        *("-r2-screening", "-r2-conditions", "-r2-publication", "-r2"),
    ]


def test_not_a_moment_too_early(api: Api, hub: Hub) -> None:
    closed(api, hub)
    before = dict(hub.instances)
    api.clock.advance(AFTER - timedelta(seconds=1))
    assert run(api.ports, hub, AFTER) == 0
    assert hub.instances == before
    api.clock.advance(timedelta(seconds=1))
    assert run(api.ports, hub, AFTER) == 1


def test_younger_ones_are_not_even_read(api: Api, hub: Hub) -> None:
    proposal = closed(api, hub)
    api.store.log.clear()
    run(api.ports, hub, AFTER)
    assert ("read", layout.proposal(proposal)) not in api.store.log


def test_a_run_is_bounded_and_takes_the_oldest_first(
    api: Api, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "PURGES_A_RUN", 2)
    made = []
    for n in range(3):
        made.append(closed(api, hub, title=f"number {n}"))
        api.clock.advance(timedelta(days=1))
    api.clock.advance(AFTER)
    assert run(api.ports, hub, AFTER) == 2
    assert [api.stored(proposal).purged_at is not None for proposal in made] == [True, True, False]
    assert run(api.ports, hub, AFTER) == 1
    assert PURGES_A_RUN > 2


@pytest.mark.parametrize("crash_at", [1, 2, 3])
def test_a_crash_in_between_is_carried_on(api: Api, hub: Hub, crash_at: int) -> None:
    proposal = closed(api, hub)
    calls = iter(range(1, 10))

    def crash(instance: str) -> None:
        if next(calls) == crash_at:
            raise OSError(f"gone while purging {instance}")

    hub.before = crash
    api.clock.advance(AFTER)
    with pytest.raises(ExceptionGroup) as raised:
        run(api.ports, hub, AFTER)
    assert raised.value.exceptions[0].__notes__ == [f"while looking at {proposal}"]
    purged_at = api.stored(proposal).purged_at
    assert purged_at == api.clock.now(), "said before the first instance goes"
    api.clock.advance(timedelta(days=1))
    assert run(api.ports, hub, AFTER) == 1
    assert hub.instances == {}
    assert api.stored(proposal).purged_at == purged_at


def test_one_that_fails_does_not_stop_the_others(api: Api, hub: Hub) -> None:
    first, second = closed(api, hub), closed(api, hub, title="second")

    def fail(instance: str) -> None:
        if instance.startswith(first):
            raise OSError("no answer")

    hub.before = fail
    api.clock.advance(AFTER)
    with pytest.raises(ExceptionGroup):
        run(api.ports, hub, AFTER)
    assert [name for name in hub.instances if name.startswith(second)] == []


# -- what is kept, and told --------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["not sealed", "not published", "another one published"])
def test_without_its_record_in_the_archive_it_is_kept_and_told(
    api: Api, hub: Hub, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    proposal = closed(api, hub, status="Terminated")
    published = layout.published_record(proposal, 1, "json")
    if where == "not sealed":
        api.store.delete(layout.record(proposal, 1, "json"))
    else:
        api.ports.records.delete(published)
    if where == "another one published":
        api.ports.records.create(published, b"{}")
    before = dict(hub.instances)
    api.clock.advance(AFTER)
    with caplog.at_level(logging.WARNING, "greenlight.trouble"):
        assert [run(api.ports, hub, AFTER) for _ in range(2)] == [0, 0]
    assert hub.instances == before
    assert api.stored(proposal).purged_at is None
    [message] = told(api)
    assert message.startswith("Needs an operator: Label the racks: ")
    assert "the archive does not hold its sealed record" in message
    assert proposal in caplog.text
    assert told(api, "ana") == []


@pytest.mark.parametrize("status", ALIVE)
@pytest.mark.parametrize("child", ["", "-screening", "-publication"])
def test_while_one_of_its_instances_lives_all_are_kept(api: Api, hub: Hub, status: str, child: str) -> None:
    proposal = closed(api, hub)
    hub.instances[f"{proposal}-r1{child}"] = status
    before = dict(hub.instances)
    api.clock.advance(AFTER)
    assert run(api.ports, hub, AFTER) == 0
    assert hub.instances == before
    [message] = told(api)
    assert f"its instance {proposal}-r1{child} is {status}" in message


@pytest.mark.parametrize("status", [*FINAL, None])
def test_an_open_proposal_without_a_living_instance_is_told_once(
    api: Api, hub: Hub, status: str | None
) -> None:
    proposal = waiting(api, hub, status)
    api.clock.advance(purging.SETTLED + timedelta(seconds=1))
    for _ in range(2):
        assert run(api.ports, hub, AFTER) == 0
    [message] = told(api)
    expected = f"is {status}" if status else "is not in the task hub"
    assert f"It is deciding, but its instance {proposal}-r1 {expected}" in message
    assert hub.instances == ({f"{proposal}-r1": status} if status else {})


@pytest.mark.parametrize("status", ALIVE)
def test_an_open_proposal_whose_instance_lives_is_nobodys_trouble(api: Api, hub: Hub, status: str) -> None:
    waiting(api, hub, status)
    api.clock.advance(timedelta(days=400))
    run(api.ports, hub, AFTER)
    assert told(api) == []


def test_what_is_young_or_not_started_or_told_already_is_not_told(api: Api, hub: Hub) -> None:
    unstarted = api.submit()  # the sweep starts it
    pending = waiting(api, hub, "Completed")  # operators have been told when its publication failed
    publishing.settle_outcome(api.ports, pending, 1, Outcome.APPROVED, "")
    publishing.report_failure(api.ports, pending, "publish_record", "full")
    api.store.create(layout.open_marker("p-aaaaaaaaaaaa"), b"{}")  # a submission that did not get far
    api.clock.advance(timedelta(days=3))
    waiting(api, hub, "Failed")
    run(api.ports, hub, AFTER)
    assert told(api) == []
    assert api.stored(unstarted).claim is None


def test_what_moves_on_while_it_is_looked_at_is_not_told(api: Api, hub: Hub) -> None:
    proposal = waiting(api, hub, "Completed")
    api.clock.advance(timedelta(days=3))

    class Racing(Hub):
        def status(self, instance: str) -> str | None:
            if api.stored(proposal).state is not ProposalState.CLOSED:
                api.publish(proposal, Outcome.APPROVED)
            return "Completed"

    run(api.ports, Racing(), AFTER)
    assert told(api) == []


# -- the queue ---------------------------------------------------------------------------------------------


def test_a_crash_between_closing_and_the_queue_is_made_good_by_the_sweep(api: Api, hub: Hub) -> None:
    proposal = closed(api, hub)
    stored = api.stored(proposal)
    marker = layout.closed_marker(stored.changed_at.date(), proposal)
    api.store.delete(marker)
    api.store.create(layout.open_marker(proposal), b"{}")
    assert list(sweeping.walk(api.ports)) == []
    assert list(api.store.names(layout.CLOSED)) == [marker]
    assert list(api.store.names(layout.OPEN)) == []


def test_a_marker_of_what_is_not_closed_does_nothing(api: Api, hub: Hub) -> None:
    proposal = waiting(api, hub, "Completed")
    api.store.create(layout.closed_marker(api.clock.now().date(), proposal), b"")
    api.clock.advance(AFTER)
    assert run(api.ports, hub, AFTER) == 0
    assert hub.instances == {f"{proposal}-r1": "Completed"}


def test_another_revision_closes_nothing(api: Api, hub: Hub) -> None:
    proposal = waiting(api, hub)
    publishing.close_proposal(api.ports, proposal, 2)
    assert list(api.store.names(layout.OPEN)) == [layout.open_marker(proposal)]


# -- a purged proposal is never started again --------------------------------------------------------------


@pytest.fixture
def purged(api: Api, hub: Hub) -> str:
    """Submitted under a key, revised once, approved, purged: nothing of it is in the hub."""
    headers = {"Idempotency-Key": "once"}
    proposal = str(api.post("/api/proposals", "ana", json=draft(), headers=headers).json["proposal"])
    api.open(proposal)
    revising.request_changes(api.ports, proposal, 1)
    revision = {**draft(budget="800"), "from_revision": 1}
    assert api.post(f"/api/proposals/{proposal}/revisions", "ana", json=revision).status == 202
    api.open(proposal, 2)
    api.publish(proposal, Outcome.APPROVED, 2)
    api.clock.advance(AFTER)
    assert run(api.ports, hub, AFTER) == 1
    api.client.started.clear()
    api.client.statuses.clear()
    api.client.rung.clear()
    return proposal


def test_the_same_submission_again_starts_nothing_and_writes_nothing(api: Api, purged: str) -> None:
    before = dict(api.store.blobs)
    again = api.post("/api/proposals", "ana", json=draft(), headers={"Idempotency-Key": "once"})
    assert (again.status, again.json["proposal"], again.json["outcome"]) == (200, purged, "approved")
    assert api.store.blobs == before
    assert api.client.started == api.client.rung == []


def test_the_same_revision_again_starts_nothing(api: Api, purged: str) -> None:
    revision = {**draft(budget="800"), "from_revision": 1}
    again = api.post(f"/api/proposals/{purged}/revisions", "ana", json=revision)
    assert (again.status, again.json["state"]) == (200, "closed")
    assert api.client.started == api.client.rung == []


def test_publishing_again_is_refused(api: Api, purged: str) -> None:
    answer = api.post(f"/api/proposals/{purged}/publication", "olga")
    assert (answer.status, answer.json["type"]) == (409, "/problems/wrong-state")
    assert api.client.started == []


def test_a_late_decision_and_a_late_withdrawal_are_refused(api: Api, purged: str) -> None:
    body = {"verdict": "approve"}
    address = f"/api/proposals/{purged}/revisions/2/tasks/line-1/decision"
    late = api.post(address, "ben", json=body, headers={"If-Match": api.version(purged, "line-1", 2)})
    assert late.status == 409
    assert api.post(f"/api/proposals/{purged}/withdrawal", "ana", json={}).status == 409
    assert api.client.started == api.client.rung == []


def test_the_sweep_has_nothing_to_start(api: Api, purged: str) -> None:
    api.store.create(layout.open_marker(purged), b"{}")  # as a crash might have left it
    assert list(sweeping.walk(api.ports)) == []
    assert list(api.store.names(layout.CLOSED)) == [], "nor to purge again"


def test_an_execution_that_is_started_by_hand_has_no_business_there(api: Api, purged: str) -> None:
    before = dict(api.store.blobs)
    for instance in (ids.instance_id(purged, 2), "by-hand"):
        revising.claim_revision(api.ports, load_case(api.ports, purged, 2), instance, "by-hand")
    assert api.store.blobs == before


@pytest.mark.parametrize("claim", ["somebody", None])
def test_what_is_claimed_or_closed_is_not_started(api: Api, purged: str, claim: str | None) -> None:
    stored = replace(api.stored(purged), claim=claim)
    asyncio.run(ensure_started(cast("df.DurableOrchestrationClient", api.client), stored, 1))
    open_again = replace(stored, state=ProposalState.DECIDING, claim="somebody")
    asyncio.run(ensure_started(cast("df.DurableOrchestrationClient", api.client), open_again, 1))
    assert api.client.started == []


# -- through the durable client ----------------------------------------------------------------------------


class Purging(DurableClient):
    async def purge_instance_history(self, instance: str) -> PurgeHistoryResult:
        self._fail()
        return PurgeHistoryResult(int(self.statuses.pop(instance, None) is not None))


def test_the_hub_is_reached_from_a_thread_of_its_own() -> None:
    client = Purging()
    client.statuses |= {"a": "Completed", "b": "Running"}

    async def ask() -> list[str | None]:
        hub = TaskHub(cast("df.DurableOrchestrationClient", client), asyncio.get_running_loop())
        await asyncio.to_thread(hub.purge, "a")
        return [await asyncio.to_thread(hub.status, name) for name in ("a", "b")]

    assert asyncio.run(ask()) == [None, "Running"]


def test_what_the_hub_answers_with_an_error_is_raised() -> None:
    client = Purging()
    client.broken = True

    async def ask() -> None:
        hub = TaskHub(cast("df.DurableOrchestrationClient", client), asyncio.get_running_loop())
        await asyncio.to_thread(hub.purge, "a")

    with pytest.raises(RuntimeError, match="does not answer"):
        asyncio.run(ask())


def test_the_statuses_that_may_be_purged_are_those_that_are_final() -> None:
    names = {status.value for status in df.OrchestrationRuntimeStatus}
    assert names - TERMINAL == set(ALIVE)


def test_older_proposals_were_not_purged(api: Api) -> None:
    plain = codec.encode(api.stored(api.submit()))
    del plain["purged_at"]
    assert codec.decode(Proposal, plain).purged_at is None
