"""What waits for a person: decisions, and whatever a proposal needs of its author or of who confirms conditions.

Entries under ``inbox/`` are hints, written beside the message that tells the person; what they name is looked at each
time. An entry whose matter is over is deleted; one that may matter again (evidence that was refused) stays.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum

from approvals.model import (
    ApprovalTask,
    ConditionFile,
    ConditionState,
    Proposal,
    ProposalState,
    QuestionFile,
    Submission,
    TaskState,
)
from approvals.ports import Ports
from approvals.refusals import Refusal
from approvals.stored import ids, layout
from approvals.stored.codec import utc_text
from services.answering.fulfillment import confirmers
from services.reading.lists import Page
from services.store.cases import Case, load, load_case, task_version

log = logging.getLogger("greenlight.inbox")

# An inbox is sorted by urgency, so all of it is read for every page; few have a second one.
INBOX_PAGE = 200


class Matter(Enum):
    """What is asked of the person."""

    DECIDE = "decide"
    ANSWER = "answer"  # a question about their proposal
    REVISE = "revise"  # their proposal, which needs changes
    EVIDENCE = "evidence"  # that a condition of their proposal is met
    CONFIRM = "confirm"  # that the evidence for a condition is enough


@dataclass(frozen=True)
class InboxItem:
    """``task`` names the task, condition or question. Only a task has a stage and an etag to decide with.

    ``budget`` is in ``currency``, ``category`` is its title by the policy of then. ``opened_at`` is when the matter
    began to wait for this person; ``escalated_from`` who had the task before and did not answer in time.
    """

    kind: Matter
    proposal: str
    revision: int
    title: str
    author: str
    task: str
    stage: str | None
    why: str
    due_at: datetime
    etag: str | None
    budget: Decimal
    currency: str
    category: str
    risk: str
    opened_at: datetime
    escalated_from: str | None


@dataclass(frozen=True)
class _Entry:
    """A hint, and the revision that it is about."""

    person: str
    name: str
    current: Proposal
    case: Case

    @property
    def submission(self) -> Submission:
        return self.case.submission


class _Over(Exception):
    """Nothing waits any more, and nothing will."""


def inbox(ports: Ports, person: str, continuation: str | None = None) -> Page[InboxItem]:
    """What waits for a person, most urgent first. What is broken in the store is left out: the rest can go on."""
    items = []
    for path in ports.store.names(layout.inbox(person)):
        try:
            item = _item(ports, person, *layout.inbox_matter(person, path))
        except _Over:
            ports.store.delete(path)
            continue
        except (LookupError, ValueError, Refusal) as error:  # the error's text may tell of the proposal
            log.warning("%s is left out of an inbox: %s", path, type(error).__name__)
            continue
        if item is not None:
            items.append(item)
    items.sort(key=_urgency)
    rest = [item for item in items if continuation is None or _urgency(item) > continuation]
    shown = tuple(rest[:INBOX_PAGE])
    return Page(shown, _urgency(shown[-1]) if len(rest) > INBOX_PAGE else None)


def _urgency(item: InboxItem) -> str:
    """Sorts by due time, and names where a page ended."""
    return f"{utc_text(item.due_at)} {item.proposal} {item.task}"


def _item(ports: Ports, person: str, proposal: str, revision: int, name: str) -> InboxItem | None:
    """What waits; None where nothing does just now. Raises _Over."""
    found = load(ports.store, layout.proposal(proposal), Proposal)
    if found is None or found[0].revision != revision or found[0].state is ProposalState.CLOSED:
        raise _Over
    entry = _Entry(person, name, found[0], load_case(ports, proposal, revision))
    if name == layout.REVISE:
        return _revision(ports, entry)
    if ids.CONDITION_PATTERN.match(name):
        return _condition(ports, entry)
    if ids.QUESTION_PATTERN.match(name):
        return _question(ports, entry)
    return _task(ports, entry)


def _task(ports: Ports, entry: _Entry) -> InboxItem:
    task = _load_task(ports, entry.submission, entry.name)
    if task is None or task.state is not TaskState.OPEN or task.assignee != entry.person:
        raise _Over
    item = _made(entry, Matter.DECIDE, task.why, task.due_at, task.opened_at)
    return replace(
        item, stage=task.stage, etag=task_version(task), escalated_from=_silent_before(ports, entry, task)
    )


def _silent_before(ports: Ports, entry: _Entry, task: ApprovalTask) -> str | None:
    """Who had the task before and did not answer in time."""
    if task.generation == ids.FIRST_GENERATION:
        return None
    before = _load_task(ports, entry.submission, ids.task_name(task.seat, task.generation - 1))
    if before is None or before.successor is None or before.successor.reason != "escalated":
        return None
    return before.assignee


def _revision(ports: Ports, entry: _Entry) -> InboxItem:
    until = entry.current.revise_by
    if entry.current.state is not ProposalState.CHANGES_REQUESTED or until is None:
        raise _Over
    why = ports.texts("reason.changes-requested")
    return _made(entry, Matter.REVISE, why, until, entry.current.changed_at)


def _condition(ports: Ports, entry: _Entry) -> InboxItem | None:
    submission = entry.submission
    name = layout.condition(submission.proposal, submission.revision, entry.name)
    found = load(ports.store, name, ConditionFile)
    if found is None or found[0].state in (ConditionState.CONFIRMED, ConditionState.LAPSED):
        raise _Over
    file, condition = found[0], found[0].condition
    if file.state is ConditionState.OPEN and entry.person == submission.author:
        return _made(entry, Matter.EVIDENCE, condition.text, condition.due_at, entry.current.changed_at)
    if file.state is ConditionState.EVIDENCE and entry.person in confirmers(ports, entry.case, condition):
        given = file.evidence[-1].at
        return _made(entry, Matter.CONFIRM, condition.text, condition.due_at, given)
    return None


def _question(ports: Ports, entry: _Entry) -> InboxItem:
    submission = entry.submission
    name = layout.question(submission.proposal, submission.revision, entry.name)
    found = load(ports.store, name, QuestionFile)
    if (
        found is None
        or found[0].answer is not None
        or entry.current.state is not ProposalState.DECIDING
        or entry.person not in entry.case.barred
    ):
        raise _Over
    about = _load_task(ports, submission, found[0].task)
    if about is None or about.state not in (TaskState.OPEN, TaskState.SUPERSEDED):
        raise _Over  # whoever asked has decided, or need not any more
    due_at = about.successor.due_at if about.successor else about.due_at
    return _made(entry, Matter.ANSWER, found[0].text, due_at, found[0].asked_at)


def _load_task(ports: Ports, submission: Submission, name: str) -> ApprovalTask | None:
    found = load(ports.store, layout.task(submission.proposal, submission.revision, name), ApprovalTask)
    return None if found is None else found[0]


def _made(entry: _Entry, kind: Matter, why: str, due_at: datetime, opened_at: datetime) -> InboxItem:
    submission, policy = entry.submission, entry.case.policy
    draft = submission.draft
    return InboxItem(
        kind=kind,
        proposal=submission.proposal,
        revision=submission.revision,
        title=draft.title,
        author=submission.author,
        task=entry.name,
        stage=None,
        why=why,
        due_at=due_at,
        etag=None,
        budget=draft.budget,
        currency=policy.currency,
        category=policy.categories[draft.category].title,
        risk=draft.risk,
        opened_at=opened_at,
        escalated_from=None,
    )
