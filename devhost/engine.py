"""Instances and what moves them: episodes, activities, timers, children, and recovery after a crash.

An episode is: new messages -> one SDK call over the whole history -> the walk over its actions -> decisions become
events -> one commit -> only then is anything dispatched or acknowledged.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from collections import defaultdict
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from devhost.clock import Cancellable, Clock
from devhost.events import Event, Kind, compact, event, kind_of, net_time, parse_time
from devhost.failures import details
from devhost.hub import Hub, Instance
from devhost.walk import Decision, Execution, Outcome, Walk
from devhost.worker import FunctionFailed, Worker

log = logging.getLogger("devhost")
TICK = timedelta(microseconds=1)
LIVE = ("Pending", "Running", "Suspended", "ContinuedAsNew")


class AlreadyExists(Exception):
    """A live instance has this id; ``status`` says in which state it is."""

    def __init__(self, status: str) -> None:
        super().__init__(f"An Orchestration instance with the status {status} already exists.")
        self.status = status


@dataclass
class Posted:
    """A message to an instance; ``committed`` is set once an episode with it is stored, or it was dropped."""

    event: Event
    execution_id: str | None
    committed: asyncio.Future[None] | None


class Engine:
    """All instances of one hub, in one process."""

    def __init__(
        self, worker: Worker, hub: Hub, clock: Clock, *, max_activities: int = 10, max_orchestrators: int = 5
    ) -> None:
        self.worker, self.hub, self.clock = worker, hub, clock
        self.instances: dict[str, Instance] = {}
        self._inboxes: dict[str, list[Posted]] = defaultdict(list)
        self._pumping: set[str] = set()
        self._activities = asyncio.Semaphore(max_activities)
        self._episodes = asyncio.Semaphore(max_orchestrators)
        self._timers: dict[tuple[str, str, int], Cancellable] = {}
        self._work: set[asyncio.Task[None]] = set()
        self._creating = asyncio.Lock()

    # -- clients -----------------------------------------------------------------------------------------

    async def start(self, name: str, instance_id: str | None, text: str | None) -> Instance:
        """Start an orchestration; returns once it is stored. Raises AlreadyExists."""
        instance_id = instance_id or uuid.uuid4().hex
        async with self._creating:
            old = self.instances.get(instance_id)
            if old is not None and old.status in LIVE:
                raise AlreadyExists(old.status)
            generation = (old.generation or 0) + 1 if old is not None else 0
            await self._know_sentinel(old)
            instance = self._new(instance_id, name, text, str(uuid.uuid4()), generation, old)
            await self._create(instance, None)
        return instance

    async def raise_event(self, instance_id: str, name: str, text: str | None) -> None:
        """Raise an event; returns once it is in the history."""
        found = event(Kind.EventRaised, self.clock.now(), Name=name, Input=text)
        await self._post(instance_id, found)

    async def terminate(self, instance_id: str, reason: str | None) -> None:
        """Terminate at the next episode; returns once that is stored."""
        text = compact(reason) if reason is not None else None
        await self._post(instance_id, event(Kind.ExecutionTerminated, self.clock.now(), Input=text))

    async def suspend(self, instance_id: str, reason: str | None) -> None:
        await self._post(instance_id, event(Kind.ExecutionSuspended, self.clock.now(), Reason=reason))

    async def resume(self, instance_id: str, reason: str | None) -> None:
        await self._post(instance_id, event(Kind.ExecutionResumed, self.clock.now(), Reason=reason))

    async def history(self, instance: Instance) -> list[Event]:
        """An instance's history, from storage where it is not in memory."""
        if not instance.history:
            await self.hub.load_history(instance)
        return instance.history

    async def quiet(self) -> None:
        """Return once nothing runs and nothing waits to run; timers may still be armed."""
        while self._work:
            await asyncio.wait(self._work)

    # -- recovery ----------------------------------------------------------------------------------------

    async def recover(self) -> None:
        """Take up every instance where it was: what is scheduled runs again, timers are armed, children started."""
        for instance in await self.hub.instances():
            self.instances[instance.id] = instance
        live = [instance for instance in self.instances.values() if not instance.is_over]
        for instance in live:
            await self.hub.load_history(instance)
        for instance in live:
            if instance.history:
                await self._take_up(instance)
        for instance in live:
            if not instance.history and instance.id not in self._inboxes and not instance.id.startswith("@"):
                self._post_started(instance, None)
        if live:
            log.info("recovered %d instances", len(live))

    async def _take_up(self, instance: Instance) -> None:
        outcome, _ = await self._walk(instance, instance.history, [])
        over = {found.get("TaskScheduledId", found.get("TimerId")) for found in instance.history}
        made = {found["EventId"] for found in instance.history if found["EventId"] >= 0}
        for event_id, decision in outcome.open_decisions.items():
            if event_id in made and event_id not in over:
                await self._redo(instance, decision)

    async def _redo(self, instance: Instance, decision: Decision) -> None:
        if decision.kind is Kind.SubOrchestrationInstanceCreated:
            child = self.instances.get(decision.members["InstanceId"])
            parent = self._parent_of(instance, decision)
            if child is not None and await self._is_child_of(child, parent):
                if child.is_over:
                    self._tell_parent(child, parent)
                return
        self._dispatch(instance, decision)

    async def _is_child_of(self, child: Instance, parent: dict[str, Any]) -> bool:
        """Was it started by exactly this step of exactly this execution? Ids are used again, executions are not."""
        history = await self.history(child)
        started = next((found for found in history if kind_of(found) is Kind.ExecutionStarted), None)
        own = started["ParentInstance"] if started is not None else None
        if child.is_over:
            child.history = []
        steps = ("OrchestrationInstance", "TaskScheduleId")
        return own is not None and all(own[step] == parent[step] for step in steps)

    # -- messages ----------------------------------------------------------------------------------------

    async def _post(self, instance_id: str, found: Event) -> None:
        """Deliver, and return once the episode that takes the message is stored."""
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._deliver(instance_id, found, None, committed)
        await committed

    def _deliver(
        self,
        instance_id: str,
        found: Event,
        execution_id: str | None,
        committed: asyncio.Future[None] | None = None,
    ) -> None:
        self._inboxes[instance_id].append(Posted(found, execution_id, committed))
        if instance_id not in self._pumping:
            self._pumping.add(instance_id)
            self.spawn(self._pump(instance_id))

    async def _pump(self, instance_id: str) -> None:
        try:
            while posted := self._inboxes.pop(instance_id, None):
                async with self._episodes:
                    posted += self._inboxes.pop(instance_id, [])
                    await self._episode(instance_id, posted)
        finally:
            self._pumping.discard(instance_id)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._work.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error(
                "the host failed; what was not acknowledged is taken up at the next start", exc_info=error
            )

    # -- episodes ----------------------------------------------------------------------------------------

    async def _episode(self, instance_id: str, posted: list[Posted]) -> None:
        try:
            instance = self.instances.get(instance_id)
            if instance is not None and not instance.is_over:
                await self._advance(instance, self._accepted(instance, posted))
        except Exception as error:
            for each in posted:
                if each.committed is not None and not each.committed.done():
                    each.committed.set_exception(error)
            raise
        for each in posted:
            if each.committed is not None and not each.committed.done():
                each.committed.set_result(None)

    def _accepted(self, instance: Instance, posted: list[Posted]) -> list[Event]:
        """Messages for another execution of the same id are dropped, and so is a second start."""
        started = bool(instance.history)
        accepted = []
        for each in posted:
            is_start = kind_of(each.event) is Kind.ExecutionStarted
            if each.execution_id in (None, instance.execution_id) and not (is_start and started):
                accepted.append(each.event)
                started = started or is_start
        # The framework puts the start of an execution first.
        accepted.sort(key=lambda found: kind_of(found) is not Kind.ExecutionStarted)
        return accepted if started else []

    async def _advance(self, instance: Instance, messages: list[Event]) -> None:
        if not messages:
            return
        began = time.perf_counter()
        new = [event(Kind.OrchestratorStarted, self._next_moment(instance)), *messages]
        outcome, error = await self._walk(instance, instance.history, new)
        while outcome.is_new_execution:
            new = self._continue_as_new(instance, outcome)
            outcome, error = await self._walk(instance, [], new)
        new += [self._as_event(decision) for decision in outcome.decisions]
        new.append(event(Kind.OrchestratorCompleted, self.clock.now()))
        self._update(instance, new, outcome)
        await self.hub.commit(instance, new)
        instance.history = instance.history + new
        for decision in outcome.decisions:
            self._dispatch(instance, decision)
        self._report(instance, outcome, error, time.perf_counter() - began)
        if instance.is_over:
            self._end(instance)

    async def _walk(
        self, instance: Instance, past: list[Event], new: list[Event]
    ) -> tuple[Outcome, str | None]:
        history = past + new
        started = next((found for found in history if kind_of(found) is Kind.ExecutionStarted), None)
        if started is None:
            raise RuntimeError(f"{instance.id} has a history without ExecutionStarted")
        answer, error = await self.worker.orchestrate(instance.name, context_of(instance, history, started))
        execution = Execution(instance.id, instance.execution_id, instance.name, self.worker.knows)
        return Walk(execution, answer, error).over(past, new), error

    def _next_moment(self, instance: Instance) -> datetime:
        """OrchestratorStarted rises strictly, also where the clock stands still or runs back."""
        now = self.clock.now()
        for found in reversed(instance.history):
            if kind_of(found) is Kind.OrchestratorStarted:
                return max(now, parse_time(found["Timestamp"]) + TICK)
        return now

    def _continue_as_new(self, instance: Instance, outcome: Outcome) -> list[Event]:
        parent = instance.parent
        instance.execution_id = uuid.uuid4().hex
        instance.input, instance.history, instance.stored_rows = outcome.continued_as_new, [], 0
        begun = event(Kind.OrchestratorStarted, self.clock.now())
        return [begun, self._started_event(instance, parent), *outcome.carried_over]

    def _as_event(self, decision: Decision) -> Event:
        members = dict(decision.members)
        if decision.kind is Kind.TimerCreated:
            members["FireAt"] = net_time(members["FireAt"])
        return event(decision.kind, self.clock.now(), decision.event_id, **members)

    def _update(self, instance: Instance, new: list[Event], outcome: Outcome) -> None:
        instance.updated = parse_time(new[-1]["Timestamp"])
        instance.custom_status = outcome.custom_status
        for found in new:
            match kind_of(found):
                case Kind.ExecutionStarted:
                    instance.status, instance.created = "Running", parse_time(found["Timestamp"])
                case Kind.ExecutionSuspended:
                    instance.status, instance.output = "Suspended", found["Reason"]
                case Kind.ExecutionResumed:
                    instance.status, instance.output = "Running", found["Reason"]
                case Kind.ExecutionCompleted:
                    instance.status, instance.output = found["OrchestrationStatus"], found["Result"]
                    instance.completed = self.clock.now()

    def _report(self, instance: Instance, outcome: Outcome, error: str | None, seconds: float) -> None:
        if instance.status == "Failed":
            log.error("%s %s failed: %s", instance.name, instance.id, error or instance.output)
        elif instance.is_over:
            log.info(
                "%s %s %s (%.0f ms)", instance.name, instance.id, instance.status.lower(), seconds * 1000
            )
        else:
            log.debug(
                "%s %s waits for %s (%.0f ms)", instance.name, instance.id, outcome.stuck_on, seconds * 1000
            )

    def _end(self, instance: Instance) -> None:
        for key in [key for key in self._timers if key[0] == instance.id]:
            self._timers.pop(key).cancel()
        if (parent := instance.parent) is not None:
            self._tell_parent(instance, parent)
        instance.history = []  # it is in storage; finished instances need not fill the memory

    def _tell_parent(self, child: Instance, parent: dict[str, Any]) -> None:
        task_id, now = parent["TaskScheduleId"], self.clock.now()
        if child.status == "Completed":
            kind, member = Kind.SubOrchestrationInstanceCompleted, "Result"
        else:
            kind, member = Kind.SubOrchestrationInstanceFailed, "Reason"
        found = event(kind, now, **{"TaskScheduledId": task_id, member: child.output})
        whose = parent["OrchestrationInstance"]
        self._deliver(whose["InstanceId"], found, whose["ExecutionId"])

    # -- dispatch ----------------------------------------------------------------------------------------

    def _dispatch(self, instance: Instance, decision: Decision) -> None:
        members, event_id = decision.members, decision.event_id
        match decision.kind:
            case Kind.TaskScheduled:
                self.spawn(
                    self._run_activity(instance, members["Name"], event_id, decision.input or "[null]")
                )
            case Kind.TimerCreated:
                self._arm(instance, event_id, members["FireAt"])
            case Kind.SubOrchestrationInstanceCreated:
                parent = self._parent_of(instance, decision)
                self.spawn(self._start_child(members["InstanceId"], members["Name"], decision.input, parent))
            case Kind.EventSent:
                found = event(
                    Kind.EventRaised, self.clock.now(), Name=members["Name"], Input=members["Input"]
                )
                self._deliver(members["InstanceId"], found, None)

    def _arm(self, instance: Instance, event_id: int, due: datetime) -> None:
        key = (instance.id, instance.execution_id, event_id)

        def fire() -> None:
            self._timers.pop(key, None)
            found = event(Kind.TimerFired, self.clock.now(), TimerId=event_id, FireAt=net_time(due))
            self._deliver(instance.id, found, key[1])

        self._timers[key] = self.clock.call_at(due, fire)

    async def _run_activity(self, instance: Instance, name: str, event_id: int, text: str) -> None:
        execution_id = instance.execution_id
        async with self._activities:
            began = time.perf_counter()
            if not self.worker.knows("activity", name):
                log.error(
                    "%s has scheduled '%s', which is no activity of this app: it waits for ever",
                    instance.id,
                    name,
                )
                return
            try:
                result = await self.worker.run_activity(name, text)
                found = event(Kind.TaskCompleted, self.clock.now(), TaskScheduledId=event_id, Result=result)
                log.info("%s of %s (%.0f ms)", name, instance.id, (time.perf_counter() - began) * 1000)
            except FunctionFailed as failure:
                log.warning("%s of %s failed: %s\n%s", name, instance.id, failure, failure.stack)
                reason = f"Activity function '{name}' failed:  {failure}"
                found = event(
                    Kind.TaskFailed,
                    self.clock.now(),
                    TaskScheduledId=event_id,
                    Reason=reason,
                    Details=details(str(failure), failure.stack),
                )
        self._deliver(instance.id, found, execution_id)

    def _parent_of(self, instance: Instance, decision: Decision) -> dict[str, Any]:
        return {
            "Name": instance.name,
            "OrchestrationInstance": {"InstanceId": instance.id, "ExecutionId": instance.execution_id},
            "TaskScheduleId": decision.event_id,
            "Version": instance.version,
        }

    async def _start_child(
        self, instance_id: str, name: str, text: str | None, parent: dict[str, Any]
    ) -> None:
        async with self._creating:
            old = self.instances.get(instance_id)
            await self._know_sentinel(old)
            instance = self._new(instance_id, name, text, uuid.uuid4().hex, None, old)
            await self._create(instance, parent)

    async def _know_sentinel(self, old: Instance | None) -> None:
        """Overwriting a finished instance goes on under its sentinel."""
        if old is not None and old.sentinel is None:
            await self.hub.load_history(old)
            old.history = []

    def _new(
        self,
        instance_id: str,
        name: str,
        text: str | None,
        execution_id: str,
        generation: int | None,
        old: Instance | None,
    ) -> Instance:
        now = self.clock.now()
        return Instance(
            id=instance_id,
            name=name,
            execution_id=execution_id,
            status="Pending",
            created=now,
            updated=now,
            input=text,
            generation=generation,
            sentinel=old.sentinel if old is not None else None,
        )

    async def _create(self, instance: Instance, parent: dict[str, Any] | None) -> None:
        await self.hub.create(instance)
        self.instances[instance.id] = instance
        self._post_started(instance, parent)

    def _post_started(self, instance: Instance, parent: dict[str, Any] | None) -> None:
        self._deliver(instance.id, self._started_event(instance, parent), instance.execution_id)

    def _started_event(self, instance: Instance, parent: dict[str, Any] | None) -> Event:
        return event(
            Kind.ExecutionStarted,
            self.clock.now(),
            OrchestrationInstance={"InstanceId": instance.id, "ExecutionId": instance.execution_id},
            ParentInstance=parent,
            Name=instance.name,
            Version=instance.version,
            Input=instance.input,
            Generation=instance.generation,
            GenerateNewTrace=False,
        )


def context_of(instance: Instance, history: list[Event], started: Event) -> str:
    text = started.get("Input")
    parent = started.get("ParentInstance")
    return compact(
        {
            "history": history,
            "input": json.loads(text) if text is not None else None,
            "instanceId": instance.id,
            "isReplaying": started["IsPlayed"],
            "parentInstanceId": parent["OrchestrationInstance"]["InstanceId"] if parent else None,
            "upperSchemaVersion": 1,
            "upperSchemaVersionNew": 3,
            "longRunningTimerIntervalDuration": "3.00:00:00",
            "maximumShortTimerDuration": "6.00:00:00",
            "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
        }
    )
