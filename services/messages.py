"""Sending messages: into the outbox first, then to each notifier. A message that fails never stops a decision."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from approvals import codec, layout
from approvals.model import Message
from approvals.ports import Ports
from services.cases import load, put_once

log = logging.getLogger("greenlight.messages")


def post(ports: Ports, message: Message) -> None:
    """Put the message into the receiver's outbox, once, and try to deliver it.

    The marker of what is undelivered is written first and taken away at last: a crash in between repeats the
    message, with the same id; it does not lose it.
    """
    name = layout.message(message.to, message.id)
    if ports.store.read(name) is not None:
        return
    if ports.notifiers:
        put_once(ports.store, layout.undelivered(message.to, message.id), b"", "text/plain")
    put_once(ports.store, name, codec.dumps(message))
    if ports.notifiers:
        _deliver(ports, message)


def retry_undelivered(ports: Ports, limit: int) -> int:
    """Try again what could not be delivered, ``limit`` messages at most. Returns how many were delivered."""
    delivered = 0
    for _, name in zip(range(limit), ports.store.names(layout.UNDELIVERED), strict=False):
        person, _, message_id = name.removeprefix(layout.UNDELIVERED).partition("/")
        found = load(ports.store, layout.message(person, message_id), Message)
        if found is None:
            continue  # being posted right now, or lost before it was: whoever posts it does so again
        delivered += _deliver(ports, found[0])
    return delivered


def _deliver(ports: Ports, message: Message) -> bool:
    failures = list(_failures(ports, message))
    for failure in failures:
        log.warning("message %s could not be delivered: %s", message.id, failure)
    if not failures:
        ports.store.delete(layout.undelivered(message.to, message.id))
    return not failures


def _failures(ports: Ports, message: Message) -> Iterable[Exception]:
    for notifier in ports.notifiers:
        try:
            notifier.send(message)
        except Exception as error:  # noqa: BLE001 - whatever a mail server or webhook does, the decision stands
            yield error
