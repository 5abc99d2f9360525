"""A Durable Functions app inside a test: a host without storage or network settings, and a clock that jumps.

`devhost.tool.pytest_plugin` makes the fixtures ``durable_host`` and ``durable_clock`` of it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import uuid
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self, TypeVar

import aiohttp
from aiohttp import web

from devhost.engine.clock import VirtualClock
from devhost.functions.config import read_config
from devhost.functions.worker import Worker
from devhost.hub.memory import MemoryHub
from devhost.tool.host import Host

T = TypeVar("T")
MANAGEMENT = "/runtime/webhooks/durabletask"
# Real seconds, against a function that never returns.
LIMIT_SECONDS = 60.0
OVER = frozenset({"Completed", "Failed", "Terminated"})


@dataclass(frozen=True)
class Status:
    """An instance as the management API shows it; ``input``, ``output`` and ``custom_status`` are JSON values."""

    instance_id: str
    name: str
    runtime_status: str
    input: Any
    output: Any
    custom_status: Any
    history: list[dict[str, Any]]


@dataclass(frozen=True)
class Answer:
    """What an HTTP function answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@contextmanager
def loaded(folder: Path) -> Iterator[Worker]:
    """The functions of the app in ``folder``. Afterwards its module's name, the path and the settings are as before.

    Raises Problem where there is no app.
    """
    theirs, path, environment = sys.modules.pop("function_app", None), list(sys.path), dict(os.environ)
    worker = None
    try:
        worker = Worker(folder)
        yield worker
    finally:
        if worker is not None:
            worker.close()
        sys.modules.pop("function_app", None)
        if theirs is not None:
            sys.modules["function_app"] = theirs
        sys.path[:] = path
        os.environ.clear()
        os.environ.update(environment)


class DurableHost:
    """One run of an app, on a hub in memory and a virtual clock. A context manager; each call waits for its effect."""

    def __init__(self, worker: Worker, start: datetime | None = None) -> None:
        self._worker, self._begin = worker, start
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="durable host", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._open())
        self.clock = DurableClock(self)
        return self

    def __exit__(self, *failure: object) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # -- orchestrations ----------------------------------------------------------------------------------

    def start(self, orchestrator: str, given: Any = None, instance_id: str | None = None) -> str:
        """Start an orchestration with an input that JSON can hold. Returns the instance's id."""
        instance_id = instance_id or uuid.uuid4().hex
        self._ask("POST", f"{MANAGEMENT}/orchestrators/{orchestrator}/{instance_id}", given)
        return instance_id

    def raise_event(self, instance_id: str, name: str, data: Any = None) -> None:
        """Raise an event. Raises AssertionError where the instance is over or unknown."""
        self._ask("POST", f"{MANAGEMENT}/instances/{instance_id}/raiseEvent/{name}", data)

    def terminate(self, instance_id: str, reason: str = "") -> None:
        self._ask("POST", f"{MANAGEMENT}/instances/{instance_id}/terminate?reason={reason}", None)

    def status(self, instance_id: str) -> Status:
        """Where the instance stands, once nothing runs any more. Raises AssertionError for an unknown one."""
        self.settle()
        query = "?showHistory=true&showHistoryOutput=true"
        shown = self._ask("GET", f"{MANAGEMENT}/instances/{instance_id}{query}", None).json()
        return Status(
            shown["instanceId"],
            shown["name"],
            shown["runtimeStatus"],
            shown["input"],
            shown["output"],
            shown["customStatus"],
            shown["historyEvents"],
        )

    def result(self, instance_id: str) -> Any:
        """The output of an instance that has completed. Raises AssertionError, with what it waits for, otherwise."""
        found = self.status(instance_id)
        if found.runtime_status == "Completed":
            return found.output
        why = f": {found.output}" if found.runtime_status in OVER else "; raise an event or move the clock"
        raise AssertionError(f"{instance_id} ({found.name}) is {found.runtime_status}{why}")

    def settle(self) -> None:
        """Wait until nothing runs: what is left waits for an event or for time to pass."""
        self._do(self._host.engine.quiet())

    # -- the app's own addresses -------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where the app is served, for a client of your own."""
        return self._host.base

    def request(
        self, method: str, path: str, data: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Call an HTTP function: ``request("POST", "/api/orders", {"n": 1})``. ``data`` is bytes, or sent as JSON."""
        return self._do(self._request(method, path, data, headers or {}))

    # -- inside ------------------------------------------------------------------------------------------

    def _ask(self, method: str, path: str, data: Any) -> Answer:
        answer = self.request(method, path, data)
        assert answer.status < HTTPStatus.BAD_REQUEST, f"{answer.status}: {answer.body.decode()}"  # noqa: S101 - as pytest shows it
        return answer

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(LIMIT_SECONDS)

    def advance(self, by: timedelta) -> datetime:
        return self._do(self._virtual.advance(by, self._host.engine.quiet))

    def now(self) -> datetime:
        return self._virtual.now()

    async def _open(self) -> None:
        self._virtual = VirtualClock(self._begin)
        config = read_config(self._worker.folder)
        self._host = Host(self._worker, MemoryHub(), config, "", self._virtual, key="key")
        self._runner = web.AppRunner(self._host.application(), access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        address: tuple[str, int] = self._runner.addresses[0]
        self._host.base = f"http://127.0.0.1:{address[1]}"
        await self._host.start()
        self._client = aiohttp.ClientSession()

    async def _close(self) -> None:
        await self._client.close()
        await self._runner.cleanup()
        await self._host.stop()

    async def _request(self, method: str, path: str, data: Any, headers: dict[str, str]) -> Answer:
        if isinstance(data, bytes):
            send: bytes | None = data
        else:
            send = None if data is None and method == "GET" else json.dumps(data).encode()
            headers = {"Content-Type": "application/json", **headers}
        async with self._client.request(method, self.url + path, data=send, headers=headers) as answer:
            return Answer(answer.status, dict(answer.headers), await answer.read())


class DurableClock:
    """The host's clock. Timers fire in due order, and everything that follows from each is done before the next."""

    def __init__(self, host: DurableHost) -> None:
        self._host = host

    def now(self) -> datetime:
        """The moment that orchestrators see; aware, UTC."""
        return self._host.now()

    def advance(self, by: timedelta | None = None, **parts: float) -> datetime:
        """Jump ahead: ``advance(timedelta(days=30))`` or ``advance(days=30)``. Returns the new moment."""
        return self._host.advance(by if by is not None else timedelta(**parts))
