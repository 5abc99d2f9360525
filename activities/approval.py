"""What comes next for a revision: the activity that its orchestration asks again and again."""

from __future__ import annotations

import logging

import azure.durable_functions as df

from activities.wired import wired
from approvals import wire
from approvals.ports import Ports
from services.proceeding import next_step as proceeding

bp = df.Blueprint()
log = logging.getLogger("greenlight.strays")


@bp.activity_trigger(input_name="request")
@wired(wire.NEXT_STEP)
def next_step(ports: Ports, request: wire.NextRequest) -> wire.Step:
    """Claim, judge what was raised, assign, count, remind, escalate, settle: as far as it goes without waiting."""
    return proceeding.next_step(ports, request)


@bp.activity_trigger(input_name="request")
@wired(wire.REPORT_STRAY)
def report_stray(ports: Ports, request: wire.Stray) -> wire.Done:  # noqa: ARG001 - there is nothing to write to
    """Log that an orchestration was started with an input that it cannot take. The line is in the log."""
    said = {"instance": request.instance, "orchestrator": request.orchestrator, "why": request.why}
    log.warning("%(orchestrator)s was started as %(instance)s by hand: %(why)s", said, extra=said)
    return wire.Done()
