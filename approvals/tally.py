"""Counting a stage: which decisions count, and whether they settle it.

Decisions count in the order in which they were stored; the first that settles the stage wins. ``any`` is
settled by the first answer, ``all`` by the last approval or the first rejection, a quorum by its approvals or
as soon as rejections put it out of reach. A request for changes settles every stage. What each verdict counts as is
its row in `approvals.verdicts`.

Nothing but approvals approves. Who abstains leaves the decision to the others of the stage. Where these are too few,
the seats of who abstained go up their chains (``go_up``): the next holder is asked, as after a silence. A stage whose
seats cannot bring the approvals any more lapses. A verdict that this release does not know settles nothing, and
neither does what was stored after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import assert_never

from approvals.model import ApprovalTask, Decision, Need, Stage, TaskState
from approvals.verdicts import Counts, rule_of


class StageResult(Enum):
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    CHANGES_REQUESTED = "changes_requested"
    LAPSED = "lapsed"


@dataclass(frozen=True)
class Tally:
    """``counted`` names the tasks whose decisions count, in order; ``pending`` is how many seats may still answer.

    ``go_up`` names tasks whose holders abstained and whose seats must go up their chains, or the stage cannot be
    approved. ``unknown`` names the task whose verdict this release does not know.
    """

    result: StageResult
    counted: tuple[str, ...]
    approvals: int
    rejections: int
    pending: int
    go_up: tuple[str, ...] = ()
    unknown: str | None = None


def tally(stage: Stage, tasks: Iterable[ApprovalTask], barred: frozenset[str] = frozenset()) -> Tally:
    """Count ``tasks``, all those of ``stage``. ``barred`` people (the author, preparers) never count."""
    tasks = list(tasks)
    count = _Count(stage)
    for task, decision in _ballots(tasks, barred):
        count.add(task, decision)
        if count.result is not StageResult.PENDING or count.unknown is not None:
            break
    pending = _pending(tasks)
    result, go_up = count.result, list[ApprovalTask]()
    if result is StageResult.PENDING and count.unknown is None:
        short = max(0, stage.quorum - count.approvals - pending)
        left = [task for task in count.abstained if not chain_ended(task)]
        result = StageResult.PENDING if short <= len(left) else StageResult.LAPSED
        go_up = left[len(left) - short :] if result is StageResult.PENDING else []
    return Tally(
        result=result,
        counted=tuple(count.counted),
        approvals=count.approvals,
        rejections=count.rejections,
        pending=pending,
        go_up=tuple(task.task for task in go_up),
        unknown=count.unknown,
    )


@dataclass
class _Count:
    """What was counted of a stage so far."""

    stage: Stage
    result: StageResult = StageResult.PENDING
    counted: list[str] = field(default_factory=list)
    approvals: int = 0
    rejections: int = 0
    abstained: list[ApprovalTask] = field(default_factory=list)
    unknown: str | None = None

    def add(self, task: ApprovalTask, decision: Decision) -> None:
        counts = rule_of(decision.verdict).counts
        match counts:
            case Counts.UNKNOWN:
                self.unknown = task.task
                return
            case Counts.FOR:
                self.approvals += 1
                if self.approvals >= self.stage.quorum:
                    self.result = StageResult.APPROVED
            case Counts.AGAINST:
                self.rejections += 1
                most = 0 if self.stage.need is Need.ANY else len(self.stage.seats) - self.stage.quorum
                if self.rejections > most:
                    self.result = StageResult.REJECTED
            case Counts.SENDS_BACK:
                self.result = StageResult.CHANGES_REQUESTED
            case Counts.NEITHER:
                self.abstained.append(task)
            case _:
                assert_never(counts)
        self.counted.append(task.task)


def chain_ended(task: ApprovalTask) -> bool:
    """Was the last of the seat's chain silent, or did they abstain where nobody is left to ask?"""
    return task.state is TaskState.EXPIRED or (
        task.state is TaskState.APPLIED and task.closed_reason is not None
    )


def _ballots(tasks: Sequence[ApprovalTask], barred: frozenset[str]) -> list[tuple[ApprovalTask, Decision]]:
    """Decisions of entitled people in the order in which they were stored, one a seat and one a person.

    What was applied before comes first: a settled count is never reopened. A seat that went up its chain after an
    abstention is its successor's.
    """
    decided = [
        (task, task.decision)
        for task in tasks
        if task.decision is not None
        and task.successor is None
        and task.state in (TaskState.RECORDED, TaskState.APPLIED)
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
    """Seats that may still answer: an open task, or one whose successor is still to be created."""
    known = {task.task for task in tasks}
    waiting = {task.seat for task in tasks if task.state is TaskState.OPEN}
    waiting |= {
        task.seat for task in tasks if task.successor is not None and task.successor.task not in known
    }
    return len(waiting)
