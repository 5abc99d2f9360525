"""Fan-out/fan-in: every automatic check at once, then their findings in one list.

Input: ``{"proposal": ..., "revision": ..., "checks": [...]}``. A check that breaks answers with data, not with a
failure, because a failed fan-out would hide its siblings; what broke is tried again, then reported as broken.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from orchestrators.waiting import Steps

bp = df.Blueprint()

# Waits before the second and third try of what broke.
PAUSES = (timedelta(seconds=0), timedelta(seconds=2), timedelta(seconds=10))


@bp.orchestration_trigger(context_name="context")
def screening(context: df.DurableOrchestrationContext) -> Steps:
    """The orchestrator function: fan out over the checks and gather their findings."""
    return run(context)


def run(context: df.DurableOrchestrationContext) -> Steps:
    """The orchestration as a plain generator. Returns ``[{"check": ..., "finding": {...}} | {..., "broken": why}]``."""
    request: dict[str, Any] = context.get_input() or {}
    answers: dict[str, dict[str, Any]] = {}
    pending: list[str] = list(request["checks"])
    for pause in PAUSES:
        if not pending:
            break
        if pause:
            yield context.create_timer(context.current_utc_datetime + pause)
        for answer in (yield from _round(context, request, pending)):
            answers[answer["check"]] = answer
        pending = [check for check in pending if "broken" in answers[check]]
    return [answers[check] for check in request["checks"]]


def _round(context: df.DurableOrchestrationContext, request: dict[str, Any], checks: list[str]) -> Steps:
    about = {"proposal": request["proposal"], "revision": request["revision"]}
    calls = [context.call_activity("run_check", {**about, "check": check}) for check in checks]
    try:
        return (yield context.task_all(calls))
    except Exception as error:  # noqa: BLE001 - the SDK raises plain Exceptions, at the first failure of all
        return [{"check": check, "broken": str(error)[:500]} for check in checks]
