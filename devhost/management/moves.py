"""What operators do to instances: rewind and restart."""

from __future__ import annotations

import uuid
from typing import Any

from devhost.engine.engine import Engine
from devhost.management.views import loose
from devhost.protocol.events import Event, Kind, compact, kind_of
from devhost.protocol.rows import Instance

REWOUND = "Rewound: "
FAILURES = frozenset({Kind.TaskFailed, Kind.SubOrchestrationInstanceFailed})


async def restart(engine: Engine, instance: Instance, *, with_new_id: bool) -> Instance:
    """Start an orchestration of the same name and input. Raises AlreadyExists where the id is kept and live."""
    instance_id = uuid.uuid4().hex if with_new_id else instance.id
    return await engine.start(instance.name, instance_id, compact(loose(instance.input)), instance.version)


async def rewind(engine: Engine, instance: Instance, reason: str | None) -> None:
    """Take back the failures of a failed instance, and of the children that failed it; then go on."""
    history = await engine.history(instance)
    changes: dict[int, dict[str, Any]] = {}
    children: list[str] = []
    for number, found in enumerate(history):
        kind = kind_of(found)
        if kind is Kind.ExecutionCompleted:
            changes[number] = _taken_back(kind)
        elif kind in FAILURES:
            changes[number] = _taken_back(kind)
            begun = _position(history, found["TaskScheduledId"])
            if kind is Kind.TaskFailed:
                changes[begun] = _taken_back(Kind.TaskScheduled)
            else:  # stays as it is: its child goes on, and answers anew
                children.append(history[begun]["InstanceId"])
    await engine.rewrite(instance, changes)
    for child_id in children:
        child = engine.instances.get(child_id)
        if child is not None and child.status == "Failed":
            await rewind(engine, child, reason)
    if not children:
        await engine.send(instance.id, Kind.GenericEvent, Data=reason)


def _position(history: list[Event], event_id: int) -> int:
    return next(
        number
        for number, found in enumerate(history)
        if found["EventId"] == event_id and kind_of(found) is not Kind.GenericEvent
    )


def _taken_back(kind: Kind) -> dict[str, Any]:
    return {"EventType": Kind.GenericEvent.name, "Reason": f"{REWOUND}{kind.name}"}
