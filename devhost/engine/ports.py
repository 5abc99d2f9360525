"""What the engine needs, and what its parts need of it: so that no two modules import each other."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Protocol

from devhost.engine.clock import Clock
from devhost.functions.worker import Worker
from devhost.protocol.events import Event
from devhost.protocol.messages import Posted
from devhost.protocol.rows import Instance


class Store(Protocol):
    """A task hub, as the engine needs it: see `devhost.hub.hub.Hub`."""

    name: str

    async def create(self, instance: Instance) -> None: ...
    async def commit(self, instance: Instance, new: list[Event]) -> None: ...
    async def describe(self, instance: Instance) -> None: ...
    async def rewrite(self, instance: Instance, changes: dict[int, dict[str, Any]]) -> None: ...
    async def purge(self, instance: Instance) -> None: ...
    async def instances(self) -> list[Instance]: ...
    async def load_history(self, instance: Instance) -> None: ...


class Instances(Protocol):
    """The instances of a hub, and how their messages get to them: see `devhost.engine.engine.Engine`."""

    worker: Worker
    hub: Store
    clock: Clock
    instances: dict[str, Instance]

    def new_instance(self, instance_id: str, name: str, text: str | None, execution_id: str) -> Instance: ...
    async def begin(self, instance: Instance, parent: dict[str, Any] | None) -> Instance: ...
    def deliver(self, instance_id: str, posted: Posted) -> None: ...
    def spawn(self, work: Coroutine[Any, Any, None]) -> None: ...
