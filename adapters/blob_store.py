"""A container of Azure Blob Storage, as the use cases want it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from threading import Lock
from typing import Any

import requests
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import ContainerClient, ContentSettings, ExponentialRetry
from requests.adapters import HTTPAdapter

from approvals.ports import Blob, Changed

CONTENT_TYPE = "application/json"
LINES_TYPE = "application/x-ndjson"
# What the service answers where a conditional write lost, beside 412. The last one is for an archive under an
# immutability policy, where a blob that is there cannot be written again by anybody.
LOST = frozenset({"BlobAlreadyExists", "BlobNotFound", "BlobImmutableDueToPolicy"})

# The functions worker runs up to 32 synchronous functions at once, HTTP routes come on top. The SDK keeps 10
# connections and waits 15 seconds before it tries again; people wait for these answers.
CONNECTIONS = 64
CONNECT_SECONDS = 5
READ_SECONDS = 20


def client_options() -> dict[str, Any]:
    """How to talk to the service: keyword arguments for a client of azure-storage-blob.

    Connections are kept and shared, a request that got no answer is sent again, three times within some ten seconds.
    """
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS))
    transport = RequestsTransport(
        session=session, session_owner=False, connection_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS
    )
    retries = ExponentialRetry(initial_backoff=1, increment_base=2, random_jitter_range=1)
    return {"transport": transport, "retry_policy": retries}


class AzureBlobStore:
    """`BlobStore` over a container, which is created at the first use. Safe to use from many threads.

    The SDK repeats a request whose answer was lost. If the first one was carried out, the second loses against
    it and raises Changed: whoever writes reads again, as after any Changed, and finds their own write.
    """

    def __init__(self, container: ContainerClient) -> None:
        self._container = container
        self._created = False
        self._lock = Lock()

    def read(self, name: str) -> Blob | None:
        try:
            stream = self._container.get_blob_client(name).download_blob()
            return Blob(stream.readall(), str(stream.properties.etag))
        except ResourceNotFoundError:
            return None

    def create(self, name: str, data: bytes, content_type: str = CONTENT_TYPE) -> str:
        return self._upload(name, data, content_type, match_condition=MatchConditions.IfMissing)

    def replace(self, name: str, data: bytes, etag: str) -> str:
        return self._upload(
            name, data, CONTENT_TYPE, match_condition=MatchConditions.IfNotModified, etag=etag
        )

    def append(self, name: str, data: bytes, length: int) -> None:
        self._ensure_container()
        blob = self._container.get_blob_client(name)
        if length == 0:
            with suppress(Changed), _lost_as_changed(name):  # it is there: the append's condition decides
                blob.create_append_blob(
                    content_settings=ContentSettings(content_type=LINES_TYPE),
                    match_condition=MatchConditions.IfMissing,
                )
        with _lost_as_changed(name):
            blob.append_block(data, appendpos_condition=length)

    def delete(self, name: str) -> None:
        with suppress(ResourceNotFoundError):
            self._container.delete_blob(name)

    def names(self, prefix: str) -> Iterator[str]:
        self._ensure_container()
        return (str(name) for name in self._container.list_blob_names(name_starts_with=prefix))

    def _upload(self, name: str, data: bytes, content_type: str, **condition: Any) -> str:
        self._ensure_container()
        with _lost_as_changed(name):
            written = self._container.get_blob_client(name).upload_blob(
                data,
                overwrite=True,  # the condition decides; without it the SDK sets one of its own
                content_settings=ContentSettings(content_type=content_type),
                **condition,
            )
        return str(written["etag"])

    def _ensure_container(self) -> None:
        if self._created:
            return
        with self._lock:
            if not self._created:
                with suppress(ResourceExistsError):
                    self._container.create_container()
                self._created = True


@contextmanager
def _lost_as_changed(name: str) -> Iterator[None]:
    """Raise Changed where a condition did not hold; the SDK has an exception of its own for only some of them."""
    try:
        yield
    except HttpResponseError as error:
        code = str(getattr(error.error_code, "value", error.error_code))  # type: ignore[attr-defined]  # set by the SDK
        if error.status_code == HTTPStatus.PRECONDITION_FAILED or code in LOST:
            raise Changed(name) from error
        raise
