"""Every kind of action, where the recordings hold none: retried children, long timers, durable HTTP, entities' ends."""

# azure-functions-durable annotates no decorator.
# mypy: disable-error-code="untyped-decorator, attr-defined"
from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
Steps = Generator[Any, Any, Any]
TRIES: Counter[str] = Counter()
RUNS: Counter[str] = Counter()


@app.orchestration_trigger(context_name="context")
def retries_child(context: df.DurableOrchestrationContext) -> Steps:
    options = df.RetryOptions(first_retry_interval_in_milliseconds=3_600_000, max_number_of_attempts=3)
    child = f"{context.instance_id}-child"
    return (yield context.call_sub_orchestrator_with_retry("fails_twice", options, None, child))


@app.orchestration_trigger(context_name="context")
def fails_twice(context: df.DurableOrchestrationContext) -> Steps:
    return (yield context.call_activity("third_time", context.instance_id))


@app.activity_trigger(input_name="name")
def third_time(name: str) -> int:
    TRIES[name] += 1
    if TRIES[name] < 3:
        raise ValueError(f"try {TRIES[name]}")
    return TRIES[name]


@app.orchestration_trigger(context_name="context")
def long_wait(context: df.DurableOrchestrationContext) -> Steps:
    begun = context.current_utc_datetime
    yield context.create_timer(begun + timedelta(days=10))
    return (context.current_utc_datetime - begun).total_seconds()


@app.orchestration_trigger(context_name="context")
def calls_http(context: df.DurableOrchestrationContext) -> Steps:
    given: Any = context.get_input()
    answer: Any = yield context.call_http(given["method"], given["uri"], given.get("content"))
    return [answer["statusCode"], answer["content"]]


@app.orchestration_trigger(context_name="context")
def calls_http_with_a_token(context: df.DurableOrchestrationContext) -> Steps:
    source = df.ManagedIdentityTokenSource("https://management.core.windows.net/.default")
    return (yield context.call_http("GET", "http://127.0.0.1:1/", token_source=source))


@app.orchestration_trigger(context_name="context")
def tallies(context: df.DurableOrchestrationContext) -> Steps:
    """Ten signals and a call: the call comes after the signals, and everything once."""
    entity = df.EntityId("Tally", str(context.instance_id))
    for _ in range(10):
        context.signal_entity(entity, "add", 1)
    return (yield context.call_entity(entity, "add", 100))


@app.orchestration_trigger(context_name="context")
def signals_for_ever(context: df.DurableOrchestrationContext) -> Steps:
    """Signals in every execution, each of which continues as new."""
    left = int(context.get_input() or 0)
    context.signal_entity(df.EntityId("Tally", str(context.instance_id)), "add", 1)
    yield context.call_activity("note", left)
    if left > 1:
        context.continue_as_new(left - 1)
    return left


@app.orchestration_trigger(context_name="context")
def asks_nobody(context: df.DurableOrchestrationContext) -> Steps:
    return (yield context.call_entity(df.EntityId("NoSuchEntity", "key"), "get"))


@app.entity_trigger(context_name="context", entity_name="Tally")
def tally(context: df.DurableEntityContext) -> None:
    value = context.get_state(lambda: 0)
    RUNS[context.entity_key] += 1
    if context.operation_name == "delete":
        context.destruct_on_exit()
        return
    value += context.get_input()
    context.set_state(value)
    context.set_result(value)


@app.activity_trigger(input_name="x")
def note(x: Any) -> Any:
    return x


@app.orchestration_trigger(context_name="context")
def two_steps(context: df.DurableOrchestrationContext) -> Steps:
    """Waits for an event, then runs an activity; says in its status how far it is."""
    context.set_custom_status("waits")
    found: Any = yield context.wait_for_external_event("go")
    context.set_custom_status("went")
    return (yield context.call_activity("note", found))


@app.orchestration_trigger(context_name="context")
def parent(context: df.DurableOrchestrationContext) -> Steps:
    child = f"{context.instance_id}-child"
    return (yield context.call_sub_orchestrator("fails_once", None, child))


@app.orchestration_trigger(context_name="context")
def fails_once(context: df.DurableOrchestrationContext) -> Steps:
    return (yield context.call_activity("second_time", context.instance_id))


@app.activity_trigger(input_name="name")
def second_time(name: str) -> str:
    TRIES[name] += 1
    if TRIES[name] < 2:
        raise ValueError("not yet")
    return "at last"


@app.orchestration_trigger(context_name="context")
def claims_an_id(context: df.DurableOrchestrationContext) -> Steps:
    """Starts a child under an id that is given."""
    taken: Any = context.get_input()
    return (yield context.call_sub_orchestrator("two_steps", None, taken["id"]))


@app.orchestration_trigger(context_name="context")
def says_much(context: df.DurableOrchestrationContext) -> Steps:
    """Large results and a large output, which go to blobs."""
    found: Any = yield context.call_activity("note", "x" * 40_000)
    yield context.wait_for_external_event("go")
    return found * 2


@app.orchestration_trigger(context_name="context")
def wide(context: df.DurableOrchestrationContext) -> Steps:
    """More actions in one episode than one batch of rows holds."""
    width: Any = context.get_input()
    found: Any = yield context.task_all([context.call_activity("note", n) for n in range(width["n"])])
    return sum(found)


@app.route(route="start/{name}/{id}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    given = json.loads(req.get_body() or b"null")
    instance = await client.start_new(req.route_params["name"], req.route_params["id"], given)
    return client.create_check_status_response(req, instance)


@app.route(route="client/{verb}/{id}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def clients(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """The SDK's client, method by method."""
    instance, verb = req.route_params["id"], req.route_params["verb"]
    calls: dict[str, Callable[[], Awaitable[Any]]] = {
        "status": lambda: _status(client, instance),
        "raise": lambda: client.raise_event(instance, "go", req.get_json()),
        "terminate": lambda: client.terminate(instance, "enough"),
        "suspend": lambda: client.suspend(instance, "wait a moment"),
        "resume": lambda: client.resume(instance, "go on"),
        "rewind": lambda: client.rewind(instance, "again"),
        "restart": lambda: client.restart(instance, False),
        "purge": lambda: _purge(client, instance),
        "signal": lambda: client.signal_entity(df.EntityId("Tally", instance), "add", req.get_json()),
        "state": lambda: _state(client, instance),
        "list": lambda: _list(client, instance),
    }
    found = await calls[verb]()
    return func.HttpResponse(json.dumps(found, default=str), mimetype="application/json")


async def _status(client: df.DurableOrchestrationClient, instance: str) -> Any:
    status = await client.get_status(instance, show_history=True, show_history_output=True, show_input=True)
    return status.to_json() if status else None


async def _purge(client: df.DurableOrchestrationClient, instance: str) -> Any:
    return (await client.purge_instance_history(instance)).instances_deleted


async def _state(client: df.DurableOrchestrationClient, instance: str) -> Any:
    state = await client.read_entity_state(df.EntityId("Tally", instance))
    return [state.entity_exists, state.entity_state]


async def _list(client: df.DurableOrchestrationClient, instance: str) -> Any:
    return [each.to_json() for each in await client.get_status_by(instance_id_prefix=instance)]


@app.orchestration_trigger(context_name="context")
def everything(context: df.DurableOrchestrationContext) -> Steps:
    """An activity, a child, an entity, a timer, an event, and a second execution."""
    given: Any = context.get_input()
    entity = df.EntityId("Tally", f"{context.instance_id}")
    if given["round"] == 1:
        context.signal_entity(entity, "add", 1)
        yield context.call_activity("note", "first")
        context.continue_as_new({"round": 2})
        return None
    noted: Any = yield context.call_activity("note", "second")
    child: Any = yield context.call_sub_orchestrator("fails_not", "c", f"{context.instance_id}-child")
    total: Any = yield context.call_entity(entity, "add", 10)
    yield context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    event: Any = yield context.wait_for_external_event("go")
    context.signal_entity(entity, "add", 100)
    return [noted, child, total, event]


@app.orchestration_trigger(context_name="context")
def fails_not(context: df.DurableOrchestrationContext) -> Steps:
    return (yield context.call_activity("note", context.get_input()))


@app.orchestration_trigger(context_name="context")
def says_its_status(context: df.DurableOrchestrationContext) -> Steps:
    wanted: Any = context.get_input()
    context.set_custom_status("x" * wanted["n"])
    return (yield context.call_activity("note", 1))
