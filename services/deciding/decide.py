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
            text = "Who wrote a proposal or prepared its documents cannot decide on it."
            raise Refusal(RefusalKind.NOT_ALLOWED, text)
        refuse_proposal(current, ref.revision)
        refuse_task(stored, by, naming(ports, case))
        if etag is not None and etag != task_version(stored):
            raise Refusal(
                RefusalKind.STALE, "The task changed since you looked at it. Look again, then decide."
            )
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
            f"Revision {revision} is superseded: revision {proposal.revision} is the one to decide on.",
            detail={"revision": str(proposal.revision)},
        )
    refuse_over(proposal)
    if proposal.state is not ProposalState.DECIDING:
        words = proposal.state.value.replace("_", " ")
        raise Refusal(RefusalKind.WRONG_STATE, f"Nothing is to be decided now: the proposal is {words}.")


def refuse_task(task: ApprovalTask, by: str, name: Naming) -> None:
    """Raise Refusal unless ``by`` holds the task and it is open: TASK_OVER (who was first), NOT_YOUR_TASK."""
    if task.state is not TaskState.OPEN and (by == task.assignee or task.decision is not None):
        raise Refusal(RefusalKind.TASK_OVER, what_happened(task, name), detail=_facts(task))
    if by != task.assignee:
        raise Refusal(
            RefusalKind.NOT_YOUR_TASK, f"This decision is not yours: {name(task.assignee)} is asked."
        )


def what_happened(task: ApprovalTask, name: Naming) -> str:
    """In one sentence, why a task cannot be decided any more."""
    if task.decision is not None:
        said, when = rule_of(task.decision.verdict).said, said_utc(task.decision.recorded_at)
        return f"It was decided before: {name(task.decision.by)} {said} on {when}."
    if task.successor is not None:
        heir = task.successor
        return f"The decision was {heir.reason} on {said_utc(heir.at)}: it is with {name(heir.assignee)} now."
    why = (task.closed_reason or "it is over").replace("_", " ")
    return f"Nothing is to be decided here any more: {why}."


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
        raise Refusal(RefusalKind.NOT_ALLOWED, f"Stage {stage.name} takes no decisions through raise-event.")
    if ballot.verdict not in stage.verdicts:
        allowed = ", ".join(verdict.value for verdict in stage.verdicts)
        raise Refusal(
            RefusalKind.VERDICT_NOT_ALLOWED,
            f"Stage {stage.name} does not allow {ballot.verdict.value}.",
            (FieldError("verdict", f"use one of: {allowed}"),),
        )
    rule = rule_of(ballot.verdict)
    if rule.comment_required and not ballot.comment.strip():
        raise Refusal(
            RefusalKind.COMMENT_REQUIRED,
            f"Say why: “{rule.title}” needs a comment.",
            (FieldError("comment", "must not be empty"),),
        )
    errors = _condition_errors(ballot, now)
    if errors:
        raise invalid("The decision cannot be recorded as it is.", *errors)


def _condition_errors(ballot: Ballot, now: datetime) -> list[FieldError]:
    count = len(ballot.conditions)
    if not rule_of(ballot.verdict).takes_conditions:
        takes = " or ".join(verdict.value for verdict, rule in RULES.items() if rule.takes_conditions)
        return [FieldError("conditions", f"only {takes} carries conditions")] if count else []
    if not 1 <= count <= MAX_CONDITIONS:
        return [FieldError("conditions", f"name 1 to {MAX_CONDITIONS} conditions, not {count}")]
    errors = []
    for n, condition in enumerate(ballot.conditions):
        if condition.due_at <= now:
            errors.append(FieldError(f"conditions[{n}].due", "must lie in the future"))
        elif condition.due_at > now + LATEST_DUE:
            errors.append(FieldError(f"conditions[{n}].due", "must lie within ten years"))
    return errors
