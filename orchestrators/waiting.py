"""How an orchestration waits for people: the one pattern that neither hangs nor loses a decision.

The extension and the SDK disagree about events that come while nobody waits, so: one event name; one fresh wait
and one fresh timer each time; the history, not the wait, is the mailbox; the activity says how far it has seen.
docs/architecture.md, "Waiting for people", tells what goes wrong otherwise. This module alone reaches into the
SDK (``histories``, ``deferred_tasks``): the versions are pinned, and tests fail when either goes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

import azure.durable_functions as df

from approvals.stored.ids import EVENT
from approvals.wire import Activity, Raised
from orchestrators.calls import Steps, insist

# The SDK splits timers of over 6 days into hops whose cancelling leaves the last one running.
LONGEST_TIMER = timedelta(days=3)
# A delay below a second is none, and the loop would spin on it.
SHORTEST_TIMER = timedelta(seconds=1)

# HistoryEventType of the extension's protocol.
ORCHESTRATOR_STARTED = 12
EVENT_RAISED = 15

I = TypeVar("I")  # noqa: E741 - what goes in


class Hears(Protocol):
    """The report of an activity that judges events."""

    @property
    def handled(self) -> int:
        """How many are handled."""
        ...


H = TypeVar("H", bound=Hears)


class Mailbox:
    """The events raised on this instance, oldest first, and how many of them an activity has handled.

    Create it before the first yield: it disarms payloads that would make the SDK import and call a class.
    """

    def __init__(self, context: df.DurableOrchestrationContext) -> None:
        self._context = context
        self.handled = 0
        for event in context.histories:
            if event.event_type == EVENT_RAISED:
                event.Input = json.dumps(event.Input)

    def unread(self) -> tuple[Raised, ...]:
        """Events up to the episode that is being (re)played and not yet handled: the same on every replay."""
        raised: list[Raised] = []
        reached = False
        for event in self._context.histories:
            if event.event_type == ORCHESTRATOR_STARTED:
                if reached:
                    break
                reached = event.timestamp == self._context.current_utc_datetime
            elif event.event_type == EVENT_RAISED:
                raised.append(Raised(event.Name, event.Input))
        return tuple(raised[self.handled :])

    def wait(self, until: datetime) -> Steps[datetime]:
        """Sleep until an event comes or ``until`` is reached, 3 days at most; not at all with unread events.

        Returns the moment to judge by: a timer may fire up to a second early.
        """
        now = self._context.current_utc_datetime
        if self.unread():
            return now
        due = min(max(until, now + SHORTEST_TIMER), now + LONGEST_TIMER)
        alarm: Any = self._context.create_timer(due)  # a TimerTask; the SDK types it too widely
        self._context.deferred_tasks.pop(EVENT, None)  # the SDK never forgets an event that nobody took
        rung = self._context.wait_for_external_event(EVENT)
        winner = yield self._context.task_any([rung, alarm])
        if winner == alarm:
            return max(self._context.current_utc_datetime, due)
        alarm.cancel()
        return self._context.current_utc_datetime

    def hand_in(self, activity: Activity[I, H], request: Callable[[int, tuple[Raised, ...]], I]) -> Steps[H]:
        """Give the unread events to ``activity`` and take over how many it says are handled. Returns its report.

        ``request`` makes the request of the number of handled events and those that came after.
        """
        report = yield from insist(self._context, activity, lambda: request(self.handled, self.unread()))
        self.handled = report.handled
        return report
