"""The management API: status codes, headers and bodies of the recordings, the unhappy ones included."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from yarl import URL

from devhost.engine.clock import VirtualClock
from devhost.functions.worker import Worker
from devhost.management.views import loose
from tests.devhost.inside import APPS, Inside, hosting, loaded
from tests.devhost.recordings import GOLDEN, normal

# The SDK about events that nobody waits for: an error here, it would fail the instance.
pytestmark = pytest.mark.filterwarnings("ignore:Potential duplicate Task completion")
Call = dict[str, Any]
HEADERS = ("Content-Type", "Location", "Retry-After", "x-ms-continuation-token")
# What .NET says of bad JSON, its stacks, and functions that this app does not have.
UNLIKE = re.compile(
    r"(known orchestrator functions: ).*|.*(?:Path '', line).*|The body is not JSON\.", re.DOTALL
)
WAIT_SECONDS = 20.0


def calls(topic: str) -> dict[str, Call]:
    recorded = json.loads((GOLDEN / "management" / f"{topic}.json").read_text(encoding="utf-8"))
    return {call["case"]: call for call in recorded["calls"]}


@pytest.fixture(scope="module")
def app() -> Iterator[Worker]:
    with loaded(APPS / "management") as worker:
        yield worker


def comparable(answer: dict[str, Any]) -> Any:
    text = json.dumps(answer, sort_keys=True)
    text = re.sub(r"http://(localhost:7071|127\.0\.0\.1:\d+)", "<host>", text)
    plain = json.loads(text)

    def walk(part: Any) -> Any:
        if isinstance(part, dict):
            return {name: walk(item) for name, item in part.items() if name != "StackTrace"}
        if isinstance(part, list):
            return [walk(item) for item in part]
        return UNLIKE.sub(lambda found: f"{found[1] or ''}<unlike>", part) if isinstance(part, str) else part

    return normal(walk(plain))


async def played(inside: Inside, call: Call) -> dict[str, Any]:
    """Send a recorded request; the answer in the recording's form."""
    request = call["request"]
    headers = dict(request.get("headers", {}))
    if "contentType" in request:
        headers["Content-Type"] = request["contentType"]
    body = request.get("body")
    if body == "a JSON string of 70000 characters":
        body = json.dumps("x" * 70_000)
    address = URL(inside.url + request["path"], encoded=True)
    skip = ("Content-Type",) if "contentType" not in request else ()
    async with inside.client.request(
        request["method"],
        address,
        data=body.encode() if body is not None else None,
        headers=headers,
        skip_auto_headers=skip,
    ) as answer:
        text = await answer.text()
        found = {name: answer.headers[name] for name in HEADERS if name in answer.headers}
        if not text:
            found.pop("Content-Type", None)
        return {"status": answer.status, "headers": found, "body": loose(text)}


async def expect(inside: Inside, recorded: dict[str, Call], *cases: str) -> None:
    """Play these cases, in this order, and compare."""
    for case in cases:
        ours = await played(inside, recorded[case])
        theirs = {name: recorded[case]["response"][name] for name in ("status", "headers", "body")}
        assert comparable(ours) == comparable(theirs), case


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while not await condition():  # noqa: ASYNC110 - asks over HTTP
            await asyncio.sleep(0.01)


async def ended(inside: Inside, *instances: str) -> None:
    for instance in instances:
        await until(partial(_has, inside, instance, "Completed", "Failed", "Terminated"))


async def running(inside: Inside, *instances: str) -> None:
    for instance in instances:
        await until(partial(_has, inside, instance, "Running", "Suspended"))


async def _has(inside: Inside, instance: str, *statuses: str) -> bool:
    return (await inside.status(instance))["runtimeStatus"] in statuses


async def population(inside: Inside) -> None:
    """The instances that the recordings talk of."""
    await inside.start("short_deadline", "m-run", {"hello": "wörld"})
    await inside.start("chain", "m-done", {"n": 2})
    await ended(inside, "m-done")
    await inside.start("chain", "m-done", {"n": 2})
    await inside.start("thrower", "m-failed")
    await inside.start("short_deadline", "m-wait2", {})
    await ended(inside, "m-done", "m-failed")
    await running(inside, "m-run", "m-wait2")


async def test_start(app: Worker, azurite: str) -> None:
    recorded = calls("start")
    async with hosting(app, azurite, hub="GoldenHub") as inside:
        await expect(inside, recorded, "with id")
        await running(inside, "m-run")
        await expect(inside, recorded, "id is running", "without id", "id in other letter case of function")
        await expect(inside, recorded, "no body", "bad JSON", "plain text body", "unknown function")
        await expect(inside, recorded, "id starts with @", "id with a slash escaped", "id with #")
        await expect(inside, recorded, "id of 101 characters", "wait until done", "wait, too short")
        await inside.start("chain", "m-done", {"n": 2})
        await ended(inside, "m-done", "m-nosuch", "@bad")
        await expect(inside, recorded, "id of a finished instance", "unknown function, what becomes of it")
        await expect(inside, recorded, "id starts with @, what becomes of it", "GET instead of POST")


async def test_start_where_the_id_is_pending(app: Worker, azurite: str) -> None:
    recorded = calls("start")
    async with hosting(app, azurite) as inside:
        await inside.start("slow_start", "m-run")
        await expect(inside, recorded, "id is pending or running")


async def test_status(app: Worker, azurite: str) -> None:
    recorded = calls("status")
    async with hosting(app, azurite) as inside:
        await population(inside)
        await expect(inside, recorded, "running", "running, showInput=false", "running, showHistory")
        await expect(inside, recorded, "completed, showHistory and output", "failed", "failed, 500 asked for")
        await expect(inside, recorded, "unknown", "other letter case")
        events = calls("raise-event")
        for case in ("json object", "json string", "json null", "JSON with charset", "large body 70 KB"):
            await expect(inside, events, case)
        moves = calls("suspend-resume")
        await expect(inside, moves, "suspend running")
        await expect(inside, recorded, "suspended")
        await expect(inside, events, "suspended instance")
        await expect(inside, moves, "resume")
        ours = await played(inside, recorded["resumed"])
        assert [_brief(found) for found in ours["body"]["historyEvents"]] == [
            _brief(found) for found in recorded["resumed"]["response"]["body"]["historyEvents"]
        ]
        await expect(inside, calls("terminate"), "running")
        await ended(inside, "m-run")
        await expect(inside, recorded, "terminated")


def _brief(found: dict[str, Any]) -> list[Any]:
    """What stays the same where the order of calls differs: which members an event shows."""
    return sorted(found)


async def test_status_while_pending(app: Worker, azurite: str) -> None:
    recorded = calls("status")
    async with hosting(app, azurite) as inside:
        await inside.start("slow_start", "m-pending")
        await expect(inside, recorded, "pending")
        raised = asyncio.create_task(expect(inside, calls("raise-event"), "pending instance"))
        await asyncio.sleep(0.1)  # the event is to come before the end, as recorded
        await expect(inside, calls("terminate"), "pending instance")
        await raised
        ours = await played(inside, recorded["terminated while pending"])
        theirs = recorded["terminated while pending"]["response"]
        # Here the events come with the second episode: nothing is dropped, and a wait for them exists by then.
        assert ours["body"]["runtimeStatus"] == theirs["body"]["runtimeStatus"]
        kinds = [found["EventType"] for found in theirs["body"]["historyEvents"]]
        assert [found["EventType"] for found in ours["body"]["historyEvents"]] == kinds


async def test_list(app: Worker, azurite: str) -> None:
    recorded = calls("list")
    # The recordings' filters name their day.
    clock = VirtualClock(datetime(2026, 11, 24, 9, tzinfo=UTC))
    async with hosting(app, azurite, clock=clock) as inside:
        await inside.start("chain", "m-wait", {"n": 1})
        await inside.start("short_deadline", "m-wait2", {})
        await inside.start("short_deadline", "m-run", {"hello": "wörld"})
        await inside.start("slow_start", "m-pending")
        await inside.start("thrower", "m-failed")
        await inside.start("nosuch", "m-nosuch", {})
        await ended(inside, "m-wait", "m-failed", "m-nosuch")
        stop = calls("terminate")
        await expect(inside, stop, "pending instance", "running", "without reason")
        await expect(inside, recorded, "prefix", "prefix, showInput=false", "status", "two statuses")
        await expect(inside, recorded, "unknown status", "created in the future", "created between")
        await expect(inside, recorded, "bad date", "no match", "trailing slash")


async def test_list_in_pages(app: Worker, azurite: str) -> None:
    async with hosting(app, azurite) as inside:
        names = ["g-activity-failure", "g-any-of-event", "g-any-of-timer", "g-chain", "g-continue-as-new"]
        for name in names:
            await inside.start("chain", name)
        first, second = (calls("list")[f"page of 2, {number}"] for number in ("first", "second"))
        found = []
        for call in (first, second):
            answer = await played(inside, call)
            found += [each["instanceId"] for each in answer["body"]]
            token = "x-ms-continuation-token"
            assert answer["headers"][token] == call["response"]["headers"][token]
        assert found == names[:4]


async def test_raise_event(app: Worker, azurite: str) -> None:
    recorded = calls("raise-event")
    async with hosting(app, azurite) as inside:
        await population(inside)
        await expect(inside, recorded, *(case for case in recorded if case.split()[0] not in _LATER))
        await expect(inside, calls("suspend-resume"), "suspend running")
        await expect(inside, recorded, "suspended instance")
        await expect(inside, calls("terminate"), "running")
        await expect(inside, recorded, "terminated instance")


_LATER = frozenset({"pending", "suspended", "terminated"})


async def test_terminate(app: Worker, azurite: str) -> None:
    recorded = calls("terminate")
    async with hosting(app, azurite) as inside:
        await population(inside)
        await inside.start("slow_start", "m-pending")
        await expect(inside, recorded, *recorded)


async def test_suspend_and_resume(app: Worker, azurite: str) -> None:
    recorded = calls("suspend-resume")
    async with hosting(app, azurite) as inside:
        await population(inside)
        await expect(inside, recorded, *recorded)


async def test_rewind(app: Worker, azurite: str) -> None:
    recorded = calls("rewind")
    async with hosting(app, azurite) as inside:
        await population(inside)
        await expect(inside, calls("suspend-resume"), "suspend running")
        await inside.start("failing", "m-rewind", {"key": "r28ab", "fail": 1})
        await ended(inside, "m-rewind")
        await expect(inside, recorded, "running", "completed", "unknown", "failed")
        await ended(inside, "m-rewind")
        await expect(inside, recorded, "status afterwards")


async def test_restart(app: Worker, azurite: str) -> None:
    recorded = calls("restart")
    async with hosting(app, azurite, hub="GoldenHub") as inside:
        for name in list(inside.host.engine.instances.values()):
            await inside.host.engine.purge(name)
        await population(inside)
        await expect(inside, calls("suspend-resume"), "suspend running")
        await expect(inside, recorded, "completed, new id", "completed, same id")
        await ended(inside, "m-done")
        await expect(inside, recorded, "status afterwards", "failed, same id", "running, same id")
        await expect(inside, recorded, "running, new id", "unknown")


async def test_purge(app: Worker, azurite: str) -> None:
    recorded = calls("purge")
    async with hosting(app, azurite) as inside:
        await inside.start("chain", "m-wait", {"n": 1})
        await inside.start("short_deadline", "m-live")
        await inside.start("thrower", "m-failed")
        await inside.start("thrower", "m-failed2")
        await ended(inside, "m-wait", "m-failed", "m-failed2")
        await running(inside, "m-live")
        await expect(inside, recorded, "one", "status afterwards", "again", "unknown", "running")
        await expect(inside, recorded, "status of the running one", "many without filter")
        await expect(inside, recorded, "many, none in the range")
        moved = [dict(recorded[case]) for case in ("many, by time and status", "many, status Running")]
        answers = [(await played(inside, _since_2000(call)))["body"] for call in moved]
        # As recorded: the Running one is purged too.
        assert answers == [{"instancesDeleted": 2}, {"instancesDeleted": 1}]
        await expect(inside, recorded, "what is left", "many, by time", "many, bad date")


def _since_2000(call: Call) -> Call:
    path = re.sub(r"createdTimeFrom=[^&]+", "createdTimeFrom=2000-01-01T00:00:00Z", call["request"]["path"])
    return {**call, "request": {**call["request"], "path": path}}


async def test_entities_and_the_rest(app: Worker, azurite: str, caplog: pytest.LogCaptureFixture) -> None:
    recorded = calls("other")
    async with hosting(app, azurite) as inside:
        await inside.start("unknown_activity", "m-noact")
        await inside.start("short_deadline", "m-live")
        await inside.start("entities", "g-entity", json.dumps("tally"))
        await ended(inside, "g-entity")
        await running(inside, "m-noact", "m-live")
        await expect(inside, recorded, "orchestrator that calls an unknown activity", "unknown operation")
        errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
        assert any("m-noact" in text and "'nothing_of_this_name' doesn't exist" in text for text in errors)
        await expect(inside, recorded, "unknown root", "entity, known", "entity, unknown", "entity, list")
        await expect(inside, recorded, "entity, signal", "other task hub", "other connection")
        # The SDK wants inputs encoded twice: a bare 1 fails the operation, there as here.
        await expect(inside, recorded, "entity after the signal")
        text = json.dumps(json.dumps(1))
        signal = {**recorded["entity, signal"]["request"], "body": text}
        assert (await played(inside, {"request": signal}))["status"] == 202
        assert (await played(inside, recorded["entity after the signal"]))["body"] == 9


async def test_the_client_binding(app: Worker, azurite: str) -> None:
    recorded = json.loads((GOLDEN / "client-binding.json").read_text(encoding="utf-8"))["binding"]
    async with hosting(app, azurite, hub="GoldenHub") as inside:
        text = inside.host.management.client_binding().replace(inside.url, "http://localhost:7071")
    recorded["rpcBaseUrl"] = recorded["rpcBaseUrl"].replace("127.0.0.1:17071", "localhost:7071")
    assert json.loads(text) == recorded
