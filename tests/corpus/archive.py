"""A corpus on disk: everything that one release has stored, in one file, and what it is about, in another.

``world.tar.xz`` holds every blob under ``blobs/CONTAINER/NAME`` (one that is appended to under ``lines/``), its content
type in a header of the archive, and every row of the hub's tables under ``tables/NAME.jsonl``. Containers and tables go
by what they are for (``proposals``, ``records``, ``hub-largemessages``, ``History``), so that they are loaded under any
name. Who holds the hub's lease is left out: it is a matter of the host that ran, and no queue has ever been there.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient, BlobType, ContentSettings

FOLDER = Path(__file__).parent
WORLD, INDEX = "world.tar.xz", "index.json"
TABLES = ("History", "Instances")
TYPE = "GREENLIGHT.content_type"
WRITERS = 8
# A table service adds them by itself.
ADDED = frozenset({"Timestamp", "Timestamp@odata.type", "odata.etag", "odata.metadata"})
Row = dict[str, Any]


@dataclass(frozen=True)
class Names:
    """What the containers and the hub of a world are called in an account."""

    hub: str
    proposals: str
    records: str

    def role(self, container: str) -> str | None:
        """What a container is for; None for one that does not belong to the world."""
        if container in (self.proposals, self.records):
            return "proposals" if container == self.proposals else "records"
        prefix = f"{self.hub.lower()}-"
        own = container.startswith(prefix) and not container.endswith("-applease")
        return f"hub-{container.removeprefix(prefix)}" if own else None

    def container(self, role: str) -> str:
        """The reverse."""
        if role.startswith("hub-"):
            return f"{self.hub.lower()}-{role.removeprefix('hub-')}"
        return self.proposals if role == "proposals" else self.records


@dataclass(frozen=True)
class StoredBlob:
    container: str  # its role
    name: str
    data: bytes
    content_type: str
    appended: bool


@dataclass
class World:
    """Everything that is stored. ``rows`` by table, as the table service writes them in JSON."""

    blobs: list[StoredBlob] = field(default_factory=list)
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def blob(self, name: str, container: str = "proposals") -> bytes | None:
        return next((b.data for b in self.blobs if (b.container, b.name) == (container, name)), None)

    def under(self, prefix: str, container: str = "proposals") -> dict[str, bytes]:
        """Blobs by name."""
        found = (blob for blob in self.blobs if blob.container == container)
        return {blob.name: blob.data for blob in found if blob.name.startswith(prefix)}


@dataclass(frozen=True)
class Entry:
    """One proposal of a corpus: what it is, and how it must end in the hands of a later release.

    ``moves`` are requests that people make then, in order. ``ends`` is an Outcome; ``stays`` for what must not change;
    ``erased`` for what must be erased whole. ``says`` are actions that its trail must have at the end.
    """

    name: str
    proposal: str
    what: str
    state: str
    moves: list[dict[str, Any]]
    ends: str
    says: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Index:
    """What a corpus is. ``values`` are all that the release could write; ``missing`` says why something is not here."""

    release: str
    commit: str
    proposals: list[Entry]
    values: dict[str, list[str]]
    missing: dict[str, str]


def releases() -> list[Path]:
    """The folders of all corpora."""
    return sorted(path.parent for path in FOLDER.glob(f"*/{INDEX}"))


def read_index(folder: Path) -> Index:
    plain = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    return Index(**plain | {"proposals": [Entry(**each) for each in plain["proposals"]]})


def write_index(folder: Path, index: Index) -> None:
    text = json.dumps(asdict(index), indent=1, ensure_ascii=False)
    (folder / INDEX).write_text(text + "\n", encoding="utf-8")


# -- from and to an account ------------------------------------------------------------------------------


def collect(connection: str, names: Names) -> World:
    """Everything of a world that lies in an account."""
    world = World(rows={table: _rows(connection, names.hub + table) for table in TABLES})
    with BlobServiceClient.from_connection_string(connection) as service:
        for container in service.list_containers():
            role = names.role(container.name)
            if role is None:
                continue
            client = service.get_container_client(container.name)
            for properties in client.list_blobs():
                data = client.download_blob(properties.name).readall()
                kind = str(properties.content_settings.content_type)
                appended = properties.blob_type == BlobType.APPENDBLOB
                world.blobs.append(StoredBlob(role, properties.name, data, kind, appended))
    return world


def load(world: World, connection: str, names: Names) -> None:
    """Put a world into an account that has nothing of these names."""
    with BlobServiceClient.from_connection_string(connection) as service, ThreadPoolExecutor(WRITERS) as pool:
        for role in {"proposals", "records", *(blob.container for blob in world.blobs)}:
            with suppress(ResourceExistsError):
                service.create_container(names.container(role))

        def upload(blob: StoredBlob) -> None:
            client = service.get_blob_client(names.container(blob.container), blob.name)
            kind = BlobType.APPENDBLOB if blob.appended else BlobType.BLOCKBLOB
            settings = ContentSettings(content_type=blob.content_type)
            client.upload_blob(blob.data, blob_type=kind, content_settings=settings)

        list(pool.map(upload, world.blobs))
        for table, rows in world.rows.items():
            _send("POST", connection, "/Tables", {"TableName": names.hub + table}).raise_for_status()
            path = f"/{names.hub}{table}"
            for answer in pool.map(lambda row, path=path: _send("POST", connection, path, row), rows):
                answer.raise_for_status()


def _send(
    method: str, connection: str, path: str, row: Row | None = None, query: str = ""
) -> requests.Response:
    """A request to the table service, signed with Shared Key Lite."""
    parts = dict(part.split("=", 1) for part in connection.strip(";").split(";"))
    endpoint, date = parts["TableEndpoint"].rstrip("/"), formatdate(usegmt=True)
    signed = f"{date}\n/{parts['AccountName']}{urlsplit(endpoint).path}{path}".encode()
    digest = hmac.new(base64.b64decode(parts["AccountKey"]), signed, hashlib.sha256).digest()
    headers = {
        "Authorization": f"SharedKeyLite {parts['AccountName']}:{base64.b64encode(digest).decode()}",
        "x-ms-date": date,
        "x-ms-version": "2019-02-02",
        "Accept": "application/json;odata=minimalmetadata",
        "DataServiceVersion": "3.0;NetFx",
    }
    return requests.request(method, endpoint + path + query, json=row, headers=headers, timeout=30)


def _rows(connection: str, table: str) -> list[Row]:
    found: list[Row] = []
    query = ""
    while True:
        answer = _send("GET", connection, f"/{table}()", query=query)
        answer.raise_for_status()
        for row in answer.json()["value"]:
            kept = {n: v for n, v in row.items() if not n.startswith("odata.") and n not in ADDED}
            found.append({n: v for n, v in kept.items() if not n.startswith(("PartitionKey@", "RowKey@"))})
        following = answer.headers.get("x-ms-continuation-NextPartitionKey")
        if following is None:
            return sorted(found, key=lambda row: (row["PartitionKey"], row["RowKey"]))
        query = f"?NextPartitionKey={following}"
        if row_key := answer.headers.get("x-ms-continuation-NextRowKey"):
            query += f"&NextRowKey={row_key}"


# -- from and to a file ----------------------------------------------------------------------------------


def write(world: World, folder: Path) -> None:
    """The same world is the same bytes: sorted, without owners, times and rights."""
    files = {
        f"{'lines' if blob.appended else 'blobs'}/{blob.container}/{blob.name}": (
            blob.data,
            blob.content_type,
        )
        for blob in world.blobs
    }
    for table, rows in world.rows.items():
        lines = (json.dumps(row, sort_keys=True, ensure_ascii=False) for row in rows)
        files[f"tables/{table}.jsonl"] = ("".join(f"{line}\n" for line in lines).encode(), "")
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(folder / WORLD, "w:xz", format=tarfile.PAX_FORMAT, preset=9) as tar:
        for name, (data, content_type) in sorted(files.items()):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.pax_headers = {TYPE: content_type} if content_type else {}
            tar.addfile(info, io.BytesIO(data))


def read(folder: Path) -> World:
    world = World()
    for info, data in _members(folder):
        kind, _, rest = info.name.partition("/")
        if kind == "tables":
            world.rows[rest.removesuffix(".jsonl")] = [json.loads(line) for line in data.splitlines()]
        else:
            container, _, name = rest.partition("/")
            stored = StoredBlob(container, name, data, info.pax_headers[TYPE], kind == "lines")
            world.blobs.append(stored)
    return world


def _members(folder: Path) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(folder / WORLD) as tar:
        for info in tar:
            file = tar.extractfile(info)
            assert file is not None, info.name
            yield info, file.read()
