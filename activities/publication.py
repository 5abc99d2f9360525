"""Process approval: seal the record, publish it, tell people and close."""

from __future__ import annotations

import azure.durable_functions as df

from activities.wired import wired
from approvals import wire
from approvals.ports import Ports
from services.closing import publishing

bp = df.Blueprint()


@bp.activity_trigger(input_name="request")
@wired(wire.SETTLE_OUTCOME)
def settle_outcome(ports: Ports, request: wire.SettleOutcome) -> wire.Settled:
    """Let the outcome stand unless another stands already; the one that stands (version 1)."""
    about = (request.proposal, request.revision)
    settled = publishing.settle_outcome(ports, *about, request.outcome, request.reason)
    return wire.Settled(settled.outcome or request.outcome)


@bp.activity_trigger(input_name="request")
@wired(wire.SEAL_RECORD)
def seal_record(ports: Ports, request: wire.About) -> wire.Done:
    """Write the decision record, once."""
    publishing.seal_record(ports, request.proposal, request.revision)
    return wire.Done()


@bp.activity_trigger(input_name="request")
@wired(wire.PUBLISH_RECORD)
def publish_record(ports: Ports, request: wire.About) -> wire.Done:
    """Put the record, as JSON and as a page that prints, into the archive."""
    publishing.publish_record(ports, request.proposal, request.revision)
    return wire.Done()


@bp.activity_trigger(input_name="request")
@wired(wire.TELL_PEOPLE)
def tell_people(ports: Ports, request: wire.About) -> wire.Done:
    """Tell the author and everybody who was asked how it ended (version 1)."""
    publishing.tell_people(ports, request.proposal, request.revision)
    return wire.Done()


@bp.activity_trigger(input_name="request")
@wired(wire.CLOSE_PROPOSAL)
def close_proposal(ports: Ports, request: wire.About) -> wire.Done:
    """Tell the author and everybody who was asked, then close the proposal: nothing walks it any more."""
    publishing.close_proposal(ports, request.proposal, request.revision)
    return wire.Done()


@bp.activity_trigger(input_name="request")
@wired(wire.REPORT_PUBLICATION_FAILURE)
def report_publication_failure(ports: Ports, request: wire.PublicationFailure) -> wire.Done:
    """Leave the proposal visibly decided with its publication pending, and tell operators."""
    publishing.report_failure(ports, request.proposal, request.step, request.error)
    return wire.Done()
