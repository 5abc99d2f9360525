"""Large strings of a task hub: gzipped blobs in the container ``<hub>-largemessages``."""

from __future__ import annotations

import asyncio
import gzip
import secrets
from contextlib import suppress
from typing import TypeGuard

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient

from devhost.protocol.rows import Row

# Of a string's UTF-16 form; longer ones do not fit a table's column.
LARGE_BYTES = 60 * 1024
COLUMNS = ("Input", "Result", "Reason", "Details", "Name", "Correlation")


def is_large(value: object) -> TypeGuard[str]:
    """Is it a string that does not fit a column?"""
    if not isinstance(value, str) or len(value) * 4 <= LARGE_BYTES:
        return False
    return len(value.encode("utf-16-le", "surrogatepass")) > LARGE_BYTES


class LargeStrings:
    """Puts them out of rows and back in. The container is made when it is first needed."""

    def __init__(self, service: BlobServiceClient, hub: str) -> None:
        self._container = service.get_container_client(f"{hub.lower()}-largemessages")
        self._is_ready = False

    async def spill(self, row: Row, column: str, kind: str, *, as_url: bool = False) -> str | None:
        """Move a large string of a row into a blob. Returns the blob's address where it did."""
        value = row.get(column)
        if not is_large(value):
            return None
        number = row["RowKey"] or f"{1:016X}"
        name = (
            f"{row['PartitionKey']}/history-{number}-{kind}-{secrets.token_hex(4).upper()}-{column}.json.gz"
        )
        await asyncio.to_thread(self._upload, name, gzip.compress(value.encode()))
        url = f"{self._container.url}/{name}"
        if as_url:
            row[column] = url
        else:
            row[f"{column}BlobName"], row[column] = name, ""
        return url

    async def fill(self, row: Row) -> Row:
        """A row with its large strings in their columns."""
        blobs = {
            name.removesuffix("BlobName"): value for name, value in row.items() if name.endswith("BlobName")
        }
        return {
            **row,
            **{name: await asyncio.to_thread(self._download, blob) for name, blob in blobs.items()},
        }

    async def fetch(self, text: str | None) -> str | None:
        """The string at an address of this container; any other string as it is."""
        prefix = f"{self._container.url}/"
        if text is None or not text.startswith(prefix):
            return text
        return await asyncio.to_thread(self._download, text.removeprefix(prefix))

    async def purge(self, key: str) -> None:
        await asyncio.to_thread(self._purge, key)

    def _purge(self, key: str) -> None:
        if self._container.exists():
            for name in self._container.list_blob_names(name_starts_with=f"{key}/"):
                self._container.delete_blob(name)

    def _upload(self, name: str, data: bytes) -> None:
        if not self._is_ready:
            with suppress(ResourceExistsError):
                self._container.create_container()
            self._is_ready = True
        self._container.upload_blob(name, data, overwrite=True)  # by a try before, whose answer got lost

    def _download(self, name: str) -> str:
        return gzip.decompress(self._container.download_blob(name).readall()).decode()
