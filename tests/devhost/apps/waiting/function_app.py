"""Ways to wait for people that hang, lose or spin on the official extension, and the one that holds."""

# azure-functions-durable annotates neither its decorators nor its tasks.
# mypy: disable-error-code="untyped-decorator, attr-defined"
from __future__ import annotations

import json
import threading
from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
GATES: dict[str, threading.Event] = {}
EVENT = "decision"
MOST_WAKES = 15
WAIT = timedelta(days=2)
Steps = Generator[Any, Any, Any]


def gate(name: str) -> threading.Event:
    return GATES.setdefault(name, threading.Event())


@app.route(route="gates/{name}", methods=["POST"])
def open_gate(req: func.HttpRequest) -> func.HttpResponse:
    gate(req.route_params["name"]).set()
    return func.HttpResponse(status_code=204)


@app.activity_trigger(input_name="name")
def hold(name: str) -> str:
    """Runs until its gate opens."""
    assert gate(name).wait(30)
    return name


@app.activity_trigger(input_name="note")
def look(note: Any) -> Any:
    return note


@app.orchestration_trigger(context_name="context")
def waits_twice(context: df.DurableOrchestrationContext) -> Steps:
    """Hangs: one event answers both waits in the SDK, which keeps it, and one of them in the extension."""
    yield context.call_activity("hold", context.instance_id)
    first = yield context.wait_for_external_event(EVENT)
    second = yield context.wait_for_external_event(EVENT)
    yield context.call_activity("look", "never")
    return [first, second]


@app.orchestration_trigger(context_name="context")
def takes_payloads(context: df.DurableOrchestrationContext) -> Steps:
    """Loses: of the events that came while an activity ran, the SDK keeps the last one."""
    yield context.call_activity("hold", context.instance_id)
    taken = []
    for _ in range(3):
        taken.append((yield context.wait_for_external_event(EVENT)))
    return taken


@app.orchestration_trigger(context_name="context")
def never_forgets(context: df.DurableOrchestrationContext) -> Steps:
    """Spins: once an event came while an activity ran, every later wait is over at once."""
    yield context.call_activity("hold", context.instance_id)
    wakes = 0
    while wakes < MOST_WAKES:
        alarm = context.create_timer(context.current_utc_datetime + WAIT)
        winner = yield context.task_any([context.wait_for_external_event(EVENT), alarm])
        if winner == alarm:
            break
        alarm.cancel()
        wakes += 1
        yield context.call_activity("look", wakes)
    return wakes


@app.orchestration_trigger(context_name="context")
def keeps_the_timer(context: df.DurableOrchestrationContext) -> Steps:
    """Hangs, its timer included: the winner of the second wait is known to the SDK alone."""
    yield context.call_activity("hold", context.instance_id)
    alarm = context.create_timer(context.current_utc_datetime + WAIT)
    for number in range(2):
        yield context.task_any([context.wait_for_external_event(EVENT), alarm])
        yield context.call_activity("look", number)
    return "both"


def raised(context: df.DurableOrchestrationContext) -> list[Any]:
    """Inputs of the events raised up to the episode that is being replayed."""
    found, reached = [], False
    for each in context.histories:
        if each.event_type == 12:
            if reached:
                break
            reached = each.timestamp == context.current_utc_datetime
        elif each.event_type == 15:
            found.append(json.loads(each.Input))
    return found


@app.orchestration_trigger(context_name="context")
def reads_the_history(context: df.DurableOrchestrationContext) -> Steps:
    """Holds: the history is the mailbox, and the SDK is made to forget."""
    yield context.call_activity("hold", context.instance_id)
    handled: list[Any] = []
    while len(handled) < 3:
        if len(raised(context)) <= len(handled):
            alarm = context.create_timer(context.current_utc_datetime + WAIT)
            context.deferred_tasks.pop(EVENT, None)
            bell = context.wait_for_external_event(EVENT)
            if (yield context.task_any([bell, alarm])) != alarm:
                alarm.cancel()
        handled += yield context.call_activity("look", raised(context)[len(handled) :])
    return handled
