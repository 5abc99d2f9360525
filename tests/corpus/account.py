"""A world out of a storage account and into another. A few thousand requests: plain ones, over kept connections."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from itertools import groupby
from urllib.parse import quote, urlsplit

import requests
from azure.storage.blob import (
    AccountSasPermissions,
    BlobServiceClient,
    BlobType,
    ResourceTypes,
    generate_account_sas,
)

from tests.corpus.archive import TABLES, Names, Row, StoredBlob, World

WRITERS = 4
ROWS_A_BATCH = 100  # of one partition, in one transaction
# A table service adds them by itself.
ADDED = ("Timestamp", "odata.", "PartitionKey@", "RowKey@")
LIMIT_SECONDS = 30


class StorageAccount:
    """An account by its connection string."""

    def __init__(self, connection: str) -> None:
        parts = dict(part.split("=", 1) for part in connection.strip(";").split(";"))
        self.connection, self._name, self._key = connection, parts["AccountName"], parts["AccountKey"]
        self._blobs, self._tables = parts["BlobEndpoint"].rstrip("/"), parts["TableEndpoint"].rstrip("/")
        self._leave = generate_account_sas(
            self._name,
            self._key,
            ResourceTypes(container=True, object=True),
            AccountSasPermissions(read=True, write=True, create=True, add=True),
            datetime.now(UTC) + timedelta(hours=1),
        )
        self._local = threading.local()

    def blob(
        self,
        method: str,
        name: str,
        data: bytes = b"",
        query: str = "",
        headers: dict[str, str] | None = None,
    ) -> requests.Response:
        """A request for a blob, or with ``query`` for a part of it; ``name`` begins with its container."""
        url = f"{self._blobs}/{quote(name)}?{query}{self._leave}"
        return self._sent(method, url, data, {"x-ms-version": "2021-12-02", **(headers or {})})

    def table(
        self, method: str, path: str, data: bytes = b"", query: str = "", kind: str = "application/json"
    ) -> requests.Response:
        """A request to the table service, signed with Shared Key Lite."""
        date = formatdate(usegmt=True)
        signed = f"{date}\n/{self._name}{urlsplit(self._tables).path}{path}".encode()
        digest = hmac.new(base64.b64decode(self._key), signed, hashlib.sha256).digest()
        headers = {
            "Authorization": f"SharedKeyLite {self._name}:{base64.b64encode(digest).decode()}",
            "Content-Type": kind,
            "x-ms-date": date,
            "x-ms-version": "2019-02-02",
            "Accept": "application/json;odata=minimalmetadata",
            "DataServiceVersion": "3.0;NetFx",
        }
        return self._sent(method, self._tables + path + query, data, headers)

    def insert(self, table: str, rows: list[Row]) -> None:
        """Rows of one partition, in one transaction."""
        outer, inner = f"batch_{uuid.uuid4().hex}", f"changeset_{uuid.uuid4().hex}"
        parts = [f"--{outer}\r\nContent-Type: multipart/mixed; boundary={inner}\r\n\r\n"]
        for number, row in enumerate(rows):
            body = json.dumps(row)
            parts.append(
                f"--{inner}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
                f"Content-ID: {number}\r\n\r\nPOST {self._tables}/{table} HTTP/1.1\r\n"
                "Content-Type: application/json\r\nAccept: application/json;odata=minimalmetadata\r\n"
                f"DataServiceVersion: 3.0\r\nPrefer: return-no-content\r\nContent-Length: {len(body)}\r\n\r\n{body}\r\n"
            )
        parts.append(f"--{inner}--\r\n--{outer}--\r\n")
        kind = f"multipart/mixed; boundary={outer}"
        answer = self.table("POST", "/$batch", "".join(parts).encode(), kind=kind)
        assert answer.text.count("HTTP/1.1 204") == len(rows), answer.text

    def rows(self, table: str) -> Iterator[Row]:
        """All rows of a table, with what it knows of their types."""
        query = ""
        while query is not None:
            answer = self.table("GET", f"/{table}()", query=query)
            for row in answer.json()["value"]:
                yield {name: value for name, value in row.items() if not name.startswith(ADDED)}
            keys = ("NextPartitionKey", "NextRowKey")
            following = {key: answer.headers.get(f"x-ms-continuation-{key}") for key in keys}
            if following["NextPartitionKey"] is None:
                return
            query = "?" + "&".join(f"{key}={quote(value)}" for key, value in following.items() if value)

    def _sent(self, method: str, url: str, data: bytes, headers: dict[str, str]) -> requests.Response:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        session: requests.Session = self._local.session
        answer = session.request(method, url, data=data, headers=headers, timeout=LIMIT_SECONDS)
        assert answer.ok, f"{method} {urlsplit(url).path}: {answer.status_code} {answer.text}"
        return answer


def collect(connection: str, names: Names) -> World:
    """Everything of a world that lies in an account."""
    account, world = StorageAccount(connection), World()
    for table in TABLES:
        found = account.rows(names.hub + table)
        world.rows[table] = sorted(found, key=lambda row: (row["PartitionKey"], row["RowKey"]))
    listed = []
    with BlobServiceClient.from_connection_string(connection) as service:
        for container in service.list_containers():
            if (role := names.role(container.name)) is not None:
                blobs = service.get_container_client(container.name).list_blobs()
                listed += [(role, container.name, properties) for properties in blobs]
    with ThreadPoolExecutor(WRITERS) as pool:
        contents = pool.map(lambda each: account.blob("GET", f"{each[1]}/{each[2].name}").content, listed)
        for (role, _, properties), data in zip(listed, contents, strict=True):
            kind = str(properties.content_settings.content_type)
            appended = properties.blob_type == BlobType.APPENDBLOB
            world.blobs.append(StoredBlob(role, properties.name, data, kind, appended))
    return world


def load(world: World, connection: str, names: Names) -> None:
    """Put a world into an account that has nothing of these names."""
    account = StorageAccount(connection)

    def upload(blob: StoredBlob) -> None:
        name = f"{names.container(blob.container)}/{blob.name}"
        headers = {"x-ms-blob-type": "BlockBlob", "x-ms-blob-content-type": blob.content_type}
        if not blob.appended:
            account.blob("PUT", name, blob.data, headers=headers)
            return
        account.blob("PUT", name, headers=headers | {"x-ms-blob-type": "AppendBlob"})
        account.blob("PUT", name, blob.data, "comp=appendblock&")

    with BlobServiceClient.from_connection_string(connection) as service:
        for role in {"proposals", "records", *(blob.container for blob in world.blobs)}:
            service.create_container(names.container(role))
    with ThreadPoolExecutor(WRITERS) as pool:
        done = [pool.submit(upload, blob) for blob in world.blobs]
        for table, rows in world.rows.items():
            account.table("POST", "/Tables", json.dumps({"TableName": names.hub + table}).encode())
            for batch in _batches(rows):
                done.append(pool.submit(account.insert, names.hub + table, batch))
        for each in done:
            each.result()


def _batches(rows: list[Row]) -> Iterator[list[Row]]:
    """Rows, sorted by partition, in what one transaction takes."""
    for _, group in groupby(rows, key=lambda row: str(row["PartitionKey"])):
        found = list(group)
        for start in range(0, len(found), ROWS_A_BATCH):
            yield found[start : start + ROWS_A_BATCH]
