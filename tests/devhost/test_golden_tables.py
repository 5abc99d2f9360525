"""The task hub's rows: the recorded columns, types and values, read from Azurite as the extension left them there."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import requests

from devhost.hub import Hub
from devhost.rows import escape, unescape
from devhost.tables import Account, Tables
from tests.devhost.recordings import GOLDEN, normal
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
TYPES = {bool: "Boolean", int: "Int32", str: "String", datetime: "DateTime"}
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
    async def read() -> list[dict[str, Any]]:
        async with Tables(Account.of(azurite)) as tables:
            query = f"PartitionKey eq '{escape(instance)}'"
            return [row async for row in tables.rows(f"GoldenHub{table}", query)]

    return asyncio.run(read())


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


def test_rows_of_the_extension_load(azurite: str) -> None:
    recorded = json.loads((GOLDEN / "tables" / "any-of-event.json").read_text(encoding="utf-8"))

    def plain(row: dict[str, Any]) -> dict[str, Any]:
        return {
            name: datetime.fromisoformat(value[:26] + "+00:00") if kind == "DateTime" else value
            for name, (kind, value) in row.items()
        }

    async def copy_and_load() -> list[Any]:
        async with Hub(azurite, "CopiedHub") as hub:
            async with Tables(Account.of(azurite)) as tables:
                for title, rows in recorded.items():
                    if isinstance(rows, list):
                        for row in rows:
                            await tables.put(f"CopiedHub{title.split()[0]}", plain(row))
            (instance,) = await hub.instances()
            await hub.load_history(instance)
            return [instance.status, instance.name, [found["EventType"] for found in instance.history]]

    status, name, kinds = asyncio.run(copy_and_load())
    assert (status, name) == ("Completed", "approval")
    assert kinds == [12, 0, 10, 13, 12, 15, 4, 13, 12, 5, 1, 13]


@pytest.mark.parametrize("key", ["plain", "a/b\\c#d?e^f", "tab\tand\x7f"])
def test_keys_survive_escaping(key: str) -> None:
    assert unescape(escape(key)) == key
    assert not set(escape(key)) & set("/\\#?\t")
