"""Activities around a revision (version 1): claim it, ask the author for changes, settle the wait for them."""

from __future__ import annotations

import azure.durable_functions as df

from activities.wired import wired
from approvals import wire
from approvals.ports import Ports
from services.submitting import revising

bp = df.Blueprint()


@bp.activity_trigger(input_name="request")
@wired(wire.OPEN_REVISION)
def open_revision(ports: Ports, request: wire.OpenRevision) -> wire.Opening:
    """Claim the revision for this execution; not claimed where there is nothing to claim."""
    about = (request.proposal, request.revision)
    return revising.open_revision(ports, *about, request.instance, request.claim)


@bp.activity_trigger(input_name="request")
@wired(wire.REQUEST_CHANGES)
def request_changes(ports: Ports, request: wire.About) -> wire.Done:
    """Ask the author for a revision, with a deadline."""
    revising.request_changes(ports, request.proposal, request.revision)
    return wire.Done()


@bp.activity_trigger(input_name="request")
@wired(wire.SETTLE_CHANGES)
def settle_changes(ports: Ports, request: wire.Heard) -> wire.ChangesReport:
    """Did the revision come, or a withdrawal, or the deadline?"""
    about = (request.proposal, request.revision)
    return revising.settle_changes(ports, *about, request.handled, request.events, request.as_of)
