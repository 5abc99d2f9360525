"""A clock that jumps: timers in due order, and every orchestration sees time rise."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import requests

from devhost.hub.tables import Account, Tables
from devhost.protocol.events import parse_time
from tests.hosts import HostProcess, running_host

APP = Path(__file__).parent / "apps" / "month"
DUE = [3, 6, 7, 9, 12, 15, 18, 21, 24, 27, 30]


@pytest.fixture(scope="module")
def host(azurite: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    log = tmp_path_factory.mktemp("month") / "log"
    with running_host(HostProcess(azurite, log, app=APP, options=("--clock", "virtual"))) as process:
        yield process


def start(host: HostProcess, instance: str) -> None:
    answer = requests.post(f"{host.management}/orchestrators/month/{instance}", timeout=30)
    assert answer.status_code == 202, answer.text


def status(host: HostProcess, instance: str) -> dict[str, Any]:
    found: dict[str, Any] = requests.get(
        f"{host.management}/instances/{instance}?showHistory=true", timeout=30
    ).json()
    return found


def test_a_month_of_reminders_escalation_and_lapse(host: HostProcess) -> None:
    start(host, "month")
    host.advance("P31D")
    found = status(host, "month")
    assert found["runtimeStatus"] == "Completed"
    assert [days for _, days in found["output"]] == DUE
    assert [what for what, _ in found["output"]].index("escalation") == 2


def test_time_rises_strictly_for_every_instance(host: HostProcess, azurite: str) -> None:
    start(host, "rising")
    host.advance("P31D")
    moments = asyncio.run(starts_of_episodes(azurite, host.hub, "rising"))
    assert len(moments) == 1 + 2 * len(DUE)
    assert all(earlier < later for earlier, later in pairwise(moments))


async def starts_of_episodes(azurite: str, hub: str, instance: str) -> list[datetime]:
    async with Tables(Account.of(azurite)) as tables:
        query = f"PartitionKey eq '{instance}' and EventType eq 'OrchestratorStarted'"
        return [row["_Timestamp"] async for row in tables.rows(f"{hub}History", query)]


def test_instances_are_woken_in_due_order(host: HostProcess) -> None:
    for instance in ("first", "second"):
        start(host, instance)
        host.advance("P1D")
    host.advance("P1DT1H")
    ends = {}
    for instance in ("first", "second"):
        events = status(host, instance)["historyEvents"]
        ends[instance] = [parse_time(e["Timestamp"]) for e in events if e["EventType"] == "TaskCompleted"]
    assert (len(ends["first"]), len(ends["second"])) == (1, 0)
    host.advance("P1D")
    events = status(host, "second")["historyEvents"]
    (second,) = [parse_time(e["Timestamp"]) for e in events if e["EventType"] == "TaskCompleted"]
    assert timedelta(hours=23) < second - ends["first"][0] < timedelta(hours=25)


def test_a_clock_that_is_not_told_a_duration_says_how(host: HostProcess) -> None:
    bodies: list[Any] = [{"advance": "tomorrow"}, {"advance": 3}, {}, []]
    for body in bodies:
        answer = requests.post(f"{host.url}/admin/clock", json=body, timeout=30)
        assert answer.status_code == 400, body
        assert "P3D" in answer.text
