"""The ports' other sides for tests: they keep state and behave, conditions and all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path

from adapters.files.catalogue import english
from approvals.metrics import Metric
from approvals.model import Message
from approvals.policy.directory import Directory, parse_directory
from approvals.policy.parse import parse_policy
from approvals.policy.rules import Policy
from approvals.ports import Blob, Changed, Notifier, Ports

CONFIG = Path(__file__).parent.parent / "config"
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)

Hook = Callable[[str, str], None]


def nothing(_operation: str, _name: str) -> None:
    """A hook that lets every call pass."""


class MemoryStore:
    """A container in a dictionary. ``before`` and ``after`` see every write and may raise: a crash, a lost answer.

    They run inside the write, in the same thread, and may write themselves: somebody who was faster.
    """

    def __init__(self) -> None:
        self.blobs: dict[str, Blob] = {}
        self.content_types: dict[str, str] = {}
        self.log: list[tuple[str, str]] = []
        self.before: Hook = nothing
        self.after: Hook = nothing
        self._lock = threading.RLock()
        self._etags = count(1)

    def read(self, name: str) -> Blob | None:
        with self._lock:
            self.log.append(("read", name))
            return self.blobs.get(name)

    def create(self, name: str, data: bytes, content_type: str = "application/json") -> str:
        return self._write("create", name, lambda _: data, lambda blob: blob is None, content_type)

    def replace(self, name: str, data: bytes, etag: str) -> str:
        return self._write(
            "replace", name, lambda _: data, lambda blob: blob is not None and blob.etag == etag
        )

    def append(self, name: str, data: bytes, length: int) -> None:
        self._write(
            "append",
            name,
            lambda blob: _data(blob) + data,
            lambda blob: len(_data(blob)) == length,
            "application/x-ndjson",
        )

    def delete(self, name: str) -> None:
        with self._lock:
            if name in self.blobs:
                self.before("delete", name)
                self.log.append(("delete", name))
                self.blobs.pop(name, None)
                self.after("delete", name)

    def names(self, prefix: str) -> Iterator[str]:
        with self._lock:
            self.log.append(("names", prefix))
            return iter(sorted(name for name in self.blobs if name.startswith(prefix)))

    def _write(
        self,
        operation: str,
        name: str,
        make: Callable[[Blob | None], bytes],
        holds: Callable[[Blob | None], bool],
        content_type: str = "application/json",
    ) -> str:
        with self._lock:
            self.before(operation, name)
            old = self.blobs.get(name)
            if not holds(old):
                self.log.append((f"{operation} lost", name))
                raise Changed(name)
            self.log.append((operation, name))
            blob = Blob(make(old), f'"{next(self._etags)}"')
            self.blobs[name] = blob
            self.content_types[name] = content_type
            self.after(operation, name)
            return blob.etag

    def writes(self) -> list[tuple[str, str]]:
        """The writes that happened, in order."""
        return [(operation, name) for operation, name in self.log if operation in WRITES]


WRITES = ("create", "replace", "append", "delete")


def _data(blob: Blob | None) -> bytes:
    return blob.data if blob else b""


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, moment: datetime = MONDAY) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def set(self, moment: datetime) -> None:
        self.moment = moment

    def advance(self, by: timedelta) -> None:
        self.moment += by


class NoHolidays:
    """Every day is a day."""

    def is_holiday(self, day: date, country: str, subdivision: str | None) -> bool:
        return False


class PlainSniffer:
    """Knows PDF by its first bytes, and nothing else."""

    def media_types(self, data: bytes, name: str) -> frozenset[str]:
        return frozenset({"application/pdf"}) if data.startswith(b"%PDF-") else frozenset()


class ListNotifier:
    """Keeps what was sent; ``broken`` makes it fail."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.broken = False

    def send(self, message: Message) -> None:
        if self.broken:
            raise OSError("the mail server does not answer")
        self.sent.append(message)


class ListMeter:
    """Keeps what was measured: the metric's name, the value, what is said beside it."""

    def __init__(self) -> None:
        self.measured: list[tuple[str, float, dict[str, str]]] = []

    def measure(self, metric: Metric, value: float, **attributes: str) -> None:
        assert set(attributes) == set(metric.attributes)
        self.measured.append((metric.name, value, attributes))


@dataclass
class PolicyToday:
    policy: Policy

    def current(self) -> Policy:
        return self.policy


@dataclass
class DirectoryToday:
    directory: Directory

    def current(self) -> Directory:
        return self.directory


@cache
def example_policy() -> Policy:
    """The policy in config/."""
    return parse_policy((CONFIG / "policy.toml").read_text(encoding="utf-8"))


@cache
def example_directory() -> Directory:
    """The directory in config/."""
    return parse_directory((CONFIG / "directory.toml").read_text(encoding="utf-8"))


def fake_ports(
    policy: Policy | None = None,
    directory: Directory | None = None,
    *,
    clock: FixedClock | None = None,
    store: MemoryStore | None = None,
    notifiers: tuple[Notifier, ...] = (),
) -> Ports:
    """Ports over dictionaries, by default with the policy and directory of config/."""
    return Ports(
        store=store or MemoryStore(),
        records=MemoryStore(),
        clock=clock or FixedClock(),
        holidays=NoHolidays(),
        sniffer=PlainSniffer(),
        notifiers=notifiers,
        meter=ListMeter(),
        policy=PolicyToday(policy or example_policy()),
        directory=DirectoryToday(directory or example_directory()),
        texts=english(strict=True),
    )
