"""A corpus on disk: everything that one release has stored, in one file, and what it is about, in another.

``world.tar.xz`` holds every blob under ``blobs/CONTAINER/NAME`` (one that is appended to under ``lines/``), its content
type in a header of the archive, and every row of the hub's tables under ``tables/NAME.jsonl``. Containers and tables go
by what they are for (``proposals``, ``records``, ``hub-largemessages``, ``History``), so that they are loaded under any
name. Who holds the hub's lease is left out: it is a matter of the host that ran, and no queue has ever been there.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
WORLD, INDEX = "world.tar.xz", "index.json"
TABLES = ("History", "Instances")
TYPE = "GREENLIGHT.content_type"
# Where the values of an enum lie: in which blobs, and under which key.
PLACES = {
    "ProposalState": ("/proposal.json", "state"),
    "Outcome": ("/proposal.json", "outcome"),
    "TaskState": ("/tasks/", "state"),
    "Verdict": ("/tasks/", "verdict"),
    "ConditionState": ("/conditions/", "state"),
    "CheckResult": ("/screening.json", "result"),
    "Severity": ("/screening.json", "severity"),
    "Source": (".jsonl", "source"),
    "Need": ("policies/", "need"),
}
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
