"""Messages are taken in batches: what lies there when an instance is taken goes into one episode."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from devhost.functions.worker import Worker
from devhost.protocol.events import Kind, kind_of
from tests.devhost.inside import APPS, Inside, hosting, loaded

pytestmark = [
    pytest.mark.filterwarnings("ignore:Potential duplicate Task completion"),
    pytest.mark.filterwarnings("ignore:azure.functions df_loads"),
]


@pytest.fixture(scope="module")
def app() -> Iterator[Worker]:
    with loaded(APPS / "seats") as worker:
        yield worker


@pytest_asyncio.fixture
async def inside(app: Worker, azurite: str) -> AsyncIterator[Inside]:
    async with hosting(app, azurite) as found:
        yield found


async def begun(inside: Inside) -> None:
    await inside.start("seats", "s")
    await inside.host.engine.quiet()


async def decide(inside: Inside, seat: str) -> None:
    async with inside.client.post(f"{inside.management}/instances/s/raiseEvent/{seat}", json=1) as answer:
        assert answer.status == 202


async def batches(inside: Inside) -> list[list[str]]:
    """The names of the events that each episode took, of those that took any."""
    found: list[list[str]] = []
    for each in await inside.host.engine.history(inside.host.engine.instances["s"]):
        if kind_of(each) is Kind.OrchestratorStarted:
            found.append([])
        elif kind_of(each) is Kind.EventRaised:
            found[-1].append(each["Name"])
    return [names for names in found if names]


async def test_calls_side_by_side_share_an_episode_and_a_wait_for_each_seat_hangs(
    inside: Inside,
) -> None:
    """On Azure such a workflow hangs for good where two people decide at once: it must not complete here."""
    inside.host.engine.gather_seconds = 0.3  # long enough for a machine that is busy
    await begun(inside)
    await asyncio.gather(*(decide(inside, seat) for seat in "ABC"))
    await inside.host.engine.quiet()
    (batch,) = await batches(inside)
    assert sorted(batch) == ["A", "B", "C"]
    assert (await inside.status("s"))["runtimeStatus"] == "Running"


async def test_one_by_one_it_completes(inside: Inside) -> None:
    await begun(inside)
    for seat in "ABC":
        await decide(inside, seat)
        await inside.host.engine.quiet()
    assert await batches(inside) == [["A"], ["B"], ["C"]]
    assert (await inside.status("s"))["output"] == ["A", "B", "C"]


async def test_what_comes_while_an_episode_runs_shares_the_next(inside: Inside) -> None:
    """Each is taken and acknowledged, in the order in which they came; none waits for ever."""
    await begun(inside)
    flood = [asyncio.create_task(decide(inside, "A")) for _ in range(40)]
    await asyncio.gather(*flood)
    await inside.host.engine.quiet()
    taken = await batches(inside)
    assert sum(map(len, taken)) == len(flood)
    assert len(taken) < len(flood)
