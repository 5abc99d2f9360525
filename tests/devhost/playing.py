"""Playing a recording: the engine gets the messages that the extension got, and runs nothing by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from devhost.engine.clock import VirtualClock
from devhost.engine.dispatch import Dispatcher
from devhost.engine.engine import Engine
from devhost.engine.ports import Store
from devhost.functions.worker import Worker
from devhost.protocol.events import Event, Kind, kind_of
from devhost.protocol.messages import Decision, Posted
from devhost.protocol.rows import Instance
from devhost.protocol.versions import Versions
from tests.devhost.recordings import recorded, recorded_calls

# Not sent but caused: by the engine itself, out of children and entities.
CAUSED = frozenset(
    {
        Kind.ExecutionStarted,
        Kind.SubOrchestrationInstanceCompleted,
        Kind.SubOrchestrationInstanceFailed,
        Kind.OrchestratorStarted,
        Kind.OrchestratorCompleted,
    }
)


class Listener:
    """The worker, with an ear on every orchestrator call."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self.heard: dict[str, list[dict[str, Any]]] = {}

    async def orchestrate(self, name: str, context: str) -> Any:
        sent = json.loads(context)
        self.heard.setdefault(sent["instanceId"], []).append(sent)
        return await self._worker.orchestrate(name, context)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._worker, name)


class NothingRuns(Dispatcher):
    """Activities and timers end when the recording says so."""

    def dispatch(self, instance: Instance, decisions: list[Decision]) -> None:
        mine = (Kind.SubOrchestrationInstanceCreated, Kind.EventSent)
        super().dispatch(instance, [decision for decision in decisions if decision.kind in mine])


@dataclass
class Recorded:
    """An instance of a recording, and which of ours plays it; ``stored`` is the history that ours has at the end."""

    id: str
    calls: list[dict[str, Any]]
    ours: str = ""
    shown: dict[str, Any] | None = None
    instance: Instance | None = None
    stored: list[Event] = field(default_factory=list)

    def is_due(self, call: int) -> str:
        return str(self.calls[call]["input"]["history"][_last_start(self.history(call))]["Timestamp"])

    def history(self, call: int) -> list[Event]:
        found: list[Event] = self.calls[call]["input"]["history"]
        return found

    def new(self, call: int) -> list[Event]:
        history = self.history(call)
        return [dict(found) for found in history[_last_start(history) :] if kind_of(found) not in CAUSED]


def _last_start(history: list[Event]) -> int:
    return max(n for n, found in enumerate(history) if kind_of(found) is Kind.OrchestratorStarted)


def recorded_instances(scenario: str) -> list[Recorded]:
    return [
        Recorded(instance["instanceId"], calls, shown=instance.get("shown"))
        for instance in recorded(scenario)["instances"]
        if (calls := recorded_calls(instance))
    ]


def in_order(instances: list[Recorded]) -> Iterator[tuple[Recorded, int]]:
    """All calls of a scenario in the order of their moments."""
    calls = [(instance, n) for instance in instances for n in range(len(instance.calls))]
    return iter(sorted(calls, key=lambda each: each[0].is_due(each[1])))


async def play(scenario: str, worker: Worker, hub: Store) -> tuple[list[Recorded], Listener]:
    listener = Listener(worker)
    versions = Versions("2.1" if scenario.startswith("default-version") else None)
    engine = Engine(listener, hub, VirtualClock(), versions=versions)  # type: ignore[arg-type]  # the worker with an ear on it
    engine.dispatcher = NothingRuns(engine, engine.entities, 1)
    instances = recorded_instances(scenario)
    for instance, number in in_order(instances):
        if not instance.ours:
            await _begin(engine, instance, [each.ours for each in instances])
        for found in instance.new(number):
            if kind_of(found) is Kind.EventRaised and "ResponseMessage" in (found["Input"] or ""):
                continue  # an entity's answer: ours comes by itself
            engine.deliver(instance.ours, Posted(found | {"IsPlayed": False}))
        await engine.quiet()
    assert not engine.lost.done(), engine.lost.result()
    for each in instances:
        each.instance = engine.instances[each.ours]
        each.stored = await engine.history(each.instance)
    await engine.stop()
    return instances, listener


async def _begin(engine: Engine, instance: Recorded, known: list[str]) -> None:
    started = next(found for found in instance.history(0) if kind_of(found) is Kind.ExecutionStarted)
    if started["ParentInstance"] is None:
        text = started["Input"]
        if text is not None and text.endswith(" characters)"):
            text = json.dumps({"n": 1, "pad": "y" * 70_000})  # as long as what the recording shortened
        instance.ours = started["OrchestrationInstance"]["InstanceId"]
        await engine.start(started["Name"], instance.ours, text)
    else:  # our parent has started it already
        instance.ours = next(
            each.id for each in engine.instances.values() if each.id not in known and not each.is_entity
        )
