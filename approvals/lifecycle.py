"""Two tables: how an approval task and how a proposal may move. Code, tests and docs read these and no other.

Shape: (operation, state before) -> state after. What is not in the table is refused.
"""

from __future__ import annotations

from approvals.model import ProposalState as P
from approvals.model import TaskState as T
from approvals.refusals import Refusal, RefusalKind
from approvals.texts import wording

TASK_MOVES: dict[tuple[str, T], T] = {
    ("record", T.OPEN): T.RECORDED,  # a decision is stored
    ("apply", T.RECORDED): T.APPLIED,  # it counted
    ("discount", T.RECORDED): T.NOT_COUNTED,  # the stage was settled without it
    ("supersede", T.OPEN): T.SUPERSEDED,  # handed over, escalated, recused
    ("expire", T.OPEN): T.EXPIRED,  # silent at the end of the chain
    ("cancel", T.OPEN): T.CANCELLED,  # the stage or the proposal is over
    # They abstained, and without them the stage cannot be approved: the decision stays, the seat is passed on.
    ("pass_on", T.APPLIED): T.APPLIED,
    ("end_chain", T.APPLIED): T.APPLIED,  # ... but nobody is left to ask
}

PROPOSAL_MOVES: dict[tuple[str, P], P] = {
    ("claim", P.STARTING): P.SCREENING,
    ("decide", P.SCREENING): P.DECIDING,
    ("request_changes", P.DECIDING): P.CHANGES_REQUESTED,
    ("revise", P.CHANGES_REQUESTED): P.STARTING,
    ("await_conditions", P.DECIDING): P.CONDITIONS,
    # The outcome: screening rejects, a stage settles, changes or conditions do not come in time, or the author
    # withdraws at any time before it.
    ("settle", P.SCREENING): P.CLOSING,
    ("settle", P.DECIDING): P.CLOSING,
    ("settle", P.CHANGES_REQUESTED): P.CLOSING,
    ("settle", P.CONDITIONS): P.CLOSING,
    ("withdraw", P.STARTING): P.CLOSING,
    ("withdraw", P.SCREENING): P.CLOSING,
    ("withdraw", P.DECIDING): P.CLOSING,
    ("withdraw", P.CHANGES_REQUESTED): P.CLOSING,
    ("withdraw", P.CONDITIONS): P.CLOSING,
    ("close", P.CLOSING): P.CLOSED,
}

ANSWERED = frozenset({T.RECORDED, T.APPLIED, T.NOT_COUNTED})
OVER = frozenset({P.CLOSING, P.CLOSED})


def move_task(operation: str, state: T) -> T:
    """The state after ``operation``. Raises Refusal (TASK_OVER) where the table has no such move."""
    try:
        return TASK_MOVES[operation, state]
    except KeyError:
        text = wording("refusal.no-task-move", state=state.value, operation=operation)
        raise Refusal(RefusalKind.TASK_OVER, text) from None


def move_proposal(operation: str, state: P) -> P:
    """The state after ``operation``. Raises Refusal: PROPOSAL_OVER after the outcome, WRONG_STATE before."""
    try:
        return PROPOSAL_MOVES[operation, state]
    except KeyError:
        kind = RefusalKind.PROPOSAL_OVER if state in OVER else RefusalKind.WRONG_STATE
        text = wording("refusal.no-proposal-move", state=state.value, operation=operation.replace("_", " "))
        raise Refusal(kind, text) from None
