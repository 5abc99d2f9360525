"""Activities of "approve with conditions": open the conditions, look whether they are met."""

from __future__ import annotations

from typing import Any

import azure.durable_functions as df

from activities.wire import Request, about, as_of, encoded, logged, raised
from adapters.bootstrap import ports
from services.answering import fulfillment

bp = df.Blueprint()


@bp.activity_trigger(input_name="request")
@logged
def open_conditions(request: Request) -> dict[str, Any]:
    """Collect the conditions that approvers set. Returns a ConditionsReport; ``none`` where there are none."""
    return encoded(fulfillment.open_conditions(ports(), *about(request)))


@bp.activity_trigger(input_name="request")
@logged
def settle_conditions(request: Request) -> dict[str, Any]:
    """Are all confirmed, or is one past its due date? Returns a ConditionsReport."""
    handled, now = request["handled"], as_of(request)
    return encoded(fulfillment.settle_conditions(ports(), *about(request), handled, raised(request), now))
