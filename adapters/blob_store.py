"""A container of Azure Blob Storage, as the use cases want it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from threading import Lock
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import ContainerClient, ContentSettings

from approvals.ports import Blob, Changed

CONTENT_TYPE = "application/json"


class AzureBlobStore:
    """`BlobStore` over a container, which is created at the first use. Safe to use from many threads."""

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
        try:
            if length == 0:
                self._create_append_blob(name)
            blob.append_block(data, appendpos_condition=length)
        except (ResourceModifiedError, ResourceNotFoundError) as error:
            raise Changed(name) from error

    def delete(self, name: str) -> None:
        try:
            self._container.delete_blob(name)
        except ResourceNotFoundError:
            return

    def names(self, prefix: str) -> Iterator[str]:
        self._ensure_container()
        return (str(name) for name in self._container.list_blob_names(name_starts_with=prefix))

    def _create_append_blob(self, name: str) -> None:
        settings = ContentSettings(content_type="application/x-ndjson")
        try:
            self._container.get_blob_client(name).create_append_blob(
                content_settings=settings, match_condition=MatchConditions.IfMissing
            )
        except ResourceExistsError:
            return  # another writer was faster; the append's condition decides

    def _upload(self, name: str, data: bytes, content_type: str, **condition: Any) -> str:
        self._ensure_container()
        try:
            written = self._container.get_blob_client(name).upload_blob(
                data,
                overwrite=True,
                **condition,
                content_settings=ContentSettings(content_type=content_type),
            )
        except (ResourceExistsError, ResourceModifiedError, ResourceNotFoundError) as error:
            raise Changed(name) from error
        return str(written["etag"])

    def _ensure_container(self) -> None:
        if self._created:
            return
        with self._lock:
            if not self._created:
                with suppress(ResourceExistsError):
                    self._container.create_container()
                self._created = True
