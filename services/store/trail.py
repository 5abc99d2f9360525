"""Writing the audit trail: append-only, chained, each entry once, however often and from wherever it is written.

Lines are appended on condition of the blob's length. Who loses reads the trail and tries again; an entry whose id
is there already is not written twice, so a lost answer does no harm.
"""

from __future__ import annotations

import logging
import random
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from approvals.model import AuditEntry
from approvals.ports import BlobStore, Changed, Meter
from approvals.stored import codec, layout
from approvals.stored.ids import PERSON_PATTERN, TASK_PATTERN, sha256
from approvals.writing import audit
from services.store.measures import count

log = logging.getLogger("greenlight.trail")

# Fifty writers at once need a few dozen rounds at the most; somebody gets on in each.
ATTEMPTS = 200
LONGEST_PAUSE_SECONDS = 0.2
# How the id of an entry begins that is about one revision.
OF_REVISION = re.compile(r"r([0-9]+)/")


class Debtor(Protocol):
    """A stored value that owes entries to the trail."""

    @property
    def unaudited(self) -> tuple[AuditEntry, ...]:
        """What it owes."""
        ...


T = TypeVar("T", bound=Debtor)


def append(store: BlobStore, proposal: str, entries: Sequence[AuditEntry]) -> list[AuditEntry]:
    """Write the entries that the trail does not have yet, in one append; returns those. Raises Changed after ATTEMPTS
    losses.
    """
    name = layout.audit(proposal)
    for attempt in range(ATTEMPTS):
        blob = store.read(name)
        data = blob.data if blob else b""
        lines = audit.parse_trail(data)
        known = {line.entry.id for line in lines}
        missing = [
            entry for entry in {entry.id: entry for entry in entries}.values() if entry.id not in known
        ]
        if not missing:
            return []
        try:
            store.append(name, _lines(lines, missing), len(data))
        except Changed:
            time.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS * min(1, attempt / 10)))
            continue
        for entry in missing:
            _tell(proposal, entry)
        return missing
    raise Changed(name)


def _tell(proposal: str, entry: AuditEntry) -> None:
    """Log what was written: what happened, by whom, to which task. Never the detail, which holds what people wrote.

    What came through the raise-event door may say anything where an id should be.
    """
    actor = entry.actor if PERSON_PATTERN.match(entry.actor) else "unknown"
    about = {"proposal": proposal, "action": entry.action, "actor": actor, "door": entry.source.value}
    if revision := OF_REVISION.match(entry.id):
        about["revision"] = revision[1]
    if TASK_PATTERN.match(entry.subject):
        about["task"] = entry.subject
    holder = entry.detail.get("assignee") or entry.detail.get("from", "")
    if PERSON_PATTERN.match(holder):
        about["holder"] = holder
    log.info("%s by %s", entry.action, actor, extra=about)


def _lines(lines: Sequence[audit.AuditLine], entries: Sequence[AuditEntry]) -> bytes:
    number, head = (lines[-1].n, lines[-1].digest) if lines else (0, audit.GENESIS)
    written = b""
    for entry in entries:
        number += 1
        line = audit.line(number, head, entry)
        head = sha256(line.removesuffix(b"\n"))
        written += line
    return written


def pay_debt(store: BlobStore, proposal: str, name: str, value: T, etag: str, meter: Meter) -> tuple[T, str]:
    """Write what ``value`` owes to the trail, then clear the debt in its blob. Returns what is stored then.

    Where the blob changed meanwhile the debt stays, for whoever touches it next.
    """
    if not value.unaudited:
        return value, etag
    count(meter, value, append(store, proposal, value.unaudited))
    paid: T = replace(value, unaudited=())  # type: ignore[type-var]  # every Debtor is a dataclass
    try:
        return paid, store.replace(name, codec.dumps(paid), etag)
    except Changed:
        blob = store.read(name)
        if blob is None:
            raise
        return codec.loads(type(value), blob.data), blob.etag
