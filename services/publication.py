"""Process approval: settle the outcome, seal the decision record, publish it, tell people, close. One step each.

Every step may run again. Settling is the compare-and-set that withdrawal and revision contend for; whatever
fails after it leaves the proposal decided, with its publication pending.
"""

from __future__ import annotations

from approvals.model import AuditEntry, Outcome, Proposal, ProposalState
from approvals.ports import Ports
from services.assignment import SYSTEM
from services.cases import change_proposal, moved
from services.follow_up import pay_proposal

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
