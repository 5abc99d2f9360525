"""After a start: every instance is taken up where its history ends.

What is scheduled and not over is done again (activities run at least once), timers are armed, children looked after,
messages sent again; who receives something twice drops it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from devhost.engine.engine import Engine
from devhost.protocol.changes import follow
from devhost.protocol.events import Kind, event, kind_of, parse_time
from devhost.protocol.messages import Decision, Posted, parent_of
from devhost.protocol.rows import Instance
from devhost.protocol.walk import Outcome

log = logging.getLogger("devhost")
READERS = 8
TORN = "its history does not begin with ExecutionStarted: somebody has deleted a part of it. Purge it, or restart it."
FIRST_MOMENT = datetime(1, 1, 1, tzinfo=UTC)


async def recover(engine: Engine) -> None:
    """Load the hub into the engine and set going what is not over."""
    for instance in await engine.hub.instances():
        engine.instances[instance.id] = instance
    engine.clock.catch_up(max((each.updated for each in engine.instances.values()), default=FIRST_MOMENT))
    live = [instance for instance in engine.instances.values() if not instance.is_over]
    readers = asyncio.Semaphore(READERS)

    async def load(instance: Instance) -> None:
        async with readers:
            await engine.hub.load_history(instance)

    await asyncio.gather(*(load(instance) for instance in live))
    await Recovery(engine).take_up(live)
    if live:
        log.info("took up %d instances", len(live))


class Recovery:
    """Takes up the instances of an engine: first all are looked at, then everything is set going.

    In between nothing may run: a message to an instance that was not looked at yet would be answered twice.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._plan: list[Callable[[], object]] = []
        self._claimed: set[str] = set()

    async def take_up(self, live: list[Instance]) -> None:
        """Instances that ran first: they claim the children that did not run yet."""
        for instance in live:
            if instance.is_entity:
                self._engine.entities.adopt(instance)
                self._later(self._engine.entities.go_on, instance)
            elif instance.history:
                await self._look_at(instance)
        for go in self._plan:
            go()
        for instance in live:
            if not instance.history and not instance.is_entity and instance.id not in self._claimed:
                self._engine.redo(partial(self._engine.post_started, instance, None))
            for key, found in instance.kept.items():
                self._engine.deliver(instance.id, Posted(found, kept=key))
            instance.kept = {}
        for instance in live:
            if not instance.is_over and not instance.is_entity:
                self._engine.hold(instance)

    def _again(self, call: Callable[..., object], *arguments: Any) -> None:
        """What the host before this one may have begun, and nobody sends again."""
        self._later(self._engine.redo, partial(call, *arguments))

    def _later(self, call: Callable[..., object], *arguments: Any) -> None:
        self._plan.append(partial(call, *arguments))

    async def _look_at(self, instance: Instance) -> None:
        if instance.started is None:
            log.error("%s cannot be taken up: %s", instance.id, TORN)
            instance.status, instance.output = "Failed", TORN
            return
        row = (instance.status, instance.custom_status)
        follow(instance, instance.history)
        instance.updated = parse_time(instance.history[-1]["Timestamp"])
        self._later(self._engine.entities.resend, instance)
        if instance.is_over:  # its row did not say so yet
            instance.completed = instance.updated
            self._later(self._engine.end, instance)
            return
        if not self._engine.runs(instance):
            self._arm_open_timers(instance)
            return
        outcome, _ = await self._engine.walk(instance, instance.history, [])
        instance.custom_status = outcome.custom_status
        if row != (instance.status, instance.custom_status):  # it is behind
            self._later(self._engine.rows.note, instance)
        made = {found["EventId"]: found for found in instance.history if found["EventId"] >= 0}
        for event_id, decision in outcome.open_decisions.items():
            if event_id in made:
                await self._redo(instance, decision, parse_time(made[event_id]["Timestamp"]))
        self._nudge(instance, outcome)

    def _arm_open_timers(self, instance: Instance) -> None:
        """Of an instance whose code is another version's: it cannot be asked which of them were cancelled."""
        fired = {found["TimerId"] for found in instance.history if kind_of(found) is Kind.TimerFired}
        for found in instance.history:
            if kind_of(found) is Kind.TimerCreated and found["EventId"] not in fired:
                members = {"FireAt": parse_time(found["FireAt"])}
                decision = Decision(Kind.TimerCreated, found["EventId"], members)
                created = parse_time(found["Timestamp"])
                self._later(self._engine.dispatcher.arm, instance, decision, created)

    def _nudge(self, instance: Instance, outcome: Outcome) -> None:
        """What the replay would schedule next and the history lacks: a rewind that was cut short goes on."""
        kinds = {decision.kind for decision in outcome.decisions}
        if Kind.ExecutionCompleted in kinds:
            log.error("%s %s: %s", instance.name, instance.id, outcome.decisions[-1].members["Result"])
        elif kinds:
            nudge = Posted(event(Kind.GenericEvent, self._engine.clock.now()))
            self._again(self._engine.deliver, instance.id, nudge)

    async def _redo(self, instance: Instance, decision: Decision, created: datetime) -> None:
        if decision.kind is Kind.TimerCreated:
            self._later(self._engine.dispatcher.arm, instance, decision, created)
        elif decision.kind is Kind.SubOrchestrationInstanceCreated:
            await self._look_after(instance, decision)
        else:
            self._again(self._engine.dispatcher.dispatch, instance, [decision])

    async def _look_after(self, instance: Instance, decision: Decision) -> None:
        child = self._engine.instances.get(decision.members["InstanceId"])
        parent = parent_of(instance, decision)
        if child is None or (child.is_over and not await self._is_child_of(child, parent)):
            self._claimed.add(decision.members["InstanceId"])
            self._again(self._engine.dispatcher.dispatch, instance, [decision])
        elif not child.history and not child.is_over:
            self._claimed.add(child.id)
            self._again(self._engine.post_started, child, parent)
        elif child.is_over:
            self._again(self._engine.dispatcher.answer, child, parent)

    async def _is_child_of(self, child: Instance, parent: dict[str, Any]) -> bool:
        """Was it started by exactly this step of exactly this execution? Ids are used again, executions are not."""
        history = await self._engine.history(child)
        started = next((found for found in history if kind_of(found) is Kind.ExecutionStarted), None)
        own = started["ParentInstance"] if started is not None else None
        steps = ("OrchestrationInstance", "TaskScheduleId")
        return own is not None and all(own[step] == parent[step] for step in steps)
