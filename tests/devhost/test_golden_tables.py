"""The task hub's rows: the recorded columns, types and values, read from Azurite as the extension left them there."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from azure.storage.blob import BlobServiceClient

from devhost.engine.clock import VirtualClock
from devhost.functions.worker import Worker
from devhost.hub.hub import Hub
from devhost.hub.tables import Account, Tables
from devhost.protocol.events import Event, Kind, Moment
from devhost.protocol.rows import escape, unescape
from tests.devhost.inside import APPS, hosting, loaded
from tests.devhost.playing import play, recorded_instances
from tests.devhost.recordings import GOLDEN, copy_rows, normal, recorded_rows
from tests.hosts import HostProcess, running_host

# Scenarios whose batches do not depend on how fast the machine is: what to start, and the event to raise.
SCENARIOS: dict[str, tuple[str, Any, tuple[str, Any] | None]] = {
    "chain": ("chain", {"n": 3}, None),
    "any-of-event": ("approval", {"timeout": 30}, ("Approval", {"by": "ada"})),
    "any-of-timer": ("approval", {"timeout": 3}, None),
    "retry": ("retrying", {"key": "r15c0", "fail": 2}, None),
    "retry-exhausted": ("retrying", {"key": "r9032", "fail": 99}, None),
    "sub-orchestration": ("parent", None, None),
    "continue-as-new": ("eternal", None, None),
    "orchestrator-failure": ("thrower", None, None),
    "activity-failure": ("failing", {"key": "r053d", "fail": 99}, None),
    "large-input": ("chain", {"n": 1, "pad": "y" * 40_000}, None),
}
TYPES = {bool: "Boolean", int: "Int32", str: "String", Moment: "DateTime"}
# A .NET stack trace, and text that the recording shortened.
UNLIKE = re.compile(r"StackTrace: .*|\{\\*\"\$type.*|.* \(\d+ characters\)|.*y{50,}.*", re.DOTALL)


@pytest.fixture(scope="module")
def host(azurite: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    """Devhost over the recorded workflows."""
    app = tmp_path_factory.mktemp("workflows")
    shutil.copy(GOLDEN / "workflows" / "function_app.py", app)
    (app / "host.json").write_text('{"version": "2.0"}')
    with running_host(HostProcess(azurite, app / "log", app=app, hub="GoldenHub")) as process:
        for scenario, (name, given, _) in SCENARIOS.items():
            body = json.dumps(given) if given is not None else "null"
            requests.post(f"{process.management}/orchestrators/{name}/g-{scenario}", data=body, timeout=30)
        yield process


def finished(host: HostProcess, scenario: str) -> None:
    raised = SCENARIOS[scenario][2]
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        status = (host.instance(f"g-{scenario}") or {})["runtimeStatus"]
        if status in ("Completed", "Failed"):
            return
        if raised is not None and status == "Running":
            name, payload = raised
            address = f"{host.management}/instances/g-{scenario}/raiseEvent/{name}"
            assert requests.post(address, json=payload, timeout=30).status_code in (202, 410)
            raised = None
        time.sleep(0.05)
    raise AssertionError(f"{scenario} does not end")


def stored_rows(azurite: str, table: str, instance: str) -> list[dict[str, Any]]:
    return asyncio.run(rows_of(azurite, table, instance))


async def rows_of(azurite: str, table: str, instance: str, hub: str = "GoldenHub") -> list[dict[str, Any]]:
    """An instance's rows; the hub is called as the recorded one."""
    async with Tables(Account.of(azurite)) as tables:
        query = f"PartitionKey eq '{escape(instance)}'"
        found = [row async for row in tables.rows(f"{hub}{table}", query)]
    return [{name: _renamed(value, hub) for name, value in row.items()} for row in found]


def _renamed(value: Any, hub: str) -> Any:
    if not isinstance(value, str):
        return value
    return value.replace(hub, "GoldenHub").replace(hub.lower(), "goldenhub")


def new_hub() -> str:
    return f"Golden{uuid.uuid4().hex[:8]}"


def typed(row: dict[str, Any]) -> dict[str, Any]:
    own = {
        name: value for name, value in row.items() if not name.startswith("odata.") and name != "Timestamp"
    }
    return {
        name: [
            TYPES[type(value)],
            value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value,
        ]
        for name, value in own.items()
    }


def comparable(rows: list[dict[str, Any]]) -> Any:
    rows = [row for row in rows if row["RowKey"][1] != "sentinel"]
    text = json.dumps(rows, sort_keys=True)
    plain = json.loads(text)
    for row in plain:
        for column in row.values():
            if isinstance(column[1], str):
                column[1] = UNLIKE.sub("<unlike>", column[1])
                column[1] = re.sub(r"-[0-9A-F]{8}-", "-<hex>-", column[1])
                column[1] = re.sub(r"http://127[^/]*", "<blobs>", column[1])
    return normal(sorted(plain, key=lambda row: str(row["RowKey"])))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_rows_are_those_that_the_extension_writes(scenario: str, host: HostProcess, azurite: str) -> None:
    finished(host, scenario)
    recorded = json.loads((GOLDEN / "tables" / f"{scenario}.json").read_text(encoding="utf-8"))
    for title, rows in recorded.items():
        if not title.endswith(f"g-{scenario}"):
            continue
        table = title.split()[0]
        ours = [typed(row) for row in stored_rows(azurite, table, f"g-{scenario}")]
        assert comparable(ours) == comparable(rows), title


DRIVEN = sorted(
    path.stem for path in (GOLDEN / "tables").glob("*.json") if path.stem not in ("_hub", "rewind")
)


@pytest.mark.filterwarnings("ignore:Potential duplicate Task completion")
@pytest.mark.filterwarnings("ignore:azure.functions df_loads")
@pytest.mark.parametrize("scenario", DRIVEN)
async def test_the_rows_of_every_recording(scenario: str, worker: Worker, azurite: str) -> None:
    """With the messages that the extension got, also where their order is a matter of moments."""
    name = new_hub()
    async with Hub(azurite, name) as hub:
        instances, _ = await play(scenario, worker, hub)
    names = {instance.id: instance.ours for instance in instances}
    for title, rows in recorded_rows(scenario).items():
        table, _, theirs = title.partition(" ")
        ours = [typed(row) for row in await rows_of(azurite, table, names[theirs], name)]
        assert comparable(ours) == comparable(rows), title


async def test_the_row_of_an_entity(worker: Worker, azurite: str) -> None:
    name = new_hub()
    async with Hub(azurite, name) as hub:
        await play("entity", worker, hub)
    ours = [typed(row) for row in await rows_of(azurite, "Instances", "@counter@tally", name)]
    assert comparable(ours) == comparable(recorded_rows("_hub")["entity instances"])


async def test_the_rows_of_a_rewind(azurite: str) -> None:
    recorded, name = recorded_rows("rewind"), new_hub()
    with loaded(APPS / "management") as app:
        async with hosting(app, azurite, hub=name) as inside:
            await inside.start("failing", "m-rewind", {"key": "r28ab", "fail": 1})
            await inside.host.engine.quiet()
            ours = [typed(row) for row in await rows_of(azurite, "History", "m-rewind", name)]
            assert comparable(ours) == comparable(recorded["History before"])
            address = f"{inside.management}/instances/m-rewind/rewind?reason=again"
            async with inside.client.post(address) as answer:
                assert answer.status == 202
            await inside.host.engine.quiet()
    for title in ("History", "Instances"):
        ours = [typed(row) for row in await rows_of(azurite, title, "m-rewind", name)]
        assert comparable(ours) == comparable(recorded[f"{title} after"])


async def test_the_containers_of_a_hub_have_the_official_names(azurite: str) -> None:
    name = new_hub()
    with loaded(APPS / "kinds") as app:
        async with hosting(app, azurite, hub=name) as inside:
            await inside.start("fails_not", "large", {"pad": "y" * 70_000})
            await inside.host.engine.quiet()
    found = json.loads((GOLDEN / "tables" / "_hub.json").read_text(encoding="utf-8"))
    with BlobServiceClient.from_connection_string(azurite) as blobs:
        names = {container.name for container in blobs.list_containers()}
        blob = next(iter(blobs.get_container_client(f"{name.lower()}-largemessages").list_blob_names()))
    expected = {each.replace("goldenhub", name.lower()) for each in found["containers"]}
    assert expected - {f"{name.lower()}-applease"} <= names
    assert re.fullmatch(r".+/history-[0-9A-F]{16}-\w+-[0-9A-F]{8}-\w+\.json\.gz", blob)


COPIED = [scenario for scenario in DRIVEN if scenario != "large-input"]  # its blob is not in the recording


@pytest.mark.parametrize("scenario", COPIED)
async def test_rows_of_the_extension_load_as_what_it_sent(scenario: str, azurite: str) -> None:
    """A copied hub: each history comes back as the extension sent it to the worker, and goes on from there."""
    name = new_hub()
    async with Hub(azurite, name) as hub:
        await copy_rows(azurite, name, recorded_rows(scenario))
        loaded_instances = {instance.id: instance for instance in await hub.instances()}
        for instance in loaded_instances.values():
            await hub.load_history(instance)
    for recorded in recorded_instances(scenario):
        history, sent = loaded_instances[recorded.id].history, recorded.history(len(recorded.calls) - 1)
        # Flags are set once an episode is over.
        assert _without_flags(history[: len(sent)]) == _without_flags(sent)


def _without_flags(history: list[Event]) -> list[Event]:
    return [{**found, "IsPlayed": None, "Input": _stored_input(found)} for found in history]


def _stored_input(found: Event) -> Any:
    return None if found["EventType"] == Kind.SubOrchestrationInstanceCreated else found.get("Input")


async def test_a_copied_hub_is_looked_at_and_goes_on(worker: Worker, azurite: str) -> None:
    name = new_hub()
    async with Hub(azurite, name) as hub:
        assert hub.name == name
    for scenario in COPIED:
        await copy_rows(azurite, name, recorded_rows(scenario))
    clock = VirtualClock(datetime(2026, 11, 24, 9, tzinfo=UTC))
    async with hosting(worker, azurite, hub=name, clock=clock) as inside:
        status = await inside.status("g-any-of-event", showHistory="true", showHistoryOutput="true")
        assert status["runtimeStatus"] == "Completed"
        assert status["output"] == status["historyEvents"][-1]["Result"]
        assert (await inside.status("g-long-timer"))["runtimeStatus"] == "Running"
        await clock.advance(timedelta(days=4), inside.host.engine.quiet)  # its timer is due by then
        assert (await inside.status("g-long-timer"))["runtimeStatus"] == "Completed"


@pytest.mark.parametrize("key", ["plain", "a/b\\c#d?e^f", "tab\tand\x7f"])
def test_keys_survive_escaping(key: str) -> None:
    assert unescape(escape(key)) == key
    assert not set(escape(key)) & set("/\\#?\t")
