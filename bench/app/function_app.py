"""What is measured: an approval with nothing around it, a chain, a fan-out."""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func

# azure-functions-durable annotates neither its decorators nor its tasks.
# mypy: disable-error-code="untyped-decorator, attr-defined"
app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
Steps = Generator[Any, Any, Any]


@app.activity_trigger(input_name="who")
def hello(who: Any) -> str:
    return f"hello {who}"


@app.orchestration_trigger(context_name="context")
def approval(context: df.DurableOrchestrationContext) -> Steps:
    yield context.call_activity("hello", "requester")
    alarm = context.create_timer(context.current_utc_datetime + timedelta(days=1))
    bell = context.wait_for_external_event("decision")
    context.set_custom_status("waiting")
    if (yield context.task_any([bell, alarm])) == bell:
        alarm.cancel()
    return (yield context.call_activity("hello", "approver"))


@app.orchestration_trigger(context_name="context")
def chain(context: df.DurableOrchestrationContext) -> Steps:
    for number in range(3):
        yield context.call_activity("hello", number)


@app.orchestration_trigger(context_name="context")
def fan(context: df.DurableOrchestrationContext) -> Steps:
    many = (context.get_input() or {})["n"]
    yield context.task_all([context.call_activity("hello", number) for number in range(many)])
