"""One chain on real storage: fifty writers at once, and answers that were lost on the way."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from azure.core.exceptions import ServiceResponseError
from azure.core.pipeline.transport import HttpRequest, RequestsTransport
from azure.storage.blob import BlobServiceClient, ExponentialRetry

from adapters.blob_store import AzureBlobStore, client_options
from approvals.model import AuditEntry
from approvals.ports import BlobStore
from approvals.stored import layout
from approvals.writing.audit import parse_trail, verify_trail
from services.store.trail import append
from tests.fakes import MONDAY

PROPOSAL = "p-abcdefghijkl"
WRITERS = 50


def store_with(azurite: str, **options: Any) -> AzureBlobStore:
    service = BlobServiceClient.from_connection_string(azurite, **client_options() | options)
    return AzureBlobStore(service.get_container_client(f"trail-{uuid.uuid4().hex}"))


def entry(name: str) -> AuditEntry:
    return AuditEntry(name, MONDAY, "ana", "decided")


def written(store: BlobStore) -> list[str]:
    """The ids in the trail, whose chain holds."""
    blob = store.read(layout.audit(PROPOSAL))
    assert blob is not None
    assert verify_trail(blob.data).problem is None
    return [line.entry.id for line in parse_trail(blob.data)]


def test_fifty_writers_at_once_make_one_chain(azurite: str) -> None:
    store = store_with(azurite)
    start = threading.Barrier(WRITERS)

    def write(n: int) -> None:
        start.wait()
        append(store, PROPOSAL, [entry(f"w{n}/a"), entry(f"w{n}/b"), entry("shared")])

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    found = written(store)
    assert sorted(found) == sorted(["shared", *(f"w{n}/{part}" for n in range(WRITERS) for part in "ab")])
    assert all(found.index(f"w{n}/a") < found.index(f"w{n}/b") for n in range(WRITERS))


class LosesAnswers(RequestsTransport):  # type: ignore[misc]  # the SDK loads the class lazily, hence without its type
    """Sends every append, and loses the answers to the first ones."""

    def __init__(self, losses: int) -> None:
        super().__init__()
        self.losses = losses
        self.appends = 0

    def send(self, request: HttpRequest, **options: Any) -> Any:
        answer = super().send(request, **options)
        if "comp=appendblock" in request.url:
            self.appends += 1
            if self.appends <= self.losses:
                raise ServiceResponseError("the connection was closed before the answer came")
        return answer


def test_an_append_whose_answer_was_lost_is_there_once(azurite: str) -> None:
    """The SDK sends it again by itself, and loses against its own first write."""
    transport = LosesAnswers(1)
    retries = ExponentialRetry(initial_backoff=0, increment_base=1, random_jitter_range=0)
    store = store_with(azurite, transport=transport, retry_policy=retries)
    append(store, PROPOSAL, [entry("a"), entry("b")])
    assert transport.appends == 2
    append(store, PROPOSAL, [entry("b"), entry("c")])
    assert written(store) == ["a", "b", "c"]


def test_an_append_without_any_answer_is_finished_by_the_next(azurite: str) -> None:
    transport = LosesAnswers(1)
    store = store_with(azurite, transport=transport, retry_policy=ExponentialRetry(retry_total=0))
    try:
        append(store, PROPOSAL, [entry("a")])
    except ServiceResponseError:
        append(store, PROPOSAL, [entry("a"), entry("b")])
    assert transport.appends == 2
    assert written(store) == ["a", "b"]
