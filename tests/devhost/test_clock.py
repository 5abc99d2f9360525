"""The clock that jumps, and the one that does not."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from devhost.engine import clock as clock_module
from devhost.engine.clock import RealClock, VirtualClock

START = datetime(2030, 1, 1, tzinfo=UTC)
LIMIT_SECONDS = 10


async def nothing() -> None:
    """Nothing is under way."""


async def test_alarms_go_off_in_due_order_and_what_they_cause_runs_in_between() -> None:
    clock, seen = VirtualClock(START), []

    def ring(name: str) -> None:
        seen.append((name, (clock.now() - START).days))
        if name == "first":
            clock.call_at(START + timedelta(days=2), lambda: ring("caused"))

    for name, days in (("third", 3), ("first", 1), ("never", 9)):
        clock.call_at(START + timedelta(days=days), partial(ring, name))
    await clock.advance(timedelta(days=4), nothing)
    assert seen == [("first", 1), ("caused", 2), ("third", 3)]
    assert timedelta(days=4) <= clock.now() - START < timedelta(days=4, minutes=1)


async def test_a_cancelled_alarm_does_not_go_off() -> None:
    clock, seen = VirtualClock(START), []
    clock.call_at(START + timedelta(days=1), lambda: seen.append("kept"))
    clock.call_at(START + timedelta(days=1), lambda: seen.append("cancelled")).cancel()
    await clock.advance(timedelta(days=2), nothing)
    assert seen == ["kept"]


async def test_a_lazy_alarm_does_not_stop_a_jump() -> None:
    clock, seen = VirtualClock(START), []
    clock.call_at(START + timedelta(days=1), lambda: seen.append(clock.now()), lazy=True)
    await clock.advance(timedelta(days=5), nothing)
    (moment,) = seen
    assert moment - START >= timedelta(days=5)


async def test_between_jumps_it_runs_with_the_machines_clock() -> None:
    """An alarm that was days ahead rings by itself once a jump has brought it near."""
    clock, rung = VirtualClock(START), asyncio.Event()
    clock.call_at(START + timedelta(days=3), rung.set)
    await clock.advance(timedelta(days=3) - timedelta(milliseconds=50), nothing)
    await asyncio.wait_for(rung.wait(), LIMIT_SECONDS)


async def test_it_catches_up_and_never_goes_back() -> None:
    clock = VirtualClock(START)
    clock.catch_up(START + timedelta(days=7))
    assert clock.now() - START >= timedelta(days=7)
    clock.catch_up(START)
    assert clock.now() - START >= timedelta(days=7)


async def test_the_real_clock_sleeps_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alarms further away than the event loop's longest sleep go off all the same."""
    clock, rung = RealClock(), asyncio.Event()
    monkeypatch.setattr(clock_module, "LONGEST_SLEEP", timedelta(milliseconds=5))
    due = clock.now() + timedelta(milliseconds=30)
    clock.call_at(due, rung.set)
    clock.catch_up(due + timedelta(days=1))
    await asyncio.wait_for(rung.wait(), LIMIT_SECONDS)
    assert clock.now() >= due
    clock.call_at(due, lambda: None).cancel()
