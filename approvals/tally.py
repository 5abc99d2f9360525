"""Counting a stage: which decisions count, and whether they settle it.

Decisions count in the order in which they were stored; the first that settles the stage wins. ``any`` is
settled by the first answer, ``all`` by the last approval or the first rejection, a quorum by its approvals or
as soon as rejections put it out of reach. A request for changes settles every stage. Silence never approves: a
stage whose remaining seats cannot bring the approvals any more lapses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from approvals.model import ApprovalTask, Decision, Need, Stage, TaskState, Verdict


class StageResult(Enum):
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    CHANGES_REQUESTED = "changes_requested"
    LAPSED = "lapsed"


@dataclass(frozen=True)
class Tally:
    """``counted`` names the tasks whose decisions count, in order; ``pending`` is how many seats may still answer."""

    result: StageResult
    counted: tuple[str, ...]
    approvals: int
    rejections: int
    pending: int


def tally(stage: Stage, tasks: Iterable[ApprovalTask], barred: frozenset[str] = frozenset()) -> Tally:
    """Count ``tasks``, all those of ``stage``. ``barred`` people (the author, preparers) never count."""
    tasks = list(tasks)
    approvals = rejections = 0
    counted: list[str] = []
    for task, decision in _ballots(tasks, barred):
        counted.append(task.task)
        if decision.verdict is Verdict.REQUEST_CHANGES:
            return _result(StageResult.CHANGES_REQUESTED, counted, approvals, rejections, tasks)
        if decision.verdict is Verdict.REJECT:
            rejections += 1
            if stage.need is Need.ANY or rejections > len(stage.seats) - stage.quorum:
                return _result(StageResult.REJECTED, counted, approvals, rejections, tasks)
        else:
            approvals += 1
            if approvals >= stage.quorum:
                return _result(StageResult.APPROVED, counted, approvals, rejections, tasks)
    reachable = approvals + _pending(tasks) >= stage.quorum
    result = StageResult.PENDING if reachable else StageResult.LAPSED
    return _result(result, counted, approvals, rejections, tasks)


def _ballots(tasks: Sequence[ApprovalTask], barred: frozenset[str]) -> list[tuple[ApprovalTask, Decision]]:
    """Decisions of entitled people in the order in which they were stored, one a seat and one a person.

    What was applied before comes first: a settled count is never reopened.
    """
    decided = [
        (task, task.decision)
        for task in tasks
        if task.decision is not None and task.state in (TaskState.RECORDED, TaskState.APPLIED)
    ]
    decided.sort(
        key=lambda ballot: (ballot[0].state is not TaskState.APPLIED, ballot[1].recorded_at, ballot[0].task)
    )
    seats: set[str] = set()
    people: set[str] = set()
    ballots = []
    for task, decision in decided:
        entitled = decision.by == task.assignee and decision.by not in barred
        if entitled and task.seat not in seats and decision.by not in people:
            ballots.append((task, decision))
            seats.add(task.seat)
            people.add(decision.by)
    return ballots


def _pending(tasks: Sequence[ApprovalTask]) -> int:
    """Seats that may still answer: an open task, or a superseded one whose successor is still to be created."""
    known = {task.task for task in tasks}
    waiting = {task.seat for task in tasks if task.state is TaskState.OPEN}
    waiting |= {
        task.seat for task in tasks if task.successor is not None and task.successor.task not in known
    }
    return len(waiting)


def _result(
    result: StageResult, counted: list[str], approvals: int, rejections: int, tasks: Sequence[ApprovalTask]
) -> Tally:
    return Tally(result, tuple(counted), approvals, rejections, _pending(tasks))
