"""The switch --faults: each fault happens as the official extension has it, and again with the same seed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devhost.engine.clock import VirtualClock
from devhost.engine.faults import Chance, Faults, FaultyDispatcher
from devhost.functions.worker import Worker
from devhost.problems import Problem
from devhost.protocol.events import Kind
from devhost.protocol.messages import Decision
from devhost.protocol.rows import Instance
from tests.devhost.inside import APPS, Inside, hosting, loaded

pytestmark = [
    pytest.mark.filterwarnings("ignore:Potential duplicate Task completion"),
    pytest.mark.filterwarnings("ignore:azure.functions df_loads"),
]
MOMENT = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def app() -> Iterator[Worker]:
    with loaded(APPS / "versions") as worker:
        yield worker


async def raised(inside: Inside, instance: str, payload: Any, name: str = "E") -> None:
    async with inside.client.post(
        f"{inside.management}/instances/{instance}/raiseEvent/{name}", json=payload
    ) as answer:
        assert answer.status == 202


async def events(inside: Inside, instance: str, kind: str) -> list[dict[str, Any]]:
    await inside.host.engine.quiet()
    found = await inside.status(instance, showHistory="true", showHistoryOutput="true")
    return [each for each in found["historyEvents"] if each["EventType"] == kind]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Faults()),
        ("seed=7", Faults(seed=7)),
        (
            "seed=7, lose-pending=0.08,double=0.02,reorder=0.05,late=0.1,kill=60",
            Faults(7, 0.08, 0.02, 0.05, 0.1, 60),
        ),
    ],
)
def test_the_switch_is_read(text: str, expected: Faults) -> None:
    assert Faults.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lose=1", "knows double, kill, late, lose-pending, reorder, seed, not 'lose'"),
        ("double", "double must be a share from 0 to 1, not ''"),
        ("double=2", "double must be a share from 0 to 1, not '2'"),
        ("late=nan", "late must be a share from 0 to 1, not 'nan'"),
        ("seed=1.5", "seed must be a whole number, not below zero, not '1.5'"),
        ("kill=-1", "kill must be seconds, at most 3600, not '-1'"),
    ],
)
def test_what_it_does_not_know_is_told(text: str, told: str) -> None:
    with pytest.raises(Problem, match=told):
        Faults.parse(text)


def test_the_same_seed_throws_the_same_whatever_happens_in_between() -> None:
    def thrown(seed: int, *others: str) -> list[bool]:
        chance, found = Chance(Faults(seed, double=0.5)), []
        for _ in range(40):
            found.append(chance.of("double", "one") is not None)
            for other in others:
                chance.of("double", other)
        return found

    assert thrown(7) == thrown(7, "two", "three") != thrown(8)
    assert 5 < sum(thrown(7)) < 35


async def test_an_event_to_a_pending_instance_is_lost_with_a_202(app: Worker, azurite: str) -> None:
    async with hosting(app, azurite, faults=Faults(lose_pending=1)) as inside:
        inside.host.engine.gather_seconds = 0.3  # it stays Pending for as long
        await inside.start("waits", "w")
        await raised(inside, "w", "early")
        assert await events(inside, "w", "EventRaised") == []
        await raised(inside, "w", "in time")
        assert [each["Input"] for each in await events(inside, "w", "EventRaised")] == ['"in time"']
        assert (await inside.status("w"))["runtimeStatus"] == "Completed"


async def test_messages_come_twice_and_are_taken_once(app: Worker, azurite: str) -> None:
    async with hosting(app, azurite, faults=Faults(double=1)) as inside:
        await inside.start("waits", "w")
        await inside.host.engine.quiet()
        await raised(inside, "w", 1)
        assert len(await events(inside, "w", "EventRaised")) == 2
        await inside.start("version", "v")
        assert len(await events(inside, "v", "ExecutionStarted")) == 1
        assert [(await inside.status(each))["output"] for each in "wv"] == [[None, 1], None]


async def test_messages_are_overtaken(app: Worker, azurite: str) -> None:
    async with hosting(app, azurite, faults=Faults(seed=7, reorder=0.5)) as inside:
        await inside.start("waits", "w")
        await inside.host.engine.quiet()
        await asyncio.gather(*(raised(inside, "w", number, "unheard") for number in range(12)))
        taken = [int(each["Input"]) for each in await events(inside, "w", "EventRaised")]
        assert sorted(taken) == [*range(12)]
        assert taken != [*range(12)]


def test_timers_are_up_to_a_second_off_and_never_before_they_were_created() -> None:
    chance = Chance(Faults(late=1))
    dispatcher = FaultyDispatcher.__new__(FaultyDispatcher)
    dispatcher._chance = chance
    waits = Instance("w", "waits", "e", "Running", MOMENT, MOMENT)

    def off(seconds: float) -> list[float]:
        due = Decision(Kind.TimerCreated, 0, {"FireAt": MOMENT + timedelta(seconds=seconds)})
        return [(dispatcher.visible(waits, due, MOMENT) - MOMENT).total_seconds() for _ in range(50)]

    minute = off(60)
    assert min(minute) < 60 < max(minute)
    assert all(59 <= each <= 61 for each in minute)
    assert min(off(0)) == 0


async def test_what_a_host_had_taken_is_invisible_for_a_while(app: Worker, azurite: str) -> None:
    """An activity that was under way, a child and an instance that had not begun."""
    gate = asyncio.Event()

    class Held(Worker):
        """Its activities do not end."""

        def __init__(self) -> None:
            vars(self).update(vars(app))

        async def run_activity(self, *_: Any) -> str | None:
            await gate.wait()
            return None

    async with hosting(Held(), azurite) as first:
        hub = first.host.engine.hub.name
        await first.start("version", "v")
        await first.start("parent", "p", {"child": "version"})
        while "p-child" not in first.host.engine.instances:  # noqa: ASYNC110 - there is nothing to wait for
            await asyncio.sleep(0.01)
    clock = VirtualClock()
    async with hosting(app, azurite, hub=hub, clock=clock, faults=Faults(kill=60)) as second:
        await second.host.engine.quiet()
        assert [(await second.status(each))["runtimeStatus"] for each in "vp"] == ["Running", "Running"]
        await clock.advance(timedelta(seconds=61), second.host.engine.quiet)
        assert [(await second.status(each))["runtimeStatus"] for each in "vp"] == ["Completed", "Completed"]
    async with hosting(app, azurite, hub=hub, faults=Faults(kill=60)) as third:
        assert (await third.status("v"))["runtimeStatus"] == "Completed"
