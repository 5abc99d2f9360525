"""Activities around a revision: claim it, ask the author for changes, settle the wait for them."""

from __future__ import annotations

from typing import Any

import azure.durable_functions as df

from activities.wire import Request, about, as_of, encoded, logged, raised
from adapters.bootstrap import ports
from approvals.refusals import Refusal, RefusalKind
from services.submitting import revising
from services.submitting.revising import Opening

bp = df.Blueprint()


@bp.activity_trigger(input_name="request")
@logged
def open_revision(request: Request) -> dict[str, Any]:
    """Claim the revision for this execution. Returns an Opening; not claimed where there is nothing to claim."""
    try:
        opening = revising.open_revision(ports(), *about(request), request["instance"], request["claim"])
    except Refusal as refusal:
        if refusal.kind is not RefusalKind.NOT_FOUND:
            raise
        opening = Opening(claimed=False, over=False)
    return encoded(opening)


@bp.activity_trigger(input_name="request")
@logged
def request_changes(request: Request) -> None:
    """Ask the author for a revision, with a deadline."""
    revising.request_changes(ports(), *about(request))


@bp.activity_trigger(input_name="request")
@logged
def settle_changes(request: Request) -> dict[str, Any]:
    """Did the revision come, or a withdrawal, or the deadline? Returns a ChangesReport."""
    handled, now = request["handled"], as_of(request)
    return encoded(revising.settle_changes(ports(), *about(request), handled, raised(request), now))
