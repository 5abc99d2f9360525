"""Activities of "approve with conditions": open the conditions, look whether they are met."""

from __future__ import annotations

import azure.durable_functions as df

from activities.wired import wired
from approvals import wire
from approvals.ports import Ports
from services.answering import fulfillment

bp = df.Blueprint()


@bp.activity_trigger(input_name="request")
@wired(wire.OPEN_CONDITIONS)
def open_conditions(ports: Ports, request: wire.About) -> wire.ConditionsReport:
    """Collect the conditions that approvers set; ``none`` where there are none (version 1)."""
    return fulfillment.open_conditions(ports, request.proposal, request.revision)


@bp.activity_trigger(input_name="request")
@wired(wire.SETTLE_CONDITIONS)
def settle_conditions(ports: Ports, request: wire.Heard) -> wire.ConditionsReport:
    """Are all confirmed, or is one past its due date?"""
    about = (request.proposal, request.revision)
    return fulfillment.settle_conditions(ports, *about, request.handled, request.events, request.as_of)
