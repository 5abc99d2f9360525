"""Reminders: one a person and day, of everything that waits for them."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from approvals.model import ApprovalTask, TaskState
from approvals.policy.directory import Person
from approvals.ports import Ports
from approvals.stored import layout
from approvals.writing.messages import Reader, Waiting, reminder, reminder_id
from services.store.cases import load, load_case
from services.store.outbox import post

log = logging.getLogger("greenlight.reminders")


def remind(ports: Ports, person: Person, due: datetime, now: datetime) -> None:
    """Send the day's reminder, unless the person has had one on the day that it fell ``due``, or since.

    Days are those of the person's time zone. It may run any number of times, and for several tasks at once.
    """
    zone = ZoneInfo(person.time_zone)
    day, today = due.astimezone(zone).date(), now.astimezone(zone).date()
    while day <= today:
        if ports.store.read(layout.message(person.id, reminder_id(person.id, day))) is not None:
            return
        day += timedelta(days=1)
    found = _waiting(ports, person.id)
    if found:
        post(ports, reminder(person.id, found, Reader(person.time_zone, str, ports.texts), now))


def _waiting(ports: Ports, person: str) -> list[Waiting]:
    """A proposal that cannot be read is left out: it must not stop the one that is being settled."""
    found = []
    for name in ports.store.names(layout.inbox(person)):
        try:
            waiting = _open_task(ports, person, name)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with another proposal; its text may tell of it
            log.warning("%s is left out of a reminder: %s", name, type(error).__name__)
        else:
            found += [waiting] if waiting else []
    return found


def _open_task(ports: Ports, person: str, name: str) -> Waiting | None:
    proposal, revision, task = layout.inbox_matter(person, name)
    found = load(ports.store, layout.task(proposal, revision, task), ApprovalTask)
    if found is None or found[0].state is not TaskState.OPEN or found[0].assignee != person:
        return None
    title = load_case(ports, proposal, revision).submission.draft.title
    return Waiting(proposal, revision, task, title, found[0].due_at)
