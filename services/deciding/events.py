"""The raise-event door: what an event raised on an instance says is judged once, stored, and never judged again.

Our own bell, ``{"ring": task}``, changes nothing. Everything else must be a decision; it passes the same gate
as the API's route, and is stored as not authenticated.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from approvals.model import AuditEntry, EventFate, Source
from approvals.ports import Ports
from approvals.refusals import FieldError, Refusal, RefusalKind, invalid
from approvals.stored import codec, ids, layout
from approvals.texts import wording
from approvals.wire import Raised
from services.deciding.ballots import parse_decision
from services.deciding.decide import Door, decide
from services.store.cases import TaskRef, load, put_once
from services.store.trail import pay_debt

log = logging.getLogger("greenlight.events")

MAX_PAYLOAD = 2000
# From here on an instance is being flooded: refusals are stored, but the trail gets one line for all of them.
AUDITED_EVENTS = 100
# JSON in JSON in JSON: the SDK's client encodes once, the orchestrator's disarming once.
MAX_NESTING = 4


@dataclass(frozen=True)
class Listener:
    """Whose events these are: an orchestration of a revision. ``name`` keeps two listeners' ordinals apart."""

    proposal: str
    revision: int
    name: str


def judge(ports: Ports, listener: Listener, handled: int, events: Sequence[Raised]) -> int:
    """Judge ``events``, the first of which has the ordinal ``handled``. Returns how many are handled now."""
    for ordinal, event in enumerate(events, start=handled):
        payload = unwrap(event.input)
        if not (event.name == ids.EVENT and is_bell(payload)):
            _judge_once(ports, listener, ordinal, event, payload)
    return handled + len(events)


def unwrap(raw: Any) -> Any:
    """Decode while it is a string that holds JSON: events arrive once, twice or thrice encoded."""
    for _ in range(MAX_NESTING):
        if not isinstance(raw, str):
            return raw
        try:
            raw = json.loads(raw)
        except (ValueError, RecursionError):
            return raw
    return raw


def is_bell(payload: Any) -> bool:
    """Our own event says that something is stored; it carries nothing to judge."""
    return isinstance(payload, dict) and set(payload) == {"ring"}


def _judge_once(ports: Ports, listener: Listener, ordinal: int, event: Raised, payload: Any) -> None:
    name = layout.event(listener.proposal, listener.revision, listener.name, ordinal)
    found = load(ports.store, name, EventFate)
    if found is None:
        put_once(ports.store, name, codec.dumps(_fate(ports, listener, ordinal, event, payload)))
        found = load(ports.store, name, EventFate)
    if found is not None and found[0].unaudited:
        pay_debt(ports.store, listener.proposal, name, *found, ports.meter)


def _fate(ports: Ports, listener: Listener, ordinal: int, event: Raised, payload: Any) -> EventFate:
    now = ports.clock.now()
    try:
        reason = _accept(ports, listener, ordinal, event, payload)
        return EventFate(ordinal, True, reason, event.input[:MAX_PAYLOAD], now)
    except Refusal as refusal:
        said = {"event": ordinal, "refusal": refusal.kind.value}
        log.warning("event %(event)d was refused: %(refusal)s", said, extra=said)
        why = _shortened(refusal.words(ports.texts))
        entry = _refused(ports, listener, ordinal, payload, why, now)
        return EventFate(ordinal, False, why, event.input[:MAX_PAYLOAD], now, (entry,))


def _shortened(why: str) -> str:
    """It names all that is wrong with an event, which may be megabytes: more than the trail takes in one write."""
    return why if len(why) <= MAX_PAYLOAD else f"{why[:MAX_PAYLOAD]} …"


def _refused(
    ports: Ports, listener: Listener, ordinal: int, payload: Any, why: str, now: datetime
) -> AuditEntry:
    """The audit entry of a refusal; from the 100th event on one id, so one line, for all that follow."""
    scope = f"r{listener.revision}/{listener.name}"
    if ordinal >= AUDITED_EVENTS:
        text = ports.texts("reason.flooded", limit=AUDITED_EVENTS)
        return AuditEntry(f"{scope}/flooded", now, ids.SYSTEM, "flooded", detail={"reason": text})
    claimed = payload.get("by") if isinstance(payload, Mapping) else None
    task = payload.get("task") if isinstance(payload, Mapping) else None
    return AuditEntry(
        id=f"{scope}/event-{ordinal}",
        at=now,
        actor=claimed[:64] if isinstance(claimed, str) else "unknown",
        action="event_refused",
        subject=task[:64] if isinstance(task, str) else "",
        source=Source.RAISE_EVENT,
        authenticated=False,
        detail={"event": str(ordinal), "reason": why},
    )


def _accept(ports: Ports, listener: Listener, ordinal: int, event: Raised, payload: Any) -> str:
    if event.name != ids.EVENT:
        text = wording("refusal.event-name", name=repr(event.name), event=repr(ids.EVENT))
        raise Refusal(RefusalKind.INVALID, text)
    by, task, ballot = parse_decision(payload)
    person = ports.directory.current().person(by)
    if person is None or not person.active:
        error = FieldError("by", wording("fix.not-active", who=repr(by)))
        raise invalid(wording("refusal.payload-names-nobody"), error)
    ref = TaskRef(listener.proposal, listener.revision, task)
    door = Door(Source.RAISE_EVENT, authenticated=False, event=ordinal)
    stored, _ = decide(ports, by, ref, ballot, None, door)
    mine = stored.decision is not None and stored.decision.event == ordinal
    return "recorded" if mine else "repeats what is recorded"
