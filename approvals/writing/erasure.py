"""Erasure: what people wrote goes, what happened stays.

Each function returns its value with the word ``erased`` where text was. Ids, states, verdicts, dates and digests
stay, so that everything that reads them still does, and the trail's chain and the sealed record's anchor still hold:
an erased line of the trail keeps the digest of what it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from approvals.draft import FIELDS
from approvals.model import (
    ApprovalTask,
    AuditEntry,
    Condition,
    ConditionFile,
    Decision,
    Document,
    EventFate,
    Evidence,
    Proposal,
    QuestionFile,
    Screening,
    Submission,
)
from approvals.policy.directory import Directory
from approvals.stored import ids
from approvals.stored.codec import canonical
from approvals.stored.ids import SYSTEM
from approvals.writing import audit

ERASED = "erased"
FORMAT = "greenlight-erasure/1"

# What an audit line's detail keeps: ids, words of the domain, dates and digests.
FACTS = frozenset(
    {"assignee", "conditions", "directory", "due", "event", "from", "instance", "on_behalf_of", "outcome"}
    | {"policy", "request", "revise_by", "rule", "task", "to", "verdict"}
)
# What people wrote, or what may quote it. Any other key may be the name of a document: it goes altogether.
TEXTS = frozenset({"comment", "note", "passed_over", "reason", "text", "title", "why"})


def erased(text: str) -> str:
    """The word that stands for ``text``; nothing where there was nothing."""
    return ERASED if text else ""


def proposal(value: Proposal, at: datetime) -> Proposal:
    return replace(
        value, title=ERASED, outcome_reason=erased(value.outcome_reason), erased_at=at, unaudited=()
    )


def submission(value: Submission) -> Submission:
    gone = {name: _gone(getattr(value.draft, name)) for name, each in FIELDS.items() if each.erased}
    return replace(value, draft=replace(value.draft, **gone), documents=_documents(value.documents))


def _gone(value: str | Mapping[str, str]) -> Any:
    return erased(value) if isinstance(value, str) else {name: erased(text) for name, text in value.items()}


def task(value: ApprovalTask) -> ApprovalTask:
    """Why somebody is asked may quote the reason of a hand-over."""
    heir = replace(value.successor, why=erased(value.successor.why)) if value.successor else None
    return replace(
        value,
        why=erased(value.why),
        decision=_decision(value.decision) if value.decision else None,
        successor=heir,
        unaudited=(),
    )


def condition_file(value: ConditionFile) -> ConditionFile:
    return replace(
        value,
        condition=_condition(value.condition),
        evidence=tuple(map(_evidence, value.evidence)),
        refused=erased(value.refused) if value.refused else None,
        unaudited=(),
    )


def question_file(value: QuestionFile) -> QuestionFile:
    answer = erased(value.answer) if value.answer else None
    return replace(value, text=erased(value.text), answer=answer, unaudited=())


def screening(value: Screening) -> Screening:
    """A finding's message may name a document."""
    findings = (replace(finding, message=erased(finding.message)) for finding in value.findings)
    return replace(value, findings=tuple(findings))


def event_fate(value: EventFate) -> EventFate:
    return replace(value, reason=erased(value.reason), payload=erased(value.payload), unaudited=())


def directory(value: Directory) -> Directory:
    """Names, mail addresses and Entra ids go; who was whose manager, and had which role, stays."""
    people = tuple(replace(person, name=ERASED, mail=ERASED, object_id=None) for person in value.people)
    return replace(value, people=people)


def _decision(value: Decision) -> Decision:
    conditions = tuple(map(_condition, value.conditions))
    return replace(value, comment=erased(value.comment), conditions=conditions)


def _condition(value: Condition) -> Condition:
    return replace(value, text=erased(value.text))


def _evidence(value: Evidence) -> Evidence:
    return replace(value, note=erased(value.note), documents=_documents(value.documents))


def _documents(values: tuple[Document, ...]) -> tuple[Document, ...]:
    """The digest still says which document it was, to who has it."""
    return tuple(replace(value, name=ERASED, media_type=erased(value.media_type)) for value in values)


# -- the trail -------------------------------------------------------------------------------------------


def entry(value: AuditEntry) -> AuditEntry:
    """What an audit line may go on telling. What an event claimed at the raise-event door may be any text."""
    is_id = value.actor == SYSTEM or ids.PERSON_PATTERN.match(value.actor)
    refused = value.action == "event_refused"
    return replace(
        value,
        actor=value.actor if is_id else ERASED,
        subject=erased(value.subject) if refused else value.subject,
        detail=_detail(value.detail),
    )


def _detail(detail: Mapping[str, str]) -> dict[str, str]:
    kept = {key: text for key, text in detail.items() if key in FACTS}
    texts = (key for key in detail if key in TEXTS or ids.CONDITION_PATTERN.match(key))
    return kept | {key: erased(detail[key]) for key in texts}


def trail(data: bytes, at: datetime, by: str) -> bytes:
    """The trail with what people wrote erased, and a last line that says so and vouches for what is left.

    Raises ValueError where the chain does not hold: a broken trail is evidence and must not be tidied up.
    """
    check = audit.verify_trail(data)
    if check.problem:
        raise ValueError(f"the trail cannot be erased, for it does not hold: {check.problem}")
    kept, touched = b"", []
    for line, raw in zip(audit.parse_trail(data), data.removesuffix(b"\n").split(b"\n"), strict=True):
        left = entry(line.entry)
        if left == line.entry:
            kept += raw + b"\n"
        else:
            kept += audit.erased_line(line, left)
            touched.append(str(line.n))
    detail = {"lines": ", ".join(touched), audit.REMAINDER: ids.sha256(kept)}
    said = AuditEntry("erased", at, by, audit.ERASURE, authenticated=by == SYSTEM, detail=detail)
    return kept + audit.line(check.intact + 1, check.head, said)


def certificate(proposal_id: str, erased_trail: bytes) -> bytes:
    """What goes into the archive beside the record: the digest of the line that vouches for what is left."""
    last = audit.parse_trail(erased_trail)[-1]
    return canonical(
        {
            "format": FORMAT,
            "proposal": proposal_id,
            "erased_at": last.entry.at,
            "by": last.entry.actor,
            "lines": last.entry.detail["lines"],
            "trail_head": last.digest,
            "trail_lines": last.n,
        }
    )
