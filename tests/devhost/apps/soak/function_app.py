"""A workflow with something of everything, for a host that is killed again and again."""

from __future__ import annotations

# azure-functions-durable annotates neither its decorators nor its tasks.
# mypy: disable-error-code="untyped-decorator, attr-defined"
import json
import os
import time
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
EVENT = "news"
Steps = Generator[Any, Any, Any]


@app.activity_trigger(input_name="what")
def work(what: str) -> str:
    """Takes a moment, and leaves a line for every run."""
    time.sleep(0.05)
    with Path(os.environ["SOAK_RUNS"]).open("a", encoding="utf-8") as runs:
        runs.write(f"{what}\n")
    return what


@app.orchestration_trigger(context_name="context")
def child(context: df.DurableOrchestrationContext) -> Steps:
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=1))
    return (yield context.call_activity("work", f"{context.get_input()} child"))


def raised(context: df.DurableOrchestrationContext) -> list[str]:
    """Payloads of the events raised up to the episode that is being replayed."""
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
def everything(context: df.DurableOrchestrationContext) -> Steps:
    """A child, a fan-out, a timer, and events until all the expected ones have come."""
    name, expected = context.instance_id, set((context.get_input() or {})["news"])
    kid = context.call_sub_orchestrator("child", name)
    parts = yield context.task_all([context.call_activity("work", f"{name} {part}") for part in range(3)])
    parts.append((yield kid))
    news: list[str] = []
    while not expected <= set(news):
        if len(raised(context)) <= len(news):
            alarm = context.create_timer(context.current_utc_datetime + timedelta(seconds=2))
            context.deferred_tasks.pop(EVENT, None)
            bell = context.wait_for_external_event(EVENT)
            if (yield context.task_any([bell, alarm])) != alarm:
                alarm.cancel()
        news = raised(context)
        yield context.call_activity("work", f"{name} looks")
    return [parts, sorted(set(news))]
