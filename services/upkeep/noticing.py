"""Noticing that an open proposal's instance is lost: Failed, Terminated, purged, or gone with its task hub.

Three looks, every minute: one question for all that stopped; one for the sentinel, which tells whether the hub is the
one of the minute before; and a slice of what is open, so that a single instance that was purged is found within the
hour.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Iterator
from datetime import timedelta

from approvals.model import Proposal, ProposalState
from approvals.ports import Hub, Ports
from approvals.refusals import Refusal
from approvals.stored import ids, layout
from services.closing.purging import TERMINAL
from services.store.cases import load, load_proposal
from services.store.follow_up import tell_operators
from services.upkeep.generations import begin_again

log = logging.getLogger("greenlight.noticing")

SUSPENDED = "Suspended"
# The rolling walk comes round in this many minutes.
SLICES = 60
# A child is started a moment after its state is stored; a parent that waits for one that was purged waits for ever.
SETTLED = timedelta(minutes=10)
CHILD = {
    ProposalState.SCREENING: "screening",
    ProposalState.CONDITIONS: "conditions",
    ProposalState.CLOSING: "publication",
}


def is_another_hub(hub: Hub) -> bool:
    """Is the sentinel gone, or was there never one?"""
    return hub.status(ids.SENTINEL) is None


def owed(ports: Ports, hub: Hub, *, everything: bool) -> Iterator[Proposal]:
    """Proposals that go on as a new generation, to be started. ``everything``: look at all that is open.

    One that cannot be looked at does not stop the others; raises ExceptionGroup at the end.
    """
    failures: list[Exception] = []
    for proposal in _candidates(ports, hub, everything=everything):
        try:
            begun = _look(ports, hub, proposal)
        except Refusal:  # an instance of no proposal: somebody started it by hand
            continue
        except Exception as error:  # noqa: BLE001 - reported together below
            error.add_note(f"while looking at the instance of {proposal}")
            failures.append(error)
        else:
            if begun is not None:
                yield begun
    if failures:
        raise ExceptionGroup("not every instance could be looked at", failures)


def _candidates(ports: Ports, hub: Hub, *, everything: bool) -> list[str]:
    stopped = {found[0] for instance in hub.stopped() if (found := ids.of_instance(instance))}
    minute = ports.clock.now().minute
    opened = (name.removeprefix(layout.OPEN) for name in ports.store.names(layout.OPEN))
    known, looked = [], []
    for proposal in opened:
        if proposal in stopped:
            known.append(proposal)
        elif everything or zlib.crc32(proposal.encode()) % SLICES == minute:
            looked.append(proposal)
    return [*known, *looked]


def _look(ports: Ports, hub: Hub, proposal: str) -> Proposal | None:
    seen, _ = load_proposal(ports.store, proposal)
    if seen.state is ProposalState.CLOSED or seen.publication is not None:
        return None
    instance = seen.orchestration()
    status = hub.status(instance)
    if status == SUSPENDED:
        tell_operators(ports, seen, "suspended", ports.texts("trouble.suspended", instance=instance))
        return None
    if status is None and seen.claim is None:
        return None  # it was never started: the sweep does that
    if status is None or status in TERMINAL:
        return begin_again(ports, seen, status.lower() if status else "gone")
    return _look_at_child(ports, hub, seen)


def _look_at_child(ports: Ports, hub: Hub, seen: Proposal) -> Proposal | None:
    """A child that was purged never answers, and its parent waits."""
    name = CHILD.get(seen.state)
    if name is None or ports.clock.now() - seen.changed_at < SETTLED:
        return None
    child = ids.child_instance_id(seen.orchestration(), name)
    if hub.status(child) is not None:
        return None
    now = load(ports.store, layout.proposal(seen.proposal), Proposal)
    if now is None or now[0] != seen:
        return None
    begun = begin_again(ports, seen, f"waiting for {child}")
    if begun is not None:
        hub.terminate(seen.orchestration(), f"{begun.instance} goes on instead")
    return begun
