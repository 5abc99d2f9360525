"""Approval tasks: opened for a stage's seats, handed over, recused, escalated; and what follows from each.

A task's blob is the truth. Its inbox entry, messages and audit lines follow from it and are made by
`follow_up`, which may run any number of times; a blob that owes audit entries has not been followed up yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from approvals.lifecycle import move_task
from approvals.model import ApprovalTask, AuditEntry, Seat, Source, Stage, Successor, TaskState
from approvals.policy.routing import holder_on
from approvals.ports import Ports
from approvals.refusals import FieldError, Refusal, RefusalKind, invalid
from approvals.stored import codec, ids, layout
from approvals.stored.codec import said_utc
from approvals.stored.ids import SYSTEM
from approvals.tally import chain_ended
from approvals.texts import wording
from services.deciding.decide import refuse_proposal, refuse_task
from services.deciding.kept import kept_approvals
from services.store.cases import (
    Case,
    TaskRef,
    change_task,
    deadline,
    load,
    load_case,
    load_proposal,
    load_tasks,
    naming,
    put_once,
    task_version,
)
from services.store.follow_up import follow_up

MAX_REASON = 1000


# -- opening ---------------------------------------------------------------------------------------------


def open_stage(ports: Ports, case: Case, stage: Stage, now: datetime) -> list[ApprovalTask]:
    """Make sure that every seat of the stage has its tasks, and that every superseded task has its successor.

    Returns all tasks of the stage. What a revision left untouched keeps the approvals of the one before.
    """
    submission = case.submission
    tasks = {
        task.task: task
        for task in load_tasks(ports.store, submission.proposal, submission.revision, stage.name)
    }
    empty = [seat for seat in stage.seats if seat.name not in tasks]
    kept = {task.task: task for task in kept_approvals(ports, case, stage, now)} if empty else {}
    for seat in empty:
        first = kept.get(seat.name)
        if first is None and kept:
            continue  # the approvals that are kept settle the stage without this seat
        task = _create(ports, first or _first_task(ports, case, seat, stage, tasks.values(), now))
        tasks[task.task] = task
    for task in list(tasks.values()):
        _add_successors(ports, task, tasks)
    return sorted(tasks.values(), key=lambda task: task.task)


def _add_successors(ports: Ports, task: ApprovalTask, tasks: dict[str, ApprovalTask]) -> None:
    while task.successor is not None:
        if task.successor.task not in tasks:
            tasks[task.successor.task] = _create(ports, _successor_task(task, task.successor))
        task = tasks[task.successor.task]


def _create(ports: Ports, task: ApprovalTask) -> ApprovalTask:
    name = layout.task(task.proposal, task.revision, task.task)
    if put_once(ports.store, name, codec.dumps(task)):
        return task
    stored = load(ports.store, name, ApprovalTask)
    assert stored is not None  # noqa: S101 - it exists, and tasks are never deleted
    return stored[0]


def _first_task(
    ports: Ports, case: Case, seat: Seat, stage: Stage, others: Iterable[ApprovalTask], now: datetime
) -> ApprovalTask:
    taken = _taken(seat.name, others)
    step = _next_step(ports, seat, 0, taken)
    step = 0 if step is None else step  # nobody is there: the first holder is asked, and silence is seen
    assignee, on_behalf_of = _holder(ports, case, stage, seat.chain[step].person, taken, now)
    submission = case.submission
    passed_over = "; ".join(seat.passed_over)
    entry = AuditEntry(
        id=f"r{submission.revision}/{seat.name}/assigned",
        at=now,
        actor=SYSTEM,
        action="assigned",
        subject=seat.name,
        detail=_said(
            assignee=assignee,
            why=seat.chain[step].why,
            on_behalf_of=on_behalf_of or "",
            passed_over=passed_over,
        ),
    )
    return ApprovalTask(
        proposal=submission.proposal,
        revision=submission.revision,
        stage=stage.name,
        seat=seat.name,
        task=seat.name,
        generation=ids.FIRST_GENERATION,
        assignee=assignee,
        why=seat.chain[step].why,
        step=step,
        opened_at=now,
        due_at=deadline(ports, case, assignee, stage.respond_within, now),
        on_behalf_of=on_behalf_of,
        unaudited=(entry,),
    )


def _successor_task(task: ApprovalTask, heir: Successor) -> ApprovalTask:
    entry = AuditEntry(
        id=f"r{task.revision}/{heir.task}/assigned",
        at=heir.at,
        actor=SYSTEM,
        action="assigned",
        subject=heir.task,
        detail=_said(assignee=heir.assignee, why=heir.why, on_behalf_of=heir.on_behalf_of or ""),
    )
    return ApprovalTask(
        proposal=task.proposal,
        revision=task.revision,
        stage=task.stage,
        seat=task.seat,
        task=heir.task,
        generation=task.generation + 1,
        assignee=heir.assignee,
        why=heir.why,
        step=heir.step,
        opened_at=heir.at,
        due_at=heir.due_at,
        on_behalf_of=heir.on_behalf_of,
        unaudited=(entry,),
    )


def _said(**facts: str) -> dict[str, str]:
    return {key: value for key, value in facts.items() if value}


# -- who, and until when ---------------------------------------------------------------------------------


def _taken(seat: str, tasks: Iterable[ApprovalTask]) -> frozenset[str]:
    """Who holds, or held when it was settled, another seat of the stage: nobody has two votes."""
    return frozenset(
        task.assignee for task in tasks if task.seat != seat and task.state is not TaskState.SUPERSEDED
    )


def _next_step(ports: Ports, seat: Seat, step: int, taken: frozenset[str]) -> int | None:
    """The first stop of the seat's chain from ``step`` on whose person is active today and free."""
    directory = ports.directory.current()
    for n in range(step, len(seat.chain)):
        person = directory.person(seat.chain[n].person)
        if person is not None and person.active and person.id not in taken:
            return n
    return None


def _holder(
    ports: Ports, case: Case, stage: Stage, person: str, taken: frozenset[str], now: datetime
) -> tuple[str, str | None]:
    """Who gets a task of ``person``: they, or whom they delegated to for today, unless that one has a seat here."""
    firsts = {seat.chain[0].person for seat in stage.seats}
    return holder_on(now.date(), ports.directory.current(), person, case.barred | taken | firsts)


# -- moving ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Handover:
    """What a person asks for: their task to ``to``, or, without it, to the next of the seat's chain."""

    by: str
    reason: str
    to: str | None = None

    @property
    def kind(self) -> str:
        return "recused" if self.to is None else "reassigned"


def hand_over(
    ports: Ports, by: str, ref: TaskRef, to: str, reason: str, etag: str
) -> tuple[ApprovalTask, str]:
    """Give an open task to another person; the deadline stays. For its holder, and for operators.

    Returns the superseded task and its version; the same request twice is one. Raises Refusal as `decide` does,
    and INVALID where ``to`` may not hold it: the author, who prepared the documents, somebody inactive, a holder
    of another seat.
    """
    return _supersede(ports, ref, Handover(by, reason.strip(), to), etag)


def recuse(ports: Ports, by: str, ref: TaskRef, reason: str, etag: str) -> tuple[ApprovalTask, str]:
    """Step back from an open task: the next of the seat's chain is asked, with the whole time to answer.

    Raises Refusal as `decide` does, COMMENT_REQUIRED without a reason, CONFLICT where nobody is left to ask.
    """
    if not reason.strip():
        error = FieldError("reason", wording("fix.not-empty"))
        raise Refusal(RefusalKind.COMMENT_REQUIRED, wording("refusal.recusal-without-reason"), (error,))
    return _supersede(ports, ref, Handover(by, reason.strip()), etag)


def _supersede(ports: Ports, ref: TaskRef, asked: Handover, etag: str) -> tuple[ApprovalTask, str]:
    case = load_case(ports, ref.proposal, ref.revision)
    current, _ = load_proposal(ports.store, ref.proposal)
    if len(asked.reason) > MAX_REASON:
        error = FieldError("reason", wording("fix.at-most-characters", limit=MAX_REASON))
        raise invalid(wording("refusal.reason-too-long"), error)

    def edit(stored: ApprovalTask) -> ApprovalTask:
        if _repeats(stored, asked):
            return stored
        refuse_proposal(current, ref.revision)
        holder = stored.assignee if is_operator(ports, asked.by) else asked.by
        refuse_task(stored, holder, naming(ports, case))
        if etag != task_version(stored):
            raise Refusal(RefusalKind.STALE, wording("refusal.task-changed"))
        heir = _heir_for(ports, case, stored, asked)
        return _passed(stored, "supersede", heir, asked.by, Source.API, asked.reason)

    stored = change_task(ports, ref, edit)
    if stored.successor is not None:
        _create(ports, _successor_task(stored, stored.successor))
    return stored, task_version(stored)


def _repeats(task: ApprovalTask, asked: Handover) -> bool:
    heir = task.successor
    return heir is not None and (heir.reason, heir.by, heir.asked) == (asked.kind, asked.by, asked.to)


def _heir_for(ports: Ports, case: Case, task: ApprovalTask, asked: Handover) -> Successor:
    now = ports.clock.now()
    if asked.to is None:
        heir = _next_on_chain(ports, case, task, "recused", asked.by, now)
        if heir is None:
            raise Refusal(RefusalKind.CONFLICT, wording("refusal.nobody-left"))
        return heir
    _refuse_heir(ports, case, task, asked.to)
    return Successor(
        task=ids.task_name(task.seat, task.generation + 1),
        assignee=asked.to,
        step=task.step,
        reason=asked.kind,
        by=asked.by,
        at=now,
        due_at=task.due_at,
        why=f"handed over by {asked.by}" + (f": {asked.reason}" if asked.reason else ""),
        asked=asked.to,
    )


def _refuse_heir(ports: Ports, case: Case, task: ApprovalTask, to: str) -> None:
    person = ports.directory.current().person(to)
    who, holding = (
        naming(ports, case)(to),
        _taken(task.seat, load_tasks(ports.store, task.proposal, task.revision, task.stage)),
    )
    problem = (
        wording("fix.heir-unknown", who=repr(to))
        if person is None
        else wording("fix.heir-inactive", who=who)
        if not person.active
        else wording("fix.heir-barred", who=who)
        if to in case.barred
        else wording("fix.heir-holds-it", who=who)
        if to == task.assignee
        else wording("fix.heir-holds-another", who=who)
        if to in holding
        else None
    )
    if problem:
        raise invalid(wording("refusal.cannot-hand-over"), FieldError("to", problem))


def is_operator(ports: Ports, person: str) -> bool:
    """Does ``person`` hold the policy's operator role today?"""
    found = ports.directory.current().person(person)
    return found is not None and ports.policy.current().operator_role in found.roles


def escalate(ports: Ports, case: Case, task: str, now: datetime) -> ApprovalTask:
    """The escalation task: an overdue task goes to the next of its chain, or expires at the chain's end.

    Nothing happens to a task that is over, or not due yet.
    """
    submission = case.submission

    def edit(stored: ApprovalTask) -> ApprovalTask:
        if stored.state is not TaskState.OPEN or stored.due_at > now:
            return stored
        heir = _next_on_chain(ports, case, stored, "escalated", SYSTEM, now)
        if heir is not None:
            return _passed(stored, "supersede", heir, SYSTEM, Source.SYSTEM, ports.texts("reason.no-answer"))
        reason = ports.texts("reason.no-answer-at-the-end", when=said_utc(stored.due_at))
        return _closed(stored, "expire", "expired", reason, now)

    stored = change_task(ports, TaskRef(submission.proposal, submission.revision, task), edit)
    if stored.successor is not None:
        follow_up(ports, case, _create(ports, _successor_task(stored, stored.successor)))
    return follow_up(ports, case, stored)


def pass_on(ports: Ports, case: Case, task: str, now: datetime) -> None:
    """Who abstained is missed: the next of the seat's chain is asked, or the chain has ended. Once for a task."""

    def edit(stored: ApprovalTask) -> ApprovalTask:
        if stored.successor is not None or chain_ended(stored):
            return stored
        heir = _next_on_chain(ports, case, stored, "abstained", SYSTEM, now)
        if heir is not None:
            why = ports.texts("reason.missed")
            return _passed(stored, "pass_on", heir, SYSTEM, Source.SYSTEM, why)
        return _closed(stored, "end_chain", "chain_ended", ports.texts("reason.nobody-left"), now)

    change_task(ports, TaskRef(case.submission.proposal, case.submission.revision, task), edit)


def cancel(ports: Ports, case: Case, task: str, reason: str, now: datetime) -> ApprovalTask:
    """Close an open task without an answer. One that was answered meanwhile stays as it is."""

    def edit(stored: ApprovalTask) -> ApprovalTask:
        if stored.state is not TaskState.OPEN:
            return stored
        return _closed(stored, "cancel", "cancelled", reason, now)

    return change_task(ports, TaskRef(case.submission.proposal, case.submission.revision, task), edit)


def _closed(task: ApprovalTask, operation: str, action: str, reason: str, now: datetime) -> ApprovalTask:
    entry = AuditEntry(
        id=f"r{task.revision}/{task.task}/{action}",
        at=now,
        actor=SYSTEM,
        action=action,
        subject=task.task,
        detail={"assignee": task.assignee, "reason": reason},
    )
    state = move_task(operation, task.state)
    return replace(task, state=state, closed_reason=reason, unaudited=(*task.unaudited, entry))


def _next_on_chain(
    ports: Ports, case: Case, task: ApprovalTask, reason: str, by: str, now: datetime
) -> Successor | None:
    stage = case.stage(task.stage)
    seat = next(seat for seat in stage.seats if seat.name == task.seat)
    taken = _taken(seat.name, load_tasks(ports.store, task.proposal, task.revision, task.stage))
    step = _next_step(ports, seat, task.step + 1, taken)
    if step is None:
        return None
    assignee, on_behalf_of = _holder(ports, case, stage, seat.chain[step].person, taken, now)
    return Successor(
        task=ids.task_name(task.seat, task.generation + 1),
        assignee=assignee,
        step=step,
        reason=reason,
        by=by,
        at=now,
        due_at=deadline(ports, case, assignee, stage.respond_within, now),
        why=seat.chain[step].why,
        on_behalf_of=on_behalf_of,
    )


def _passed(
    task: ApprovalTask, operation: str, heir: Successor, by: str, source: Source, reason: str
) -> ApprovalTask:
    entry = AuditEntry(
        id=f"r{task.revision}/{task.task}/{heir.reason}",
        at=heir.at,
        actor=by,
        action=heir.reason,
        subject=task.task,
        source=source,
        detail={"from": task.assignee, "to": heir.assignee, "task": heir.task, **_said(reason=reason)},
    )
    state = move_task(operation, task.state)
    return replace(task, state=state, successor=heir, unaudited=(*task.unaudited, entry))
