"""The host dies at each of its writes, before or after it: the workflow ends as it would have without that."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from devhost.engine.clock import VirtualClock
from devhost.engine.engine import Engine
from devhost.engine.recovery import recover
from devhost.functions.worker import Worker
from devhost.hub.memory import MemoryHub
from devhost.protocol.events import Event, Kind
from devhost.protocol.rows import Instance
from tests.devhost.inside import APPS, loaded

pytestmark = [
    pytest.mark.filterwarnings("ignore:Potential duplicate Task completion"),
    pytest.mark.filterwarnings("ignore:azure.functions df_loads"),
]
# At least as many as there are in one life of `everything`; a test holds this number.
WRITES = 30


class Died(Exception):
    """The power is gone."""


class DyingHub(MemoryHub):
    """Stores until its last write; that one is lost, or it is the last thing that happened."""

    def __init__(self, writes_left: int, *, is_last_lost: bool) -> None:
        super().__init__()
        self.writes_left, self._is_last_lost = writes_left, is_last_lost
        self.writes = 0

    async def create(self, instance: Instance) -> None:
        if self._is_stored():
            await super().create(instance)
        self._die()

    async def commit(self, instance: Instance, new: list[Event]) -> None:
        if self._is_stored():
            await super().commit(instance, new)
        self._die()

    async def describe(self, instance: Instance) -> None:
        if self._is_stored():
            await super().describe(instance)
        self._die()

    def _is_stored(self) -> bool:
        self.writes += 1
        self.writes_left -= 1
        return self.writes_left > 0 or (self.writes_left == 0 and not self._is_last_lost)

    def _die(self) -> None:
        if self.writes_left <= 0:
            raise Died


@pytest.fixture(scope="module")
def app() -> Iterator[Worker]:
    with loaded(APPS / "kinds") as worker:
        yield worker


async def lived(app: Worker, hub: MemoryHub, instance: str, clock: VirtualClock) -> Engine | None:
    """One life of the host and its client, who starts the workflow and raises the event until both are acknowledged.

    Returns the engine, stopped; None where it died.
    """
    engine = Engine(app, hub, clock)
    try:
        await recover(engine)
        await engine.quiet()
        if instance not in engine.instances:
            await engine.start("everything", instance, json.dumps({"round": 1}))
        await engine.quiet()
        await clock.advance(timedelta(hours=2), engine.quiet)
        if not engine.instances[instance].is_over:
            await engine.send(instance, Kind.EventRaised, Name="go", Input='"now"')
        await engine.quiet()
    except Died:
        return None
    finally:
        await engine.stop()
    if engine.lost.done() and not isinstance(engine.lost.result(), Died):
        raise engine.lost.result()
    return None if engine.lost.done() else engine


def outcome(engine: Engine, instance: str) -> Any:
    found, tally = engine.instances[instance], engine.instances[f"@tally@{instance}"]
    return [found.status, json.loads(found.output or "null"), json.loads(tally.input or "{}")["state"]]


EXPECTED = ["Completed", ["second", "c", 11, "now"], "111"]


async def test_without_a_crash(app: Worker) -> None:
    hub = DyingHub(1000, is_last_lost=True)
    engine = await lived(app, hub, "calm", VirtualClock())
    assert engine is not None
    assert outcome(engine, "calm") == EXPECTED
    assert WRITES / 2 < hub.writes <= WRITES


@pytest.mark.parametrize("is_last_lost", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("write", range(1, WRITES + 1))
async def test_a_crash_at_every_write(write: int, is_last_lost: bool, app: Worker) -> None:
    hub, instance, clock = DyingHub(write, is_last_lost=is_last_lost), f"x{uuid.uuid4().hex}", VirtualClock()
    engine = await lived(app, hub, instance, clock)
    if hub.writes >= write:
        assert engine is None
        hub.writes_left = 1000
        engine = await lived(app, hub, instance, clock)
    assert engine is not None
    assert outcome(engine, instance) == EXPECTED
    rows = {each.id: each.status for each in await hub.instances()}
    assert rows[instance] == rows[f"{instance}-child"] == "Completed"
