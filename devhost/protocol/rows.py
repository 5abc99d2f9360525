"""Rows of the task hub's tables: an event or an instance as the extension stores it, and back."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devhost.protocol.events import MEMBERS, Event, Kind, compact, kind_of, net_time, parse_time

Row = dict[str, Any]
TERMINAL = frozenset({"Completed", "Failed", "Terminated", "Canceled"})
OBJECTS = frozenset(
    {"OrchestrationInstance", "ParentInstance", "Tags", "ParentTraceContext", "FailureDetails"}
)
MOMENTS = frozenset({"FireAt", "ScheduledStartTime"})
# Kept in no column: the framework strips it from what it has scheduled.
STRIPPED = {Kind.TaskScheduled: {"Input"}, Kind.SubOrchestrationInstanceCreated: {"Input", "ClientSpanId"}}
ESCAPES = {"^": "^^", "/": "^0", "\\": "^1", "#": "^2", "?": "^3"}
UNESCAPES = {code[1]: char for char, code in ESCAPES.items()}
FIRST_CONTROL = 0xC0
_ESCAPED = re.compile(r"[\^/\\#?\x00-\x1f\x7f-\x9f]")  # those of ESCAPES, and control characters
SENTINEL = "sentinel"
# Rows of messages that wait for a host of their instance's version: of no execution, behind the events.
KEPT = "kept-"
# Of a partition's key, in UTF-16.
KEY_BYTES = 1024


@dataclass
class Instance:
    """An orchestration instance or entity as the hub knows it. ``input``, ``output``, ``custom_status`` are JSON texts.

    ``sentinel`` is the ETag that guards its history; ``stored_rows`` is where the next event goes; ``kept`` are
    messages that came while no host of its version ran, by their row's key.
    """

    id: str
    name: str
    execution_id: str
    status: str
    created: datetime
    updated: datetime
    input: str | None = None
    output: str | None = None
    custom_status: str | None = None
    version: str | None = None
    generation: int | None = 0
    completed: datetime | None = None
    history: list[Event] = field(default_factory=list)
    sentinel: str | None = None
    stored_rows: int = 0
    kept: dict[str, Event] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        return self.status in TERMINAL

    @property
    def is_entity(self) -> bool:
        return self.id.startswith("@") and self.name == self.id

    @property
    def started(self) -> Event | None:
        """Its ExecutionStarted, once it is in the history."""
        return next((found for found in self.history if kind_of(found) is Kind.ExecutionStarted), None)

    @property
    def parent(self) -> dict[str, Any] | None:
        """ParentInstance of its ExecutionStarted, for a child."""
        found: dict[str, Any] | None = self.started["ParentInstance"] if self.started else None
        return found


def new_row(instance: Instance, hub: str) -> Row:
    """The row of an instance that has not run yet."""
    return {
        "PartitionKey": escape(instance.id),
        "RowKey": "",
        "Input": instance.input,
        "CreatedTime": instance.created,
        "Name": instance.name,
        "Version": instance.version,
        "RuntimeStatus": "Pending",
        "LastUpdatedTime": instance.updated,
        "TaskHubName": hub,
        "ExecutionId": instance.execution_id,
        "Generation": instance.generation,
        "Tags": "null",
    }


def instance_row(instance: Instance, hub: str, spilled: dict[str, str]) -> Row:
    """The columns to merge after an episode; ``spilled`` are addresses of large strings, by event and member."""
    return {
        "PartitionKey": escape(instance.id),
        "RowKey": "",
        "CreatedTime": instance.created,
        "CompletedTime": instance.completed,
        "CustomStatus": instance.custom_status if instance.custom_status is not None else "null",
        "ExecutionId": instance.execution_id,
        "Generation": instance.generation,
        "Input": spilled.get("ExecutionStarted.Input", instance.input),
        "LastUpdatedTime": instance.updated,
        "Name": instance.name,
        "Output": spilled.get("ExecutionCompleted.Result", instance.output),
        "RuntimeStatus": instance.status,
        "Tags": "null",
        "TaskHubName": hub,
        "Version": instance.version,
    }


def instance_of(row: Row) -> Instance:
    """The reverse; large strings are still addresses."""
    custom = row.get("CustomStatus")
    return Instance(
        id=unescape(row["PartitionKey"]),
        name=row["Name"],
        execution_id=row["ExecutionId"],
        status=row["RuntimeStatus"],
        created=row["CreatedTime"],
        updated=row["LastUpdatedTime"],
        input=row.get("Input"),
        output=row.get("Output"),
        custom_status=None if custom == "null" else custom,
        version=row.get("Version"),
        generation=row.get("Generation"),
        completed=row.get("CompletedTime"),
    )


def history_row(key: str, number: int, execution_id: str, found: Event) -> Row:
    kind = kind_of(found)
    stripped = STRIPPED.get(kind, set())
    row: Row = {"PartitionKey": key, "RowKey": f"{number:016X}", "ExecutionId": execution_id}
    for name, value in found.items():
        if name == "EventType":
            row[name] = kind.name
        elif name == "Timestamp":
            row["_Timestamp"] = parse_time(value)
        elif name in OBJECTS:
            row[name] = compact(value)
        elif value is not None and name not in stripped:
            row[name] = parse_time(value) if name in MOMENTS else value
    return row


def event_of(row: Row) -> Event:
    """An event with every member of its kind: what is null has no column, but the SDK wants the key."""
    kind = Kind[row["EventType"]]
    found: Event = {"EventType": int(kind)}
    for name in (*MEMBERS.get(kind, ()), "EventId", "IsPlayed"):
        value = row.get(name)
        if name in OBJECTS and isinstance(value, str):
            value = json.loads(value)
        found[name] = net_time(value) if isinstance(value, datetime) else value
    return found | {"Timestamp": net_time(row["_Timestamp"])}


def stored_execution(rows: list[Row]) -> tuple[Row | None, list[Row]]:
    """Of an instance's history rows: the sentinel, and the rows of the execution that it names."""
    sentinel = next((row for row in rows if row["RowKey"] == SENTINEL), None)
    if sentinel is None:
        return None, []
    execution = sentinel["ExecutionId"]
    return sentinel, [row for row in rows if row is not sentinel and row["ExecutionId"] == execution]


def stored_whole(sentinel: Row, rows: list[Row]) -> int:
    """How many rows of an execution belong to episodes that were stored to their end."""
    if sentinel.get("IsCheckpointComplete", True):
        return len(rows)
    ends = [number for number, row in enumerate(rows) if row["EventType"] == Kind.OrchestratorCompleted.name]
    return ends[-1] + 1 if ends else 0


def is_of_predecessor(instance: Instance, sentinel: Row, history: list[Event]) -> bool:
    """Is a history that of a finished instance of the same id, which a new one has overwritten?"""
    if instance.status != "Pending" or instance.execution_id == sentinel["ExecutionId"]:
        return False
    started = next((found for found in history if kind_of(found) is Kind.ExecutionStarted), None)
    return started is None or parse_time(started["Timestamp"]) < instance.created


def escape(key: str) -> str:
    """An instance id as a partition key."""
    return _ESCAPED.sub(lambda found: ESCAPES.get(found[0]) or f"^{chr(FIRST_CONTROL + ord(found[0]))}", key)


def fits_a_key(instance_id: str) -> bool:
    """Can an instance of this id be stored? Keys of tables have a limit."""
    return len(escape(instance_id).encode("utf-16-le")) <= KEY_BYTES


def unescape(key: str) -> str:
    """The reverse of `escape`."""
    parts, rest = [], iter(key)
    for char in rest:
        code = next(rest) if char == "^" else None
        parts.append(char if code is None else UNESCAPES.get(code) or chr(ord(code) - FIRST_CONTROL))
    return "".join(parts)
