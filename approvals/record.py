"""The decision record: everything that matters years later, sealed when the outcome stands.

``to_json`` is canonical: the same record is always the same bytes, and their SHA-256 is the record's digest. The
record holds head and length of the audit trail at sealing, so that the trail can be checked against it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from html import escape

from approvals.codec import canonical, loads, utc_text
from approvals.ids import sha256
from approvals.model import (
    ApprovalTask,
    ConditionFile,
    Decision,
    Outcome,
    Proposal,
    Screening,
    Submission,
)

FORMAT = "greenlight-record/1"


@dataclass(frozen=True)
class RevisionRecord:
    """One revision: what was submitted, by which rule it was routed, what was found and who decided what."""

    submission: Submission
    rule: str
    why: str
    screening: Screening | None
    tasks: tuple[ApprovalTask, ...]
    conditions: tuple[ConditionFile, ...]


@dataclass(frozen=True)
class DecisionRecord:
    """``trail_head`` is the digest of line ``trail_lines`` of the audit trail, the last one before sealing."""

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


def seal(
    proposal: Proposal, revisions: Iterable[RevisionRecord], head: str, lines: int, now: datetime
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
    )


def to_json(record: DecisionRecord) -> bytes:
    """The record's one byte string."""
    return canonical(record)


def from_json(data: bytes) -> DecisionRecord:
    """The reverse of `to_json`. Raises CodecError."""
    return loads(DecisionRecord, data)


STYLE = """
body { font: 11pt/1.45 system-ui, sans-serif; color: #111; background: #fff; max-width: 50rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; border-top: 1px solid #999; padding-top: 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
caption { text-align: left; font-weight: 600; padding: .25rem 0; }
th, td { border: 1px solid #999; padding: .3rem .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { background: #eee; } code { font-size: .85em; overflow-wrap: anywhere; }
.outcome { font-size: 1.2rem; font-weight: 700; } .warn { font-weight: 700; }
@media print { body { margin: 0; max-width: none; } tr, caption { break-inside: avoid; } h2 { break-after: avoid; } }
"""


def style_hash() -> str:
    """What the route that serves the page names in its Content-Security-Policy: the hash of the one style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()


def to_html(record: DecisionRecord) -> bytes:
    """The record as one page that prints, without anything from elsewhere. Everything people wrote is escaped."""
    digest = sha256(to_json(record))
    reason = f"<p>{escape(record.reason)}</p>" if record.reason else ""
    facts = _table(
        "Record",
        ("", ""),
        [
            ("Proposal", record.proposal),
            ("Author", record.author),
            ("Sealed", utc_text(record.sealed_at)),
            ("SHA-256 of record.json", digest),
            ("Audit trail", f"{record.trail_lines} lines, head {record.trail_head}"),
        ],
    )
    revisions = "".join(_revision(revision) for revision in record.revisions)
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(record.title)}: '
        f"{record.outcome.value}</title><style>{STYLE}</style></head><body><main><h1>{escape(record.title)}</h1>"
        f'<p class="outcome">{record.outcome.value.capitalize()}</p>{reason}{facts}{revisions}</main></body></html>'
    )
    return page.encode()


def _revision(revision: RevisionRecord) -> str:
    submission, draft = revision.submission, revision.submission.draft
    submitted = [
        ("Submitted", f"{utc_text(submission.submitted_at)} by {submission.author}"),
        ("Category, department", f"{draft.category}, {draft.department}"),
        ("Budget, risk", f"{draft.budget:,}, {draft.risk}"),
        ("Summary", draft.summary),
        *((name, answer) for name, answer in draft.fields.items()),
        ("Prepared by", ", ".join(draft.prepared_by) or "the author"),
        ("What was changed", draft.note or "-"),
        ("Routed by rule", f"{revision.rule} ({revision.why})"),
        ("Policy, directory", f"{submission.policy}, {submission.directory}"),
    ]
    documents = [(d.kind, d.name, f"{d.size:,}", d.sha256) for d in submission.documents]
    findings = revision.screening.findings if revision.screening else ()
    found = [(f.check, f.result.value.replace("_", " "), f.message) for f in findings]
    return (
        f"<section><h2>Revision {submission.revision}</h2>"
        + _table("As submitted", ("", ""), submitted)
        + _table("Documents", ("Kind", "Name", "Bytes", "SHA-256"), documents)
        + _table("Automatic checks", ("Check", "Result", "Found"), found)
        + _table("Approval tasks", ("Task", "Holder, why", "State", "Decision"), map(_task, revision.tasks))
        + _table(
            "Conditions", ("Condition", "Due", "State", "Evidence"), map(_condition, revision.conditions)
        )
        + "</section>"
    )


def _task(task: ApprovalTask) -> tuple[str, ...]:
    behalf = f", on behalf of {task.on_behalf_of}" if task.on_behalf_of else ""
    state = task.state.value.replace("_", " ")
    if task.kept_from:
        state += f", kept from {task.kept_from}"
    reason = (
        task.closed_reason or (task.successor and f"{task.successor.reason}: {task.successor.task}") or ""
    )
    decision = _decision(task.decision) if task.decision else "-"
    return task.task, f"{task.assignee}{behalf}: {task.why}", f"{state}. {reason}".strip(), decision


def _decision(decision: Decision) -> str:
    verdict = decision.verdict.value.replace("_", " ")
    door = "" if decision.authenticated else f" (not authenticated, through {decision.source.value})"
    comment = f": {decision.comment}" if decision.comment else ""
    return f"{verdict} by {decision.by}{door} at {utc_text(decision.recorded_at)}{comment}"


def _condition(file: ConditionFile) -> tuple[str, ...]:
    condition = file.condition
    evidence = "; ".join(
        f"{e.note} ({', '.join(f'{d.name} {d.sha256}' for d in e.documents) or 'no documents'})"
        for e in file.evidence
    )
    by = f" by {file.confirmed_by}" if file.confirmed_by else ""
    text = f"{condition.text} (set by {condition.set_by})"
    return text, utc_text(condition.due_at), file.state.value + by, evidence or "-"


def _table(caption: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table with a heading row, or with heading cells on the left where ``heads`` are empty. None for no rows."""
    body = "".join(_row(row, on_the_left=not any(heads)) for row in rows)
    if not body:
        return ""
    top = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads) if any(heads) else ""
    head = f"<thead><tr>{top}</tr></thead>" if top else ""
    return f"<table><caption>{escape(caption)}</caption>{head}<tbody>{body}</tbody></table>"


def _row(cells: tuple[str, ...], *, on_the_left: bool) -> str:
    first = f'<th scope="row">{escape(cells[0])}</th>' if on_the_left else f"<td>{escape(cells[0])}</td>"
    return "<tr>" + first + "".join(f"<td>{escape(cell)}</td>" for cell in cells[1:]) + "</tr>"
