"""The decision record: everything that matters years later, sealed when the outcome stands.

``to_json`` is canonical: the same record is always the same bytes, and their SHA-256 is the record's digest. It stands
in the page and in the messages about the outcome, not in ``record.json`` itself, where whoever changes a record could
change it too. The record holds head and length of the audit trail at sealing, so that the trail can be checked
against it (``scripts/verify.py``).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from html import escape

from approvals.model import (
    ApprovalTask,
    ConditionFile,
    Decision,
    Evidence,
    Outcome,
    Proposal,
    QuestionFile,
    Screening,
    Submission,
)
from approvals.stored.codec import canonical, loads, utc_text
from approvals.stored.ids import sha256
from approvals.verdicts import rule_of

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


# In the page itself, so that a saved file still prints well; served, it needs the hash in the security policy.
STYLE = """
@page { margin: 18mm; }
body { font: 11pt/1.45 system-ui, sans-serif; color: #111; background: #fff; max-width: 50rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; border-top: 1px solid #999; padding-top: 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
caption { text-align: left; font-weight: 600; padding: .25rem 0; }
th, td { border: 1px solid #999; padding: .3rem .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere;
  white-space: pre-line; }
th { background: #eee; font-weight: 600; } tbody th { width: 25%; }
.outcome { font-size: 1.2rem; font-weight: 700; } .reason { white-space: pre-line; }
@media print { body { margin: 0; max-width: none; padding: 0; } tr { break-inside: avoid; }
  h2, caption { break-after: avoid; } }
"""


def style_hash() -> str:
    """What the route that serves the page names in its Content-Security-Policy: the hash of the one style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()


def to_html(sealed: bytes) -> bytes:
    """A sealed ``record.json`` as one page that prints, without anything from elsewhere. What people wrote is escaped.

    Raises CodecError.
    """
    record = from_json(sealed)
    title, outcome = _shown(record.title), record.outcome.value
    reason = f'<p class="reason">{_shown(record.reason)}</p>\n' if record.reason else ""
    facts = [
        ("Proposal", record.proposal),
        ("Author", record.author),
        ("Sealed", utc_text(record.sealed_at)),
        ("SHA-256 of record.json", sha256(sealed)),
        ("Audit trail", f"{record.trail_lines} lines, the last with SHA-256 {record.trail_head}"),
    ]
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}: {outcome}</title><style>{STYLE}</style></head>\n<body><main><h1>{title}</h1>\n"
        f'<p class="outcome">{outcome.capitalize()}</p>\n{reason}'
        + _table("Decision record", (), facts)
        + _table("People", ("Called here", "Name"), sorted(record.people.items()))
        + "".join(map(_revision, record.revisions))
        + "</main></body></html>\n"
    )
    return page.encode(errors="backslashreplace")  # half of a surrogate pair is shown as what it is


def _revision(revision: RevisionRecord) -> str:
    submission, draft = revision.submission, revision.submission.draft
    submitted = [
        ("Submitted", f"{utc_text(submission.submitted_at)} by {submission.author}"),
        ("Title", draft.title),
        ("Category, department", f"{draft.category}, {draft.department}"),
        ("Budget, risk", f"{draft.budget:,} {revision.currency}, {draft.risk}"),
        ("Summary", draft.summary),
        *draft.fields.items(),
        ("Prepared by", ", ".join(draft.prepared_by) or "the author"),
        ("What was changed", draft.note or "-"),
        ("Routed by rule", f"{revision.rule} ({revision.why})"),
        ("SHA-256 of the policy", submission.policy),
        ("SHA-256 of the directory", submission.directory),
    ]
    documents = [(d.name, d.kind, f"{d.size:,}", d.sha256) for d in submission.documents]
    findings = revision.screening.findings if revision.screening else ()
    found = [(f.check, f.result.value.replace("_", " "), f.message) for f in findings]
    return (
        f"<section><h2>Revision {submission.revision}</h2>\n"
        + _table("As submitted", (), submitted)
        + _table("Documents", ("Name", "Kind", "Bytes", "SHA-256"), documents)
        + _table("Automatic checks", ("Check", "Result", "Found"), found)
        + _table(
            "Approval tasks", ("Task", "Holder, and why", "State", "Decision"), map(_task, revision.tasks)
        )
        + _table("Questions", ("Question", "Answer"), map(_question, revision.questions))
        + _table(
            "Conditions", ("Condition", "Due", "State", "Evidence"), map(_condition, revision.conditions)
        )
        + "</section>\n"
    )


def _task(task: ApprovalTask) -> tuple[str, ...]:
    behalf = f" on behalf of {task.on_behalf_of}" if task.on_behalf_of else ""
    state = task.state.value.replace("_", " ")
    if task.kept_from:
        state += f", kept from {task.kept_from}"
    if task.successor:
        state += f": {task.successor.reason}, now {task.successor.task}"
    elif task.closed_reason:
        state += f": {task.closed_reason}"
    decision = _decision(task.decision) if task.decision else "-"
    return task.task, f"{task.assignee}{behalf}: {task.why}", state, decision


def _decision(decision: Decision) -> str:
    door = "" if decision.authenticated else f" (not authenticated, through {decision.source.value})"
    comment = f": {decision.comment}" if decision.comment else ""
    said = rule_of(decision.verdict).said
    return f"{decision.by} {said}{door} at {utc_text(decision.recorded_at)}{comment}"


def _question(file: QuestionFile) -> tuple[str, ...]:
    asked = f"{file.question}, asked by {file.asked_by} at {utc_text(file.asked_at)}: {file.text}"
    if file.answered_at is None:
        return asked, "-"
    return asked, f"{file.answered_by} at {utc_text(file.answered_at)}: {file.answer}"


def _condition(file: ConditionFile) -> tuple[str, ...]:
    condition, state = file.condition, file.state.value
    if file.confirmed_by:
        state += f" by {file.confirmed_by}"
    if file.refused:
        state += f", the last evidence was not enough: {file.refused}"
    evidence = "\n".join(map(_evidence, file.evidence)) or "-"
    return (
        f"{condition.id}, set by {condition.set_by}: {condition.text}",
        utc_text(condition.due_at),
        state,
        evidence,
    )


def _evidence(evidence: Evidence) -> str:
    documents = "".join(f" ({document.name}, SHA-256 {document.sha256})" for document in evidence.documents)
    return f"{utc_text(evidence.at)} by {evidence.by}: {evidence.note}{documents}"


def _table(caption: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table whose rows begin with a heading, with a row of headings where there are ``heads``. None for no rows."""
    body = "".join(map(_row, rows))
    if not body:
        return ""
    top = "".join(f'<th scope="col">{_shown(head)}</th>' for head in heads)
    head = f"<thead><tr>{top}</tr></thead>" if top else ""
    return f"<table><caption>{_shown(caption)}</caption>{head}<tbody>{body}</tbody></table>\n"


def _row(cells: tuple[str, ...]) -> str:
    heading, *rest = map(_shown, cells)
    return f'<tr><th scope="row">{heading}</th>' + "".join(f"<td>{cell}</td>" for cell in rest) + "</tr>\n"


# Control characters, and those that turn the direction of what follows: "not authenticated" must not read otherwise.
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def _shown(text: str) -> str:
    """What somebody wrote, escaped, with what cannot be seen made visible."""
    lines = escape(text).replace("\r\n", "\n")
    return _INVISIBLE.sub(lambda found: f"\\u{ord(found[0]):04x}", lines)
