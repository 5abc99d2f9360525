"""Every kind of action, and the SDK's whole client."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from devhost.engine.clock import VirtualClock
from devhost.functions.worker import Worker
from tests.devhost.inside import APPS, Inside, hosting, loaded

pytestmark = [
    pytest.mark.filterwarnings("ignore:Potential duplicate Task completion"),
    pytest.mark.filterwarnings("ignore:azure.functions df_loads"),
]


@pytest.fixture(scope="module")
def app() -> Iterator[Worker]:
    with loaded(APPS / "kinds") as worker:
        yield worker


@pytest_asyncio.fixture
async def inside(app: Worker, azurite: str) -> AsyncIterator[Inside]:
    async with hosting(app, azurite, clock=VirtualClock()) as found:
        yield found


async def run(inside: Inside, name: str, instance: str, given: Any = None) -> dict[str, Any]:
    """Start and let everything run that can run now."""
    await inside.start(name, instance, given)
    await inside.host.engine.quiet()
    return await inside.status(instance)


async def advance(inside: Inside, **by: float) -> None:
    clock = inside.host.clock
    assert isinstance(clock, VirtualClock)
    await clock.advance(timedelta(**by), inside.host.engine.quiet)


async def client(inside: Inside, verb: str, instance: str, body: Any = None) -> Any:
    """One method of the SDK's client, called inside a function."""
    async with inside.client.post(f"{inside.url}/api/client/{verb}/{instance}", json=body) as answer:
        assert answer.status == 200, await answer.text()
        found = await answer.json()
    await inside.host.engine.quiet()
    return found


# -- retries, timers, children -------------------------------------------------------------------------------


async def test_a_child_is_retried_after_its_pause(inside: Inside) -> None:
    assert (await run(inside, "retries_child", "r"))["runtimeStatus"] == "Running"
    await advance(inside, minutes=59)
    assert (await inside.status("r"))["runtimeStatus"] == "Running"
    await advance(inside, minutes=2)
    await advance(inside, minutes=61)
    status = await inside.status("r")
    assert (status["runtimeStatus"], status["output"]) == ("Completed", 3)


async def test_a_long_timer_is_made_of_hops(inside: Inside) -> None:
    await run(inside, "long_wait", "long")
    await advance(inside, days=9, hours=23)
    assert (await inside.status("long"))["runtimeStatus"] == "Running"
    await advance(inside, hours=2)
    status = await inside.status("long", showHistory="true")
    assert (status["runtimeStatus"], round(status["output"] / 86400)) == ("Completed", 10)
    due = [found["FireAt"] for found in status["historyEvents"] if found["EventType"] == "TimerCreated"]
    # Hops of 3, 3 and 4 days. The last timer fires up to a second early: the SDK asks for the rest, again and again.
    assert len({moment[:10] for moment in due}) == 3


async def test_a_child_under_an_id_that_is_taken_fails_its_parent(inside: Inside) -> None:
    await run(inside, "two_steps", "taken")
    status = await run(inside, "claims_an_id", "claims", {"id": "taken"})
    assert status["runtimeStatus"] == "Failed"
    assert "already exists" in status["output"]
    assert (await inside.status("taken"))["runtimeStatus"] == "Running"


async def test_a_rewind_goes_down_to_the_child_that_failed(inside: Inside) -> None:
    assert (await run(inside, "parent", "p"))["runtimeStatus"] == "Failed"
    await client(inside, "rewind", "p")
    for instance in ("p", "p-child"):
        status = await inside.status(instance)
        assert (status["runtimeStatus"], status["output"]) == ("Completed", "at last")


async def test_more_decisions_than_a_batch_holds(inside: Inside) -> None:
    status = await run(inside, "wide", "wide", {"n": 250})
    assert (status["runtimeStatus"], status["output"]) == ("Completed", sum(range(250)))


async def test_large_values_spill_and_come_back(inside: Inside, app: Worker, azurite: str) -> None:
    await run(inside, "says_much", "much")
    hub = inside.host.engine.hub.name
    # Another process would read them from storage: so does this second host, once the first one is gone.
    await inside.host.engine.stop()
    async with hosting(app, azurite, hub=hub) as second:
        async with second.client.post(f"{second.management}/instances/much/raiseEvent/go", json=1) as answer:
            assert answer.status == 202
        await second.host.engine.quiet()
        assert (await second.status("much"))["output"] == "x" * 80_000
    async with hosting(app, azurite, hub=hub) as third:
        assert (await third.status("much"))["output"] == "x" * 80_000
        assert await client(third, "purge", "much") == 1
    async with (
        hosting(app, azurite, hub=hub) as fourth,
        fourth.client.get(f"{fourth.management}/instances/much") as answer,
    ):
        assert answer.status == 404


# -- suspension ----------------------------------------------------------------------------------------------


async def test_while_suspended_nothing_is_scheduled_but_the_status_follows(inside: Inside) -> None:
    await run(inside, "two_steps", "s")
    await client(inside, "suspend", "s")
    await client(inside, "raise", "s", "now")
    status = await inside.status("s", showHistory="true")
    assert (status["runtimeStatus"], status["output"]) == ("Suspended", "wait a moment")
    assert status["customStatus"] == "went"
    assert "TaskCompleted" not in [found["EventType"] for found in status["historyEvents"]]
    await client(inside, "resume", "s")
    status = await inside.status("s")
    assert (status["runtimeStatus"], json.loads(status["output"])) == ("Completed", "now")


async def test_a_suspended_instance_can_be_terminated(inside: Inside) -> None:
    await run(inside, "two_steps", "t")
    await client(inside, "suspend", "t")
    await client(inside, "terminate", "t")
    status = await inside.status("t")
    assert (status["runtimeStatus"], status["output"]) == ("Terminated", "enough")


# -- entities ------------------------------------------------------------------------------------------------


async def test_signals_come_before_the_call_that_follows_them(inside: Inside) -> None:
    status = await run(inside, "tallies", "tally-1")
    assert (status["runtimeStatus"], status["output"]) == ("Completed", 110)
    assert await client(inside, "state", "tally-1") == [True, 110]


async def test_every_invocation_is_told_with_its_duration_and_its_id(
    inside: Inside, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "devhost")
    assert (await run(inside, "tallies", "told"))["runtimeStatus"] == "Completed"
    assert (await run(inside, "fails_twice", "told-too"))["runtimeStatus"] == "Failed"
    how_long_and_which = r" \(\d+ ms\).* \[[0-9a-f-]{36}\]"
    for what in (r"@tally@told: \d+ operations", "third_time of told-too failed"):
        assert re.search(what + how_long_and_which, caplog.text), what


async def test_signals_of_executions_that_continue_as_new_arrive(inside: Inside) -> None:
    assert (await run(inside, "signals_for_ever", "ever", "5"))["runtimeStatus"] == "Completed"
    assert await client(inside, "state", "ever") == [True, 5]


async def test_the_client_signals_and_a_destructed_entity_is_gone(inside: Inside) -> None:
    await client(inside, "signal", "mine", 7)
    assert await client(inside, "state", "mine") == [True, 7]
    address = f"{inside.management}/entities/Tally/mine?op=delete"
    async with inside.client.post(address, headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == 202
    assert (await client(inside, "state", "mine"))[0] is False


async def test_an_unknown_entity_fails_the_call(inside: Inside) -> None:
    status = await run(inside, "asks_nobody", "asks")
    assert status["runtimeStatus"] == "Failed"
    assert "nosuchentity" in status["output"]


async def test_bad_json_for_an_entity_is_refused(inside: Inside) -> None:
    async with inside.client.post(f"{inside.management}/entities/Tally/x?op=add", data=b"{oops") as answer:
        assert answer.status == 400


def _has_begun(inside: Inside, instance_id: str) -> bool:
    found = inside.host.engine.instances.get(instance_id)
    return found is not None and bool(found.history)


async def test_operations_survive_a_crash_and_are_done_once(app: Worker, azurite: str) -> None:
    """Every message is sent again after a restart; entities and callers drop what they had."""
    runs = sys.modules["function_app"].RUNS
    async with hosting(app, azurite, clock=VirtualClock()) as first:
        await first.start("tallies", "crash")
        hub = first.host.engine.hub.name
        async with asyncio.timeout(20):
            while not _has_begun(first, "crash"):  # noqa: ASYNC110 - a moment inside the engine
                await asyncio.sleep(0)
    async with hosting(app, azurite, hub=hub, clock=VirtualClock()) as second:
        await second.host.engine.quiet()
        status = await second.status("crash")
        assert (status["runtimeStatus"], status["output"]) == ("Completed", 110)
        assert await client(second, "state", "crash") == [True, 110]
    done = runs["crash"]
    async with hosting(app, azurite, hub=hub, clock=VirtualClock()) as third:
        await third.host.engine.quiet()
        assert await client(third, "state", "crash") == [True, 110]
    assert runs["crash"] == done


# -- durable HTTP --------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def server() -> AsyncIterator[TestServer]:
    """Answers 202 twice, with a Location of its own, then 200."""
    polls = iter(range(2))

    async def begin(request: web.Request) -> web.Response:
        text = await request.text()
        headers = {"Location": f"/poll?{text}", "Retry-After": "60"}
        return web.Response(status=202, headers=headers)

    async def poll(request: web.Request) -> web.Response:
        if next(polls, None) is None:
            return web.Response(text=f"done {request.query_string}")
        return web.Response(status=202, headers={"Location": str(request.rel_url)})

    async def lost(_: web.Request) -> web.Response:
        return web.Response(status=202, text="no address")

    app = web.Application()
    app.add_routes([web.post("/begin", begin), web.get("/poll", poll), web.get("/lost", lost)])
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    yield server
    await server.close()


async def test_durable_http_polls_until_it_is_done(
    inside: Inside, server: TestServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The host polls; this SDK takes the first answer for the result, which makes the two fall out of step."""
    given = {"method": "POST", "uri": str(server.make_url("/begin")), "content": "x"}
    assert (await run(inside, "calls_http", "h", given))["runtimeStatus"] == "Running"
    assert "out of step" in caplog.text
    await advance(inside, seconds=61)
    assert (await inside.status("h"))["runtimeStatus"] == "Running"
    await advance(inside, seconds=31)
    await advance(inside, seconds=31)
    status = await inside.status("h", showHistory="true", showHistoryOutput="true")
    assert (status["runtimeStatus"], status["output"]) == ("Completed", [202, ""])
    answers = [found["Result"] for found in status["historyEvents"] if found["EventType"] == "TaskCompleted"]
    assert [found["statusCode"] for found in answers] == [202, 202, 202, 200]


async def test_durable_http_that_answers_at_once(inside: Inside, server: TestServer) -> None:
    uri = str(server.make_url("/poll?x"))
    for _ in range(2):
        await run(inside, "calls_http", "warm", {"method": "GET", "uri": uri})
        await inside.host.engine.purge(inside.host.engine.instances["warm"])
    status = await run(inside, "calls_http", "once", {"method": "GET", "uri": uri})
    assert (status["runtimeStatus"], status["output"]) == ("Completed", [200, "done x"])


async def test_durable_http_without_an_address_to_poll(inside: Inside, server: TestServer) -> None:
    status = await run(inside, "calls_http", "l", {"method": "GET", "uri": str(server.make_url("/lost"))})
    assert (status["runtimeStatus"], status["output"]) == ("Completed", [202, "no address"])


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1/", "nonsense"])
async def test_durable_http_that_fails_fails_the_orchestration(uri: str, inside: Inside) -> None:
    status = await run(inside, "calls_http", "f", {"method": "GET", "uri": uri})
    assert status["runtimeStatus"] == "Failed"


async def test_tokens_of_managed_identities_are_not_to_be_had_here(inside: Inside) -> None:
    status = await run(inside, "calls_http_with_a_token", "token")
    assert status["runtimeStatus"] == "Failed"
    assert "managed identity" in status["output"]


# -- the SDK's client ----------------------------------------------------------------------------------------


async def test_the_clients_life(inside: Inside) -> None:
    async with inside.client.post(f"{inside.url}/api/start/two_steps/c", json={"a": 1}) as answer:
        assert answer.status == 202
        assert (await answer.json())["id"] == "c"
    await inside.host.engine.quiet()
    assert (await client(inside, "status", "c"))["runtimeStatus"] == "Running"
    await client(inside, "raise", "c", {"b": 2})
    status = await client(inside, "status", "c")
    assert (status["runtimeStatus"], json.loads(status["output"])) == ("Completed", {"b": 2})
    assert [each["instanceId"] for each in await client(inside, "list", "c")] == ["c"]
    await client(inside, "restart", "c")
    assert (await client(inside, "status", "c"))["runtimeStatus"] == "Running"
    await client(inside, "terminate", "c")
    assert (await client(inside, "status", "c"))["runtimeStatus"] == "Terminated"
    assert await client(inside, "purge", "c") == 1
    assert await client(inside, "status", "c") in (None, {})


# -- sizes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("length", "status"), [(8701, "Completed"), (8702, "Failed")])
async def test_a_custom_status_has_the_recorded_limit(length: int, status: str, inside: Inside) -> None:
    """8,703 characters of JSON pass, 8,704 fail the orchestration."""
    found = await run(inside, "says_its_status", f"size{length}", {"n": length})
    assert found["runtimeStatus"] == status
    assert status == "Completed" or "must not exceed 16 KB" in found["output"]


async def test_a_large_input_outlives_restarts(app: Worker, azurite: str) -> None:
    given = {"pad": "y" * 70_000}
    async with hosting(app, azurite) as first:
        hub = first.host.engine.hub.name
        await run(first, "two_steps", "l", given)
    async with hosting(app, azurite, hub=hub) as second:
        await client(second, "suspend", "l")
        assert (await second.status("l"))["runtimeStatus"] == "Suspended"
        await client(second, "resume", "l")
    async with hosting(app, azurite, hub=hub) as third:
        assert (await third.status("l"))["input"] == given
        await client(third, "raise", "l", 1)
    async with hosting(app, azurite, hub=hub) as fourth:
        status = await fourth.status("l")
        assert (status["runtimeStatus"], status["input"]) == ("Completed", given)
