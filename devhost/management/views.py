"""What the management API shows of an instance: its status, and its history as ``historyEvents``."""

from __future__ import annotations

import json
from typing import Any

from devhost.protocol.events import Event, Kind, kind_of, net_time, parse_time
from devhost.protocol.rows import Instance

MARGIN = 50  # levels of nesting
BOOKKEEPING = frozenset({Kind.OrchestratorStarted, Kind.OrchestratorCompleted})
# Shown until they are over; then what ended them carries their name and moment.
SCHEDULED = frozenset({Kind.TaskScheduled, Kind.SubOrchestrationInstanceCreated})
HIDDEN_MEMBERS = frozenset({"EventType", "EventId", "IsPlayed", "TaskScheduledId", "TimerId"})
HIDDEN_BY_KIND = {
    Kind.ExecutionStarted: frozenset({"OrchestrationInstance", "ParentInstance", "Version", "Tags"}),
    Kind.TaskScheduled: frozenset({"Version"}),
    Kind.SubOrchestrationInstanceCreated: frozenset({"Version"}),
}


def loose(text: str | None) -> Any:
    """A stored text as JSON, or as it is where it is none, or nested so deeply that no answer could hold it."""
    if text is None:
        return None
    try:
        return _read(text, MARGIN)
    except (ValueError, RecursionError):
        return text


def _read(text: str, margin: int) -> Any:
    """Parse with less stack than there is: an answer wraps the value a few levels deeper."""
    return _read(text, margin - 1) if margin else json.loads(text)


def status_of(instance: Instance, *, with_input: bool) -> dict[str, Any]:
    return {
        "name": instance.name,
        "instanceId": instance.id,
        "runtimeStatus": instance.status,
        "input": loose(instance.input) if with_input else None,
        "customStatus": loose(instance.custom_status),
        "output": loose(instance.output),
        "createdTime": instance.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lastUpdatedTime": instance.updated.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def entity_of(entity: Instance, *, with_state: bool) -> dict[str, Any]:
    _, name, key = entity.id.split("@", 2)
    state = json.loads(entity.input or "{}").get("state")
    return {
        "entityId": {"name": name, "key": key},
        "lastOperationTime": net_time(entity.created),
        "state": loose(state) if with_state else None,
    }


def shown(history: list[Event], *, with_input: bool, with_output: bool) -> list[dict[str, Any]]:
    """``historyEvents``, as the extension's ``DurableClient`` makes them of a history.

    What ended a task or child stands for both its events; one without an end is shown as it was scheduled.
    Without ``with_input`` no event has an ``Input``, without ``with_output`` none has a ``Result``.
    """
    scheduled = {found["EventId"]: found for found in history if kind_of(found) in SCHEDULED}
    over = {found["TaskScheduledId"] for found in history if "TaskScheduledId" in found}
    return [
        _shown_event(found, scheduled, with_input=with_input, with_output=with_output)
        for found in history
        if (kind := kind_of(found)) not in BOOKKEEPING
        and not (kind in SCHEDULED and found["EventId"] in over)
    ]


def _shown_event(
    found: Event, scheduled: dict[int, Event], *, with_input: bool, with_output: bool
) -> dict[str, Any]:
    kind = kind_of(found)
    hidden = HIDDEN_MEMBERS | HIDDEN_BY_KIND.get(kind, frozenset())
    seen: dict[str, Any] = {"EventType": kind.name}
    seen |= {name: value for name, value in found.items() if name not in hidden}
    if "Result" in seen:
        result = seen.pop("Result")
        if with_output:
            seen["Result"] = loose(result)
    if kind is Kind.ExecutionStarted:
        seen["FunctionName"] = seen.pop("Name")
    begun = scheduled.get(found.get("TaskScheduledId", -1))
    if begun is not None:
        seen |= {"ScheduledTime": parse_time(begun["Timestamp"]).isoformat(), "FunctionName": begun["Name"]}
        if with_input:
            seen |= {"InstanceId": begun["InstanceId"]} if "InstanceId" in begun else {}
            seen["Input"] = None  # the history keeps no input of what it schedules
    if not with_input:
        seen.pop("Input", None)
    return seen
