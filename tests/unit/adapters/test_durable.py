"""Starting, ringing, publishing again through the durable client, whatever state the instance is in."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import azure.durable_functions as df
import pytest

from adapters.durable import ensure_started, publish_again, ring
from approvals.model import Proposal, ProposalState
from tests.unit.http_api.api import DurableClient

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
PROPOSAL = Proposal("p-aaaaaaaaaaaa", "T", "ana", 2, ProposalState.STARTING, "p-aaaaaaaaaaaa-r2", AT, AT)
ABOUT = {"proposal": "p-aaaaaaaaaaaa", "revision": 2}
PUBLICATION = "p-aaaaaaaaaaaa-r2-publication"
STATES = ["Pending", "Running", "Completed", "Failed", "Terminated", "Suspended"]


def of(client: DurableClient) -> df.DurableOrchestrationClient:
    return cast("df.DurableOrchestrationClient", client)


def test_what_is_not_started_is_started_once() -> None:
    client = DurableClient()
    for _ in range(2):
        asyncio.run(ensure_started(of(client), PROPOSAL, 1))
    assert client.started == [("approval", "p-aaaaaaaaaaaa-r2", {**ABOUT, "version": 1})]


@pytest.mark.parametrize("state", STATES)
def test_what_was_ever_started_is_not_started_over(state: str) -> None:
    client = DurableClient()
    client.statuses[PROPOSAL.instance] = state
    asyncio.run(ensure_started(of(client), PROPOSAL, 1))
    assert client.started == []


class Faster(DurableClient):
    """Somebody else starts every instance between the look and the start."""

    async def start_new(self, name: str, instance: str, given: Any) -> str:
        self.statuses[instance] = "Running"
        return await super().start_new(name, instance, given)


def test_who_starts_it_a_moment_later_does_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    client = Faster()
    asyncio.run(ensure_started(of(client), PROPOSAL, 1))
    assert client.started == []
    assert "was not started here" in caplog.text


def test_a_start_that_fails_is_logged_and_left_to_the_sweep(caplog: pytest.LogCaptureFixture) -> None:
    client = DurableClient()
    client.broken = True
    asyncio.run(ensure_started(of(client), PROPOSAL, 1))
    assert "the sweep will" in caplog.text
    client.broken = False
    asyncio.run(ensure_started(of(client), PROPOSAL, 1))
    assert len(client.started) == 1


@pytest.mark.parametrize("state", [None, *STATES])
def test_only_a_running_instance_is_rung(state: str | None) -> None:
    """A Pending one would lose the event."""
    client = DurableClient()
    if state is not None:
        client.statuses["i"] = state
    asyncio.run(ring(of(client), "i", "line-1"))
    assert client.rung == ([("i", "decision", {"ring": "line-1"})] if state == "Running" else [])


def test_a_bell_that_fails_fails_nothing(caplog: pytest.LogCaptureFixture) -> None:
    client = DurableClient()
    client.broken = True
    with caplog.at_level(logging.WARNING, "greenlight.durable"):
        asyncio.run(ring(of(client), "i"))
    [record] = caplog.records
    assert record.exc_info is not None


@pytest.mark.parametrize("state", [None, *STATES])
def test_a_publication_runs_again_unless_it_is_running(state: str | None) -> None:
    client = DurableClient()
    if state is not None:
        client.statuses[PUBLICATION] = state
    assert asyncio.run(publish_again(of(client), replace(PROPOSAL, claim="c"))) == PUBLICATION
    live = state in ("Pending", "Running")
    assert client.started == (
        [] if live else [("publication", PUBLICATION, {**ABOUT, "claim": "c", "version": 2})]
    )


class Refusing(DurableClient):
    async def start_new(self, name: str, instance: str, given: Any) -> str:
        raise RuntimeError(f"cannot start {name}")


def test_a_publication_that_cannot_start_is_told() -> None:
    with pytest.raises(RuntimeError, match="cannot start publication"):
        asyncio.run(publish_again(of(Refusing()), PROPOSAL))
