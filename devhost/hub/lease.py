"""One host per hub: the official app lease, a lease on the container ``<hub>-applease``.

Who holds it writes its name into ``<hub>-appleaseinfo``, so that the next host on this machine can tell a living
holder, who keeps the hub, from one that was killed, whose lease it may end.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass

import aiohttp
from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobLeaseClient, BlobServiceClient

from devhost.hub.hub import HubLost
from devhost.problems import Problem

log = logging.getLogger("devhost")
DURATION_SECONDS, RENEW_SECONDS = 15, 5.0
# As long as a lease lasts that nobody renews any more.
PATIENCE_SECONDS = DURATION_SECONDS + 1.0
PING_SECONDS, PAUSE_SECONDS = 3.0, 0.5
CONFLICT = 409


@dataclass(frozen=True)
class Holder:
    """Who holds a hub: ``id`` is the host's, and the lease's."""

    id: str
    url: str
    machine: str


class Lease:
    """The lease on one hub, for the host ``id`` at ``url``."""

    def __init__(self, service: BlobServiceClient, hub: str, host_id: str, url: str) -> None:
        self._hub, self._me = hub, Holder(host_id, url, socket.gethostname())
        self._container = service.get_container_client(f"{hub.lower()}-applease")
        self._info = self._container.get_blob_client(f"{hub.lower()}-appleaseinfo")

    async def acquire(self) -> None:
        """Take the hub. Raises Problem where another host has it."""
        with suppress(ResourceExistsError):
            await asyncio.to_thread(self._container.create_container)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_SECONDS
        while not await self._try():
            holder = await asyncio.to_thread(self._holder)
            is_near = holder is not None and holder.machine == self._me.machine
            is_late = loop.time() > deadline
            if holder is not None and is_near and not await _is_alive(holder):
                if await self._end(holder):
                    continue
                holder = None  # the lease is somebody's who has not written a name
            if holder is not None and (is_near or is_late):
                raise Problem(self._refusal(f"the devhost at {holder.url} on {holder.machine}"))
            if is_late:
                raise Problem(self._refusal("another host"))
            await asyncio.sleep(PAUSE_SECONDS)
        text = json.dumps(asdict(self._me))
        await asyncio.to_thread(self._info.upload_blob, text, overwrite=True)

    def _client(self, holder: Holder) -> BlobLeaseClient:
        return BlobLeaseClient(self._container, lease_id=holder.id)

    def _refusal(self, who: str) -> str:
        return f"the task hub {self._hub} is used by {who}: stop that one, or choose another hub with --hub."

    async def _try(self) -> bool:
        try:
            await asyncio.to_thread(self._client(self._me).acquire, lease_duration=DURATION_SECONDS)
        except HttpResponseError as error:
            if error.status_code != CONFLICT:
                raise
            return False
        return True

    def _holder(self) -> Holder | None:
        try:
            return Holder(**json.loads(self._info.download_blob().readall()))
        except (ResourceNotFoundError, ValueError, TypeError):
            return None  # not a devhost, or one that has not written its name yet

    async def _end(self, holder: Holder) -> bool:
        """End the lease of a host that is gone; only that one, by its id. False where somebody else has it by now."""
        try:
            await asyncio.to_thread(self._client(holder).release)
        except HttpResponseError:
            return False
        return True

    async def keep(self) -> None:
        """Renew for ever. Raises HubLost where somebody else has taken the hub."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                await asyncio.to_thread(self._client(self._me).renew)
            except AzureError as error:
                if not isinstance(error, HttpResponseError) or error.status_code != CONFLICT:
                    log.warning("the lease on the task hub cannot be renewed now: %s", error.message)
                elif not await self._try():
                    raise HubLost(
                        f"another host has taken the task hub {self._hub}. This one stops."
                    ) from error

    async def release(self) -> None:
        with suppress(AzureError):
            await asyncio.to_thread(self._client(self._me).release)


async def _is_alive(holder: Holder) -> bool:
    """Does it answer, by its name? Who accepts a connection and does not answer may just be busy."""
    timeout = aiohttp.ClientTimeout(PING_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"{holder.url}/admin/host/ping") as answer,
        ):
            found = await answer.json(content_type=None)
            return isinstance(found, dict) and found.get("id") == holder.id
    except TimeoutError:
        return True
    except (aiohttp.ClientError, ValueError):
        return False
