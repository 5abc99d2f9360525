"""A host in one process, on virtual time, for thousands of runs: drives the orchestrators' generators.

It knows what an orchestrator may yield (activities, timers, "event or timer", children) and nothing of approvals.
Events land in ``histories`` as the extension puts them there. Whether it behaves as the extension is not its
business: that is proved on devhost and on recordings; here the point is what the workflows decide.
"""

from __future__ import annotations

import copy
import heapq
import itertools
import json
import uuid
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

Activity = Callable[[dict[str, Any]], Any]
Orchestrator = Callable[[Any], Generator[Any, Any, Any]]

TICK = timedelta(microseconds=1)


class ActivityFailed(Exception):
    """What an orchestrator sees of a failed activity: a plain exception with text."""


@dataclass(eq=False)
class Pending:
    """Anything that an orchestrator can yield."""

    kind: str  # activity, timer, event, any, all, child
    name: str = ""
    payload: Any = None
    due: datetime | None = None
    parts: tuple[Pending, ...] = ()
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class HistoryEvent:
    event_type: int
    timestamp: datetime
    Name: str = ""
    Input: str = ""


@dataclass
class Context:
    """The part of DurableOrchestrationContext that the orchestrators use."""

    instance_id: str
    input: Any
    current_utc_datetime: datetime
    histories: list[HistoryEvent] = field(default_factory=list)
    deferred_tasks: dict[Any, Any] = field(default_factory=dict)
    custom_status: Any = None

    def get_input(self) -> Any:
        return copy.deepcopy(self.input)

    def new_uuid(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.instance_id}{self.current_utc_datetime}"))

    def call_activity(self, name: str, request: Any) -> Pending:
        return Pending("activity", name, request)

    def call_activity_with_retry(self, name: str, _retry: Any, request: Any) -> Pending:
        return Pending("activity", name, request)

    def call_sub_orchestrator(self, name: str, request: Any, instance_id: str) -> Pending:
        return Pending("child", name, (instance_id, request))

    def create_timer(self, due: datetime) -> Pending:
        assert due.tzinfo is not None
        assert due - self.current_utc_datetime <= timedelta(days=3), "a single timer is 3 days at most"
        return Pending("timer", due=due)

    def wait_for_external_event(self, name: str) -> Pending:
        return Pending("event", name)

    def task_any(self, parts: list[Pending]) -> Pending:
        return Pending("any", parts=tuple(parts))

    def task_all(self, parts: list[Pending]) -> Pending:
        return Pending("all", parts=tuple(parts))

    def set_custom_status(self, status: Any) -> None:
        text = json.dumps(status)
        assert len(text) < 8_000, "the extension fails an orchestration over a longer status"
        self.custom_status = status


@dataclass(eq=False)
class Instance:
    context: Context
    steps: Generator[Any, Any, Any]
    parent: Instance | None = None
    awaiting: Pending | None = None
    buffered: list[HistoryEvent] = field(default_factory=list)
    output: Any = None
    error: Exception | None = None
    over: bool = False
    status: str = "Running"


class Simulation:
    """Instances, activities and a heap of what happens when. ``between`` is called after every activity."""

    def __init__(
        self,
        clock: Any,
        activities: dict[str, Activity],
        orchestrators: dict[str, Orchestrator],
        between: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self.clock = clock
        self.activities = activities
        self.orchestrators = orchestrators
        self.between = between
        self.instances: dict[str, Instance] = {}
        self.calls: list[str] = []
        self._heap: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()

    # -- from outside ------------------------------------------------------------------------------------

    def at(self, moment: datetime, action: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (moment, next(self._order), action))

    def start(self, name: str, instance_id: str, request: Any, parent: Instance | None = None) -> Instance:
        now = self._tick()
        context = Context(instance_id, json.loads(json.dumps(request)), now)
        context.histories.append(HistoryEvent(12, now))
        instance = Instance(context, self.orchestrators[name](context), parent)
        self.instances[instance_id] = instance
        self._go_on(instance, None)
        return instance

    def raise_event(self, instance_id: str, name: str, payload: Any) -> None:
        """As the host does: into the history now, or with the next episode while an activity runs."""
        instance = self.instances.get(instance_id)
        if instance is None or instance.over:
            return
        # Disarmed, as the mailbox would find it after the SDK's next replay.
        event = HistoryEvent(15, self.clock.now(), name, json.dumps(json.dumps(payload)))
        waiting = instance.awaiting
        if waiting is None:
            instance.buffered.append(event)
            return
        self._episode(instance, [event])
        if waiting.kind == "any":
            rung = next((part for part in waiting.parts if part.kind == "event" and part.name == name), None)
            if rung is not None:
                self._go_on(instance, rung)

    def lose(self, instance_id: str) -> None:
        """It is purged, or its hub is gone: nothing that it waited for comes."""
        self.instances.pop(instance_id).over = True

    def terminate(self, instance_id: str) -> None:
        """An operator ends it; a parent that waits for it sees a failure."""
        instance = self.instances[instance_id]
        if not instance.over:
            instance.status = "Terminated"
            self._end(instance, None, None if instance.parent is None else ActivityFailed("terminated"))

    def run(self, until: datetime | None = None, steps: int = 100_000) -> None:
        """Let time pass until nothing is left to happen, or until a moment."""
        for _ in range(steps):
            if not self._heap or (until is not None and self._heap[0][0] > until):
                return
            moment, _order, action = heapq.heappop(self._heap)
            self.clock.set(max(moment, self.clock.now()))
            action()
        raise AssertionError("the workflows spin")

    # -- inside ------------------------------------------------------------------------------------------

    def _tick(self) -> datetime:
        """Every episode has a later time than the one before."""
        self.clock.set(self.clock.now() + TICK)
        now: datetime = self.clock.now()
        return now

    def _episode(self, instance: Instance, events: list[HistoryEvent]) -> None:
        now = self._tick()
        instance.context.histories += [HistoryEvent(12, now), *instance.buffered, *events]
        instance.buffered = []
        instance.context.current_utc_datetime = now

    def _go_on(self, instance: Instance, value: Any, error: Exception | None = None) -> None:
        """Resume until the orchestrator waits for something that is not there yet."""
        while True:
            instance.awaiting = None
            try:
                yielded = instance.steps.throw(error) if error else instance.steps.send(value)
            except StopIteration as stop:
                self._end(instance, stop.value, None)
                return
            except ActivityFailed as failure:
                self._end(instance, None, failure)
                return
            if yielded.kind not in ("activity", "all"):
                self._await(instance, yielded)
                return
            value, error = self._run_activities(yielded)
            self._episode(instance, [])

    def _run_activities(self, yielded: Pending) -> tuple[Any, Exception | None]:
        try:
            if yielded.kind == "activity":
                return self._call(yielded), None
            return [self._call(part) for part in yielded.parts], None
        except Exception as failure:  # noqa: BLE001 - every failure of an activity is the orchestrator's to see
            return None, ActivityFailed(f"{type(failure).__name__}: {failure}")

    def _call(self, activity: Pending) -> Any:
        self.calls.append(activity.name)
        request = json.loads(json.dumps(activity.payload))
        result = self.activities[activity.name](request)
        self.between(activity.name)
        return json.loads(json.dumps(result))

    def _await(self, instance: Instance, yielded: Pending) -> None:
        instance.awaiting = yielded
        if yielded.kind == "child":
            child_id, request = yielded.payload
            self.start(yielded.name, child_id, request, instance)
            return
        timers = [yielded] if yielded.kind == "timer" else [p for p in yielded.parts if p.kind == "timer"]
        for timer in timers:
            assert timer.due is not None
            self.at(timer.due, partial(self._fire, instance, yielded, timer))

    def _fire(self, instance: Instance, yielded: Pending, timer: Pending) -> None:
        if timer.cancelled or instance.awaiting is not yielded or instance.over:
            return
        self._episode(instance, [])
        self._go_on(instance, timer if yielded.kind == "any" else None)

    def _end(self, instance: Instance, output: Any, error: Exception | None) -> None:
        instance.over, instance.output, instance.error = True, output, error
        if instance.status == "Running":
            instance.status = "Failed" if error else "Completed"
        parent = instance.parent
        if parent is not None:
            self._episode(parent, [])
            self._go_on(parent, output, error)
        elif error is not None:
            raise error
