"""Storage that is away, loses answers, or belongs to somebody else."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError
from yarl import URL

from devhost.functions.worker import Worker
from devhost.hub import hub as hub_module
from devhost.hub.hub import Hub, HubLost
from devhost.hub.large import LargeStrings
from devhost.hub.tables import Account, Operation, StorageError, Tables
from devhost.protocol.events import Event, Kind, event
from devhost.protocol.messages import started_event
from devhost.protocol.rows import Instance
from tests.devhost.inside import APPS, hosting, loaded

MOMENT = datetime(2026, 11, 24, 9, tzinfo=UTC)


class Wire:
    """A proxy in front of the table service that can be told to misbehave for the next batches."""

    def __init__(self, target: str) -> None:
        self._target = URL(target)
        self.refusals: list[int] = []
        self.answers_to_lose = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        is_batch = request.path.endswith("$batch")
        if is_batch and self.refusals:
            return web.Response(status=self.refusals.pop(0), text="away")
        body = await request.read()
        address = self._target.join(URL(str(request.rel_url), encoded=True))
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.request(request.method, address, data=body, headers=request.headers) as answer,
        ):
            text = await answer.read()
        if is_batch and self.answers_to_lose:
            self.answers_to_lose -= 1
            assert request.transport is not None
            request.transport.close()
        skipped = ("Transfer-Encoding", "Content-Length", "Connection")
        headers = {name: value for name, value in answer.headers.items() if name not in skipped}
        return web.Response(status=answer.status, body=text, headers=headers)


@pytest_asyncio.fixture
async def wire(azurite: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Wire, str]]:
    monkeypatch.setattr(hub_module, "FIRST_PAUSE_SECONDS", 0.01)
    account = Account.of(azurite)
    wire = Wire(account.endpoint)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", wire.handle)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    ours = str(server.make_url("/devstoreaccount1"))
    yield wire, azurite.replace(f"TableEndpoint={account.endpoint}", f"TableEndpoint={ours}")
    await server.close()


def instance() -> Instance:
    return Instance(f"i{uuid.uuid4().hex}", "chain", uuid.uuid4().hex, "Pending", MOMENT, MOMENT)


def first_episode(made: Instance) -> list[Event]:
    return [
        event(Kind.OrchestratorStarted, MOMENT),
        started_event(made, None, MOMENT),
        event(Kind.OrchestratorCompleted, MOMENT),
    ]


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_storage_that_is_away_is_waited_for(
    status: int, wire: tuple[Wire, str], caplog: pytest.LogCaptureFixture
) -> None:
    proxy, connection = wire
    async with Hub(connection, "AwayHub") as hub:
        made = instance()
        await hub.create(made)
        proxy.refusals = [status, status]
        await hub.commit(made, first_episode(made))
        loaded_again = replace(made, sentinel=None)
        await hub.load_history(loaded_again)
    assert len(loaded_again.history) == 3
    assert f"storage does not take writes (it answered {status})" in caplog.text


def answered(status: int) -> HttpResponseError:
    error = HttpResponseError("storage's answer")
    error.status_code = status
    return error


async def test_large_strings_wait_for_storage_too(
    azurite: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(hub_module, "FIRST_PAUSE_SECONDS", 0.01)
    failures: list[AzureError] = [ServiceRequestError("away"), answered(503)]
    upload = LargeStrings._upload

    def fails_first(self: LargeStrings, name: str, data: bytes) -> None:
        upload(self, name, data)
        if failures:
            raise failures.pop(0)  # its answer got lost

    monkeypatch.setattr(LargeStrings, "_upload", fails_first)
    async with Hub(azurite, "LargeHub") as hub:
        made = instance()
        made.input = json.dumps("y" * 70_000)
        await hub.create(made)
        (found,) = [each for each in await hub.instances() if each.id == made.id]
        assert found.input == made.input
        assert caplog.text.count("storage does not take writes") == 2
        failures.append(answered(403))
        with pytest.raises(HttpResponseError):
            await hub.create(made)


@pytest.mark.filterwarnings("ignore:azure.functions df_loads")
async def test_a_purge_that_was_cut_short_leaves_nothing_that_goes_on(
    azurite: str, monkeypatch: pytest.MonkeyPatch, worker: Worker
) -> None:
    name = f"Purge{uuid.uuid4().hex[:8]}"
    async with Hub(azurite, name) as hub:
        made = instance()
        await hub.create(made)
        await hub.commit(made, first_episode(made))
        raised = [event(Kind.EventRaised, MOMENT, Name=f"e{n}", Input="1") for n in range(200)]
        await hub.commit(made, [*raised, event(Kind.OrchestratorCompleted, MOMENT)])
        made.status = "Running"
        await hub.describe(made)
        batch, left = Tables.batch, [True]

        async def once(self: Tables, table: str, operations: list[Operation]) -> list[str | None]:
            if not left:
                raise KeyboardInterrupt
            left.pop()
            return await batch(self, table, operations)

        monkeypatch.setattr(Tables, "batch", once)
        with pytest.raises(KeyboardInterrupt):
            await hub.purge(made)
        monkeypatch.undo()
    async with hosting(worker, azurite, hub=name) as inside:
        assert (await inside.status(made.id))["runtimeStatus"] == "Terminated"
        async with inside.client.delete(f"{inside.management}/instances/{made.id}") as answer:
            assert await answer.json() == {"instancesDeleted": 1}
        await inside.start("chain", made.id, {"n": 1})
        await inside.host.engine.quiet()
        assert (await inside.status(made.id))["runtimeStatus"] == "Completed"


async def test_a_commit_whose_answer_got_lost_is_known_again(wire: tuple[Wire, str]) -> None:
    proxy, connection = wire
    async with Hub(connection, "LostHub") as hub:
        made = instance()
        await hub.create(made)
        for _ in range(2):  # the first commit inserts the sentinel, the second changes it
            proxy.answers_to_lose = 1
            await hub.commit(made, first_episode(made))
        found = replace(made)
        await hub.load_history(found)
    assert (len(found.history), found.sentinel) == (6, made.sentinel)


async def test_two_writers_are_never_both_right(azurite: str) -> None:
    async with Hub(azurite, "TwoHub") as hub, Hub(azurite, "TwoHub") as other:
        made = instance()
        await hub.create(made)
        theirs = replace(made, execution_id="theirs")
        await other.commit(theirs, first_episode(theirs))
        with pytest.raises(HubLost, match="only one host may use a hub"):
            await hub.commit(made, first_episode(made))


async def test_a_refusal_that_does_not_pass_is_an_error(wire: tuple[Wire, str]) -> None:
    proxy, connection = wire
    async with Hub(connection, "BadHub") as hub:
        proxy.refusals = [400]
        made = instance()
        with pytest.raises(StorageError, match="400"):
            await hub.commit(made, first_episode(made))


async def test_a_host_that_has_lost_its_hub_says_so_and_stops(azurite: str) -> None:
    with loaded(APPS / "kinds") as app, pytest.raises(HubLost):
        await _lose_hub(app, azurite)


async def _lose_hub(app: Worker, azurite: str) -> None:
    async with hosting(app, azurite) as inside:
        await inside.start("two_steps", "mine")
        await inside.host.engine.quiet()
        await _steal(azurite, inside.host.engine.hub.name, "mine")
        address = f"{inside.management}/instances/mine/raiseEvent/go"
        async with inside.client.post(address, json=1) as answer:
            assert answer.status == 503
            assert "only one host" in (await answer.json())["Message"]
        assert isinstance(await inside.host.engine.lost, HubLost)


async def test_a_start_that_cannot_be_stored_is_not_acknowledged(azurite: str) -> None:
    with loaded(APPS / "kinds") as app:
        async with hosting(app, azurite) as inside:
            await _drop_instances(azurite, inside.host.engine.hub.name)
            async with inside.client.post(f"{inside.management}/orchestrators/two_steps/x") as answer:
                assert answer.status == 503
                assert "storage" in (await answer.json())["Message"]


async def _drop_instances(azurite: str, hub: str) -> None:
    async with Tables(Account.of(azurite)) as tables:
        status, _, _ = await tables._send("DELETE", f"/Tables('{hub}Instances')")
        assert status == 204


async def _steal(azurite: str, hub: str, instance_id: str) -> None:
    async with Tables(Account.of(azurite)) as tables:
        sentinel: dict[str, Any] = {
            "PartitionKey": instance_id,
            "RowKey": "sentinel",
            "ExecutionId": "theirs",
        }
        await tables.merge(f"{hub}History", sentinel)


@pytest.mark.parametrize("torso", [1, 150])
async def test_an_episode_that_was_not_stored_to_its_end_is_none(torso: int, azurite: str) -> None:
    async with Hub(azurite, "TorsoHub") as hub:
        made = instance()
        await hub.create(made)
        await hub.commit(made, first_episode(made))
        rows = [event(Kind.EventRaised, MOMENT, Name=f"e{n}", Input="1") for n in range(torso)]
        whole = made.stored_rows
        await hub.commit(made, [*rows, event(Kind.OrchestratorCompleted, MOMENT)])
        await _cut_off(azurite, made, whole + torso)
        found = replace(made, history=[])
        await hub.load_history(found)
        assert (len(found.history), found.stored_rows) == (3, 3)
        await hub.commit(found, [event(Kind.OrchestratorStarted, MOMENT)])
        again = replace(found, history=[])
        await hub.load_history(again)
        assert len(again.history) == 4


async def _cut_off(azurite: str, made: Instance, last_row: int) -> None:
    """As a crash between two batches leaves it: the last row is missing, the checkpoint is not complete."""
    async with Tables(Account.of(azurite)) as tables:
        last: dict[str, Any] = {"PartitionKey": made.id, "RowKey": f"{last_row:016X}"}
        sentinel: dict[str, Any] = {
            "PartitionKey": made.id,
            "RowKey": "sentinel",
            "IsCheckpointComplete": False,
        }
        operations = [Operation("DELETE", last), Operation("MERGE", sentinel, "*")]
        await tables.batch("TorsoHubHistory", operations)


async def test_a_history_that_somebody_has_torn_stops_nobody_else(azurite: str, worker: Worker) -> None:
    name = f"Torn{uuid.uuid4().hex[:8]}"
    async with Hub(azurite, name) as hub, Tables(Account.of(azurite)) as tables:
        made = instance()
        await hub.create(made)
        await hub.commit(made, first_episode(made))
        await tables.delete(f"{name}History", made.id, f"{1:016X}")
    async with hosting(worker, azurite, hub=name) as inside:
        found = await inside.status(made.id)
        assert (found["runtimeStatus"], "Purge it" in found["output"]) == ("Failed", True)
        async with inside.client.delete(f"{inside.management}/instances/{made.id}") as answer:
            assert await answer.json() == {"instancesDeleted": 1}


async def test_an_overwritten_instance_does_not_inherit_its_predecessors_history(azurite: str) -> None:
    async with Hub(azurite, "OverHub") as hub:
        old = instance()
        await hub.create(old)
        await hub.commit(old, first_episode(old))
        new = Instance(old.id, "chain", "new", "Pending", datetime(2026, 11, 25, tzinfo=UTC), MOMENT)
        await hub.create(new)
        (found,) = [each for each in await hub.instances() if each.id == old.id]
        await hub.load_history(found)
    assert (found.execution_id, found.history) == ("new", [])
    assert found.sentinel is not None


async def test_many_rows_come_in_pages(azurite: str) -> None:
    async with Tables(Account.of(azurite)) as tables:
        await tables.create("PagesTable")
        await tables.create("PagesTable")  # there already
        for start in range(0, 1100, 100):
            batch = [
                Operation("POST", {"PartitionKey": "p", "RowKey": f"{n:06}", "N": n})
                for n in range(start, start + 100)
            ]
            await tables.batch("PagesTable", batch)
        assert [row["N"] async for row in tables.rows("PagesTable")] == list(range(1100))
        await tables.delete("PagesTable", "p", "000000")
        await tables.delete("PagesTable", "p", "000000")  # gone already
        with pytest.raises(StorageError):
            await tables.put("NoSuchTable", {"PartitionKey": "p", "RowKey": "r"})
        with pytest.raises(StorageError):
            _ = [row async for row in tables.rows("NoSuchTable")]


async def test_tables_must_be_open() -> None:
    account = Account.of("AccountName=a;AccountKey=YQ==;TableEndpoint=http://127.0.0.1:1")
    with pytest.raises(RuntimeError, match="async with"):
        await Tables(account).create("x")


async def test_an_episode_larger_than_a_transaction(azurite: str) -> None:
    async with Hub(azurite, "BigHub") as hub:
        made = instance()
        await hub.create(made)
        text = f'"{"€" * 29_000}"'
        rows = [event(Kind.EventRaised, MOMENT, Name=f"e{n}", Input=text) for n in range(120)]
        await hub.commit(made, [*rows, event(Kind.OrchestratorCompleted, MOMENT)])
        found = replace(made, history=[])
        await hub.load_history(found)
    assert [each["Input"] for each in found.history[:-1]] == [text] * 120


async def test_any_text_comes_back(azurite: str) -> None:
    texts = ["", "ü€😀", "\x00\x1f", 'a"b\\c', "x" * 15_361, "😀" * 16_000]
    async with Hub(azurite, "TextHub") as hub:
        made = instance()
        await hub.create(made)
        rows = [event(Kind.EventRaised, MOMENT, Name="e", Input=text) for text in texts]
        await hub.commit(made, [*rows, event(Kind.OrchestratorCompleted, MOMENT)])
        found = replace(made, history=[])
        await hub.load_history(found)
    assert [each["Input"] for each in found.history[:-1]] == texts
