"""Instances of a hub with their histories. Only reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
from azure.core.exceptions import AzureError

from devhost.hub.large import LargeStrings
from devhost.hub.tables import StorageError, Tables
from devhost.problems import Problem
from devhost.protocol.rows import (
    Instance,
    Row,
    escape,
    event_of,
    instance_of,
    is_of_predecessor,
    stored_execution,
    stored_whole,
)
from devhost.replay.accounts import Storage
from devhost.replay.histories import Recorded

# The hub is in use: an instance may go on while its rows are read page by page.
READINGS = 5


async def under_way(storage: Storage, hub: str) -> list[Recorded]:
    """Every orchestration that is not over. Raises Problem where the hub cannot be read."""
    found = await stored(storage, hub, lambda instance: not instance.is_over)
    return [each for each in found if not each.is_over]  # it may have ended since its row was read


async def stored(storage: Storage, hub: str, wanted: Callable[[Instance], bool]) -> list[Recorded]:
    """The orchestrations whose row in the hub is wanted. Raises Problem where the hub cannot be read."""
    try:
        async with Tables(storage.tables) as tables:
            reader = _Reader(tables, LargeStrings(storage.blobs, hub), hub)
            instances = [each for each in await reader.instances() if wanted(each) and not each.is_entity]
            return [await reader.recorded(each) for each in instances]
    except StorageError as error:
        hint = (
            "Is the hub's name right, and may you read (Storage Table Data Reader, Storage Blob Data Reader)?"
        )
        raise Problem(f"the task hub {hub} cannot be read: {error}. {hint}") from None
    except (aiohttp.ClientError, AzureError, TimeoutError) as error:
        why = next(iter(str(error).splitlines()), "")  # the rest is advice of the SDK's, which it logs too
        raise Problem(f"the task hub {hub} cannot be read: {type(error).__name__}: {why}") from None


@dataclass(frozen=True)
class _Reader:
    tables: Tables
    large: LargeStrings
    hub: str

    async def instances(self) -> list[Instance]:
        return [instance_of(row) async for row in self.tables.rows(f"{self.hub}Instances")]

    async def recorded(self, instance: Instance) -> Recorded:
        """An instance as it is stored at one moment."""
        for _ in range(READINGS):
            sentinel, rows = stored_execution(await self._rows(instance))
            whole = rows[: stored_whole(sentinel, rows)] if sentinel is not None else []
            if [row["RowKey"] for row in whole] != [f"{number:016X}" for number in range(len(whole))]:
                continue
            history = [event_of(await self.large.fill(row)) for row in whole]
            if sentinel is None or is_of_predecessor(instance, sentinel, history):
                return Recorded(instance.id, instance.name, instance.execution_id, [])
            return Recorded(instance.id, instance.name, sentinel["ExecutionId"], history)
        raise Problem(f"{instance.id} changes while it is read: try again, or when less is under way.")

    async def _rows(self, instance: Instance) -> list[Row]:
        key = escape(instance.id).replace("'", "''")
        return [row async for row in self.tables.rows(f"{self.hub}History", f"PartitionKey eq '{key}'")]
