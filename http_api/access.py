"""Who may call which function: one table, checked before any work is done.

What a person may do with a proposal they see (decide, withdraw, confirm) is the use cases' to say.
"""

from __future__ import annotations

from enum import Enum

from approvals.model import Proposal
from approvals.ports import Ports
from approvals.refusals import Refusal, RefusalKind
from services.deciding.assignment import is_operator
from services.reading.views import require_sight


class Who(Enum):
    EVERYBODY = "everybody, whoever they are"
    KNOWN = "every active person of the directory"
    INVOLVED = "who may see the proposal; for everybody else it does not exist"
    OPERATORS = "operators"


RULES: dict[str, Who] = {
    "submit_proposal": Who.KNOWN,
    "list_proposals": Who.KNOWN,  # their own; ?scope=open is for operators
    "show_proposal": Who.INVOLVED,
    "show_status": Who.INVOLVED,
    "show_audit": Who.INVOLVED,
    "show_record": Who.INVOLVED,
    "show_document": Who.INVOLVED,
    "record_decision": Who.INVOLVED,
    "change_assignee": Who.INVOLVED,
    "ask_question": Who.INVOLVED,
    "answer_question": Who.INVOLVED,
    "submit_revision": Who.INVOLVED,
    "withdraw_proposal": Who.INVOLVED,
    "evidence": Who.INVOLVED,
    "run_publication_again": Who.OPERATORS,
    "show_inbox": Who.KNOWN,
    "who_am_i": Who.KNOWN,
    "show_outbox": Who.KNOWN,
    "show_policy": Who.KNOWN,
    "preview_policy": Who.KNOWN,
    "show_session": Who.EVERYBODY,
    "describe_api": Who.EVERYBODY,
    "health": Who.EVERYBODY,
    "page": Who.EVERYBODY,
    "asset": Who.EVERYBODY,
    "follow_link": Who.EVERYBODY,
}


def admit(function: str, ports: Ports, person: str, proposal: str | None) -> Proposal | None:
    """Let a known person call ``function``; returns the proposal, where the rule looked at it.

    Raises Refusal: NOT_FOUND for a stranger, NOT_ALLOWED for who is no operator. A function without a rule is for
    nobody: KeyError.
    """
    who = RULES[function]
    if who is Who.INVOLVED:
        return require_sight(ports, person, str(proposal))
    if who is Who.OPERATORS:
        require_operator(ports, person)
    return None


def require_operator(ports: Ports, person: str) -> None:
    """Raises Refusal (NOT_ALLOWED)."""
    if not is_operator(ports, person):
        raise Refusal(RefusalKind.NOT_ALLOWED, "Only operators may do this.")
