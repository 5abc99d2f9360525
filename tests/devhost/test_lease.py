"""Whose lease may be ended: a dead devhost's of this machine, nobody else's."""

from __future__ import annotations

import asyncio
import json
import socket
import uuid
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from azure.storage.blob import BlobLeaseClient, BlobServiceClient

from devhost.hub import lease as lease_module
from devhost.hub.hub import HubLost
from devhost.hub.lease import Lease
from devhost.problems import Problem

NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def blobs(azurite: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[BlobServiceClient]:
    monkeypatch.setattr(lease_module, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(lease_module, "PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(lease_module, "RENEW_SECONDS", 0.01)
    monkeypatch.setattr(lease_module, "PING_SECONDS", 0.2)
    with BlobServiceClient.from_connection_string(azurite) as found:
        yield found


@pytest_asyncio.fixture
async def server() -> AsyncIterator[TestServer]:
    """Hosts: one that answers, one that answers as somebody else, one that is busy."""

    async def ping(request: web.Request) -> web.Response:
        if request.match_info["who"] == "busy":
            await asyncio.sleep(1)
        return web.json_response({"id": request.match_info["who"]})

    app = web.Application()
    app.router.add_get("/{who}/admin/host/ping", ping)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    yield server
    await server.close()


def hub_name() -> str:
    return f"Lease{uuid.uuid4().hex[:10]}"


async def test_a_hub_that_was_released_is_free(blobs: BlobServiceClient) -> None:
    hub = hub_name()
    first, second = (Lease(blobs, hub, str(uuid.uuid4()), NOBODY) for _ in range(2))
    await first.acquire()
    await first.release()
    await second.acquire()
    await second.release()


async def test_a_dead_hosts_lease_is_ended_at_once(blobs: BlobServiceClient) -> None:
    hub = hub_name()
    await Lease(blobs, hub, str(uuid.uuid4()), NOBODY).acquire()
    await Lease(blobs, hub, str(uuid.uuid4()), NOBODY).acquire()


async def test_an_answer_by_another_name_is_no_life(blobs: BlobServiceClient, server: TestServer) -> None:
    hub = hub_name()
    await Lease(blobs, hub, str(uuid.uuid4()), str(server.make_url("/another"))).acquire()
    await Lease(blobs, hub, str(uuid.uuid4()), NOBODY).acquire()


async def test_a_living_host_keeps_its_hub(blobs: BlobServiceClient, server: TestServer) -> None:
    hub, living = hub_name(), str(uuid.uuid4())
    await Lease(blobs, hub, living, str(server.make_url(f"/{living}"))).acquire()
    with pytest.raises(Problem, match=f"{living}.*--hub"):
        await Lease(blobs, hub, str(uuid.uuid4()), NOBODY).acquire()


async def test_a_busy_host_keeps_its_hub(blobs: BlobServiceClient, server: TestServer) -> None:
    hub = hub_name()
    await Lease(blobs, hub, str(uuid.uuid4()), str(server.make_url("/busy"))).acquire()
    with pytest.raises(Problem, match="busy"):
        await Lease(blobs, hub, str(uuid.uuid4()), NOBODY).acquire()


async def test_a_host_on_another_machine_keeps_its_hub(
    blobs: BlobServiceClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = hub_name()
    with monkeypatch.context() as there:
        there.setattr("socket.gethostname", lambda: "elsewhere")
        await Lease(blobs, hub, str(uuid.uuid4()), NOBODY).acquire()
    with pytest.raises(Problem, match="elsewhere"):
        await Lease(blobs, hub, str(uuid.uuid4()), NOBODY).acquire()


GONE = json.dumps(
    {"id": "5eeb2a9b-ecb5-4923-b7c1-b5e6d1ed19a1", "url": NOBODY, "machine": socket.gethostname()}
)


@pytest.mark.parametrize("note", [None, "{", '{"PreferredAppId": "x"}', GONE])
async def test_the_official_host_keeps_its_hub(note: str | None, blobs: BlobServiceClient) -> None:
    hub = hub_name()
    container = blobs.create_container(f"{hub.lower()}-applease")
    if note is not None:
        container.upload_blob(f"{hub.lower()}-appleaseinfo", note)
    BlobLeaseClient(container).acquire(lease_duration=15)
    with pytest.raises(Problem, match="another host"):
        await Lease(blobs, hub, str(uuid.uuid4()), NOBODY).acquire()


async def test_a_host_whose_hub_was_taken_stops(blobs: BlobServiceClient) -> None:
    hub = hub_name()
    first = Lease(blobs, hub, str(uuid.uuid4()), NOBODY)
    await first.acquire()
    keeping = asyncio.create_task(first.keep())
    await Lease(blobs, hub, str(uuid.uuid4()), NOBODY).acquire()
    with pytest.raises(HubLost, match="This one stops"):
        await asyncio.wait_for(keeping, 10)


async def test_a_lease_that_ran_out_is_taken_again_while_it_is_free(blobs: BlobServiceClient) -> None:
    hub = hub_name()
    ours = Lease(blobs, hub, str(uuid.uuid4()), NOBODY)
    await ours.acquire()
    await ours.release()
    keeping = asyncio.create_task(ours.keep())
    container = blobs.get_container_client(f"{hub.lower()}-applease")
    async with asyncio.timeout(10):
        while container.get_container_properties().lease.state != "leased":  # noqa: ASYNC110 - asks storage
            await asyncio.sleep(0.01)
    keeping.cancel()
    info = json.loads(container.download_blob(f"{hub.lower()}-appleaseinfo").readall())
    assert info["url"] == NOBODY


async def test_a_lease_that_cannot_be_renewed_is_told(
    blobs: BlobServiceClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ours = Lease(blobs, hub_name(), str(uuid.uuid4()), NOBODY)  # whose container is not there: 404
    keeping = asyncio.create_task(ours.keep())
    async with asyncio.timeout(10):
        while "cannot be renewed" not in caplog.text:  # noqa: ASYNC110 - asks the log
            await asyncio.sleep(0.01)
    keeping.cancel()
