"""Azure Table storage by plain REST: the few calls that a task hub needs, and batches.

The SDK's client costs about five times the CPU on this path (see bench/README.md).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import re
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import formatdate
from typing import Any, Protocol, Self
from urllib.parse import quote

import aiohttp
from yarl import URL

from devhost.protocol.events import Moment, net_time
from devhost.protocol.rows import Row

VERSION = "2019-02-02"
_COMPACT = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
JSON = "application/json;odata=minimalmetadata"


class StorageError(Exception):
    """Storage refused; the text holds status and body."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"storage answered {status}: {text[:1000]}")
        self.status = status


class Service(Protocol):
    """A table service and how to be let in."""

    @property
    def endpoint(self) -> str:
        """Its address, without a slash at the end."""
        ...

    async def headers(self, path: str) -> dict[str, str]:
        """What opens a request for a path (escaped, without its query), and its date."""
        ...


@dataclass(frozen=True)
class Account:
    """A storage account by key, out of a connection string."""

    name: str
    key: bytes
    endpoint: str

    @classmethod
    def of(cls, connection: str) -> Account:
        """Parse a connection string. Raises ValueError."""
        parts = dict(part.split("=", 1) for part in connection.strip().strip(";").split(";"))
        try:
            endpoint = parts.get("TableEndpoint") or _default_endpoint(parts)
            return cls(
                parts["AccountName"],
                base64.b64decode(parts["AccountKey"], validate=True),
                endpoint.rstrip("/"),
            )
        except KeyError as missing:
            raise ValueError(f"the connection string has no {missing}") from None

    async def headers(self, path: str) -> dict[str, str]:
        """Signed with the account's key: Shared Key Lite."""
        date = formatdate(usegmt=True)
        digest = hmac.new(self.key, f"{date}\n/{self.name}{path}".encode(), hashlib.sha256).digest()
        signature = base64.b64encode(digest).decode()
        return {"x-ms-date": date, "Authorization": f"SharedKeyLite {self.name}:{signature}"}


def _default_endpoint(parts: dict[str, str]) -> str:
    protocol, suffix = (
        parts.get("DefaultEndpointsProtocol", "https"),
        parts.get("EndpointSuffix", "core.windows.net"),
    )
    return f"{protocol}://{parts['AccountName']}.table.{suffix}"


@dataclass(frozen=True)
class Operation:
    """One change of a batch: PUT (replace or insert), POST (insert), MERGE, DELETE."""

    method: str
    row: Row
    etag: str | None = None


class Tables:
    """A table service. Open it with ``async with``."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def create(self, table: str) -> None:
        """Create a table unless it is there."""
        status, text, _ = await self._send("POST", "/Tables", json.dumps({"TableName": table}))
        if status not in (201, 204, 409):
            raise StorageError(status, text)

    async def put(self, table: str, row: Row) -> None:
        """Insert a row, or replace it."""
        await self._change("PUT", table, row)

    async def merge(self, table: str, row: Row) -> None:
        """Insert a row, or change the columns given."""
        await self._change("MERGE", table, row)

    async def delete(self, table: str, partition: str, row_key: str) -> None:
        """Delete a row; nothing happens where there is none."""
        path = self._path(table, partition, row_key)
        status, text, _ = await self._send("DELETE", path, headers={"If-Match": "*"})
        if status not in (204, 404):
            raise StorageError(status, text)

    async def rows(self, table: str, query: str = "") -> AsyncIterator[Row]:
        """All rows that match an OData filter, with their ETags under ``odata.etag``."""
        continuation = ""
        while True:
            parameters = "&".join(filter(None, [query and f"$filter={quote(query, safe='')}", continuation]))
            status, text, headers = await self._send(
                "GET", f"/{table}()" + (f"?{parameters}" if parameters else "")
            )
            if status != 200:  # noqa: PLR2004 - HTTP
                raise StorageError(status, text)
            for row in json.loads(text)["value"]:
                yield _decode(row)
            following = headers.get("x-ms-continuation-NextPartitionKey")
            if following is None:
                return
            continuation = f"NextPartitionKey={quote(following, safe='')}"
            if row_key := headers.get("x-ms-continuation-NextRowKey"):
                continuation += f"&NextRowKey={quote(row_key, safe='')}"

    async def batch(self, table: str, operations: list[Operation]) -> list[str | None]:
        """At most 100 changes of one partition, all or none. Returns their ETags. Raises StorageError."""
        outer, inner = f"batch_{uuid.uuid4().hex}", f"changeset_{uuid.uuid4().hex}"
        parts = [f"--{outer}\r\nContent-Type: multipart/mixed; boundary={inner}\r\n\r\n"]
        for number, operation in enumerate(operations):
            parts.append(self._part(table, operation, number, inner))
        parts.append(f"--{inner}--\r\n--{outer}--\r\n")
        kind = f"multipart/mixed; boundary={outer}"
        status, text, _ = await self._send("POST", "/$batch", "".join(parts), content_type=kind)
        codes = [int(code) for code in re.findall(r"HTTP/1\.1 (\d+)", text)]
        failed = next((code for code in codes if code >= 300), None)  # noqa: PLR2004 - HTTP
        if status != 202 or failed is not None or len(codes) != len(operations):  # noqa: PLR2004 - HTTP
            raise StorageError(failed or status, text)
        answers = re.split(r"HTTP/1\.1 \d+", text)[1:]
        return [_etag(answer) for answer in answers]

    def _part(self, table: str, operation: Operation, number: int, boundary: str) -> str:
        body = _encode(operation.row) if operation.method != "DELETE" else ""
        path = f"/{table}"
        if operation.method != "POST":
            path = self._path(table, operation.row["PartitionKey"], operation.row["RowKey"])
        etag = operation.etag or ("*" if operation.method == "DELETE" else None)
        condition = f"If-Match: {etag}\r\n" if etag else ""
        return (
            f"--{boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
            f"Content-ID: {number}\r\n\r\n{operation.method} {self._service.endpoint}{path} HTTP/1.1\r\n"
            f"Content-Type: application/json\r\nAccept: {JSON}\r\nDataServiceVersion: 3.0\r\n"
            f"Prefer: return-no-content\r\n{condition}Content-Length: {len(body.encode())}\r\n\r\n{body}\r\n"
        )

    async def _change(self, method: str, table: str, row: Row) -> None:
        path = self._path(table, row["PartitionKey"], row["RowKey"])
        status, text, _ = await self._send(method, path, _encode(row))
        if status != 204:  # noqa: PLR2004 - HTTP
            raise StorageError(status, text)

    def _path(self, table: str, partition: str, row_key: str) -> str:
        return f"/{table}(PartitionKey='{_quoted(partition)}',RowKey='{_quoted(row_key)}')"

    async def _send(
        self,
        method: str,
        path: str,
        body: str | None = None,
        *,
        headers: dict[str, str] | None = None,
        content_type: str = "application/json",
    ) -> tuple[int, str, Any]:
        if self._session is None:
            raise RuntimeError("open the tables with 'async with' first")
        url = URL(self._service.endpoint + path, encoded=True)
        sent = {
            **await self._service.headers(url.raw_path),
            "x-ms-version": VERSION,
            "Accept": JSON,
            "DataServiceVersion": "3.0;NetFx",
            "Content-Type": content_type,
            **(headers or {}),
        }
        data = io.BytesIO(body.encode()) if body is not None else None
        async with self._session.request(method, url, data=data, headers=sent) as answer:
            return answer.status, await answer.text(), answer.headers


def _quoted(key: str) -> str:
    return quote(key.replace("'", "''"), safe="")


def _etag(answer: str) -> str | None:
    found = re.search(r"(?im)^etag: *(.+?)\r?$", answer)
    return found[1] if found else None


def _encode(row: Row) -> str:
    typed: Row = {}
    for name, value in row.items():
        if isinstance(value, datetime):
            typed[name] = net_time(value)
            typed[f"{name}@odata.type"] = "Edm.DateTime"
        elif value is not None:
            typed[name] = value
    return _COMPACT.encode(typed)


def _decode(row: Row) -> Row:
    plain: Row = {}
    for name, value in row.items():
        if name.endswith("@odata.type"):
            continue
        if row.get(f"{name}@odata.type") == "Edm.DateTime":
            plain[name] = Moment.of(value)
        else:
            plain[name] = value
    return plain
