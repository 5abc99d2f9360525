"""One event name and one wait for a seat: complete where decisions come one by one, hang where two share an episode."""

# azure-functions-durable annotates no decorator.
# mypy: disable-error-code="untyped-decorator, attr-defined"
from __future__ import annotations

from collections.abc import Generator
from typing import Any

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.activity_trigger(input_name="seat")
def record(seat: str) -> str:
    return seat


@app.orchestration_trigger(context_name="context")
def seats(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    left, decided = ["A", "B", "C"], []
    while left:
        waits = {seat: context.wait_for_external_event(seat) for seat in left}
        winner = yield context.task_any(list(waits.values()))
        seat = next(seat for seat, wait in waits.items() if wait is winner)
        left.remove(seat)
        decided.append((yield context.call_activity("record", seat)))
    return decided
