"""The approval task (version 1): assign a stage's tasks to the people who must decide, and settle what they stored."""

from __future__ import annotations

import azure.durable_functions as df

from activities.wired import wired
from approvals import wire
from approvals.ports import Ports
from services.deciding import stages

bp = df.Blueprint()


@bp.activity_trigger(input_name="request")
@wired(wire.ASSIGN_APPROVAL_TASKS)
def assign_approval_tasks(ports: Ports, request: wire.AssignTasks) -> wire.StageReport:
    """Open the stage: a task, an inbox entry and a message for every seat."""
    return stages.assign(ports, request.proposal, request.revision, request.stage, request.handled)


@bp.activity_trigger(input_name="request")
@wired(wire.SETTLE_STAGE)
def settle_stage(ports: Ports, request: wire.SettleStage) -> wire.StageReport:
    """Judge what was raised, count what is stored, remind."""
    about = (request.proposal, request.revision, request.stage)
    return stages.settle_stage(ports, *about, request.handled, request.events, request.as_of)


@bp.activity_trigger(input_name="request")
@wired(wire.SETTLE_LATE_EVENTS)
def settle_late_events(ports: Ports, request: wire.LateEvents) -> wire.Handled:
    """Judge events that came too late for anybody to hear."""
    about = (request.proposal, request.revision)
    return wire.Handled(stages.late_events(ports, *about, request.handled, request.events))
