"""The page of a decision record: the sealed ``record.json`` for people and printers, in the words of a catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape

from approvals.draft import FIELDS, Draft, Shape, in_words
from approvals.model import ApprovalTask, ConditionFile, Decision, Document, Evidence, QuestionFile
from approvals.stored.codec import utc_text
from approvals.stored.ids import sha256
from approvals.texts import Texts
from approvals.verdicts import rule_of
from approvals.writing.record import RevisionRecord, from_json
from approvals.writing.record_style import STYLE


def to_html(sealed: bytes, say: Texts) -> bytes:
    """A sealed ``record.json`` as one page that prints, without anything from elsewhere. What people wrote is escaped.

    Raises CodecError.
    """
    record = from_json(sealed)
    title, outcome = _shown(record.title), record.outcome.value
    reason = f'<p class="reason">{_shown(record.reason)}</p>\n' if record.reason else ""
    facts = [
        (say("record.proposal"), record.proposal),
        (say("record.author"), record.author),
        (say("record.sealed"), utc_text(record.sealed_at)),
        (say("record.digest"), sha256(sealed)),
        (say("record.trail"), say("record.trail-lines", lines=record.trail_lines, head=record.trail_head)),
    ]
    people = (say("record.people-id"), say("record.people-name"))
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_shown(say('record.title', title=record.title, outcome=outcome))}</title>"
        f"<style>{STYLE}</style></head>\n<body><main><h1>{title}</h1>\n"
        f'<p class="outcome">{_shown(say("record.outcome", outcome=outcome))}</p>\n{reason}'
        + _table(say("record.facts"), (), facts)
        + _table(say("record.people"), people, sorted(record.people.items()))
        + "".join(_revision(revision, say) for revision in record.revisions)
        + "</main></body></html>\n"
    )
    return page.encode(errors="backslashreplace")  # half of a surrogate pair is shown as what it is


def _revision(revision: RevisionRecord, say: Texts) -> str:
    heading = _shown(say("record.revision", number=str(revision.submission.revision)))
    tables = (
        _submission(revision, say),
        _documents(revision.submission.documents, say),
        _checks(revision, say),
        _tasks(revision.tasks, say),
        _questions(revision.questions, say),
        _conditions(revision.conditions, say),
    )
    return f"<section><h2>{heading}</h2>\n" + "".join(tables) + "</section>\n"


def _submission(revision: RevisionRecord, say: Texts) -> str:
    submission = revision.submission
    submitted = say(
        "record-submission.submitted-by", at=utc_text(submission.submitted_at), who=submission.author
    )
    rows = [
        (say("record-submission.submitted"), submitted),
        *_fields(submission.draft, revision.currency),
        (
            say("record-submission.routed"),
            say("record-submission.routed-by", rule=revision.rule, why=revision.why),
        ),
        (say("record-submission.policy"), submission.policy),
        (say("record-submission.directory"), submission.directory),
    ]
    return _table(say("record-submission.caption"), (), rows)


def _fields(draft: Draft, currency: str) -> Iterator[tuple[str, str]]:
    for name, each in FIELDS.items():
        if each.shape is Shape.ANSWERS:
            yield from getattr(draft, name).items()
        else:
            said = in_words(name, draft)
            yield each.label, f"{said} {currency}" if each.shape is Shape.MONEY else said


def _documents(documents: Iterable[Document], say: Texts) -> str:
    heads = (
        say("record-documents.name"),
        say("record-documents.kind"),
        say("record-documents.bytes"),
        say("record-documents.digest"),
    )
    rows = [
        (each.name, each.kind, say("record-documents.size", size=each.size), each.sha256)
        for each in documents
    ]
    return _table(say("record-documents.caption"), heads, rows)


def _checks(revision: RevisionRecord, say: Texts) -> str:
    heads = (say("record-checks.check"), say("record-checks.result"), say("record-checks.found"))
    findings = revision.screening.findings if revision.screening else ()
    rows = [
        (found.check, say("record-checks.result-of", result=found.result.value), found.message)
        for found in findings
    ]
    return _table(say("record-checks.caption"), heads, rows)


def _tasks(tasks: Iterable[ApprovalTask], say: Texts) -> str:
    heads = (
        say("record-tasks.task"),
        say("record-tasks.holder"),
        say("record-tasks.state"),
        say("record-tasks.decision"),
    )
    return _table(say("record-tasks.caption"), heads, (_task(task, say) for task in tasks))


def _task(task: ApprovalTask, say: Texts) -> tuple[str, ...]:
    absent = task.on_behalf_of
    held = {"who": task.assignee, "absent": absent or "", "why": task.why}
    state = [say("record-tasks.state-of", state=task.state.value)]
    if task.kept_from:
        state.append(say("record-tasks.kept-from", task=task.kept_from))
    if task.successor:
        heir = {"reason": task.successor.reason, "task": task.successor.task}
        state.append(say("record-tasks.passed-on", **heir))
    elif task.closed_reason:
        state.append(task.closed_reason)
    holder = say("record-tasks.holder-of", on_behalf=absent is not None, **held)
    decision = _decision(task.decision, say) if task.decision else say("record.none")
    return task.task, holder, "\n".join(state), decision


def _decision(decision: Decision, say: Texts) -> str:
    made = say(
        "record-tasks.decided",
        who=decision.by,
        said=rule_of(decision.verdict).said,
        at=utc_text(decision.recorded_at),
        authenticated=decision.authenticated,
        door=decision.source.value,
    )
    return "\n".join(filter(None, (made, decision.comment)))


def _questions(questions: Iterable[QuestionFile], say: Texts) -> str:
    heads = (say("record-questions.question"), say("record-questions.answer"))
    return _table(say("record-questions.caption"), heads, (_question(file, say) for file in questions))


def _question(file: QuestionFile, say: Texts) -> tuple[str, ...]:
    about = {
        "question": file.question,
        "who": file.asked_by,
        "at": utc_text(file.asked_at),
        "text": file.text,
    }
    asked = say("record-questions.asked", **about)
    if file.answered_at is None:
        return asked, say("record.none")
    given = {"who": file.answered_by or "", "at": utc_text(file.answered_at), "text": file.answer or ""}
    return asked, say("record-questions.answered", **given)


def _conditions(files: Iterable[ConditionFile], say: Texts) -> str:
    heads = (
        say("record-conditions.condition"),
        say("record-conditions.due"),
        say("record-conditions.state"),
        say("record-conditions.evidence"),
    )
    return _table(say("record-conditions.caption"), heads, (_condition(file, say) for file in files))


def _condition(file: ConditionFile, say: Texts) -> tuple[str, ...]:
    condition = file.condition
    state = [say("record-conditions.state-of", state=file.state.value)]
    if file.confirmed_by:
        state.append(say("record-conditions.confirmed-by", who=file.confirmed_by))
    if file.refused:
        state.append(say("record-conditions.refused", text=file.refused))
    evidence = "\n".join(_evidence(each, say) for each in file.evidence) or say("record.none")
    about = {"condition": condition.id, "who": condition.set_by, "text": condition.text}
    set_by = say("record-conditions.set-by", **about)
    return set_by, utc_text(condition.due_at), "\n".join(state), evidence


def _evidence(evidence: Evidence, say: Texts) -> str:
    lines = [say("record-conditions.given", at=utc_text(evidence.at), who=evidence.by, note=evidence.note)]
    for each in evidence.documents:
        lines.append(say("record-conditions.document", name=each.name, digest=each.sha256))
    return "\n".join(lines)


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
