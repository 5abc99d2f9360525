"""The instances' rows follow their histories: several changes in one write, none lost at a stop or a kill."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from devhost.engine import statuses
from devhost.engine.clock import VirtualClock
from devhost.engine.engine import Engine
from devhost.engine.recovery import recover
from devhost.engine.statuses import StatusRows
from devhost.functions.worker import Worker
from devhost.hub.memory import MemoryHub
from devhost.protocol.events import Kind
from devhost.protocol.rows import Instance
from tests.devhost.inside import APPS, loaded

pytestmark = [
    pytest.mark.filterwarnings("ignore:Potential duplicate Task completion"),
    pytest.mark.filterwarnings("ignore:azure.functions df_loads"),
]
MOMENT = datetime(2026, 11, 24, 9, tzinfo=UTC)


class SlowHub(MemoryHub):
    """Counts its writes of rows; they end when ``gate`` is open."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def describe(self, instance: Instance) -> None:
        self.written.append(instance.status)
        await self.gate.wait()
        await super().describe(instance)


@pytest.fixture(scope="module")
def app() -> Iterator[Worker]:
    with loaded(APPS / "versions") as worker:
        yield worker


def waiting() -> Instance:
    return Instance("w", "waits", "e", "Running", MOMENT, MOMENT)


async def test_several_changes_are_one_write() -> None:
    hub, instance = SlowHub(), waiting()
    rows = StatusRows(hub, asyncio.create_task)
    rows.note(instance)
    instance.status = "Suspended"
    rows.note(instance)
    assert hub.written == []
    await rows.finish(5)
    assert hub.written == ["Suspended"]
    await rows.finish(5)
    assert hub.written == ["Suspended"]


async def test_after_a_while_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statuses, "DELAY_SECONDS", 0.01)
    hub = SlowHub()
    rows = StatusRows(hub, asyncio.create_task)
    rows.note(waiting())
    async with asyncio.timeout(20):
        while "w" not in hub.rows:  # noqa: ASYNC110 - there is nothing to wait for
            await asyncio.sleep(0.01)
    assert rows.writing("w") is None


async def test_a_change_during_a_write_is_written_too_and_an_end_at_once() -> None:
    hub, instance = SlowHub(), waiting()
    rows = StatusRows(hub, asyncio.create_task)
    hub.gate.clear()
    rows.note(instance)
    write = rows.writing("w")
    assert write is not None
    await asyncio.sleep(0)
    instance.status, instance.history = "Completed", [{"EventType": 0}]
    rows.note(instance)
    hub.gate.set()
    await write
    assert hub.written == ["Running", "Completed"]
    assert hub.rows["w"].status == "Completed"
    assert instance.history == []
    ended = Instance("x", "waits", "e", "Failed", MOMENT, MOMENT)
    rows.note(ended)
    assert rows.writing("x") is not None


async def test_what_is_dropped_is_not_written() -> None:
    hub = SlowHub()
    rows = StatusRows(hub, asyncio.create_task)
    rows.note(waiting())
    rows.drop()
    await rows.finish(5)
    assert hub.written == []


async def begun(hub: MemoryHub, app: Worker) -> Engine:
    """An engine with an instance that waits, of which the row does not know yet."""
    engine = Engine(app, hub, VirtualClock())
    await engine.start("waits", "w", None)
    async with asyncio.timeout(20):
        while engine.instances["w"].status != "Running":  # noqa: ASYNC110 - there is nothing to wait for
            await asyncio.sleep(0.01)
    assert hub.rows["w"].status == "Pending"
    return engine


async def test_a_stop_writes_what_is_due(app: Worker) -> None:
    hub = SlowHub()
    engine = await begun(hub, app)
    await engine.stop()
    assert hub.rows["w"].status == "Running"


async def test_a_host_that_has_lost_its_hub_writes_nothing(app: Worker) -> None:
    hub = SlowHub()
    engine = await begun(hub, app)
    engine.lost.set_result(RuntimeError("another host has taken it"))
    await engine.stop()
    assert hub.rows["w"].status == "Pending"


async def test_a_start_mends_rows_that_are_behind(app: Worker) -> None:
    hub = SlowHub()
    engine = await begun(hub, app)
    engine.rows.drop()  # killed
    await engine.stop()
    assert hub.rows["w"].status == "Pending"
    second = Engine(app, hub, VirtualClock())
    await recover(second)
    await second.quiet()
    assert hub.rows["w"].status == "Running"
    written = len(hub.written)
    await second.stop()
    third = Engine(app, hub, VirtualClock())
    await recover(third)
    await third.quiet()
    assert len(hub.written) == written  # it was as it should be
    await third.send("w", Kind.EventRaised, Name="E", Input="1")
    await third.quiet()
    assert (hub.rows["w"].status, hub.rows["w"].output) == ("Completed", "[null,1]")
    await third.stop()
