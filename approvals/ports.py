"""What the use cases need from the world: structural types, real sides in ``adapters/``, fakes beside the tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from approvals.metrics import Metric
from approvals.model import Message
from approvals.policy.directory import Directory
from approvals.policy.rules import Policy
from approvals.policy.working_time import Holidays
from approvals.texts import Texts


class Changed(Exception):
    """A conditional write lost: the blob is not (or no longer) as the writer saw it."""


@dataclass(frozen=True)
class Blob:
    """What a read returns. ``etag`` is opaque."""

    data: bytes
    etag: str


class BlobStore(Protocol):
    """One container of blobs. Every method may raise the store's own error when storage fails; writes that
    raised may or may not have happened (a lost answer), callers repeat them.

    A whole custom store is a dictionary::

        class Memory:
            def __init__(self): self.blobs = {}
            def read(self, name): return self.blobs.get(name)
            def create(self, name, data, content_type="application/json"):
                if name in self.blobs: raise Changed(name)
                self.blobs[name] = Blob(data, uuid4().hex); return self.blobs[name].etag
            ...
    """

    def read(self, name: str) -> Blob | None:
        """The blob, or None where there is none."""
        ...

    def create(self, name: str, data: bytes, content_type: str = "application/json") -> str:
        """Write a blob that must not exist; returns its ETag. Raises Changed where it does."""
        ...

    def replace(self, name: str, data: bytes, etag: str) -> str:
        """Overwrite the version ``etag``; returns the new ETag. Raises Changed where it is another, or gone."""
        ...

    def append(self, name: str, data: bytes, length: int) -> None:
        """Append to a blob that is ``length`` bytes long now (0: it need not exist). Raises Changed if not."""
        ...

    def delete(self, name: str) -> None:
        """Delete a blob; nothing happens where there is none."""
        ...

    def names(self, prefix: str) -> Iterator[str]:
        """The names that start with ``prefix``, in order."""
        ...


class Clock(Protocol):
    def now(self) -> datetime:
        """The current moment, aware, UTC."""
        ...


class Sniffer(Protocol):
    def media_types(self, data: bytes, name: str) -> frozenset[str]:
        """The media types that the content may be, by what it holds, not by what it is called; empty: unknown."""
        ...


class Instances(Protocol):
    """The task hub's instances, by id."""

    def status(self, instance: str) -> str | None:
        """Its runtime status by name (``Running``, ``Completed``), None where there is no such instance."""
        ...

    def purge(self, instance: str) -> None:
        """Delete an instance that has ended; nothing happens where there is none. Raises where it has not ended."""
        ...


class Hub(Instances, Protocol):
    """The task hub as a whole."""

    def stopped(self) -> dict[str, str]:
        """Instances that ended otherwise than by themselves, or are suspended: their status by id; not all, if many."""
        ...

    def terminate(self, instance: str, reason: str) -> None:
        """End an instance that does not go on; nothing happens where it has ended."""
        ...


class NotDelivered(Exception):
    """A message did not get through, and will be tried again. The text says why, for the log; it holds no secret."""


class Notifier(Protocol):
    def send(self, message: Message) -> None:
        """Deliver one message, at least once. Raises NotDelivered; whatever is raised, the outbox tries it again."""
        ...


class Meter(Protocol):
    def measure(self, metric: Metric, value: float, **attributes: str) -> None:
        """Add to a count, note a value of a spread, or say what a level is now. Never raises for want of a receiver."""
        ...


@dataclass(frozen=True)
class Ports:
    """Everything a use case may touch. ``policy()`` and ``directory()`` are those of today.

    ``records`` is the archive that published decision records go to (immutable on Azure). ``link_keys`` sign the links
    in messages, the first of them, and are all believed; without one, messages name the page itself. ``texts`` are the
    words that people read.
    """

    store: BlobStore
    records: BlobStore
    clock: Clock
    holidays: Holidays
    sniffer: Sniffer
    notifiers: tuple[Notifier, ...]
    meter: Meter
    policy: PolicySource
    directory: DirectorySource
    texts: Texts
    link_keys: tuple[bytes, ...] = field(default=(), repr=False)


class PolicySource(Protocol):
    def current(self) -> Policy:
        """The policy of today, compiled. Raises PolicyError where it does not compile."""
        ...


class DirectorySource(Protocol):
    def current(self) -> Directory:
        """The directory of today. Raises DirectoryError where it cannot be read."""
        ...
