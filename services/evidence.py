"""Gathering what the decision record holds."""

from __future__ import annotations

from approvals import audit, layout
from approvals.model import Proposal, Screening
from approvals.ports import Ports
from approvals.record import DecisionRecord, RevisionRecord, seal
from services.cases import load, load_case, load_tasks
from services.conditions import load_conditions


def gather(ports: Ports, proposal: Proposal) -> DecisionRecord:
    """The record of a settled proposal, as of now."""
    revisions = [_revision(ports, proposal.proposal, n) for n in range(1, proposal.revision + 1)]
    blob = ports.store.read(layout.audit(proposal.proposal))
    trail = audit.parse_trail(blob.data if blob else b"")
    head = trail[-1].digest if trail else audit.GENESIS
    return seal(proposal, revisions, head, len(trail), ports.clock.now())


def _revision(ports: Ports, proposal: str, revision: int) -> RevisionRecord:
    case = load_case(ports, proposal, revision)
    screening = load(ports.store, layout.screening(proposal, revision), Screening)
    return RevisionRecord(
        submission=case.submission,
        rule=case.route.rule,
        why=case.route.why,
        screening=screening[0] if screening else None,
        tasks=tuple(load_tasks(ports.store, proposal, revision)),
        conditions=tuple(load_conditions(ports, proposal, revision)),
    )
