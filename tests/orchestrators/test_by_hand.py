"""Every orchestration, started by hand in every state of a proposal with any input, changes nothing and is reported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from approvals.model import ProposalState
from approvals.verdicts import Verdict
from tests.orchestrators.simulation import ActivityFailed
from tests.orchestrators.test_generations import (
    OPERATORS,
    ROUTE,
    changes,
    conditional,
    go_on,
    nothing,
    settled,
)
from tests.orchestrators.world import World, world


def stuck(made: World) -> None:
    """The outcome stands, and the archive is away."""

    def fail(_request: Any) -> Any:
        raise ActivityFailed("the archive is away")

    honest = made.host.activities["publish_record"]
    made.host.activities["publish_record"] = fail
    made.decide("p0", "first-1", Verdict.REJECT)
    made.host.run()
    made.host.activities["publish_record"] = honest


STATES: dict[ProposalState, Callable[[World], None]] = {
    ProposalState.DECIDING: nothing,
    ProposalState.CHANGES_REQUESTED: changes,
    ProposalState.CONDITIONS: conditional,
    ProposalState.CLOSING: stuck,
    ProposalState.CLOSED: go_on,
}
INPUTS: dict[str, dict[str, Any]] = {
    "version 1": {},
    "the version of then": {"version": 1},
    "version 2": {"version": 2, "groups": [["required_fields"]], "checks": ["required_fields"]},
    "a claim of its own": {"version": 2, "claim": "mine", "groups": [["required_fields"]]},
}


def essence(made: World) -> dict[str, bytes]:
    """All that is stored but the messages to operators."""
    blobs = made.store.blobs | made.ports.records.blobs  # type: ignore[attr-defined]  # a MemoryStore
    return {name: blob.data for name, blob in blobs.items() if not name.startswith("outbox/olga/")}


@pytest.mark.parametrize("given", INPUTS)
@pytest.mark.parametrize("orchestrator", ["approval", "screening", "conditions", "publication"])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.value)
def test_what_is_started_by_hand_changes_nothing(state: ProposalState, orchestrator: str, given: str) -> None:
    with world(ROUTE) as made:
        made.ports.directory.directory = OPERATORS  # type: ignore[attr-defined]  # a fake
        made.submit()
        settled(made)
        STATES[state](made)
        assert made.current().state is state
        before = essence(made)
        about = {"proposal": made.proposal, "revision": 1, "checks": ["required_fields"]}
        started = made.host.start(orchestrator, "by-hand", {**about, **INPUTS[given]})
        made.host.run(until=made.clock.now())
        assert started.over
        assert essence(made) == before
        told = [name for name in made.store.blobs if name.startswith("outbox/olga/") and "by-hand" in name]
        # an approval without a version cannot be taken; a child with a claim passes for an older execution's
        logged = given == ("version 1" if orchestrator == "approval" else "a claim of its own")
        assert bool(told) is not logged


@pytest.mark.parametrize("given", [None, {}, 3, "x", {"proposal": 1}, {"proposal": "p-none", "revision": 1}])
@pytest.mark.parametrize("orchestrator", ["approval", "screening", "conditions", "publication"])
def test_an_input_that_cannot_be_taken_ends_without_effect(orchestrator: str, given: Any) -> None:
    with world(ROUTE) as made:
        made.submit()
        settled(made)
        before = essence(made)
        assert made.host.start(orchestrator, "by-hand", given).over
        assert essence(made) == before
