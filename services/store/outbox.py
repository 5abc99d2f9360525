"""Sending messages: into the outbox first, then to each notifier. A message that fails never stops a decision.

The blob under ``undelivered/`` names the notifiers that still owe the message. It is written before anything else
and taken away at last: a crash in between repeats a message, with the same id, but loses none.
"""

from __future__ import annotations

import json
import logging
import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from approvals.metrics import UNDELIVERED
from approvals.model import Message
from approvals.ports import Changed, NotDelivered, Notifier, Ports
from approvals.stored import codec, layout
from approvals.writing.links import Link, expiry, sign
from approvals.writing.messages import REMINDER
from services.store.cases import load, put_once

log = logging.getLogger("greenlight.messages")

MAIL_ADDRESS = re.compile(r"[^\s<>()'\",:;]+@[^\s<>()'\",:;]+")

# A younger message is being delivered right now, by whoever posted it.
GRACE = timedelta(minutes=1)


def post(ports: Ports, message: Message) -> None:
    """Put the message into the receiver's outbox, once, and try to deliver it. What notifiers raise is logged."""
    name = layout.message(message.to, message.id)
    if ports.store.read(name) is not None:
        return
    message = _linked(ports, message)
    owing = _by_name(ports.notifiers)
    if owing:
        put_once(ports.store, layout.undelivered(message.to, message.id), codec.dumps(list(owing)))
    if put_once(ports.store, name, codec.dumps(message)) and owing:
        _deliver(ports, message, owing)


def _linked(ports: Ports, message: Message) -> Message:
    """The message with a signed link in the page's place, where there is a key. Stored so, it stays the same."""
    if not ports.link_keys:
        return message
    until = expiry(message.at, message.due_at)
    link = Link(message.proposal, message.revision, message.task, message.to, until)
    return replace(message, path=f"/link/{sign(ports.link_keys[0], link)}")


def retry_undelivered(ports: Ports, limit: int) -> int:
    """Try again what could not be delivered, ``limit`` messages at most. Returns how many are delivered now.

    Chance picks them, so that those which never get through do not stand in front of the others.
    """
    names = list(ports.store.names(layout.UNDELIVERED))
    delivered = sum(_retry(ports, name) for name in random.sample(names, min(limit, len(names))))
    ports.meter.measure(UNDELIVERED, len(names) - delivered)
    return delivered


def _retry(ports: Ports, name: str) -> bool:
    person, _, message_id = name.removeprefix(layout.UNDELIVERED).partition("/")
    found, marker = load(ports.store, layout.message(person, message_id), Message), ports.store.read(name)
    if found is None or marker is None or ports.clock.now() - found[0].at < GRACE:
        return False  # it is not in the outbox yet: whoever crashed while posting it posts it again
    owing = json.loads(marker.data)
    named = _by_name(ports.notifiers).items()
    if not _deliver(ports, found[0], {name: notifier for name, notifier in named if name in owing}):
        return False
    log.info(
        "message %s is delivered now",
        message_id,
        extra={"delivered": message_id, "proposal": found[0].proposal},
    )
    return True


@dataclass(frozen=True)
class UndeliveredView:
    """A message that ``notifiers`` have owed for longer than GRACE. It lies in the outbox; every sweep tries again."""

    to: str
    subject: str
    kind: str
    at: datetime
    notifiers: tuple[str, ...]


def undelivered(ports: Ports, proposal: str) -> tuple[UndeliveredView, ...]:
    """What people should have been told about a proposal by now, the oldest first. Reading only."""
    found = []
    for name in ports.store.names(layout.UNDELIVERED):
        person, _, message_id = name.removeprefix(layout.UNDELIVERED).partition("/")
        if message_id.startswith((f"{proposal}-", REMINDER)):
            view = _owed(ports, proposal, layout.message(person, message_id), name)
            found += [view] if view else []
    return tuple(sorted(found, key=lambda view: (view.at, view.to, view.subject)))


def _owed(ports: Ports, proposal: str, name: str, marker: str) -> UndeliveredView | None:
    found, owing = load(ports.store, name, Message), ports.store.read(marker)
    if found is None or owing is None:
        return None
    message, named = found[0], json.loads(owing.data)
    notifiers = tuple(name for name in _by_name(ports.notifiers) if name in named)
    young = ports.clock.now() - message.at < GRACE
    if young or not notifiers or proposal not in (message.proposal, *message.others):
        return None
    return UndeliveredView(message.to, message.subject, message.kind, message.at, notifiers)


def _by_name(notifiers: Iterable[Notifier]) -> dict[str, Notifier]:
    """Notifiers by a name that stays when others come or go: their class, and a number where it is not alone."""
    found, seen = {}, Counter[str]()
    for notifier in notifiers:
        kind = type(notifier).__name__
        seen[kind] += 1
        found[kind if seen[kind] == 1 else f"{kind}-{seen[kind]}"] = notifier
    return found


def _deliver(ports: Ports, message: Message, owing: Mapping[str, Notifier]) -> bool:
    left = [name for name, notifier in owing.items() if not _sent(notifier, message)]
    marker = layout.undelivered(message.to, message.id)
    if not left:
        ports.store.delete(marker)
    elif len(left) < len(owing):
        _keep(ports, marker, left)
    return not left


def _sent(notifier: Notifier, message: Message) -> bool:
    try:
        notifier.send(message)
    except Exception as error:  # noqa: BLE001 - whatever a mail server or webhook does, the decision stands
        said = {"message_id": message.id, "notifier": type(notifier).__name__, "error": _why(error)}
        text = "message %(message_id)s was not delivered by %(notifier)s: %(error)s"
        log.warning(text, said, extra={**said, "proposal": message.proposal})
        return False
    return True


def _why(error: Exception) -> str:
    """For the log, where neither a webhook's secret nor a mail address may appear: what nobody worded is named only."""
    if not isinstance(error, NotDelivered):
        return type(error).__name__
    return MAIL_ADDRESS.sub("(address)", str(error))


def _keep(ports: Ports, marker: str, left: list[str]) -> None:
    """Let only those owe the message that failed, so that nobody gets it again from the others."""
    found = ports.store.read(marker)
    if found is not None:
        with suppress(Changed):  # somebody else is delivering it too
            ports.store.replace(marker, codec.dumps(left), found.etag)
