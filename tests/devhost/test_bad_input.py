"""What is wrong gets a clear error; the rest goes on."""

from __future__ import annotations

import asyncio
import io
import json
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from devhost.engine.clock import VirtualClock
from devhost.functions.bodies import MAX_BODY_BYTES, Budget
from devhost.functions.config import read_config, with_settings
from devhost.functions.routes import routes_of
from devhost.functions.worker import Worker
from devhost.hub.storage import open_storage
from devhost.hub.tables import Account
from devhost.problems import Problem
from tests.devhost.inside import APPS, KEY, Inside, hosting, loaded

# The SDK about loose typing: an error here, it would fail the activity.
pytestmark = pytest.mark.filterwarnings("ignore:azure.functions df_loads")
LIMIT_SECONDS = 20
OVER = ("Completed", "Failed", "Terminated")


@pytest.fixture(scope="module")
def app() -> Iterator[Worker]:
    with loaded(APPS / "hostile") as worker:
        yield worker


@pytest_asyncio.fixture
async def inside(app: Worker, azurite: str) -> AsyncIterator[Inside]:
    async with hosting(app, azurite, clock=VirtualClock()) as found:
        yield found


async def ended(inside: Inside, instance: str) -> dict[str, Any]:
    async with asyncio.timeout(LIMIT_SECONDS):
        while (status := await inside.status(instance))["runtimeStatus"] not in OVER:  # noqa: ASYNC110 - asks over HTTP
            await asyncio.sleep(0.01)
    return status


# -- functions that misbehave --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["raises", "exits", "answers/list", "answers/missing"])
async def test_a_function_that_fails_is_a_500_without_a_word(
    path: str, inside: Inside, caplog: pytest.LogCaptureFixture
) -> None:
    async with inside.client.get(f"{inside.url}/api/{path}") as answer:
        assert (answer.status, await answer.text()) == (500, "")
    name = path.partition("/")[0]
    assert re.search(name + r" failed \(\d+ ms\): .* \[[0-9a-f-]{36}\]", caplog.text)
    assert "devhost/functions/worker.py" not in caplog.text
    async with inside.client.get(f"{inside.url}/api/open?who=me") as answer:
        assert (answer.status, await answer.text()) == (200, "open to me")


async def test_what_a_function_returns(inside: Inside) -> None:
    async with inside.client.get(f"{inside.url}/api/answers/none") as answer:
        assert (answer.status, await answer.text()) == (204, "")
    async with inside.client.get(f"{inside.url}/api/answers/status") as answer:
        assert (answer.status, await answer.text()) == (299, "x")


async def test_what_a_function_sees(inside: Inside) -> None:
    twice = [("X-Twice", "one"), ("X-Twice", "two")]
    async with inside.client.post(
        f"{inside.url}/api/echo/7?a=1&a=2&b=", data=b"12345", headers=twice
    ) as answer:
        seen = await answer.json()
    assert seen["header"] == "one, two"
    assert (seen["method"], seen["query"], seen["route"]) == ("POST", {"a": "1,2", "b": ""}, {"kind": "7"})
    assert (seen["size"], seen["function"]) == (5, "echo")
    async with inside.client.get(f"{inside.url}/api/ECHO") as answer:
        assert (await answer.json())["route"] == {}


@pytest.mark.parametrize("path", ["api/echo/seven", "api/nothing", "nothing", "admin/nothing"])
async def test_an_unknown_route_is_a_404(path: str, inside: Inside) -> None:
    async with inside.client.get(f"{inside.url}/{path}") as answer:
        assert answer.status == 404


@pytest.mark.parametrize("workflow", ["unserialisable", "calls_exit"])
async def test_an_activity_that_breaks_fails_its_orchestration_alone(workflow: str, inside: Inside) -> None:
    await inside.start(workflow, workflow)
    status = await ended(inside, workflow)
    assert status["runtimeStatus"] == "Failed"
    assert "Activity function" in status["output"]


async def test_half_a_surrogate_pair_becomes_what_net_makes_of_it(inside: Inside) -> None:
    await inside.start("repeats_what_it_hears", "half")
    await inside.host.engine.quiet()
    address = f"{inside.management}/instances/half/raiseEvent/go"
    headers = {"Content-Type": "application/json"}
    async with inside.client.post(address, data=r'"a\ud800b\ud83d\ude00"', headers=headers) as answer:
        assert answer.status == 202
    status = await ended(inside, "half")
    assert status["customStatus"] == "a\ufffdb\U0001f600"
    said = "Activity function 'complains' failed:  ValueError: not a\ufffdb\U0001f600"
    assert status["output"] == ["a\ufffdb\U0001f600", said]


async def test_what_is_nested_too_deeply_hurts_nobody_else(inside: Inside) -> None:
    """Around the depth where Python's parser gives up; it depends on the caller's own."""
    for depth in range(860, 1000, 4):
        address = f"{inside.management}/orchestrators/quick/deep{depth}"
        async with inside.client.post(address, data="[" * depth + "]" * depth) as answer:
            assert answer.status in (202, 400)
    await inside.host.engine.quiet()
    async with inside.client.get(f"{inside.management}/instances?instanceIdPrefix=deep") as answer:
        found = await answer.json(content_type=None)
    assert {each["runtimeStatus"] for each in found} == {"Completed"}


async def test_ids_that_no_table_holds_fail_what_names_them(inside: Inside) -> None:
    await inside.start("names_what_no_table_holds", "long")
    assert (await ended(inside, "long"))["output"] == [True, True]
    async with inside.client.post(f"{inside.management}/orchestrators/quick/{'x' * 600}") as answer:
        assert answer.status == 400
    async with inside.client.post(f"{inside.management}/entities/nobody/{'x' * 600}?op=op") as answer:
        assert answer.status == 202


# -- orchestrators that are not deterministic ----------------------------------------------------------------


async def test_code_that_changed_under_an_instance_is_named(
    app: Worker, inside: Inside, caplog: pytest.LogCaptureFixture
) -> None:
    steps = sys.modules["function_app"].STEPS
    await inside.start("waits_then_steps", "changed")
    await inside.host.engine.quiet()
    steps["changed"] = "two"
    try:
        address = f"{inside.management}/instances/changed/raiseEvent/go"
        async with inside.client.post(address, json=1) as answer:
            assert answer.status == 202
        status = await ended(inside, "changed")
    finally:
        steps["changed"] = "one"
    assert status["runtimeStatus"] == "Failed"
    for text in ("Non-Deterministic", "waits_then_steps", "TaskScheduled one", "TaskScheduled two"):
        assert text in status["output"]
        assert text in caplog.text


async def test_chance_in_an_orchestrator_is_named(inside: Inside) -> None:
    await inside.start("depends_on_chance", "chance")
    status = await ended(inside, "chance")
    assert status["runtimeStatus"] == "Failed"
    assert "Non-Deterministic" in status["output"]
    assert "depends_on_chance" in status["output"]


# -- requests ------------------------------------------------------------------------------------------------


async def test_a_body_of_100_mb_is_taken_and_a_larger_one_refused(inside: Inside) -> None:
    async with inside.client.post(f"{inside.url}/api/echo", data=io.BytesIO(b"x" * MAX_BODY_BYTES)) as answer:
        assert (await answer.json())["size"] == MAX_BODY_BYTES
    async with inside.client.post(
        f"{inside.url}/api/echo", data=b"x" * 10, headers={"Content-Length": str(MAX_BODY_BYTES + 1)}
    ) as answer:
        assert answer.status == 413
        assert str(MAX_BODY_BYTES) in (await answer.json())["Message"]


async def test_a_body_in_chunks_is_bounded_too(inside: Inside) -> None:
    async def chunks(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"x" * 1_048_576

    async with inside.client.post(f"{inside.url}/api/echo", data=chunks(3)) as answer:
        assert (await answer.json())["size"] == 3 * 1_048_576
    try:
        async with inside.client.post(f"{inside.url}/api/echo", data=chunks(101)) as answer:
            assert answer.status == 413
    except aiohttp.ClientConnectionError:
        pass  # refused while it was still being sent


async def test_large_bodies_wait_for_each_other() -> None:
    budget, together, most = Budget(100), 0, 0

    async def hold() -> None:
        nonlocal together, most
        async with budget.share(40):
            together += 1
            most = max(most, together)
            await asyncio.sleep(0)
            together -= 1

    await asyncio.gather(*(hold() for _ in range(20)))
    assert most == 2


async def test_a_thousand_connections_at_once(inside: Inside) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as client:

        async def ask(number: int) -> int:
            async with client.get(f"{inside.url}/api/open?who={number}") as answer:
                assert await answer.text() == f"open to {number}"
                return answer.status

        assert set(await asyncio.gather(*(ask(number) for number in range(1000)))) == {200}


async def test_the_key_is_checked_where_it_is_asked_for(app: Worker, azurite: str) -> None:
    async with hosting(app, azurite, check_key=True) as inside:
        instances, echo = f"{inside.management}/instances", f"{inside.url}/api/echo"
        for address, headers, status in (
            (instances, {}, 401),
            (f"{instances}?code=wrong", {}, 401),
            (f"{instances}?code=%C3%BC", {}, 401),
            (f"{instances}?code={KEY}", {}, 200),
            (instances, {"x-functions-key": KEY}, 200),
            (echo, {}, 401),
            (f"{echo}?code={KEY}", {}, 200),
            (f"{inside.url}/api/open", {}, 200),
            (
                f"{inside.url}/durabletask/instances",
                {},
                200,
            ),  # the SDK's own door, without a key as officially
        ):
            async with inside.client.get(address, headers=headers) as answer:
                assert answer.status == status, address


@pytest.mark.parametrize(
    "body", ["", "x", "[]", '{"advance": 3}', '{"advance": "P"}', '{"advance": "3 days"}']
)
async def test_the_clock_refuses_what_is_no_duration(body: str, inside: Inside) -> None:
    async with inside.client.post(f"{inside.url}/admin/clock", data=body) as answer:
        assert answer.status == 400
        assert "P1DT2H3M4S" in (await answer.json())["Message"]


async def test_a_real_clock_does_not_jump(app: Worker, azurite: str) -> None:
    async with (
        hosting(app, azurite) as inside,
        inside.client.post(f"{inside.url}/admin/clock", json={"advance": "P1D"}) as answer,
    ):
        assert answer.status == 409
        assert "--clock virtual" in (await answer.json())["Message"]


async def test_timers_run_at_the_start_and_when_due_and_survive_failures(
    inside: Inside, caplog: pytest.LogCaptureFixture
) -> None:
    ticks = sys.modules["function_app"].TICKS
    await inside.host.engine.quiet()
    before = len(ticks)
    assert before >= 1
    clock = inside.host.clock
    assert isinstance(clock, VirtualClock)
    for _ in range(2):
        await clock.advance(timedelta(hours=1), inside.host.engine.quiet)
    assert len(ticks) - before == 2
    assert re.search(r" failed \(\d+ ms\): ValueError: timer trouble \[[0-9a-f-]{36}\]", caplog.text)


# -- apps that cannot be run ---------------------------------------------------------------------------------

HEAD = "import azure.functions as func\nimport azure.durable_functions as df\napp = df.DFApp()\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "no function_app.py"),
        ("import nothing_of_this_name", "cannot be imported: ModuleNotFoundError"),
        ("def broken(:", "cannot be imported: SyntaxError"),
        ("raise SystemExit('a wrong setting')", "a wrong setting"),
        ("x = 1", "exactly one FunctionApp, not 0"),
        (HEAD + "other = df.DFApp()\n", "exactly one FunctionApp, not 2"),
        (
            HEAD + "@app.route(route='a')\ndef one(req): pass\n@app.route(route='a')\ndef one(req): pass\n",
            "cannot be indexed",
        ),
        (HEAD + "@app.route(route='a')\ndef one(wrong): pass\n", "its bindings are"),
    ],
)
def test_an_app_that_cannot_be_loaded_is_told_in_a_sentence(
    text: str | None, says: str, tmp_path: Path
) -> None:
    if text is not None:
        (tmp_path / "function_app.py").write_text(text, encoding="utf-8")
    with pytest.raises(Problem, match=says), loaded(tmp_path):
        pass


@pytest.mark.parametrize(
    ("routes", "says"),
    [
        (("a/{x}", "A/{y}"), "share the route"),
        (("a", "a/"), "share the route"),
        (("a/{x}.json",), "whole segment"),
    ],
)
def test_routes_that_cannot_be_served_are_told(routes: tuple[str, ...], says: str, tmp_path: Path) -> None:
    functions = "".join(
        f"@app.route(route={route!r}, methods=['GET'])\ndef f{number}(req): pass\n"
        for number, route in enumerate(routes)
    )
    (tmp_path / "function_app.py").write_text(HEAD + functions, encoding="utf-8")
    with loaded(tmp_path) as worker, pytest.raises(Problem, match=says):
        routes_of(worker.functions, "api")


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("host.json", "{", "host.json is not JSON"),
        ("host.json", "[]", "host.json must hold a JSON object"),
        ("host.json", '{"extensions": 3}', "extensions must be a JSON object"),
        ("local.settings.json", '{"Values": []}', "Values must be a JSON object"),
        ("host.json", '{"extensions": {"durableTask": {"hubName": "1x"}}}', "3 to 45 letters"),
        ("host.json", '{"extensions": {"durableTask": {"hubName": "%NO_HUB%"}}}', "the setting NO_HUB"),
        (
            "host.json",
            '{"extensions": {"durableTask": {"maxConcurrentActivityFunctions": 0}}}',
            "must be a number above zero",
        ),
    ],
)
def test_settings_that_cannot_be_used_are_told(file: str, text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.raises(Problem, match=says):
        read_config(tmp_path)


def test_local_settings_fill_in_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"MY_HUB": "FromFile", "MY_OTHER": "x"}
    (tmp_path / "local.settings.json").write_text(json.dumps({"Values": values}), encoding="utf-8-sig")
    (tmp_path / "host.json").write_text('{"extensions": {"durableTask": {"hubName": "%MY_HUB%"}}}')
    monkeypatch.setenv("MY_HUB", "FromEnvironment")
    monkeypatch.delenv("MY_OTHER", raising=False)
    assert read_config(tmp_path).hub == "FromEnvironment"
    assert with_settings("%MY_OTHER%") == "x"
    monkeypatch.delenv("MY_OTHER")


def test_a_thread_count_that_is_no_number_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_THREADPOOL_THREAD_COUNT", "many")
    with pytest.raises(Problem, match="PYTHON_THREADPOOL_THREAD_COUNT"), loaded(APPS / "hostile"):
        pass


@pytest.mark.parametrize(
    "text", ["nonsense", "AccountName=a;", "AccountName=a;AccountKey=!;TableEndpoint=http://x"]
)
async def test_a_connection_string_that_is_none_is_told(text: str, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        with pytest.raises(Problem, match="connection string"):
            await stack.enter_async_context(open_storage(text, tmp_path))


def test_a_connection_string_for_azure() -> None:
    account = Account.of(
        "DefaultEndpointsProtocol=https;AccountName=mine;AccountKey=YQ==;EndpointSuffix=core.windows.net"
    )
    assert account.endpoint == "https://mine.table.core.windows.net"
