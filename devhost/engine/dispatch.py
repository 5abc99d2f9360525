"""What follows from a committed episode: activities, timers, children, messages to entities, the parent's answer."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from datetime import datetime, timedelta
from typing import Any

from devhost.engine import durable_http
from devhost.engine.clock import Cancellable
from devhost.engine.entities import Entities
from devhost.engine.ports import Instances
from devhost.functions.worker import FunctionFailed
from devhost.protocol.events import Event, Kind, event, net_time
from devhost.protocol.failures import details
from devhost.protocol.messages import AlreadyExists, Decision, Posted, TooLong, parent_of
from devhost.protocol.rows import Instance
from devhost.protocol.walk import HTTP_ACTIVITY

log = logging.getLogger("devhost")


class Dispatcher:
    """Sets going what instances have scheduled, and delivers how it ended."""

    def __init__(self, engine: Instances, entities: Entities, max_activities: int) -> None:
        self._engine, self._entities = engine, entities
        self._activities = asyncio.Semaphore(max_activities)
        self._timers: dict[tuple[str, str, int], Cancellable] = {}

    def dispatch(self, instance: Instance, decisions: list[Decision]) -> None:
        """Each is stored in the instance's history already."""
        for decision in decisions:
            match decision.kind:
                case Kind.TaskScheduled:
                    self._engine.spawn(self._run_activity(instance, decision))
                case Kind.TimerCreated:
                    self.arm(instance, decision, self._engine.clock.now())
                case Kind.SubOrchestrationInstanceCreated:
                    self._engine.spawn(self._start_child(instance, decision))
                case Kind.EventSent:
                    _ = self._entities.deliver(
                        decision.members["InstanceId"], json.loads(decision.members["Input"])
                    )

    # -- timers ------------------------------------------------------------------------------------------

    def visible(self, _instance: Instance, decision: Decision, created: datetime) -> datetime:
        """When a timer's queue message appears: its delay is in whole seconds, so up to a second early."""
        delay = int((decision.members["FireAt"] - created).total_seconds())
        return created + timedelta(seconds=max(delay, 0))

    def arm(self, instance: Instance, decision: Decision, created: datetime) -> None:
        """Fire when the queue message would appear."""
        key = (instance.id, instance.execution_id, decision.event_id)
        due: datetime = decision.members["FireAt"]

        def fire() -> None:
            self._timers.pop(key, None)
            found = event(Kind.TimerFired, created, TimerId=decision.event_id, FireAt=net_time(due))
            self._deliver(instance.id, found, key[1])

        self._timers[key] = self._engine.clock.call_at(self.visible(instance, decision, created), fire)

    def disarm(self, instance_id: str) -> None:
        """Forget an instance's timers."""
        for key in [key for key in self._timers if key[0] == instance_id]:
            self._timers.pop(key).cancel()

    def disarm_all(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    # -- activities --------------------------------------------------------------------------------------

    async def _run_activity(self, instance: Instance, decision: Decision) -> None:
        name, execution_id = decision.members["Name"], instance.execution_id
        async with self._activities:
            began, invocation = time.perf_counter(), str(uuid.uuid4())
            ended = {"TaskScheduledId": decision.event_id}
            try:
                result = await self._call(name, decision.input or "[null]", invocation)
                found = event(Kind.TaskCompleted, self._engine.clock.now(), Result=result, **ended)
                took = (time.perf_counter() - began) * 1000
                log.info("%s of %s (%.0f ms) [%s]", name, instance.id, took, invocation)
            except FunctionFailed as failure:
                took = (time.perf_counter() - began) * 1000
                told = (name, instance.id, took, failure, invocation, failure.stack)
                log.warning("%s of %s failed (%.0f ms): %s [%s]\n%s", *told)
                found = event(Kind.TaskFailed, self._engine.clock.now(), **ended)
                found["Reason"] = f"Activity function '{name}' failed:  {failure}"
                found["Details"] = details(str(failure), failure.stack)
        self._deliver(instance.id, found, execution_id)

    async def _call(self, name: str, text: str, invocation: str) -> str | None:
        if name == HTTP_ACTIVITY:
            return await durable_http.call(text)
        return await self._engine.worker.run_activity(name, text, invocation)

    # -- children ----------------------------------------------------------------------------------------

    async def _start_child(self, instance: Instance, decision: Decision) -> None:
        members, parent = decision.members, parent_of(instance, decision)
        child = self._engine.new_instance(
            members["InstanceId"], members["Name"], decision.input, uuid.uuid4().hex
        )
        child.generation, child.version = None, members["Version"]
        await self.begin_child(child, parent)

    async def begin_child(self, child: Instance, parent: dict[str, Any]) -> None:
        try:
            await self._engine.begin(child, parent)
        except (AlreadyExists, TooLong) as error:
            log.warning("%s cannot start its child %s: %s", parent["Name"], child.id, error)
            child.status, child.output = "Failed", str(error)
            self.answer(child, parent)

    def tell_parent(self, child: Instance) -> None:
        """Deliver a child's end to the parent that waits for it."""
        if (parent := child.parent) is not None:
            self.answer(child, parent)

    def answer(self, child: Instance, parent: dict[str, Any]) -> None:
        """Tell a parent how its child has ended."""
        ended = {"TaskScheduledId": parent["TaskScheduleId"]}
        now = self._engine.clock.now()
        if child.status == "Completed":
            found = event(Kind.SubOrchestrationInstanceCompleted, now, Result=child.output, **ended)
        else:
            found = event(Kind.SubOrchestrationInstanceFailed, now, Reason=child.output, **ended)
            if child.status == "Failed":  # nothing has failed where it was terminated
                text = (child.output or "").partition(" failed: ")[2] or child.output or ""
                found["Details"] = f"Message: {text}, StackTrace: "
        whose = parent["OrchestrationInstance"]
        self._deliver(whose["InstanceId"], found, whose["ExecutionId"])

    def _deliver(self, instance_id: str, found: Event, execution_id: str) -> None:
        self._engine.deliver(instance_id, Posted(found, execution_id))
