"""The instances' rows, written behind their histories: several changes in a row are one write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from devhost.engine.ports import Store
from devhost.protocol.rows import Instance

# Officially the row is written with each episode. A start reads the history, where the row is behind.
DELAY_SECONDS = 2.0


class StatusRows:
    """Writes the rows of instances that have changed; ``spawn`` runs a write as a part of the engine."""

    def __init__(self, hub: Store, spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]) -> None:
        self._hub, self._spawn = hub, spawn
        self._due: dict[str, tuple[asyncio.TimerHandle, Instance]] = {}
        self._writing: dict[str, asyncio.Task[None]] = {}
        self._changed: set[str] = set()  # while they were written

    def note(self, instance: Instance) -> None:
        """It has changed: write it soon, or at once where it is over."""
        if instance.id in self._writing:
            self._changed.add(instance.id)
        elif instance.is_over:
            self._begin(instance)
        elif instance.id not in self._due:
            begin = asyncio.get_running_loop().call_later(DELAY_SECONDS, self._begin, instance)
            self._due[instance.id] = (begin, instance)

    def flush(self) -> None:
        """Write everything that has changed now."""
        for _, instance in [*self._due.values()]:
            self._begin(instance)

    async def finish(self, seconds: float) -> None:
        """Write what has changed, and wait for that as long as it may take."""
        self.flush()
        if self._writing:
            await asyncio.wait(self._writing.values(), timeout=seconds)

    def drop(self) -> None:
        """Write nothing more."""
        for begin, _ in self._due.values():
            begin.cancel()
        self._due.clear()

    def writing(self, instance_id: str) -> asyncio.Task[None] | None:
        """The write of an instance's row that is due or under way."""
        if instance_id in self._due:
            self._begin(self._due[instance_id][1])
        return self._writing.get(instance_id)

    def _begin(self, instance: Instance) -> None:
        if (due := self._due.pop(instance.id, None)) is not None:
            due[0].cancel()
        self._writing[instance.id] = self._spawn(self._write(instance))

    async def _write(self, instance: Instance) -> None:
        try:
            await self._hub.describe(instance)
            while instance.id in self._changed:
                self._changed.discard(instance.id)
                await self._hub.describe(instance)
            if instance.is_over:
                instance.history = []  # it is in storage; finished instances need not fill the memory
        finally:
            self._changed.discard(instance.id)
            del self._writing[instance.id]
