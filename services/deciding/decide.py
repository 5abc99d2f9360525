"""Recording a decision: one gate for both doors, the API's route and the raise-event API.

The decision is stored in the approval task's blob, with its audit entry in the same write, before anybody is
told about it. Counting it is the orchestration's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from approvals.lifecycle import ANSWERED, move_task
from approvals.model import (
    ApprovalTask,
    AuditEntry,
    Condition,
    Decision,
    Proposal,
    ProposalState,
    Source,
    Stage,
    TaskState,
)
from approvals.policy.directory import Naming
from approvals.ports import Ports
from approvals.refusals import FieldError, Refusal, RefusalKind, invalid
from approvals.stored.codec import said_utc, utc_text
from approvals.texts import Wording, wording
from approvals.verdicts import RULES, Verdict, rule_of
from services.store.cases import (
    TaskRef,
    change_task,
    load_case,
    load_proposal,
    naming,
    refuse_over,
    task_version,
)

MAX_COMMENT = 4000
MAX_CONDITIONS = 10
# Nobody waits longer, and at the end of the calendar no reminder, link or time zone has a moment after it.
LATEST_DUE = timedelta(days=3653)
MAX_CONDITION_TEXT = 1000


@dataclass(frozen=True)
class ConditionDraft:
    """A condition as asked for: what must be shown, and by when."""

    text: str
    due_at: datetime


@dataclass(frozen=True)
class Ballot:
    """What a person decides, before it is a stored decision."""

    verdict: Verdict
    comment: str
    conditions: tuple[ConditionDraft, ...] = ()


@dataclass(frozen=True)
class Door:
    """Which way a decision came: ``event`` is the raised event's ordinal at the raise-event API."""

    source: Source
    authenticated: bool
    event: int | None = None


API = Door(Source.API, authenticated=True)


def decide(
    ports: Ports, by: str, ref: TaskRef, ballot: Ballot, etag: str | None, door: Door = API
) -> tuple[ApprovalTask, str]:
    """Record a decision; the same one twice is recorded once. Returns the task and its version.

    ``etag`` is the version that the person looked at; None only where a door has no such thing. Raises Refusal:
    NOT_FOUND, NOT_YOUR_TASK, TASK_OVER, PROPOSAL_OVER, WRONG_STATE, SUPERSEDED_REVISION, STALE,
    VERDICT_NOT_ALLOWED, COMMENT_REQUIRED, INVALID, NOT_ALLOWED.
    """
    current, _ = load_proposal(ports.store, ref.proposal)
    case = load_case(ports, ref.proposal, ref.revision)
    now = ports.clock.now()

    def edit(stored: ApprovalTask) -> ApprovalTask:
        if _repeats(stored, by, ballot):
            return stored
        if by in case.barred:
            raise Refusal(RefusalKind.NOT_ALLOWED, wording("refusal.own-proposal"))
        refuse_proposal(current, ref.revision)
        refuse_task(stored, by, naming(ports, case))
        if etag is not None and etag != task_version(stored):
            raise Refusal(RefusalKind.STALE, wording("refusal.task-changed"))
        _refuse_ballot(ballot, case.stage(stored.stage), door, now)
        return _recorded(stored, by, ballot, door, now)

    stored = change_task(ports, ref, edit)
    return stored, task_version(stored)


def _recorded(task: ApprovalTask, by: str, ballot: Ballot, door: Door, now: datetime) -> ApprovalTask:
    conditions = tuple(
        Condition(f"{task.task}-c{n}", draft.text.strip(), draft.due_at, by)
        for n, draft in enumerate(ballot.conditions, start=1)
    )
    decision = Decision(
        verdict=ballot.verdict,
        by=by,
        comment=ballot.comment.strip(),
        recorded_at=now,
        source=door.source,
        authenticated=door.authenticated,
        conditions=conditions,
        event=door.event,
    )
    entry = AuditEntry(
        id=f"r{task.revision}/{task.task}/decided",
        at=now,
        actor=by,
        action="decided",
        subject=task.task,
        source=door.source,
        authenticated=door.authenticated,
        detail={
            "verdict": ballot.verdict.value,
            "comment": decision.comment,
            **{
                condition.id: f"{condition.text} (due {utc_text(condition.due_at)})"
                for condition in conditions
            },
        },
    )
    state = move_task("record", task.state)
    return replace(task, state=state, decision=decision, unaudited=(*task.unaudited, entry))


def _repeats(task: ApprovalTask, by: str, ballot: Ballot) -> bool:
    """Is this the decision that is stored already?"""
    made = task.decision
    return (
        made is not None
        and task.state in ANSWERED
        and (made.by, made.verdict, made.comment) == (by, ballot.verdict, ballot.comment.strip())
        and _wanted(made.conditions) == _wanted(ballot.conditions)
    )


def _wanted(conditions: Sequence[Condition | ConditionDraft]) -> list[tuple[str, datetime]]:
    return [(condition.text.strip(), condition.due_at) for condition in conditions]


def refuse_proposal(proposal: Proposal, revision: int) -> None:
    """Raise Refusal unless this revision is being decided on: SUPERSEDED_REVISION, PROPOSAL_OVER, WRONG_STATE."""
    if revision != proposal.revision:
        raise Refusal(
            RefusalKind.SUPERSEDED_REVISION,
            wording("refusal.superseded", revision=str(revision), current=str(proposal.revision)),
            detail={"revision": str(proposal.revision)},
        )
    refuse_over(proposal)
    if proposal.state is not ProposalState.DECIDING:
        raise Refusal(RefusalKind.WRONG_STATE, wording("refusal.not-deciding", state=proposal.state.value))


def refuse_task(task: ApprovalTask, by: str, name: Naming) -> None:
    """Raise Refusal unless ``by`` holds the task and it is open: TASK_OVER (who was first), NOT_YOUR_TASK."""
    if task.state is not TaskState.OPEN and (by == task.assignee or task.decision is not None):
        raise Refusal(RefusalKind.TASK_OVER, what_happened(task, name), detail=_facts(task))
    if by != task.assignee:
        text = wording("refusal.not-your-task", who=name(task.assignee))
        raise Refusal(RefusalKind.NOT_YOUR_TASK, text)


def what_happened(task: ApprovalTask, name: Naming) -> Wording:
    """Why a task cannot be decided any more."""
    if task.decision is not None:
        said, when = rule_of(task.decision.verdict).said, said_utc(task.decision.recorded_at)
        return wording("refusal.decided-before", who=name(task.decision.by), said=said, when=when)
    if task.successor is not None:
        heir = task.successor
        about = {"reason": heir.reason, "when": said_utc(heir.at), "who": name(heir.assignee)}
        return wording("refusal.passed-on", **about)
    if task.closed_reason is None:
        return wording("refusal.task-over")
    return wording("refusal.task-closed", reason=task.closed_reason.replace("_", " "))


def _facts(task: ApprovalTask) -> dict[str, str]:
    facts = {"task": task.task, "state": task.state.value}
    if task.decision is not None:
        facts |= {
            "decided_by": task.decision.by,
            "verdict": task.decision.verdict.value,
            "decided_at": utc_text(task.decision.recorded_at),
        }
    if task.successor is not None:
        facts |= {"successor": task.successor.task, "held_by": task.successor.assignee}
    return facts


def _refuse_ballot(ballot: Ballot, stage: Stage, door: Door, now: datetime) -> None:
    if door.source is Source.RAISE_EVENT and not stage.raise_event:
        raise Refusal(RefusalKind.NOT_ALLOWED, wording("refusal.no-raise-event", stage=stage.name))
    if ballot.verdict not in stage.verdicts:
        allowed = ", ".join(verdict.value for verdict in stage.verdicts)
        raise Refusal(
            RefusalKind.VERDICT_NOT_ALLOWED,
            wording("refusal.verdict-not-allowed", stage=stage.name, verdict=ballot.verdict.value),
            (FieldError("verdict", wording("fix.use-one-of", known=allowed)),),
        )
    rule = rule_of(ballot.verdict)
    if rule.comment_required and not ballot.comment.strip():
        raise Refusal(
            RefusalKind.COMMENT_REQUIRED,
            wording("refusal.comment-needed", verdict=rule.title),
            (FieldError("comment", wording("fix.not-empty")),),
        )
    errors = _condition_errors(ballot, now)
    if errors:
        raise invalid(wording("refusal.decision-as-it-is"), *errors)


def _condition_errors(ballot: Ballot, now: datetime) -> list[FieldError]:
    count = len(ballot.conditions)
    if not rule_of(ballot.verdict).takes_conditions:
        takes = ", ".join(verdict.value for verdict, rule in RULES.items() if rule.takes_conditions)
        return [FieldError("conditions", wording("fix.no-conditions", verdicts=takes))] if count else []
    if not 1 <= count <= MAX_CONDITIONS:
        text = wording("fix.count-conditions", limit=MAX_CONDITIONS, count=count)
        return [FieldError("conditions", text)]
    errors = []
    for n, condition in enumerate(ballot.conditions):
        if condition.due_at <= now:
            errors.append(FieldError(f"conditions[{n}].due", wording("fix.future")))
        elif condition.due_at > now + LATEST_DUE:
            errors.append(FieldError(f"conditions[{n}].due", wording("fix.ten-years")))
    return errors
