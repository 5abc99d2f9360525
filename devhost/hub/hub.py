"""The task hub in Azure Storage, with the official tables: ``<hub>History`` and ``<hub>Instances``.

An episode is committed as one batch of history rows under the ETag of the instance's sentinel row. The history is the
truth; the instance's row follows from it.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Self, TypeVar

import aiohttp
from azure.core.exceptions import AzureError, HttpResponseError
from azure.storage.blob import BlobServiceClient, ExponentialRetry

from devhost.hub.large import COLUMNS, LargeStrings, is_large
from devhost.hub.tables import Account, Operation, StorageError, Tables
from devhost.protocol.events import Event
from devhost.protocol.rows import (
    KEPT,
    SENTINEL,
    Instance,
    Row,
    escape,
    event_of,
    history_row,
    instance_of,
    instance_row,
    is_of_predecessor,
    new_row,
    stored_execution,
    stored_whole,
)

log = logging.getLogger("devhost")
T = TypeVar("T")
ROWS_A_BATCH = 99
# A transaction may have 4 MB. A character is up to 3 bytes; names and headers come on top.
BYTES_A_BATCH, ROW_OVERHEAD_BYTES = 3_500_000, 2_000
# A row's strings are below 60 KB each, in UTF-16: more goes into blobs.
ROWS_NEVER_TOO_LARGE = 6
# The SDK's own pause is as long as a lease, which must be renewed in the meantime.
QUICK_RETRY = ExponentialRetry(initial_backoff=1, increment_base=1, retry_total=2)
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 15.0
SERVER_ERRORS, BUSY = 500, 429
PRECONDITION_FAILED, CONFLICT = 412, 409


class HubLost(Exception):
    """Somebody else writes to this hub: this host must stop before it does harm."""


class Hub:
    """One task hub. Open it with ``async with``."""

    def __init__(self, connection: str, name: str) -> None:
        self.name = name
        self._tables = Tables(Account.of(connection))
        self.blobs = BlobServiceClient.from_connection_string(connection, retry_policy=QUICK_RETRY)
        self._large = LargeStrings(self.blobs, name)
        self._spilled: dict[str, dict[str, str]] = {}

    async def __aenter__(self) -> Self:
        await self._tables.__aenter__()
        try:
            await self._tables.create(f"{self.name}History")
            await self._tables.create(f"{self.name}Instances")
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._tables.__aexit__(*failure)
        await asyncio.to_thread(self.blobs.close)

    async def create(self, instance: Instance) -> None:
        """Store a new instance as Pending; one of the same id that is over is overwritten."""
        row = new_row(instance, self.name)
        await _persistent(lambda: self._large.spill(row, "Input", "ExecutionStarted", as_url=True))
        await _persistent(lambda: self._tables.put(f"{self.name}Instances", row))

    async def commit(self, instance: Instance, new: list[Event]) -> None:
        """Add an episode's events to the history. Retries while storage is away. Raises HubLost."""
        key = escape(instance.id)
        first = instance.stored_rows
        rows = [history_row(key, first + n, instance.execution_id, found) for n, found in enumerate(new)]
        spilled = self._spilled.setdefault(instance.id, {})
        for row in rows:
            for column in COLUMNS:
                if column in row:
                    spilled.pop(f"{row['EventType']}.{column}", None)
                    spill = partial(self._large.spill, row, column, row["EventType"])
                    if url := await _persistent(spill):
                        spilled[f"{row['EventType']}.{column}"] = url
        batches = list(_batches(rows))
        for batch in batches:
            await self._commit_rows(instance, key, batch, last=batch is batches[-1])
        instance.stored_rows = first + len(rows)

    async def keep(self, instance: Instance, found: Event) -> None:
        """Store a message for the next host that runs instances of this version; ``load_history`` gives it back."""
        row = history_row(escape(instance.id), 0, "", found)
        row["RowKey"] = f"{KEPT}{time.time_ns():016X}-{secrets.token_hex(2)}"
        await _persistent(lambda: self._large.spill(row, "Input", row["EventType"]))
        await _persistent(lambda: self._tables.put(f"{self.name}History", row))

    async def forget(self, instance: Instance, keys: list[str]) -> None:
        """Delete kept messages: they are in the history, or were dropped."""
        for key in keys:
            await _persistent(partial(self._tables.delete, f"{self.name}History", escape(instance.id), key))

    async def describe(self, instance: Instance) -> None:
        """Bring the instance's row up to date with its history."""
        spilled = self._spilled.get(instance.id, {})
        if instance.is_over:
            self._spilled.pop(instance.id, None)
        row = instance_row(instance, self.name, spilled)
        if is_large(row["Input"]):
            del row["Input"]  # its address is in the row already
        await _persistent(lambda: self._large.spill(row, "Output", "ExecutionCompleted", as_url=True))
        await _persistent(lambda: self._tables.merge(f"{self.name}Instances", row))

    async def _commit_rows(self, instance: Instance, key: str, rows: list[Row], *, last: bool) -> None:
        sentinel: Row = {"PartitionKey": key, "RowKey": SENTINEL, "ExecutionId": instance.execution_id}
        sentinel["IsCheckpointComplete"] = last
        if last:
            sentinel["CheckpointCompletedTimestamp"] = instance.updated
        method = "POST" if instance.sentinel is None else "MERGE"
        operations = [
            *(Operation("PUT", row) for row in rows),
            Operation(method, sentinel, instance.sentinel),
        ]
        try:
            answers = await _persistent(lambda: self._tables.batch(f"{self.name}History", operations))
            instance.sentinel = answers[-1]
        except StorageError as error:
            if error.status not in (PRECONDITION_FAILED, CONFLICT):
                raise
            instance.sentinel = await self._own_etag(key, rows)

    async def _own_etag(self, key: str, rows: list[Row]) -> str:
        """After a conflict: the sentinel's ETag, if it was we who wrote and only the answer got lost."""
        stored = {row["RowKey"]: row for row in await self._partition(key)}
        found = stored.get(rows[-1]["RowKey"])
        if found is None or any(found.get(name) != value for name, value in rows[-1].items() if value != ""):
            raise HubLost(
                f"the history of '{rows[0]['PartitionKey']}' in the task hub {self.name} was changed by somebody else:"
                " only one host may use a hub. This one stops."
            )
        etag: str = stored[SENTINEL]["odata.etag"]
        return etag

    async def rewrite(self, instance: Instance, changes: dict[int, Row]) -> None:
        """Change columns of history rows, by position, under the sentinel's ETag; the instance is Pending again."""
        key = escape(instance.id)
        rows = [
            {"PartitionKey": key, "RowKey": f"{number:016X}", **columns}
            for number, columns in changes.items()
        ]
        sentinel: Row = {"PartitionKey": key, "RowKey": SENTINEL, "ExecutionId": instance.execution_id}
        for start in range(0, len(rows), ROWS_A_BATCH):
            operations = [Operation("MERGE", row) for row in rows[start : start + ROWS_A_BATCH]]
            operations.append(Operation("MERGE", sentinel, instance.sentinel))
            instance.sentinel = (await self._tables.batch(f"{self.name}History", operations))[-1]
        await self.describe(instance)

    async def purge(self, instance: Instance) -> None:
        """Delete an instance, its history and its large strings.

        One that is live ends first: where this is cut short, nobody may go on with half a history.
        """
        key = escape(instance.id)
        if not instance.is_over:
            ended: Row = {"PartitionKey": key, "RowKey": "", "RuntimeStatus": "Terminated"}
            await self._tables.merge(f"{self.name}Instances", ended)
        rows = await self._partition(key)
        for start in range(0, len(rows), ROWS_A_BATCH):
            chunk = rows[start : start + ROWS_A_BATCH]
            await self._tables.batch(f"{self.name}History", [Operation("DELETE", row) for row in chunk])
        await self._tables.delete(f"{self.name}Instances", key, "")
        await self._large.purge(key)

    async def instances(self) -> list[Instance]:
        """Every instance, without its history."""
        found = [instance_of(row) async for row in self._tables.rows(f"{self.name}Instances")]
        for instance in found:
            instance.input = await self._large.fetch(instance.input)
            instance.output = await self._large.fetch(instance.output)
        return found

    async def load_history(self, instance: Instance) -> None:
        """Fill in ``history``, ``sentinel``, ``stored_rows``, ``execution_id`` and ``kept`` as they are stored.

        Rows of earlier executions are left out, and so is an episode that was not stored to its end.
        """
        partition = await self._partition(escape(instance.id))
        instance.kept = {
            row["RowKey"]: event_of(await _persistent(partial(self._large.fill, row)))
            for row in partition
            if row["RowKey"].startswith(KEPT)
        }
        sentinel, found = stored_execution(partition)
        if sentinel is None:
            return
        instance.sentinel = sentinel["odata.etag"]
        if (whole := stored_whole(sentinel, found)) < len(found):
            found = await self._without_torso(instance, found, whole)
        history = [event_of(await _persistent(partial(self._large.fill, row))) for row in found]
        if is_of_predecessor(instance, sentinel, history):
            return
        instance.execution_id = sentinel["ExecutionId"]
        instance.history, instance.stored_rows = history, len(history)

    async def _without_torso(self, instance: Instance, rows: list[Row], whole: int) -> list[Row]:
        sentinel: Row = {"PartitionKey": escape(instance.id), "RowKey": SENTINEL}
        for start in range(whole, len(rows), ROWS_A_BATCH):
            operations = [Operation("DELETE", row) for row in rows[start : start + ROWS_A_BATCH]]
            done = {**sentinel, "IsCheckpointComplete": start + ROWS_A_BATCH >= len(rows)}
            operations.append(Operation("MERGE", done, instance.sentinel))
            instance.sentinel = (await self._tables.batch(f"{self.name}History", operations))[-1]
        return rows[:whole]

    async def _partition(self, key: str) -> list[Row]:
        literal = key.replace("'", "''")
        query = f"PartitionKey eq '{literal}'"

        async def read() -> list[Row]:
            return [row async for row in self._tables.rows(f"{self.name}History", query)]

        return await _persistent(read)


def _batches(rows: list[Row]) -> Iterator[list[Row]]:
    """Rows in portions that one transaction takes, by number and by size."""
    if len(rows) <= ROWS_NEVER_TOO_LARGE:
        yield rows
        return
    batch: list[Row] = []
    size = 0
    for row in rows:
        grown = (
            size
            + ROW_OVERHEAD_BYTES
            + sum(len(value) for value in row.values() if isinstance(value, str)) * 3
        )
        if batch and (len(batch) == ROWS_A_BATCH or grown > BYTES_A_BATCH):
            yield batch
            batch, grown = [], grown - size
        batch.append(row)
        size = grown
    yield batch


def _passes(status: int) -> bool:
    """Is this answer worth another try?"""
    return status >= SERVER_ERRORS or status == BUSY


async def _persistent(call: Callable[[], Awaitable[T]]) -> T:
    """Try until storage answers: what is under way must not be lost because it was away for a while."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            return await call()
        except StorageError as error:
            if not _passes(error.status):
                raise
            why = f"it answered {error.status}"
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            why = f"{type(error).__name__}: {error}"
        except AzureError as error:
            if isinstance(error, HttpResponseError) and not _passes(error.status_code or 0):
                raise
            why = f"{type(error).__name__}: {error.message}"
        log.warning("storage does not take writes (%s); again in %.1f s", why, pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
