"""A task hub in memory: for tests, which need neither Azurite nor a history that outlives them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from devhost.hub.hub import HubLost
from devhost.protocol.events import Event, Kind
from devhost.protocol.rows import Instance


class MemoryHub:
    """Keeps what was committed, as `devhost.hub.hub.Hub` does."""

    name = "MemoryHub"

    def __init__(self) -> None:
        self.rows: dict[str, Instance] = {}
        self.histories: dict[str, tuple[str, list[Event]]] = {}
        self.sentinels: dict[str, int] = {}
        self.kept: dict[str, dict[str, Event]] = {}

    async def create(self, instance: Instance) -> None:
        self.rows[instance.id] = replace(instance, history=[])

    async def commit(self, instance: Instance, new: list[Event]) -> None:
        if instance.sentinel != self._etag(instance.id):
            raise HubLost(instance.id)
        self.sentinels[instance.id] = self.sentinels.get(instance.id, 0) + 1
        instance.sentinel = self._etag(instance.id)
        execution, history = self.histories.get(instance.id, (instance.execution_id, []))
        kept = history if execution == instance.execution_id else []
        self.histories[instance.id] = (instance.execution_id, [*kept, *new])

    def _etag(self, instance_id: str) -> str | None:
        return str(self.sentinels[instance_id]) if instance_id in self.sentinels else None

    async def keep(self, instance: Instance, found: Event) -> None:
        number = sum(len(kept) for kept in self.kept.values())
        self.kept.setdefault(instance.id, {})[f"kept-{number}"] = found

    async def forget(self, instance: Instance, keys: list[str]) -> None:
        for key in keys:
            self.kept[instance.id].pop(key)

    async def describe(self, instance: Instance) -> None:
        self.rows[instance.id] = replace(instance, history=[])

    async def rewrite(self, instance: Instance, changes: dict[int, dict[str, Any]]) -> None:
        execution, history = self.histories[instance.id]
        taken_back = {"EventType": int(Kind.GenericEvent), "Data": None}
        rewritten = [
            {**found, **taken_back} if number in changes else found for number, found in enumerate(history)
        ]
        self.histories[instance.id] = (execution, rewritten)
        await self.describe(instance)

    async def purge(self, instance: Instance) -> None:
        self.rows.pop(instance.id, None)
        self.histories.pop(instance.id, None)
        self.sentinels.pop(instance.id, None)

    async def instances(self) -> list[Instance]:
        return [replace(instance) for instance in self.rows.values()]

    async def load_history(self, instance: Instance) -> None:
        instance.kept = dict(self.kept.get(instance.id, {}))
        if instance.id in self.histories:
            instance.execution_id, history = self.histories[instance.id]
            instance.history, instance.sentinel = list(history), self._etag(instance.id)
