"""Orchestrators that say of which version they are, and children that end in every way."""

# azure-functions-durable annotates no decorator.
# mypy: disable-error-code="untyped-decorator, attr-defined"
from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
Steps = Generator[Any, Any, Any]


@app.activity_trigger(input_name="x")
def echo(x: Any) -> Any:
    return x


@app.orchestration_trigger(context_name="context")
def waits(context: df.DurableOrchestrationContext) -> Steps:
    """An event, or a timer of a minute; which version this is."""
    bell = context.wait_for_external_event("E")
    alarm = context.create_timer(context.current_utc_datetime + timedelta(minutes=1))
    if (yield context.task_any([bell, alarm])) == bell:
        alarm.cancel()
        return [context.version, bell.result]
    return [context.version, "timer"]


@app.orchestration_trigger(context_name="context")
def version(context: df.DurableOrchestrationContext) -> Steps:
    yield context.call_activity("echo", 1)
    return context.version


@app.orchestration_trigger(context_name="context")
def versions_of_children(context: df.DurableOrchestrationContext) -> Steps:
    """One called without a version, one with."""
    plain = yield context.call_sub_orchestrator("version")
    given = yield context.call_sub_orchestrator("version", version="1.5")
    return [context.version, plain, given]


@app.orchestration_trigger(context_name="context")
def parent(context: df.DurableOrchestrationContext) -> Steps:
    """A child of the given name; what its failure says."""
    given: dict[str, str] = context.get_input() or {}
    try:
        return (yield context.call_sub_orchestrator(given["child"], given, f"{context.instance_id}-child"))
    except Exception as error:  # noqa: BLE001 - whatever the SDK raises is what is looked at
        return str(error)


@app.orchestration_trigger(context_name="context")
def passes_on(context: df.DurableOrchestrationContext) -> Steps:
    """Fails as its own child does."""
    return (yield context.call_sub_orchestrator("throws", None, f"{context.instance_id}-child"))


@app.orchestration_trigger(context_name="context")
def throws(context: df.DurableOrchestrationContext) -> Steps:
    yield context.call_activity("echo", 1)
    raise ValueError("boom failed: twice\nin two lines")
