"""Instances that wait do not fill the memory: their histories are read again when they go on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devhost.engine import engine as engine_module
from devhost.functions.worker import Worker
from tests.devhost.inside import APPS, hosting, loaded

pytestmark = [
    pytest.mark.filterwarnings("ignore:Potential duplicate Task completion"),
    pytest.mark.filterwarnings("ignore:azure.functions df_loads"),
]
WAITING = ["w1", "w2", "w3"]


@pytest.fixture(scope="module")
def app() -> Iterator[Worker]:
    with loaded(APPS / "versions") as worker:
        yield worker


async def test_the_histories_of_few_are_held(
    app: Worker, azurite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "HISTORIES_HELD", 1)
    async with hosting(app, azurite) as first:
        hub, instances = first.host.engine.hub.name, first.host.engine.instances
        for name in WAITING:
            await first.start("waits", name)
            await first.host.engine.quiet()
        assert [name for name in WAITING if instances[name].history] == ["w3"]
        shown = await first.status("w1", showHistory="true")
        assert [each["EventType"] for each in shown["historyEvents"]] == ["ExecutionStarted", "TimerCreated"]
    async with hosting(app, azurite, hub=hub) as second:  # after a start, too
        instances = second.host.engine.instances
        await second.host.engine.quiet()
        assert sum(bool(instances[name].history) for name in WAITING) == 1
        for name in WAITING:
            address = f"{second.management}/instances/{name}/raiseEvent/E"
            async with second.client.post(address, json=name) as answer:
                assert answer.status == 202
            await second.host.engine.quiet()
            assert (await second.status(name))["output"] == [None, name]
            assert not instances[name].history
