"""History events as the extension sends them to a worker: names, numbers, members, and how moments are written."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

Event = dict[str, Any]
_COMPACT = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
# Half a surrogate pair in JSON, or half of a whole one.
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


class Kind(IntEnum):
    """EventType, as numbered by the durable task framework."""

    ExecutionStarted = 0
    ExecutionCompleted = 1
    ExecutionFailed = 2
    ExecutionTerminated = 3
    TaskScheduled = 4
    TaskCompleted = 5
    TaskFailed = 6
    SubOrchestrationInstanceCreated = 7
    SubOrchestrationInstanceCompleted = 8
    SubOrchestrationInstanceFailed = 9
    TimerCreated = 10
    TimerFired = 11
    OrchestratorStarted = 12
    OrchestratorCompleted = 13
    EventSent = 14
    EventRaised = 15
    ContinueAsNew = 16
    GenericEvent = 17
    HistoryState = 18
    ExecutionSuspended = 19
    ExecutionResumed = 20


_KINDS = {int(kind): kind for kind in Kind}
# Members beyond EventType, EventId, IsPlayed and Timestamp, in the recorded order.
MEMBERS: dict[Kind, tuple[str, ...]] = {
    Kind.ExecutionStarted: (
        "OrchestrationInstance",
        "ParentInstance",
        "Name",
        "Version",
        "Input",
        "Tags",
        "Correlation",
        "ParentTraceContext",
        "ScheduledStartTime",
        "Generation",
        "GenerateNewTrace",
    ),
    Kind.ExecutionCompleted: ("OrchestrationStatus", "Result", "FailureDetails"),
    Kind.ExecutionTerminated: ("Input",),
    Kind.TaskScheduled: ("Name", "Version", "Input", "ParentTraceContext", "Tags"),
    Kind.TaskCompleted: ("TaskScheduledId", "Result"),
    Kind.TaskFailed: ("TaskScheduledId", "Reason", "Details", "FailureDetails"),
    Kind.SubOrchestrationInstanceCreated: ("Name", "Version", "InstanceId", "Input", "ClientSpanId", "Tags"),
    Kind.SubOrchestrationInstanceCompleted: ("TaskScheduledId", "Result"),
    Kind.SubOrchestrationInstanceFailed: ("TaskScheduledId", "Reason", "Details", "FailureDetails"),
    Kind.TimerCreated: ("FireAt",),
    Kind.TimerFired: ("TimerId", "FireAt"),
    Kind.EventSent: ("InstanceId", "Name", "Input"),
    Kind.EventRaised: ("Name", "Input", "ParentTraceContext"),
    Kind.GenericEvent: ("Data",),
    Kind.ExecutionSuspended: ("Reason",),
    Kind.ExecutionResumed: ("Reason",),
}


def event(kind: Kind, at: datetime, event_id: int = -1, **members: Any) -> Event:
    """An event with every member that its kind has; what is not given is null."""
    made: Event = {"EventType": int(kind)}
    made |= {name: members.pop(name, None) for name in MEMBERS.get(kind, ())}
    if members:
        raise TypeError(f"{kind.name} has no {', '.join(members)}")
    return made | {"EventId": event_id, "IsPlayed": False, "Timestamp": net_time(at)}


def kind_of(found: Event) -> Kind:
    return _KINDS[found["EventType"]]


class Moment(datetime):
    """A moment of .NET's: ``tick`` is the seventh digit of its fraction. Ids of calls to entities rest on it."""

    tick: int = 0

    @classmethod
    def of(cls, text: str) -> Moment:
        """Parse an ISO 8601 moment in UTC, with or without its ``Z``."""
        head, _, fraction = text.rstrip("Z").partition(".")
        digits = fraction.ljust(7, "0")
        found = cls.fromisoformat(f"{head}.{digits[:6]}").replace(tzinfo=UTC)
        found.tick = int(digits[6])
        return found


def net_time(moment: datetime) -> str:
    """As .NET writes a UTC DateTime: ISO 8601, a ``Z``, no trailing zeros in the fraction."""
    tick = moment.tick if isinstance(moment, Moment) else 0
    text = moment.astimezone(UTC).isoformat(timespec="microseconds")[: -len("+00:00")]
    return f"{text}{tick}".rstrip("0").rstrip(".") + "Z"


def parse_time(text: str) -> datetime:
    """The reverse of `net_time`, to six digits of the fraction."""
    head, _, fraction = text.rstrip("Z").partition(".")
    digits = fraction[:6].ljust(6, "0")
    return datetime.fromisoformat(f"{head}.{digits}").replace(tzinfo=UTC)


def compact(value: Any) -> str:
    """JSON as Newtonsoft writes it: no white space, no escaping of what is not ASCII."""
    return clean(_COMPACT.encode(value))


def clean(text: str) -> str:
    """Half a surrogate pair, which no UTF-8 can hold, becomes U+FFFD, as .NET has it."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def parse(text: str) -> Any:
    """What a function has answered as JSON, `clean`. Raises ValueError."""
    found = json.loads(text)
    return json.loads(compact(found)) if _HALF.search(text) else found
