"""The host's clock: everything that asks for the time, or waits for a time, asks here."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

Callback = Callable[[], None]
# The event loop's timers overflow beyond some weeks; a longer wait is made of these.
LONGEST_SLEEP = timedelta(days=1)


class Cancellable(Protocol):
    def cancel(self) -> None:
        """Do not call any more."""
        ...


class Clock(Protocol):
    def now(self) -> datetime:
        """The current moment, UTC."""
        ...

    def call_at(self, due: datetime, callback: Callback, *, lazy: bool = False) -> Cancellable:
        """Call once, on the event loop, not before ``due``. A ``lazy`` call does not stop a jump in between."""
        ...

    def catch_up(self, moment: datetime) -> None:
        """It was this late already, before a restart."""
        ...


class RealClock:
    """The machine's clock, on the running event loop."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def call_at(self, due: datetime, callback: Callback, *, lazy: bool = False) -> Cancellable:  # noqa: ARG002 - no jumps here
        return _Sleep(self, due, callback)

    def catch_up(self, moment: datetime) -> None:
        """Real time is what it is."""


class _Sleep:
    def __init__(self, clock: RealClock, due: datetime, callback: Callback) -> None:
        self._clock, self._due, self._callback = clock, due, callback
        self._handle = self._arm()

    def cancel(self) -> None:
        self._handle.cancel()

    def _arm(self) -> asyncio.TimerHandle:
        rest = min(max(self._due - self._clock.now(), timedelta(0)), LONGEST_SLEEP)
        return asyncio.get_running_loop().call_later(rest.total_seconds(), self._wake)

    def _wake(self) -> None:
        if self._due > self._clock.now():
            self._handle = self._arm()
        else:
            self._callback()


class _Alarm:
    def __init__(self, callback: Callback) -> None:
        self.callback: Callback | None = callback

    def cancel(self) -> None:
        self.callback = None


class VirtualClock:
    """A clock that jumps: it advances on demand, from one due time to the next, and waits for quiet in between.

    Between jumps it runs with the machine's clock, so that programs which poll see time pass.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._offset = (start - datetime.now(UTC)) if start else timedelta(0)
        self._heap: list[tuple[datetime, int, _Alarm]] = []
        self._lazy: list[tuple[datetime, int, _Alarm]] = []
        self._order = itertools.count()
        self._advancing = asyncio.Lock()
        self._handle: asyncio.TimerHandle | None = None

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def call_at(self, due: datetime, callback: Callback, *, lazy: bool = False) -> Cancellable:
        alarm = _Alarm(callback)
        heapq.heappush(self._lazy if lazy else self._heap, (due, next(self._order), alarm))
        self._rearm()
        return alarm

    def catch_up(self, moment: datetime) -> None:
        self._offset += max(moment - self.now(), timedelta(0))
        self._rearm()

    async def advance(self, by: timedelta, quiet: Callable[[], Awaitable[None]]) -> datetime:
        """Jump ``by`` ahead. Alarms go off in due order, each followed by all the work that it causes (``quiet``).

        Lazy ones (timer triggers, due every minute for weeks) go off once at each stop, as overdue.
        """
        async with self._advancing:
            await quiet()
            goal = self.now() + by
            while self._heap and self._heap[0][0] <= goal:
                due = self._heap[0][0]
                self._offset += max(due - self.now(), timedelta(0))
                self._fire_due()
                await quiet()
            self._offset += max(goal - self.now(), timedelta(0))
            self._fire_due()
            await quiet()
            return self.now()

    def _fire_due(self) -> None:
        now = self.now()
        for heap in (self._heap, self._lazy):
            due = []
            while heap and heap[0][0] <= now:
                due.append(heapq.heappop(heap)[2])
            for alarm in due:
                if alarm.callback is not None:
                    alarm.callback()
        self._rearm()

    def _rearm(self) -> None:
        """Wake up for whatever is due next, as the machine's clock runs."""
        if self._handle is not None:
            self._handle.cancel()
        next_due = min((heap[0][0] for heap in (self._heap, self._lazy) if heap), default=None)
        if next_due is not None:
            rest = min(max(next_due - self.now(), timedelta(0)), LONGEST_SLEEP)
            self._handle = asyncio.get_running_loop().call_later(rest.total_seconds(), self._fire_due)
