"""Who may call a route, checked before any work is done.

What a person may do with a proposal they see (decide, withdraw, confirm) is the use cases' to say.
"""

from __future__ import annotations

from enum import Enum

from approvals.model import Proposal
from approvals.ports import Ports
from approvals.refusals import Refusal, RefusalKind
from http_api.problems import say
from services.deciding.assignment import is_operator
from services.reading.views import require_sight


class Who(Enum):
    ALWAYS = "everybody, even where no identity is set up"
    EVERYBODY = "everybody, whoever they are"
    KNOWN = "every active person of the directory"
    INVOLVED = "who may see the proposal; for everybody else it does not exist"
    OPERATORS = "operators"

    @property
    def is_known(self) -> bool:
        """Must the caller say who they are?"""
        return self not in (Who.ALWAYS, Who.EVERYBODY)


def admit(who: Who, ports: Ports, person: str, proposal: str | None) -> Proposal | None:
    """Let a known person in; returns the proposal, where the rule looked at it.

    Raises Refusal: NOT_FOUND for a stranger, NOT_ALLOWED for who is no operator.
    """
    if who is Who.INVOLVED:
        return require_sight(ports, person, str(proposal))
    if who is Who.OPERATORS:
        require_operator(ports, person)
    return None


def require_operator(ports: Ports, person: str) -> None:
    """Raises Refusal (NOT_ALLOWED)."""
    if not is_operator(ports, person):
        raise Refusal(RefusalKind.NOT_ALLOWED, say("problem.operators-only"))
