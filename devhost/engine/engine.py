"""Instances and their episodes.

An episode is: new messages -> one SDK call over the whole history -> the walk over its actions -> decisions become
events -> one commit -> only then is anything dispatched or acknowledged.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from devhost.engine.clock import Clock
from devhost.engine.dispatch import Dispatcher
from devhost.engine.entities import Entities
from devhost.engine.ports import Store
from devhost.engine.statuses import StatusRows
from devhost.functions.worker import Worker
from devhost.protocol.changes import accepted, context_of, follow
from devhost.protocol.events import Event, Kind, event, kind_of, net_time, parse_time
from devhost.protocol.messages import AlreadyExists, Decision, Posted, TooLong, acknowledge, started_event
from devhost.protocol.rows import Instance, fits_a_key
from devhost.protocol.versions import Failure, Versions, mismatch
from devhost.protocol.walk import Execution, Outcome, Walk

log = logging.getLogger("devhost")
SLOW_SECONDS = 10
SLOW = "%s %s has been replaying for %d s: an orchestrator must only decide what is next; waiting is for activities"
GATHER_TIMES = 10
LAST_ROWS_SECONDS = (
    2.0  # at a stop; rows that are not written then are as they should be after the next start
)
HISTORIES_HELD = 1000  # about 5 MB
TICK = timedelta(microseconds=1)
CURRENT = Versions()
LEFT_ALONE = (
    "%s %s is of version %s and this host of %s: it is left alone, its messages are kept for such a host"
)
# What nobody sends again: it must wait in storage where the instance cannot take it.
KEPT_KINDS = frozenset(
    {
        Kind.EventRaised,
        Kind.ExecutionTerminated,
        Kind.ExecutionSuspended,
        Kind.ExecutionResumed,
        Kind.GenericEvent,
    }
)


class Engine:
    """All instances of one hub, in one process. ``lost`` is set when the host must stop.

    ``gather_seconds`` after a client's message another one still goes into the same episode.
    """

    gather_seconds = 0.003

    def __init__(
        self,
        worker: Worker,
        hub: Store,
        clock: Clock,
        *,
        max_activities: int = 20,
        max_orchestrators: int = 20,
        versions: Versions = CURRENT,
    ) -> None:
        self.worker, self.hub, self.clock, self.versions = worker, hub, clock, versions
        self.instances: dict[str, Instance] = {}
        self.lost: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        self.entities = Entities(self)
        self.dispatcher = Dispatcher(self, self.entities, max_activities)
        self._inboxes: dict[str, list[Posted]] = defaultdict(list)
        self._pumps: dict[str, asyncio.Task[None]] = {}
        self._ending: dict[str, asyncio.Task[None]] = {}
        self.rows = StatusRows(hub, self._task)
        self._held: OrderedDict[str, Instance] = OrderedDict()  # live, with their histories; the latest last
        self._replays = asyncio.Semaphore(max_orchestrators)
        self._work: set[asyncio.Task[None]] = set()
        self._starting: set[str] = set()
        self._said: dict[str, set[str]] = defaultdict(set)

    # -- instances ---------------------------------------------------------------------------------------

    async def start(
        self, name: str, instance_id: str | None, text: str | None, version: str | None = None
    ) -> Instance:
        """Start an orchestration; returns once it is stored. Raises AlreadyExists, TooLong."""
        instance_id = instance_id or uuid.uuid4().hex
        old = self.instances.get(instance_id)
        generation = (old.generation or 0) + 1 if old is not None else 0
        made = self.new_instance(instance_id, name, text, str(uuid.uuid4()))
        made.generation, made.version = generation, version or self.versions.default
        return await self.begin(made, None)

    def new_instance(self, instance_id: str, name: str, text: str | None, execution_id: str) -> Instance:
        now = self.clock.now()
        return Instance(instance_id, name, execution_id, "Pending", created=now, updated=now, input=text)

    async def begin(self, instance: Instance, parent: dict[str, Any] | None) -> Instance:
        """Store a new instance and start it. Raises AlreadyExists, TooLong."""
        if not fits_a_key(instance.id):
            raise TooLong(instance.id)
        if instance.id in self._starting:
            raise AlreadyExists("Pending")
        self._starting.add(instance.id)
        try:
            old = self.instances.get(instance.id)
            if old is not None and not old.is_over:
                raise AlreadyExists(old.status)
            if old is not None:
                await self.settled(old.id)
                await self.hub.load_history(old)
                instance.sentinel = old.sentinel
                old.history = []
            await self.hub.create(instance)
            self.instances[instance.id] = instance
            self._said.pop(instance.id, None)
            self.post_started(instance, parent)
        finally:
            self._starting.discard(instance.id)
        return instance

    async def settled(self, instance_id: str) -> None:
        """Return once the instance has no episode under way and its row is as its history."""
        while task := (
            self._pumps.get(instance_id) or self._ending.get(instance_id) or self.rows.writing(instance_id)
        ):
            await asyncio.wait([task])

    async def history(self, instance: Instance) -> list[Event]:
        """An instance's history, from storage where it is not in memory."""
        if instance.history:
            return instance.history
        loaded = replace(instance, history=[])
        await self.hub.load_history(loaded)
        return loaded.history

    async def purge(self, instance: Instance) -> None:
        """Forget an instance and all that is stored of it."""
        self._starting.add(instance.id)
        try:
            await self.settled(instance.id)
            self.instances.pop(instance.id, None)
            self.dispatcher.disarm(instance.id)
            await self.hub.purge(instance)
        finally:
            self._starting.discard(instance.id)

    async def rewrite(self, instance: Instance, changes: dict[int, dict[str, Any]]) -> None:
        """Take events of a finished instance back; it is Pending again."""
        await self.settled(instance.id)
        changed = replace(instance, status="Pending", output=None, completed=None, history=[])
        await self.hub.load_history(changed)
        await self.hub.rewrite(changed, changes)
        await self.hub.load_history(changed)
        vars(instance).update(vars(changed))

    async def quiet(self) -> None:
        """Return once nothing runs and nothing waits to run; timers may still be armed."""
        self.rows.flush()
        while self._work:
            await asyncio.wait(self._work)
            self.rows.flush()

    async def stop(self) -> None:
        """Let go of everything: what is under way is taken up by the next start."""
        self.dispatcher.disarm_all()
        if not self.lost.done():
            await self.rows.finish(LAST_ROWS_SECONDS)
        self.rows.drop()
        while self._work:
            for task in self._work:
                task.cancel()
            await asyncio.wait(self._work)

    # -- messages ----------------------------------------------------------------------------------------

    async def send(self, instance_id: str, kind: Kind, **members: Any) -> None:
        """Deliver a message; return once the episode that takes it is stored."""
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.deliver(instance_id, Posted(event(kind, self.clock.now(), **members), committed=committed))
        await committed

    def deliver(self, instance_id: str, posted: Posted) -> None:
        self._inboxes[instance_id].append(posted)
        if instance_id not in self._pumps:
            self._pumps[instance_id] = self._task(self._pump(instance_id))

    def post_started(self, instance: Instance, parent: dict[str, Any] | None) -> None:
        started = started_event(instance, parent, self.clock.now())
        self.deliver(instance.id, Posted(started, instance.execution_id))

    async def _pump(self, instance_id: str) -> None:
        try:
            while instance_id in self._inboxes:
                await self._gather(self._inboxes[instance_id])
                await self._episode(instance_id, self._inboxes.pop(instance_id))
        finally:
            del self._pumps[instance_id]

    async def _gather(self, inbox: list[Posted]) -> None:
        """Let calls that are made side by side come into one episode, as they do where a queue is polled."""
        for _ in range(GATHER_TIMES):
            seen = len(inbox)
            if not any(posted.committed for posted in inbox):
                return  # what follows from an episode waits for nobody
            await asyncio.sleep(self.gather_seconds)
            if len(inbox) == seen:
                return

    def redo(self, call: Callable[[], object]) -> None:
        """Do what a host before this one may have begun."""
        call()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run it as a part of this engine: `quiet` waits for it, and its failure stops the host."""
        _ = self._task(work)

    def _task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._work.discard(task)
        if not task.cancelled() and (error := task.exception()) and not self.lost.done():
            self.lost.set_result(error)

    # -- episodes ----------------------------------------------------------------------------------------

    async def _episode(self, instance_id: str, posted: list[Posted]) -> None:
        try:
            instance = self.instances.get(instance_id)
            if instance is not None and not instance.is_over:
                if self.runs(instance) or self.versions.failure is Failure.FAIL:
                    await self._advance(instance, posted)
                else:
                    await self._leave(instance, posted)
            if instance is not None and (taken := [each.kept for each in posted if each.kept]):
                await self.hub.forget(instance, taken)
        except BaseException as error:
            acknowledge(posted, error)
            raise
        acknowledge(posted)

    def runs(self, instance: Instance) -> bool:
        """Does this host's version fit the instance's?"""
        return self.versions.accepts(instance.version)

    async def _leave(self, instance: Instance, posted: list[Posted]) -> None:
        """Nothing of an instance that must not run here enters its history; the next start has what is kept."""
        log.warning(LEFT_ALONE, instance.name, instance.id, instance.version, self.versions.default or "none")
        for each in posted:
            if each.kept is None and kind_of(each.event) in KEPT_KINDS:
                await self.hub.keep(instance, each.event)
            each.kept = None

    async def _advance(self, instance: Instance, posted: list[Posted]) -> None:
        if instance.stored_rows and not instance.history:
            await self.hub.load_history(instance)
        messages = accepted(instance, posted)
        if not messages:
            return
        began = time.perf_counter()
        # What others see of an instance changes only once it is stored.
        changed = replace(instance)
        sent: list[Decision] = []
        new = [event(Kind.OrchestratorStarted, self._next_moment(instance)), *messages]
        outcome, error = await self.walk(changed, changed.history, new)
        while outcome.is_new_execution:
            sent += [decision for decision in outcome.decisions if decision.kind is Kind.EventSent]
            new = self._continue_as_new(changed, outcome, new[0])
            outcome, error = await self.walk(changed, [], new)
        new += [self._as_event(decision) for decision in outcome.decisions]
        new.append(event(Kind.OrchestratorCompleted, self.clock.now()))
        self._update(changed, new, outcome)
        for decision in sent:  # of an execution whose history is not kept
            await self.entities.deliver(decision.members["InstanceId"], json.loads(decision.members["Input"]))
        await self.hub.commit(changed, new)
        changed.history = changed.history + new
        vars(instance).update(vars(changed))
        acknowledge(posted)
        self.dispatcher.dispatch(instance, outcome.decisions)
        self._report(instance, outcome, error, time.perf_counter() - began)
        if instance.is_over:
            self._held.pop(instance.id, None)
            self.end(instance)
        else:
            self.hold(instance)
            self.rows.note(instance)

    def hold(self, instance: Instance) -> None:
        """Keep its history in memory; those of instances that have waited longest are read again when they go on."""
        self._held[instance.id] = instance
        self._held.move_to_end(instance.id)
        while len(self._held) > HISTORIES_HELD:
            waiting_id, waiting = self._held.popitem(last=False)
            if waiting_id not in self._pumps:
                waiting.history = []

    def end(self, instance: Instance) -> None:
        """An instance is over: its row says so once everybody else has been told."""
        self.dispatcher.disarm(instance.id)
        self.dispatcher.tell_parent(instance)
        if any(kind_of(found) is Kind.EventSent for found in instance.history):
            self._ending[instance.id] = self._task(self._end_after_messages(instance))
        else:
            self.rows.note(instance)

    async def _end_after_messages(self, instance: Instance) -> None:
        try:
            await self.entities.taken(instance)
            self.rows.note(instance)
        finally:
            del self._ending[instance.id]

    async def walk(
        self, instance: Instance, past: list[Event], new: list[Event]
    ) -> tuple[Outcome, str | None]:
        """One SDK call and the walk over its answer; and the text of why there is no answer."""
        if not self.runs(instance):
            return Outcome([mismatch(len(past))], None), None
        history = past + new
        started = next((found for found in history if kind_of(found) is Kind.ExecutionStarted), None)
        if started is None:
            raise RuntimeError(f"{instance.id} has a history without ExecutionStarted")
        context = context_of(instance, history, started)
        async with self._replays:
            slow = asyncio.get_running_loop().call_later(
                SLOW_SECONDS, log.warning, SLOW, instance.name, instance.id, SLOW_SECONDS
            )
            try:
                answer, error = await self.worker.orchestrate(instance.name, context)
            finally:
                slow.cancel()
        execution = Execution(
            instance.id, instance.execution_id, instance.name, self.worker.knows, self.versions.default
        )
        return Walk(execution, answer, error).over(past, new), error

    def _next_moment(self, instance: Instance) -> datetime:
        """OrchestratorStarted rises strictly, also where the clock stands still or runs back."""
        for found in reversed(instance.history):
            if kind_of(found) is Kind.OrchestratorStarted:
                return max(self.clock.now(), parse_time(found["Timestamp"]) + TICK)
        return self.clock.now()

    def _continue_as_new(self, instance: Instance, outcome: Outcome, before: Event) -> list[Event]:
        parent = instance.parent
        instance.execution_id = uuid.uuid4().hex
        instance.input, instance.history, instance.stored_rows = outcome.continued_as_new, [], 0
        moment = max(self.clock.now(), parse_time(before["Timestamp"]) + TICK)
        started = started_event(instance, parent, moment) | {"Generation": None}
        ended = event(Kind.OrchestratorCompleted, moment)
        return [event(Kind.OrchestratorStarted, moment), started, *outcome.carried_over, ended]

    def _as_event(self, decision: Decision) -> Event:
        members = dict(decision.members)
        if decision.kind is Kind.TimerCreated:
            members["FireAt"] = net_time(members["FireAt"])
        return event(decision.kind, self.clock.now(), decision.event_id, **members)

    def _update(self, instance: Instance, new: list[Event], outcome: Outcome) -> None:
        instance.updated = parse_time(new[-1]["Timestamp"])
        instance.custom_status = outcome.custom_status
        follow(instance, new)
        if instance.is_over:
            instance.completed = self.clock.now()

    # -- what is told ------------------------------------------------------------------------------------

    def _report(self, instance: Instance, outcome: Outcome, error: str | None, seconds: float) -> None:
        said = self._said[instance.id]
        for note in outcome.notes:
            if note.text not in said:
                said.add(note.text)
                log.log(note.level, "%s %s: %s", instance.name, instance.id, note.text)
        took = seconds * 1000
        if instance.status == "Failed":
            log.error(
                "%s %s failed (%.0f ms): %s", instance.name, instance.id, took, error or instance.output
            )
        elif instance.is_over:
            log.info("%s %s %s (%.0f ms)", instance.name, instance.id, instance.status.lower(), took)
        else:
            log.debug("%s %s episode (%.0f ms)", instance.name, instance.id, took)
        if instance.is_over:
            self._said.pop(instance.id, None)
