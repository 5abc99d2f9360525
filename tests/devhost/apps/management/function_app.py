"""The workflows behind the management recordings, as far as tests/golden/workflows does not hold them."""

# azure-functions-durable annotates no decorator.
# mypy: disable-error-code="untyped-decorator, attr-defined"
from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
ATTEMPTS: Counter[str] = Counter()
Steps = Generator[Any, Any, Any]


@app.orchestration_trigger(context_name="context")
def chain(context: df.DurableOrchestrationContext) -> Steps:
    found = []
    for number in range((context.get_input() or {}).get("n", 3)):
        found.append((yield context.call_activity("say", f"c{number}")))
    return found


@app.orchestration_trigger(context_name="context")
def short_deadline(context: df.DurableOrchestrationContext) -> Steps:
    yield context.create_timer(context.current_utc_datetime + timedelta(days=3))


@app.orchestration_trigger(context_name="context")
def slow_start(context: df.DurableOrchestrationContext) -> Steps:
    """Its first episode takes a while: the instance is Pending."""
    time.sleep(0.5)
    yield context.wait_for_external_event("never")


@app.orchestration_trigger(context_name="context")
def thrower(context: df.DurableOrchestrationContext) -> Steps:
    yield context.call_activity("say", 1)
    raise ValueError("orch boom")


@app.orchestration_trigger(context_name="context")
def failing(context: df.DurableOrchestrationContext) -> Steps:
    yield context.call_activity("flaky", context.get_input())
    return (yield context.call_activity("say", "after"))


@app.orchestration_trigger(context_name="context")
def unknown_activity(context: df.DurableOrchestrationContext) -> Steps:
    yield context.call_activity("nothing_of_this_name", 1)


@app.orchestration_trigger(context_name="context")
def entities(context: df.DurableOrchestrationContext) -> Steps:
    entity = df.EntityId("Counter", str(context.get_input()))
    context.signal_entity(entity, "add", 5)
    return (yield context.call_entity(entity, "add", 3))


@app.activity_trigger(input_name="x")
def say(x: Any) -> str:
    return f"hello {x}"


@app.activity_trigger(input_name="arg")
def flaky(arg: dict[str, Any]) -> str:
    ATTEMPTS[arg["key"]] += 1
    if ATTEMPTS[arg["key"]] <= arg["fail"]:
        raise ValueError(f"flaky {arg['key']} {ATTEMPTS[arg['key']]}")
    return f"ok after {ATTEMPTS[arg['key']]}"


@app.entity_trigger(context_name="context", entity_name="Counter")
def counter(context: df.DurableEntityContext) -> None:
    value = context.get_state(lambda: 0)
    if context.operation_name == "add":
        value += context.get_input()
    context.set_state(value)
    context.set_result(value)
