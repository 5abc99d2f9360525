"""The sentinel: an instance that has ended and lies in the task hub. Where it is gone, the hub is another one."""

from __future__ import annotations

import azure.durable_functions as df

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def sentinel(context: df.DurableOrchestrationContext) -> str:
    """The orchestrator function: nothing to do."""
    return context.current_utc_datetime.isoformat()
