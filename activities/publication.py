"""Process approval: settle the outcome, then seal the record, publish it, tell people, close."""

from __future__ import annotations

from typing import Any

import azure.durable_functions as df

from activities.wire import Request, about, logged
from adapters.bootstrap import ports
from approvals.model import Outcome
from services.closing import publishing

bp = df.Blueprint()


@bp.activity_trigger(input_name="request")
@logged
def settle_outcome(request: Request) -> dict[str, Any]:
    """Let the outcome stand unless another stands already. Returns ``{"outcome"}`` as it stands."""
    outcome = Outcome(request["outcome"])
    settled = publishing.settle_outcome(ports(), *about(request), outcome, request["reason"])
    return {"outcome": (settled.outcome or outcome).value}


@bp.activity_trigger(input_name="request")
@logged
def seal_record(request: Request) -> None:
    """Write the decision record, once."""
    publishing.seal_record(ports(), *about(request))


@bp.activity_trigger(input_name="request")
@logged
def publish_record(request: Request) -> None:
    """Put the record, as JSON and as a page that prints, into the archive."""
    publishing.publish_record(ports(), *about(request))


@bp.activity_trigger(input_name="request")
@logged
def tell_people(request: Request) -> None:
    """Tell the author and everybody who was asked how it ended."""
    publishing.tell_people(ports(), *about(request))


@bp.activity_trigger(input_name="request")
@logged
def close_proposal(request: Request) -> None:
    """Close the proposal: nothing walks it any more."""
    publishing.close_proposal(ports(), *about(request))


@bp.activity_trigger(input_name="request")
@logged
def report_publication_failure(request: Request) -> None:
    """Leave the proposal visibly decided with its publication pending, and tell operators."""
    publishing.report_failure(ports(), request["proposal"], request["step"], request["error"])
