"""The escalation task (version 1): overdue approval tasks go to the next of their chain, or expire at its end."""

from __future__ import annotations

import azure.durable_functions as df

from activities.wired import wired
from approvals import wire
from approvals.ports import Ports
from services.deciding import stages

bp = df.Blueprint()


@bp.activity_trigger(input_name="request")
@wired(wire.ESCALATE_TASKS)
def escalate_tasks(ports: Ports, request: wire.EscalateTasks) -> wire.StageReport:
    """Escalate the named tasks, then settle the stage again."""
    about = (request.proposal, request.revision, request.stage)
    return stages.escalate(ports, *about, request.tasks, request.handled, request.as_of)
