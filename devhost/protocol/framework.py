"""The durable task framework's side of an orchestration: events in, decisions out, ids in order.

History is fed in event by event. What an orchestration schedules becomes a decision, confirmed by the event of the
same id where the history has it already.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from devhost.protocol.events import Event, Kind, kind_of, parse_time
from devhost.protocol.futures import Future, NonDeterministic, WalkError, run
from devhost.protocol.messages import Decision

SCHEDULING = frozenset(
    {Kind.TaskScheduled, Kind.TimerCreated, Kind.SubOrchestrationInstanceCreated, Kind.EventSent}
)


class Framework:
    """One instance's replay. ``main`` is the orchestration, started by ExecutionStarted."""

    def __init__(self, name: str, main: Callable[[], Coroutine[Future, None, str | None]]) -> None:
        self._name, self._main = name, main
        self.now_text = ""
        self.is_suspended = False
        self.continues = False
        self.carried: list[Event] = []
        self.crowded: set[str] = set()  # names of which several events came while nobody waited
        self._next_id = 0
        self._pending: dict[int, Decision] = {}
        self._open: dict[int, Future] = {}
        self._known: dict[int, Decision] = {}
        self._waits: dict[str, list[Future]] = {}
        self._unclaimed: dict[str, deque[str | None]] = {}
        self._held_events: deque[Event] = deque()
        self._held: dict[int, Decision] = {}
        self._result: Future | None = None
        self._completed = False

    @property
    def now(self) -> datetime:
        """The moment of the episode. Raises NonDeterministic before the first."""
        if not self.now_text:
            raise NonDeterministic("the history does not begin with OrchestratorStarted")
        return parse_time(self.now_text)

    @property
    def next_id(self) -> int:
        return self._next_id

    @property
    def decisions(self) -> list[Decision]:
        """What is not in the history yet, in order of ids."""
        return [self._pending[key] for key in sorted(self._pending)]

    @property
    def open_decisions(self) -> dict[int, Decision]:
        """What is scheduled and not over."""
        return {key: self._known[key] for key in self._open}

    @property
    def has_returned(self) -> bool:
        return self._result is not None and self._result.done

    @property
    def is_over(self) -> bool:
        """The orchestration has returned, and nothing that it scheduled is open."""
        return self.has_returned and not self._open

    # -- events ------------------------------------------------------------------------------------------

    def feed(self, past: list[Event], new: list[Event]) -> None:
        """Process a history. Marks the new events as played; completes the instance where it is over."""
        try:
            for found in past:
                self._take(found)
            for found in new:
                self._take(found)
                if kind_of(found) is not Kind.OrchestratorStarted:
                    found["IsPlayed"] = True
            if self.is_over and self._result is not None:
                self._finish(self._result)
        except NonDeterministic as error:
            self._pending.clear()
            self._complete("Failed", str(error))

    def _finish(self, result: Future) -> None:
        if result.error is not None:
            self._complete("Failed", str(result.error))
        elif not self.continues:
            self._complete("Completed", result.value)

    def _complete(self, status: str, result: str | None) -> None:
        if self._completed:
            return
        self._completed = True
        members = {"OrchestrationStatus": status, "Result": result}
        self._pending[self._next_id] = Decision(Kind.ExecutionCompleted, self._next_id, members)
        self._next_id += 1

    @property
    def is_completed(self) -> bool:
        return self._completed

    def _take(self, found: Event) -> None:
        kind = kind_of(found)
        if kind is Kind.OrchestratorStarted:
            self.now_text = found["Timestamp"]
        elif self.is_suspended and kind not in (Kind.ExecutionResumed, Kind.ExecutionTerminated):
            if kind is not Kind.ExecutionSuspended:
                self._held_events.append(found)
        else:
            self._process(kind, found)

    def _process(self, kind: Kind, found: Event) -> None:
        if kind in SCHEDULING:
            self._confirm(kind, found)
            return
        match kind:
            case Kind.ExecutionStarted:
                self._result = run(self._main())
            case Kind.TaskCompleted | Kind.SubOrchestrationInstanceCompleted:
                self._settle(found["TaskScheduledId"], found.get("Result"))
            case Kind.TaskFailed | Kind.SubOrchestrationInstanceFailed:
                self._settle(found["TaskScheduledId"], None, WalkError(found.get("Reason")))
            case Kind.TimerFired:
                self._settle(found["TimerId"], None)
            case Kind.EventRaised:
                self._raise(found)
            case Kind.ExecutionTerminated:
                self._complete("Terminated", found.get("Input"))
            case Kind.ExecutionSuspended:
                self.is_suspended = True
                self._held |= self._pending
                self._pending.clear()
            case Kind.ExecutionResumed:
                self._resume()

    def _resume(self) -> None:
        self.is_suspended = False
        self._pending |= self._held
        self._held.clear()
        while self._held_events and not self.is_suspended:
            found = self._held_events.popleft()
            self._process(kind_of(found), found)

    def _confirm(self, kind: Kind, found: Event) -> None:
        """An event of the past that this replay must have scheduled itself."""
        made = self._pending.pop(found["EventId"], None)
        same_name = made is not None and (
            kind is Kind.TimerCreated or str(made.members["Name"]).lower() == str(found["Name"]).lower()
        )
        if made is None or made.kind is not kind or not same_name:
            now = f"{made.kind.name} {made.members.get('Name', '')}".strip() if made else "nothing"
            raise NonDeterministic(
                f"Non-Deterministic workflow detected: an earlier execution of '{self._name}' did"
                f" {kind.name} {found.get('Name') or ''} as number {found['EventId']}, this replay does {now} there."
                " The code of the orchestrator changed under a running instance, or it depends on something that"
                " differs between replays (the clock, chance, a setting, input or output)."
            )

    def _settle(self, event_id: int, value: Any, error: Exception | None = None) -> None:
        future = self._open.pop(event_id, None)
        if future is not None:
            future.settle(value, error)

    def _raise(self, found: Event) -> None:
        if self.continues:
            self.carried.append(found)
            return
        name = found["Name"].lower()
        if waits := self._waits.get(name):
            waits.pop().settle(found.get("Input"))
            return
        unclaimed = self._unclaimed.setdefault(name, deque())
        unclaimed.append(found.get("Input"))
        if len(unclaimed) > 1:
            self.crowded.add(found["Name"])

    # -- what an orchestration asks for ------------------------------------------------------------------

    def schedule(self, kind: Kind, text: str | None = None, **members: Any) -> Future:
        """Schedule something that ends by an event (but for EventSent, which is just sent)."""
        future = Future()
        decision = Decision(kind, self._next_id, members, text)
        self._pending[self._next_id] = self._known[self._next_id] = decision
        if kind is not Kind.EventSent:
            self._open[self._next_id] = future
        self._next_id += 1
        return future

    def timer(self, due: datetime, *, cancelled: bool = False) -> Future:
        event_id = self._next_id
        future = self.schedule(Kind.TimerCreated, FireAt=due)
        if cancelled:
            del self._open[event_id]
            future.settle()  # a cancelled timer's task completes at once
        return future

    def wait(self, name: str) -> Future:
        """Wait for an external event: unclaimed ones first, then the newest wait gets the next."""
        future = Future()
        unclaimed = self._unclaimed.get(name.lower())
        if unclaimed:
            future.settle(unclaimed.popleft())
        else:
            self._waits.setdefault(name.lower(), []).append(future)
        return future
