"""The two tables of moves: what they allow, and that nothing else is."""

from __future__ import annotations

import itertools

import pytest

from approvals.lifecycle import ANSWERED, OVER, PROPOSAL_MOVES, TASK_MOVES, move_proposal, move_task
from approvals.model import ProposalState, TaskState
from approvals.refusals import Refusal, RefusalKind

TASK_OPERATIONS = sorted({operation for operation, _ in TASK_MOVES})
PROPOSAL_OPERATIONS = sorted({operation for operation, _ in PROPOSAL_MOVES})


@pytest.mark.parametrize(("operation", "state"), list(itertools.product(TASK_OPERATIONS, TaskState)))
def test_a_task_moves_as_the_table_says_and_not_otherwise(operation: str, state: TaskState) -> None:
    if (operation, state) in TASK_MOVES:
        assert move_task(operation, state) is TASK_MOVES[operation, state]
    else:
        with pytest.raises(Refusal) as refused:
            move_task(operation, state)
        assert refused.value.kind is RefusalKind.TASK_OVER


@pytest.mark.parametrize(("operation", "state"), list(itertools.product(PROPOSAL_OPERATIONS, ProposalState)))
def test_a_proposal_moves_as_the_table_says_and_not_otherwise(operation: str, state: ProposalState) -> None:
    if (operation, state) in PROPOSAL_MOVES:
        assert move_proposal(operation, state) is PROPOSAL_MOVES[operation, state]
    else:
        with pytest.raises(Refusal) as refused:
            move_proposal(operation, state)
        assert refused.value.kind is (RefusalKind.PROPOSAL_OVER if state in OVER else RefusalKind.WRONG_STATE)


def test_a_decided_task_is_never_open_again() -> None:
    reachable = {after for (_, before), after in TASK_MOVES.items() if before in ANSWERED}
    assert reachable <= ANSWERED


def test_after_the_outcome_a_proposal_can_only_close() -> None:
    assert {key for key in PROPOSAL_MOVES if key[1] in OVER} == {("close", ProposalState.CLOSING)}


def test_a_proposal_can_be_withdrawn_until_its_outcome_stands() -> None:
    open_states = set(ProposalState) - OVER
    assert {state for operation, state in PROPOSAL_MOVES if operation == "withdraw"} == open_states
