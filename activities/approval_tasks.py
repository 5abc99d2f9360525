"""The approval task: assign a stage's tasks to the people who must decide, and settle what they stored."""

from __future__ import annotations

from typing import Any

import azure.durable_functions as df

from activities.wire import Request, about, as_of, encoded, logged, raised
from adapters.bootstrap import ports
from services.deciding import stages

bp = df.Blueprint()


@bp.activity_trigger(input_name="request")
@logged
def assign_approval_tasks(request: Request) -> dict[str, Any]:
    """Open the stage: a task, an inbox entry and a message for every seat. Returns a StageReport."""
    return encoded(stages.assign(ports(), *about(request), request["stage"], request["handled"]))


@bp.activity_trigger(input_name="request")
@logged
def settle_stage(request: Request) -> dict[str, Any]:
    """Judge what was raised, count what is stored, remind. Returns a StageReport."""
    stage, handled, now = request["stage"], request["handled"], as_of(request)
    return encoded(stages.settle_stage(ports(), *about(request), stage, handled, raised(request), now))


@bp.activity_trigger(input_name="request")
@logged
def settle_late_events(request: Request) -> dict[str, Any]:
    """Judge events that came too late for anybody to hear. Returns ``{"handled"}``."""
    handled = stages.late_events(ports(), *about(request), request["handled"], raised(request))
    return {"handled": handled}
