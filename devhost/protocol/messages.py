"""Messages between instances, and the events that start and link them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from devhost.protocol.events import Event, Kind, event
from devhost.protocol.rows import Instance


class AlreadyExists(Exception):
    """A live instance has this id; ``status`` says in which state it is."""

    def __init__(self, status: str) -> None:
        super().__init__(f"An Orchestration instance with the status {status} already exists.")
        self.status = status


class TooLong(Exception):
    """No table can hold an instance of this id."""

    def __init__(self, instance_id: str) -> None:
        super().__init__(f"The instance id '{instance_id[:40]}...' is too long to be stored.")


@dataclass
class Decision:
    """Something that an episode adds to the history. ``input`` is what the history does not keep."""

    kind: Kind
    event_id: int
    members: dict[str, Any]
    input: str | None = None


@dataclass
class Posted:
    """A message to an instance; ``committed`` is set once an episode with it is stored, or it was dropped.

    ``once`` drops it where the history already has an event of its name. ``kept`` is the key of its row,
    where it waited in storage for a host of its instance's version.
    """

    event: Event
    execution_id: str | None = None
    committed: asyncio.Future[None] | None = None
    once: bool = False
    kept: str | None = None


def acknowledge(posted: list[Posted], error: BaseException | None = None) -> None:
    """Tell who waits that their messages are stored, or why not."""
    for each in posted:
        if each.committed is None or each.committed.done():
            continue
        if error is None:
            each.committed.set_result(None)
        else:
            each.committed.set_exception(error)


def started_event(instance: Instance, parent: dict[str, Any] | None, now: datetime) -> Event:
    return event(
        Kind.ExecutionStarted,
        now,
        OrchestrationInstance={"InstanceId": instance.id, "ExecutionId": instance.execution_id},
        ParentInstance=parent,
        Name=instance.name,
        Version=instance.version,
        Input=instance.input,
        Generation=instance.generation,
        GenerateNewTrace=False,
    )


def parent_of(instance: Instance, decision: Decision) -> dict[str, Any]:
    """ParentInstance of the child that this decision starts."""
    return {
        "Name": instance.name,
        "OrchestrationInstance": {"InstanceId": instance.id, "ExecutionId": instance.execution_id},
        "TaskScheduleId": decision.event_id,
        "Version": instance.version,
    }
