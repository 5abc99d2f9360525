"""Reminders every three days, an escalation after a week, a lapse after a month."""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func

# azure-functions-durable annotates neither its decorators nor its tasks.
# mypy: disable-error-code="untyped-decorator, attr-defined"
app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
LAPSE, ESCALATION, REMINDER = timedelta(days=30), timedelta(days=7), timedelta(days=3)


@app.activity_trigger(input_name="what")
def tell(what: str) -> str:
    return what


@app.orchestration_trigger(context_name="context")
def month(context: df.DurableOrchestrationContext) -> Generator[Any, Any, list[Any]]:
    began = context.current_utc_datetime
    told: list[Any] = []
    due = sorted(
        [(began + REMINDER * number, "reminder") for number in range(1, 10)]
        + [(began + ESCALATION, "escalation"), (began + LAPSE, "lapse")]
    )
    for moment, what in due:
        context.deferred_tasks.pop("decision", None)
        alarm = context.create_timer(moment)
        bell = context.wait_for_external_event("decision")
        if (yield context.task_any([bell, alarm])) == bell:
            alarm.cancel()
            return told
        yield context.call_activity("tell", what)
        told.append([what, round((context.current_utc_datetime - began) / timedelta(days=1))])
    return told
