"""Process approval: settle the outcome, seal the decision record, publish it, tell people, close. One step each.

Every step may run again. Settling is the compare-and-set that withdrawal and revision contend for; whatever
fails after it leaves the proposal decided, with its publication pending.
"""

from __future__ import annotations

from dataclasses import replace

from approvals import layout
from approvals.messages import outcome_message, publication_failed
from approvals.model import ApprovalTask, AuditEntry, Outcome, Proposal, ProposalState, Screening, Source
from approvals.ports import Changed, Ports
from approvals.record import DecisionRecord, RevisionRecord, from_json, to_html, to_json
from approvals.refusals import Refusal, RefusalKind
from services import trail
from services.assignment import SYSTEM, is_operator
from services.cases import Case, change_proposal, load, load_case, load_proposal, load_tasks, moved, put_once
from services.conditions import load_conditions
from services.follow_up import pay_proposal, person_zone
from services.messages import post
from services.stages import close_tasks

STEPS = ("seal_record", "publish_record", "tell_people", "close_proposal")


def settle_outcome(ports: Ports, proposal: str, revision: int, outcome: Outcome, reason: str) -> Proposal:
    """Let ``outcome`` stand, unless another stands already: that one is returned then."""

    def edit(stored: Proposal) -> Proposal:
        if stored.state in (ProposalState.CLOSING, ProposalState.CLOSED) or stored.revision != revision:
            return stored
        entry = AuditEntry(
            id="settled",
            at=ports.clock.now(),
            actor=SYSTEM,
            action="settled",
            subject=f"r{revision}",
            detail={"outcome": outcome.value, "reason": reason},
        )
        return moved(stored, "settle", entry, outcome=outcome, outcome_reason=reason)

    return pay_proposal(ports, change_proposal(ports, proposal, edit))
