"""Settling a stage: judge what was raised, read what is stored, count, remind, and say what comes next.

`settle_stage` is idempotent: it may run again at any time, with the same events or more of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from approvals.lifecycle import OVER, move_task
from approvals.model import ApprovalTask, AuditEntry, Proposal, Stage, TaskState
from approvals.policy.working_time import reminders_due
from approvals.ports import Ports
from approvals.stored.ids import SYSTEM
from approvals.tally import StageResult, Tally, tally
from approvals.wire import OpenTask, Raised, StageReport
from services.deciding.assignment import cancel, open_stage, pass_on
from services.deciding.assignment import escalate as escalate_task
from services.deciding.events import Listener, judge
from services.deciding.reminders import remind
from services.store.cases import Case, TaskRef, change_task, load_case, load_proposal, load_tasks
from services.store.follow_up import follow_up, tell_operators

LISTENER = "approval"
# The custom status may hold 8,703 characters (facts of the extension); this many open tasks fit with room to spare.
SHOWN_TASKS = 20


def assign(ports: Ports, proposal: str, revision: int, stage: str, handled: int) -> StageReport:
    """The approval task: every seat of the stage gets its task, inbox entry and message."""
    return settle_stage(ports, proposal, revision, stage, handled, (), ports.clock.now())


def settle_stage(
    ports: Ports,
    proposal: str,
    revision: int,
    stage_name: str,
    handled: int,
    events: Sequence[Raised],
    as_of: datetime,
) -> StageReport:
    """Bring the stage up to date. ``as_of`` is the orchestration's time: a timer may fire a second early."""
    case = load_case(ports, proposal, revision)
    stage = case.stage(stage_name)
    handled = judge(ports, Listener(proposal, revision, LISTENER), handled, events)
    now = max(ports.clock.now(), as_of)
    current, _ = load_proposal(ports.store, proposal)
    if is_over(current, revision):
        close_tasks(ports, case, over_reason(ports, current, revision), now)
        return StageReport(stage.name, "over", handled, (), (), None)
    return settle(ports, case, stage, handled, now)


def settle(ports: Ports, case: Case, stage: Stage, handled: int, now: datetime) -> StageReport:
    """Open what is missing, count, apply, tell, remind. ``handled`` is passed on."""
    tasks, count = _count(ports, case, stage, now)
    if count.unknown is not None:
        current, _ = load_proposal(ports.store, case.submission.proposal)
        _report_unknown(ports, current, tasks, count.unknown)
    if count.result is not StageResult.PENDING:
        reason = ports.texts("reason.settled", result=count.result.value)
        tasks = [_discard(ports, case, task, reason, now) for task in tasks]
    tasks = [follow_up(ports, case, task) for task in tasks]
    return _report(ports, case, stage, tasks, count, handled, now)


def escalate(
    ports: Ports,
    proposal: str,
    revision: int,
    stage: str,
    tasks: Sequence[str],
    handled: int,
    as_of: datetime,
) -> StageReport:
    """The escalation task: overdue tasks go to the next of their chains; then the stage is settled again."""
    case = load_case(ports, proposal, revision)
    now = max(ports.clock.now(), as_of)
    for task in tasks:
        escalate_task(ports, case, task, now)
    return settle_stage(ports, proposal, revision, stage, handled, (), as_of)


def is_over(proposal: Proposal, revision: int) -> bool:
    """Did the proposal end, or go on with another revision, while this one was waiting?"""
    return proposal.state in OVER or proposal.revision != revision


def over_reason(ports: Ports, proposal: Proposal, revision: int) -> str:
    if proposal.revision != revision:
        return ports.texts("reason.superseded", revision=str(proposal.revision))
    return ports.texts("reason.over", outcome=proposal.outcome.value if proposal.outcome else "over")


def close_tasks(ports: Ports, case: Case, reason: str, now: datetime) -> None:
    """Nothing of this revision waits for anybody any more."""
    submission = case.submission
    for task in load_tasks(ports.store, submission.proposal, submission.revision):
        follow_up(ports, case, _discard(ports, case, task, reason, now))


def _count(ports: Ports, case: Case, stage: Stage, now: datetime) -> tuple[list[ApprovalTask], Tally]:
    """Count what is stored. Where abstentions leave too few to approve, their seats go up, and it is counted again."""
    while True:
        tasks = open_stage(ports, case, stage, now)
        count = tally(stage, tasks, case.barred)
        tasks = _apply(ports, tasks, count, now)
        if not count.go_up:
            return tasks, count
        for task in count.go_up:
            pass_on(ports, case, task, now)


def _report_unknown(ports: Ports, current: Proposal, tasks: Sequence[ApprovalTask], unknown: str) -> None:
    """A verdict that this release cannot count: operators are told, once, and the stage waits for another release."""
    verdicts = {task.task: task.decision.verdict.value for task in tasks if task.decision is not None}
    text = ports.texts("trouble.unknown-verdict", task=unknown, verdict=verdicts[unknown])
    tell_operators(ports, current, f"unknown-verdict-{unknown}", text)


def _apply(ports: Ports, tasks: Sequence[ApprovalTask], count: Tally, now: datetime) -> list[ApprovalTask]:
    """Turn the counted decisions from recorded to applied: the receipt."""
    return [
        _turn(ports, task, "apply", "", now)
        if task.task in count.counted and task.state is TaskState.RECORDED
        else task
        for task in tasks
    ]


def _discard(ports: Ports, case: Case, task: ApprovalTask, reason: str, now: datetime) -> ApprovalTask:
    """Cancel what is open; what is recorded and did not count stays visible as not counted."""
    if task.state is TaskState.OPEN:
        task = cancel(ports, case, task.task, reason, now)
    if task.state is TaskState.RECORDED:
        return _turn(ports, task, "discount", reason, now)
    return task


def _turn(ports: Ports, task: ApprovalTask, operation: str, reason: str, now: datetime) -> ApprovalTask:
    action = "applied" if operation == "apply" else "not_counted"

    def edit(stored: ApprovalTask) -> ApprovalTask:
        if stored.state is not TaskState.RECORDED:
            return stored
        entry = AuditEntry(
            id=f"r{stored.revision}/{stored.task}/{action}",
            at=now,
            actor=SYSTEM,
            action=action,
            subject=stored.task,
            detail={"reason": reason} if reason else {},
        )
        return replace(
            stored,
            state=move_task(operation, stored.state),
            closed_reason=reason or None,
            unaudited=(*stored.unaudited, entry),
        )

    return change_task(ports, TaskRef(task.proposal, task.revision, task.task), edit)


def _report(
    ports: Ports,
    case: Case,
    stage: Stage,
    tasks: Sequence[ApprovalTask],
    count: Tally,
    handled: int,
    now: datetime,
) -> StageReport:
    waiting = [task for task in tasks if task.state is TaskState.OPEN]
    moments = [task.due_at for task in waiting if task.due_at > now]
    for task in waiting:
        if task.due_at > now:
            moments += _remind(ports, case, stage, task, now)
    return StageReport(
        stage=stage.name,
        result=count.result.value,
        handled=handled,
        overdue=tuple(task.task for task in waiting if task.due_at <= now),
        open=tuple(OpenTask(t.task, t.assignee, t.due_at) for t in waiting[:SHOWN_TASKS]),
        next_due=min(moments, default=None),
    )


def _remind(ports: Ports, case: Case, stage: Stage, task: ApprovalTask, now: datetime) -> list[datetime]:
    """Remind the holder where that is due; returns when the next reminder will be, if before the deadline."""
    person = ports.directory.current().person(task.assignee)
    if stage.remind_every is None or person is None:
        return []
    latest, following = reminders_due(
        task.opened_at, stage.remind_every, now, person, case.policy.working_hours, ports.holidays
    )
    if latest is not None:
        remind(ports, person, latest, now)
    return [following] if following < task.due_at else []


def late_events(ports: Ports, proposal: str, revision: int, handled: int, events: Sequence[Raised]) -> int:
    """Events that nobody heard before the end: judged, hence refused as late, and audited."""
    return judge(ports, Listener(proposal, revision, LISTENER), handled, events)
