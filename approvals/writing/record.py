"""The decision record: everything that matters years later, sealed when the outcome stands.

``to_json`` is canonical: the same record is always the same bytes, and their SHA-256 is the record's digest. It stands
in the page and in the messages about the outcome, not in ``record.json`` itself, where whoever changes a record could
change it too. The record holds head and length of the audit trail at sealing, so that the trail can be checked
against it (``scripts/verify.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from approvals.model import (
    ApprovalTask,
    ConditionFile,
    Outcome,
    Proposal,
    QuestionFile,
    Screening,
    Submission,
)
from approvals.stored.codec import canonical, loads

FORMAT = "greenlight-record/1"


@dataclass(frozen=True)
class RevisionRecord:
    """One revision: what was submitted, by which rule it was routed, what was found and who decided what.

    ``currency`` is that of the budget, by the policy of then.
    """

    submission: Submission
    rule: str
    why: str
    screening: Screening | None
    tasks: tuple[ApprovalTask, ...]
    conditions: tuple[ConditionFile, ...]
    currency: str
    questions: tuple[QuestionFile, ...] = ()


@dataclass(frozen=True)
class DecisionRecord:
    """``trail_head`` is the digest of line ``trail_lines`` of the audit trail, the last one before sealing.

    ``people`` are the names of those who are mentioned by their ids.
    """

    format: str
    proposal: str
    title: str
    author: str
    outcome: Outcome
    reason: str
    sealed_at: datetime
    revisions: tuple[RevisionRecord, ...]
    trail_head: str
    trail_lines: int
    people: dict[str, str] = field(default_factory=dict)


def mentioned(revision: RevisionRecord) -> set[str]:
    """The ids of everybody who had a part in a revision."""
    submission = revision.submission
    people = {submission.author, *submission.draft.prepared_by}
    for task in revision.tasks:
        people |= {task.assignee, task.on_behalf_of or task.assignee}
    for file in revision.conditions:
        people |= {file.condition.set_by, file.confirmed_by or file.condition.set_by}
    return people


def seal(
    proposal: Proposal,
    revisions: Iterable[RevisionRecord],
    people: dict[str, str],
    head: str,
    lines: int,
    now: datetime,
) -> DecisionRecord:
    """The record of a settled proposal. Raises ValueError where no outcome stands."""
    if proposal.outcome is None:
        raise ValueError(f"{proposal.proposal} has no outcome to record")
    return DecisionRecord(
        format=FORMAT,
        proposal=proposal.proposal,
        title=proposal.title,
        author=proposal.author,
        outcome=proposal.outcome,
        reason=proposal.outcome_reason,
        sealed_at=now,
        revisions=tuple(revisions),
        trail_head=head,
        trail_lines=lines,
        people=people,
    )


def to_json(record: DecisionRecord) -> bytes:
    """The record's one byte string."""
    return canonical(record)


def from_json(data: bytes) -> DecisionRecord:
    """The reverse of `to_json`. Raises CodecError."""
    return loads(DecisionRecord, data)
