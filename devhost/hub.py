"""The task hub in Azure Storage, with the official tables: ``<hub>History`` and ``<hub>Instances``.

An episode is committed as one batch of history rows under the ETag of the instance's sentinel row, then the
instance's row is merged. Strings over 60 KB go to the container ``<hub>-largemessages``.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient

from devhost.events import MEMBERS, Event, Kind, compact, kind_of, net_time, parse_time
from devhost.tables import Account, Operation, Row, Tables

TERMINAL = frozenset({"Completed", "Failed", "Terminated", "Canceled"})
# Of a string's UTF-16 form; longer ones do not fit a table's column.
LARGE_BYTES = 60 * 1024
ROWS_A_BATCH = 99
OBJECTS = frozenset(
    {"OrchestrationInstance", "ParentInstance", "Tags", "ParentTraceContext", "FailureDetails"}
)
MOMENTS = frozenset({"FireAt", "ScheduledStartTime"})
LARGE = ("Input", "Result", "Reason", "Details", "Name", "Correlation")
# Kept in no column: the framework strips it from what it has scheduled.
STRIPPED = {Kind.TaskScheduled: {"Input"}, Kind.SubOrchestrationInstanceCreated: {"Input", "ClientSpanId"}}
ESCAPES = {"^": "^^", "/": "^0", "\\": "^1", "#": "^2", "?": "^3"}
UNESCAPES = {code[1]: char for char, code in ESCAPES.items()}
FIRST_CONTROL = 0xC0


@dataclass
class Instance:
    """An orchestration instance as the hub knows it. ``input``, ``output``, ``custom_status`` are JSON texts."""

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

    @property
    def is_over(self) -> bool:
        return self.status in TERMINAL

    @property
    def parent(self) -> dict[str, Any] | None:
        """ParentInstance of its ExecutionStarted, for a child."""
        started = next((found for found in self.history if kind_of(found) is Kind.ExecutionStarted), None)
        found: dict[str, Any] | None = started["ParentInstance"] if started else None
        return found


class Hub:
    """One task hub. Open it with ``async with``."""

    def __init__(self, connection: str, name: str) -> None:
        self.name = name
        self._tables = Tables(Account.of(connection))
        service = BlobServiceClient.from_connection_string(connection)
        self._large = service.get_container_client(f"{name.lower()}-largemessages")
        self._large_ready = False

    async def __aenter__(self) -> Self:
        await self._tables.__aenter__()
        await self._tables.create(f"{self.name}History")
        await self._tables.create(f"{self.name}Instances")
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._tables.__aexit__(*failure)
        await asyncio.to_thread(self._large.close)

    async def create(self, instance: Instance) -> None:
        """Store a new instance as Pending; one of the same id that is over is overwritten."""
        row: Row = {
            "PartitionKey": escape(instance.id),
            "RowKey": "",
            "Input": instance.input,
            "CreatedTime": instance.created,
            "Name": instance.name,
            "Version": instance.version,
            "RuntimeStatus": "Pending",
            "LastUpdatedTime": instance.updated,
            "TaskHubName": self.name,
            "ExecutionId": instance.execution_id,
            "Generation": instance.generation,
            "Tags": "null",
        }
        await self._spill(row, "Input", "ExecutionStarted", as_url=True)
        await self._tables.put(f"{self.name}Instances", row)

    async def commit(self, instance: Instance, new: list[Event]) -> None:
        """Add an episode's events to the history, then bring the instance's row up to date."""
        key = escape(instance.id)
        first = instance.stored_rows
        rows = [
            self._history_row(key, first + n, instance.execution_id, found) for n, found in enumerate(new)
        ]
        spilled: dict[str, str] = {}
        for row in rows:
            for column in LARGE:
                if url := await self._spill(row, column, row["EventType"]):
                    spilled[f"{row['EventType']}.{column}"] = url
        for start in range(0, len(rows), ROWS_A_BATCH):
            await self._commit_rows(
                instance, key, rows[start : start + ROWS_A_BATCH], last=start + ROWS_A_BATCH >= len(rows)
            )
        instance.stored_rows = first + len(rows)
        await self._tables.merge(f"{self.name}Instances", self._instance_row(instance, spilled))

    async def _commit_rows(self, instance: Instance, key: str, rows: list[Row], *, last: bool) -> None:
        sentinel: Row = {"PartitionKey": key, "RowKey": "sentinel", "ExecutionId": instance.execution_id}
        sentinel["IsCheckpointComplete"] = last
        if last:
            sentinel["CheckpointCompletedTimestamp"] = instance.updated
        method = "POST" if instance.sentinel is None else "MERGE"
        operations = [
            *(Operation("PUT", row) for row in rows),
            Operation(method, sentinel, instance.sentinel),
        ]
        instance.sentinel = (await self._tables.batch(f"{self.name}History", operations))[-1]

    def _instance_row(self, instance: Instance, spilled: dict[str, str]) -> Row:
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
            "TaskHubName": self.name,
            "Version": instance.version,
        }

    async def purge(self, instance: Instance) -> None:
        """Delete an instance, its history and its large strings."""
        key = escape(instance.id)
        history = f"{self.name}History"
        rows = [row async for row in self._tables.rows(history, f"PartitionKey eq '{_literal(key)}'")]
        for start in range(0, len(rows), ROWS_A_BATCH):
            chunk = rows[start : start + ROWS_A_BATCH]
            await self._tables.batch(history, [Operation("DELETE", row) for row in chunk])
        await self._tables.delete(f"{self.name}Instances", key, "")
        await asyncio.to_thread(self._purge_large, key)

    def _purge_large(self, key: str) -> None:
        if self._large.exists():
            for name in self._large.list_blob_names(name_starts_with=f"{key}/"):
                self._large.delete_blob(name)

    async def instances(self) -> list[Instance]:
        """Every instance, without its history."""
        return [await self._instance(row) async for row in self._tables.rows(f"{self.name}Instances")]

    async def load_history(self, instance: Instance) -> None:
        """Fill in ``history`` and the sentinel's ETag; rows of an earlier execution are left out."""
        query = f"PartitionKey eq '{_literal(escape(instance.id))}'"
        rows = [row async for row in self._tables.rows(f"{self.name}History", query)]
        sentinel = next((row for row in rows if row["RowKey"] == "sentinel"), None)
        if sentinel is None:
            return
        instance.sentinel = sentinel["odata.etag"]
        found = [
            row
            for row in rows
            if row["RowKey"] != "sentinel" and row["ExecutionId"] == sentinel["ExecutionId"]
        ]
        instance.history = [await self._event(row) for row in found]
        instance.stored_rows = len(found)

    async def _instance(self, row: Row) -> Instance:
        custom = row.get("CustomStatus")
        return Instance(
            id=unescape(row["PartitionKey"]),
            name=row["Name"],
            execution_id=row["ExecutionId"],
            status=row["RuntimeStatus"],
            created=row["CreatedTime"],
            updated=row["LastUpdatedTime"],
            input=await self._fetch(row.get("Input")),
            output=await self._fetch(row.get("Output")),
            custom_status=None if custom == "null" else custom,
            version=row.get("Version"),
            generation=row.get("Generation"),
            completed=row.get("CompletedTime"),
        )

    def _history_row(self, key: str, number: int, execution_id: str, found: Event) -> Row:
        kind = kind_of(found)
        row: Row = {"PartitionKey": key, "RowKey": f"{number:016X}", "ExecutionId": execution_id}
        for name, value in found.items():
            if name == "EventType":
                row[name] = kind.name
            elif name == "Timestamp":
                row["_Timestamp"] = parse_time(value)
            elif name in STRIPPED.get(kind, ()):
                continue
            elif name in OBJECTS:
                row[name] = compact(value)
            elif name in MOMENTS and value is not None:
                row[name] = parse_time(value)
            elif value is not None:
                row[name] = value
        return row

    async def _event(self, row: Row) -> Event:
        kind = Kind[row["EventType"]]
        found: Event = {"EventType": int(kind)}
        for name in MEMBERS.get(kind, ()):
            found[name] = await self._member(row, name)
        for name in (
            row.keys() - found.keys() - {"PartitionKey", "RowKey", "ExecutionId", "_Timestamp", "odata.etag"}
        ):
            if not name.endswith("BlobName") and not name.startswith("odata.") and name != "Timestamp":
                found[name] = await self._member(row, name)
        return found | {"Timestamp": net_time(row["_Timestamp"])}

    async def _member(self, row: Row, name: str) -> Any:
        if blob := row.get(f"{name}BlobName"):
            return await asyncio.to_thread(self._download, blob)
        value = row.get(name)
        if name in OBJECTS and isinstance(value, str):
            return json.loads(value)
        return net_time(value) if isinstance(value, datetime) else value

    # -- large strings -----------------------------------------------------------------------------------

    async def _spill(self, row: Row, column: str, kind: str, *, as_url: bool = False) -> str | None:
        """Put a large string into a blob. Returns the blob's address where it did."""
        value = row.get(column)
        if not isinstance(value, str) or len(value.encode("utf-16-le")) <= LARGE_BYTES:
            return None
        number = row["RowKey"] or f"{1:016X}"
        name = (
            f"{row['PartitionKey']}/history-{number}-{kind}-{secrets.token_hex(4).upper()}-{column}.json.gz"
        )
        await asyncio.to_thread(self._upload, name, gzip.compress(value.encode()))
        url = f"{self._large.url}/{name}"
        if as_url:
            row[column] = url
        else:
            row[f"{column}BlobName"], row[column] = name, ""
        return url

    async def _fetch(self, text: str | None) -> str | None:
        prefix = f"{self._large.url}/"
        if text is None or not text.startswith(prefix):
            return text
        return await asyncio.to_thread(self._download, text.removeprefix(prefix))

    def _upload(self, name: str, data: bytes) -> None:
        if not self._large_ready:
            with suppress(ResourceExistsError):
                self._large.create_container()
            self._large_ready = True
        self._large.upload_blob(name, data)

    def _download(self, name: str) -> str:
        return gzip.decompress(self._large.download_blob(name).readall()).decode()


def _literal(text: str) -> str:
    return text.replace("'", "''")


def escape(key: str) -> str:
    """An instance id as a partition key."""
    return "".join(
        ESCAPES.get(char) or (f"^{chr(FIRST_CONTROL + ord(char))}" if _is_control(char) else char)
        for char in key
    )


def _is_control(char: str) -> bool:
    return ord(char) <= 0x1F or 0x7F <= ord(char) <= 0x9F  # noqa: PLR2004 - the control characters


def unescape(key: str) -> str:
    """The reverse of `escape`."""
    parts, rest = [], iter(key)
    for char in rest:
        code = next(rest) if char == "^" else None
        parts.append(char if code is None else UNESCAPES.get(code) or chr(ord(code) - FIRST_CONTROL))
    return "".join(parts)
