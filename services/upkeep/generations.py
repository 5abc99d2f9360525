"""The task hub is a cache: an open proposal whose instance is lost goes on from its record, as a new generation.

The generation is set by compare-and-set in ``proposal.json``, and the claim with it: activities of an older one are
fenced (`services.store.fence`). Recorded decisions, tasks, deadlines and reminders lie in the store, so nobody is asked
twice.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from approvals.model import AuditEntry, Proposal, ProposalState
from approvals.ports import Ports
from approvals.stored import ids, layout
from approvals.stored.ids import SYSTEM
from services.store.cases import change
from services.store.follow_up import pay_proposal, tell_operators

log = logging.getLogger("greenlight.generations")

# What ends again and again does not get better by being begun again.
AT_MOST, WITHIN = 3, timedelta(hours=1)


def begin_again(ports: Ports, seen: Proposal, why: str) -> Proposal | None:
    """Let a proposal go on as a new generation, unless it went on since it was ``seen``. Returns it as to be started.

    None where it did, or where AT_MOST generations began WITHIN the last hour: it is in trouble then, and operators are
    told, once an hour.
    """
    now, mine = ports.clock.now(), False

    def edit(stored: Proposal) -> Proposal:
        nonlocal mine
        mine = False
        if _went_on(stored, seen):
            return stored
        recent = tuple(moment for moment in stored.begun if now - moment < WITHIN)
        if len(recent) >= AT_MOST:
            text = ports.texts("trouble.generations", count=AT_MOST, why=why)
            return stored if stored.trouble == text else replace(stored, trouble=text)
        mine = True
        return _next(stored, recent, why, now)

    stored = change(ports.store, layout.proposal(seen.proposal), Proposal, edit)
    if mine:
        return pay_proposal(ports, stored)
    if stored.trouble and not _went_on(stored, seen):
        tell_operators(ports, stored, f"in-trouble-{now:%Y%m%d%H}", stored.trouble)
    return None


def _went_on(stored: Proposal, seen: Proposal) -> bool:
    ended = stored.state is ProposalState.CLOSED or stored.purged_at is not None
    return ended or (stored.revision, stored.generation()) != (seen.revision, seen.generation())


def _next(stored: Proposal, recent: tuple[datetime, ...], why: str, now: datetime) -> Proposal:
    generation = stored.generation() + 1
    instance = ids.instance_id(stored.proposal, stored.revision, generation)
    entry = AuditEntry(
        id=f"r{stored.revision}/generation-{generation}",
        at=now,
        actor=SYSTEM,
        action="begun_again",
        subject=f"r{stored.revision}",
        detail={"instance": instance, "before": stored.orchestration(), "why": why},
    )
    log.warning(
        "begun again as %s: the one before was %s", instance, why, extra={"proposal": stored.proposal}
    )
    return replace(
        stored,
        generations={**stored.generations, str(stored.revision): generation},
        begun=(*recent, now),
        claim=None,
        instance=instance,
        trouble="",
        unaudited=(*stored.unaudited, entry),
    )
