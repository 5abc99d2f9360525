"""What messages and events mean for an instance: which it takes, what its orchestrator gets, its state afterwards."""

from __future__ import annotations

import json

from devhost.protocol.events import Event, Kind, compact, kind_of, parse_time
from devhost.protocol.messages import Posted
from devhost.protocol.rows import Instance


def accepted(instance: Instance, posted: list[Posted]) -> list[Event]:
    """Messages for another execution of the same id are dropped, and so is a second start."""
    started = bool(instance.history)
    found: list[Event] = []
    for each in posted:
        is_start = kind_of(each.event) is Kind.ExecutionStarted
        if each.execution_id not in (None, instance.execution_id) or (is_start and started):
            continue
        if each.once and _has(each.event["Name"], [*instance.history, *found]):
            continue
        found.append(each.event)
        started = started or is_start
    # The framework puts the start of an execution first.
    found.sort(key=lambda message: kind_of(message) is not Kind.ExecutionStarted)
    return found if started else []


def _has(name: str, history: list[Event]) -> bool:
    return any(kind_of(found) is Kind.EventRaised and found["Name"] == name for found in history)


def follow(instance: Instance, new: list[Event]) -> None:
    """Bring status and output of an instance up to date with events of its history."""
    for found in new:
        match kind_of(found):
            case Kind.ExecutionStarted:
                instance.status, instance.created = "Running", parse_time(found["Timestamp"])
            case Kind.GenericEvent if instance.status == "Pending":  # rewound
                instance.status, instance.output, instance.completed = "Running", None, None
            case Kind.ExecutionSuspended:
                instance.status, instance.output = "Suspended", found["Reason"]
            case Kind.ExecutionResumed:
                instance.status, instance.output = "Running", found["Reason"]
            case Kind.ExecutionCompleted:
                instance.status, instance.output = found["OrchestrationStatus"], found["Result"]


def context_of(instance: Instance, history: list[Event], started: Event) -> str:
    """The orchestration trigger's string."""
    text, parent = started.get("Input"), started.get("ParentInstance")
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
