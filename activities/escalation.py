"""The escalation task: overdue approval tasks go to the next person of their chain, or expire at its end."""

from __future__ import annotations

from typing import Any

import azure.durable_functions as df

from activities.wire import Request, about, as_of, encoded, logged
from adapters.bootstrap import ports
from services.deciding import stages

bp = df.Blueprint()


@bp.activity_trigger(input_name="request")
@logged
def escalate_tasks(request: Request) -> dict[str, Any]:
    """Escalate the named tasks, then settle the stage anew. Returns a StageReport."""
    stage, tasks, handled = request["stage"], request["tasks"], request["handled"]
    return encoded(stages.escalate(ports(), *about(request), stage, tasks, handled, as_of(request)))
