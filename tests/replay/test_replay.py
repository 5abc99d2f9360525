"""Histories of real runs, replayed through the SDK against the code of today: what is under way must go on.

Every episode is replayed as the extension would, and must decide what it decided then. A change of an orchestration
that breaks one of these breaks the instances that are in flight; see "Version what runs" in docs/architecture.md.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters import bootstrap
from devhost.functions.worker import Worker
from devhost.protocol.events import Kind, kind_of
from devhost.replay import histories
from devhost.replay.gate import Gate
from devhost.replay.histories import Recorded
from orchestrators.approval import VERSIONS
from tests.devhost.inside import loaded
from tests.hosts import AZURE_MARKS, ROOT
from tests.replay.record import HISTORIES

# The SDK warns about events that nobody waits for.
pytestmark = pytest.mark.filterwarnings("ignore:Potential duplicate Task completion")
RECORDED = {
    f"{folder.name} {each.name} {each.id}": each
    for folder in sorted(HISTORIES.iterdir())
    for each in histories.read(folder)
}


@pytest.fixture(scope="module")
def app() -> Iterator[Worker]:
    """Greenlight, with the settings that bear on a replay."""
    with pytest.MonkeyPatch.context() as environment:
        for mark in AZURE_MARKS:
            environment.delenv(mark, raising=False)
        environment.setenv("AZURE_FUNCTIONS_DURABLE_STRICT_TYPING", "1")
        environment.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
        environment.setenv("IDENTITY", "local")
        bootstrap.settings.cache_clear()
        bootstrap.ports.cache_clear()
        with loaded(ROOT) as worker:
            yield worker
    bootstrap.settings.cache_clear()
    bootstrap.ports.cache_clear()


@pytest.mark.parametrize("recorded", RECORDED.values(), ids=RECORDED)
async def test_the_code_of_today_decides_what_was_decided(recorded: Recorded, app: Worker) -> None:
    assert await Gate(app).check(recorded) is None


@pytest.mark.parametrize("version", VERSIONS)
def test_the_histories_hold_every_orchestrator_and_every_way_to_wait(version: int, app: Worker) -> None:
    orchestrators = {each.durable_name for each in app.functions if each.kind == "orchestrationTrigger"}
    mine = [each for name, each in RECORDED.items() if name.startswith(f"version-{version} ")]
    # the sentinel ends in its first episode: nothing of it is ever replayed
    assert {recorded.name for recorded in mine} == orchestrators - {"sentinel"}
    kinds = {kind_of(found) for recorded in mine for found in recorded.history}
    assert {Kind.EventRaised, Kind.TimerFired, Kind.SubOrchestrationInstanceCompleted} <= kinds
