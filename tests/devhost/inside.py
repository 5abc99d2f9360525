"""Devhost inside the test's own process: its coverage counts, and its state can be looked at."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from devhost.engine.clock import RealClock, VirtualClock
from devhost.engine.faults import Faults
from devhost.functions.config import read_config
from devhost.functions.worker import Worker
from devhost.hub.hub import Hub
from devhost.tool.host import Host
from devhost.tool.testing import loaded

APPS = Path(__file__).parent / "apps"
KEY = "verification-key"
__all__ = ["APPS", "Inside", "hosting", "loaded"]


@dataclass
class Inside:
    """A host and a client for it."""

    host: Host
    client: aiohttp.ClientSession
    url: str

    @property
    def management(self) -> str:
        return f"{self.url}/runtime/webhooks/durabletask"

    async def start(self, name: str, instance_id: str, given: Any = None) -> None:
        """Start an orchestration through the management API."""
        address = f"{self.management}/orchestrators/{name}/{instance_id}"
        async with self.client.post(address, data=json.dumps(given, ensure_ascii=False).encode()) as answer:
            assert answer.status == 202, await answer.text()

    async def status(self, instance_id: str, **query: str) -> dict[str, Any]:
        async with self.client.get(f"{self.management}/instances/{instance_id}", params=query) as answer:
            found: dict[str, Any] = await answer.json()
            return found


@asynccontextmanager
async def hosting(
    worker: Worker,
    azurite: str,
    *,
    hub: str = "",
    clock: RealClock | VirtualClock | None = None,
    check_key: bool = False,
    faults: Faults | None = None,
) -> AsyncIterator[Inside]:
    """Serve an app on a hub of its own, unless one is named."""
    config = read_config(worker.folder, hub or f"Hub{uuid.uuid4().hex[:12]}")
    async with Hub(azurite, config.hub) as opened:
        server = TestServer(web.Application(), host="127.0.0.1")
        base = "http://127.0.0.1"
        host = Host(
            worker, opened, config, base, clock or RealClock(), key=KEY, check_key=check_key, faults=faults
        )
        server = TestServer(host.application(), host="127.0.0.1")
        await server.start_server()
        host.base = str(server.make_url("")).rstrip("/")
        await host.start()
        try:
            async with aiohttp.ClientSession() as client:
                yield Inside(host, client, host.base)
        finally:
            await host.stop()
            await server.close()
            if host.engine.lost.done():
                raise host.engine.lost.result()
