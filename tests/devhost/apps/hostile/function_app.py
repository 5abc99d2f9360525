"""Functions that misbehave, and a few that show what they got."""

# azure-functions-durable annotates no decorator.
# mypy: disable-error-code="untyped-decorator, attr-defined"
from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Generator
from http.cookies import SimpleCookie
from typing import Any

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)
Steps = Generator[Any, Any, Any]
TICKS: list[bool] = []
STEPS = {"first": "one", "changed": "one"}


@app.route(route="echo/{kind:int?}", methods=["GET", "POST"])
def echo(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    seen = {
        "method": req.method,
        "url": req.url,
        "query": dict(req.params),
        "route": dict(req.route_params),
        "header": req.headers.get("x-twice"),
        "size": len(req.get_body()),
        "function": context.function_name,
    }
    return func.HttpResponse(json.dumps(seen), mimetype="application/json")


@app.route(route="open", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def opened(req: func.HttpRequest) -> str:
    return f"open to {req.params.get('who', 'all')}"


@app.route(route="raises", methods=["GET"])
def raises(req: func.HttpRequest) -> func.HttpResponse:
    raise ValueError("no luck")


@app.route(route="exits", methods=["GET"])
def exits(req: func.HttpRequest) -> func.HttpResponse:
    sys.exit(3)


@app.route(route="answers/{what}", methods=["GET"])
def answers(req: func.HttpRequest) -> Any:
    """Answers that are odd, and one that sets cookies."""
    jar: SimpleCookie = SimpleCookie()
    jar["a"] = "1"
    odd: dict[str, Any] = {
        "none": None,
        "number": 7,
        "status": func.HttpResponse("x", status_code=299),
        "list": ["x"],
    }
    return odd[req.route_params["what"]]


@app.timer_trigger(arg_name="timer", schedule="0 0 * * * *", run_on_startup=True)
def hourly(timer: func.TimerRequest) -> None:
    TICKS.append(timer.past_due)


@app.timer_trigger(arg_name="timer", schedule="0 30 * * * *")
def fails_hourly(timer: func.TimerRequest) -> None:
    raise ValueError("timer trouble")


@app.orchestration_trigger(context_name="context")
def waits_then_steps(context: df.DurableOrchestrationContext) -> Steps:
    """Deterministic until STEPS changes, as after an edit of the code."""
    step = STEPS[str(context.instance_id)]
    yield context.call_activity(step)
    yield context.wait_for_external_event("go")
    return step


@app.orchestration_trigger(context_name="context")
def depends_on_chance(context: df.DurableOrchestrationContext) -> Steps:
    yield context.call_sub_orchestrator("quick", None, uuid.uuid4().hex)
    if uuid.uuid4().int % 1 == 0 and not context.is_replaying:
        yield context.call_activity("one")
    return (yield context.call_activity("two"))


@app.orchestration_trigger(context_name="context")
def quick(context: df.DurableOrchestrationContext) -> str:
    return "done"


@app.orchestration_trigger(context_name="context")
def repeats_what_it_hears(context: df.DurableOrchestrationContext) -> Steps:
    heard: Any = yield context.wait_for_external_event("go")
    context.set_custom_status(heard)
    context.signal_entity(df.EntityId("nobody", "half \ud800"), "op", heard)
    try:
        yield context.call_activity("complains", heard)
    except Exception as error:  # noqa: BLE001 - what a failed call raises
        return [heard, str(error).splitlines()[0].strip()]


@app.activity_trigger(input_name="x")
def complains(x: str) -> None:
    raise ValueError(f"not {x}")


@app.orchestration_trigger(context_name="context")
def names_what_no_table_holds(context: df.DurableOrchestrationContext) -> Steps:
    said = []
    nobody = df.EntityId("nobody", "x" * 600)
    context.signal_entity(nobody, "op")
    for call in (
        lambda: context.call_sub_orchestrator("quick", None, "x" * 600),
        lambda: context.call_entity(nobody, "op"),
    ):
        try:
            yield call()
        except Exception as error:  # noqa: BLE001 - what a failed call raises
            said.append("too long to be stored" in str(error))
    return said


@app.orchestration_trigger(context_name="context")
def unserialisable(context: df.DurableOrchestrationContext) -> Steps:
    return (yield context.call_activity("makes_no_json"))


@app.orchestration_trigger(context_name="context")
def calls_exit(context: df.DurableOrchestrationContext) -> Steps:
    return (yield context.call_activity("exit_activity"))


@app.activity_trigger(input_name="x")
def one(x: Any) -> str:
    return "one"


@app.activity_trigger(input_name="x")
def two(x: Any) -> str:
    return "two"


@app.activity_trigger(input_name="x")
def makes_no_json(x: Any) -> Any:
    return object()


@app.activity_trigger(input_name="x")
def exit_activity(x: Any) -> str:
    sys.exit(1)
