"""Approved *if*: the conditions that approvers set, their evidence, and who confirms it.

A file proves nothing by being there: a condition is met when who set it, or the policy's confirming role, says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from approvals.model import (
    AuditEntry,
    Condition,
    ConditionFile,
    ConditionState,
    Evidence,
    Proposal,
    ProposalState,
    Source,
    TaskState,
)
from approvals.policy.directory import Naming
from approvals.policy.selectors import Asked, people_of
from approvals.ports import Ports
from approvals.refusals import FieldError, Refusal, RefusalKind, invalid
from approvals.stored import codec, ids, layout
from approvals.stored.codec import utc_text
from approvals.stored.ids import SYSTEM
from approvals.texts import wording
from approvals.wire import ConditionsReport, Raised
from approvals.writing.messages import (
    condition_confirmed,
    condition_evidence,
    condition_opened,
    condition_refused,
)
from services.deciding.events import Listener, judge
from services.deciding.stages import is_over
from services.store.cases import (
    Case,
    change,
    change_proposal,
    load,
    load_case,
    load_proposal,
    load_tasks,
    moved,
    naming,
    put_once,
    refuse_over,
)
from services.store.follow_up import leave_hint, pay_condition, pay_proposal, reader
from services.store.outbox import post
from services.submitting.submission import Upload, document_field, refuse_large

LISTENER = "conditions"
MAX_NOTE = 4000


def open_conditions(ports: Ports, proposal: str, revision: int) -> ConditionsReport:
    """Collect the conditions of the counted decisions and let the proposal wait for them, if there are any."""
    case = load_case(ports, proposal, revision)
    now = ports.clock.now()
    wanted = [
        condition
        for task in load_tasks(ports.store, proposal, revision)
        if task.state is TaskState.APPLIED and task.decision is not None
        for condition in task.decision.conditions
    ]
    if not wanted:
        return ConditionsReport("none", 0, None)
    for condition in wanted:
        entry = AuditEntry(
            id=f"r{revision}/{condition.id}/opened",
            at=now,
            actor=condition.set_by,
            action="condition_opened",
            subject=condition.id,
            detail={"text": condition.text, "due": utc_text(condition.due_at)},
        )
        file = ConditionFile(proposal, revision, condition, unaudited=(entry,))
        put_once(ports.store, layout.condition(proposal, revision, condition.id), codec.dumps(file))
        author = reader(ports, case, case.submission.author)
        post(ports, condition_opened(case.submission, condition, author, now))
        leave_hint(ports, case.submission.author, case.submission, condition.id)

    def edit(stored: Proposal) -> Proposal:
        if stored.state is not ProposalState.DECIDING or stored.revision != revision:
            return stored
        listed = ", ".join(condition.id for condition in wanted)
        entry = AuditEntry(
            id=f"r{revision}/conditions",
            at=now,
            actor=SYSTEM,
            action="conditions_awaited",
            subject=f"r{revision}",
            detail={"conditions": listed},
        )
        return moved(
            stored,
            "await_conditions",
            entry,
            instance=ids.child_instance_id(stored.orchestration(), LISTENER),
        )

    pay_proposal(ports, change_proposal(ports, proposal, edit))
    return settle_conditions(ports, proposal, revision, 0, (), now)


def settle_conditions(
    ports: Ports, proposal: str, revision: int, handled: int, events: Sequence[Raised], as_of: datetime
) -> ConditionsReport:
    """Are all conditions confirmed, is one past its due date, or did the proposal end otherwise?"""
    now = max(ports.clock.now(), as_of)
    case, (current, _) = load_case(ports, proposal, revision), load_proposal(ports.store, proposal)
    hears = Listener(proposal, revision, ids.listener(LISTENER, current.generation(revision)))
    handled = judge(ports, hears, handled, events)
    if is_over(current, revision):
        return ConditionsReport("over", handled, None)
    files = [_lapse(ports, file, now) for file in load_conditions(ports, proposal, revision)]
    for file in files:
        follow_up_condition(ports, case, file)
    if any(file.state is ConditionState.LAPSED for file in files):
        return ConditionsReport("lapsed", handled, None)
    waiting = [file.condition for file in files if file.state is not ConditionState.CONFIRMED]
    if not waiting:
        return ConditionsReport("met", handled, None)
    due = min(condition.due_at for condition in waiting)
    return ConditionsReport("pending", handled, due, tuple(condition.id for condition in waiting))


def load_conditions(ports: Ports, proposal: str, revision: int) -> list[ConditionFile]:
    """All conditions of a revision, by id."""
    names = ports.store.names(layout.conditions(proposal, revision))
    found = [load(ports.store, name, ConditionFile) for name in names]
    return [pair[0] for pair in found if pair]


def follow_up_condition(ports: Ports, case: Case, file: ConditionFile) -> ConditionFile:
    """Bring messages, inboxes and trail in line with what was said about a condition; it may run any number of times.

    Paying the debt is the last step, so the sweep tells people where whoever said it crashed.
    """
    if not file.unaudited:
        return file
    submission, now = case.submission, ports.clock.now()
    author = reader(ports, case, submission.author)
    if file.state is ConditionState.EVIDENCE:
        for person in sorted(confirmers(ports, case, file.condition)):
            who, number = reader(ports, case, person), len(file.evidence)
            post(ports, condition_evidence(submission, file.condition, number, person, who, now))
            leave_hint(ports, person, submission, file.condition.id)
    elif file.state is ConditionState.CONFIRMED:
        post(ports, condition_confirmed(submission, file, author, now))
    elif file.state is ConditionState.OPEN and file.refused is not None:
        post(ports, condition_refused(submission, file, author, now))
    return pay_condition(ports, file)


def _lapse(ports: Ports, file: ConditionFile, now: datetime) -> ConditionFile:
    if file.state in (ConditionState.CONFIRMED, ConditionState.LAPSED) or file.condition.due_at > now:
        return file

    def edit(stored: ConditionFile) -> ConditionFile:
        if stored.state in (ConditionState.CONFIRMED, ConditionState.LAPSED):
            return stored
        entry = _entry(
            stored, "lapsed", SYSTEM, now, Source.SYSTEM, {"due": utc_text(stored.condition.due_at)}
        )
        return replace(stored, state=ConditionState.LAPSED, unaudited=(*stored.unaudited, entry))

    return _change(ports, file.proposal, file.revision, file.condition.id, edit)


# -- people ----------------------------------------------------------------------------------------------


def give_evidence(
    ports: Ports, by: str, proposal: str, condition: str, note: str, uploads: Sequence[Upload]
) -> ConditionFile:
    """The author says that a condition is met, with documents. Who confirms it is told; it is not met by this.

    Raises Refusal: NOT_FOUND, NOT_ALLOWED, PROPOSAL_OVER, WRONG_STATE, INVALID, TOO_LARGE.
    """
    case = _conditional(ports, proposal)
    if by != case.submission.author:
        raise Refusal(RefusalKind.NOT_ALLOWED, wording("refusal.only-the-author", move="evidence"))
    _refuse_note(note, "note")
    _refuse_uploads(ports, uploads)
    now = ports.clock.now()
    submission = case.submission
    for upload in uploads:
        name = layout.document(proposal, submission.revision, upload.reference().sha256)
        put_once(ports.store, name, upload.data, "application/octet-stream")
    evidence = Evidence(by, now, note.strip(), tuple(upload.reference() for upload in uploads))

    def edit(stored: ConditionFile) -> ConditionFile:
        if (
            stored.evidence
            and _same(stored.evidence[-1], evidence)
            and stored.state is ConditionState.EVIDENCE
        ):
            return stored
        _refuse_settled(stored, naming(ports, case))
        number = len(stored.evidence) + 1
        entry = _entry(stored, f"evidence-{number}", by, now, Source.API, _told(evidence))
        return replace(
            stored,
            state=ConditionState.EVIDENCE,
            evidence=(*stored.evidence, evidence),
            refused=None,
            unaudited=(*stored.unaudited, entry),
        )

    return follow_up_condition(ports, case, _change(ports, proposal, submission.revision, condition, edit))


def confirm(ports: Ports, by: str, proposal: str, condition: str) -> ConditionFile:
    """Who set the condition, or the confirming role, says that it is met. Raises Refusal as `give_evidence`."""
    case = _conditional(ports, proposal)
    now = ports.clock.now()

    def edit(stored: ConditionFile) -> ConditionFile:
        _refuse_confirmer(ports, case, stored, by)
        if stored.state is ConditionState.CONFIRMED and stored.confirmed_by == by:
            return stored
        _refuse_settled(stored, naming(ports, case))
        entry = _entry(stored, "confirmed", by, now, Source.API, {})
        return replace(
            stored,
            state=ConditionState.CONFIRMED,
            confirmed_by=by,
            refused=None,
            unaudited=(*stored.unaudited, entry),
        )

    return follow_up_condition(
        ports, case, _change(ports, proposal, case.submission.revision, condition, edit)
    )


def refuse(ports: Ports, by: str, proposal: str, condition: str, why: str) -> ConditionFile:
    """The evidence is not enough, and why; the author may give more until the due date. Raises as `confirm`."""
    case = _conditional(ports, proposal)
    if not why.strip():
        error = FieldError("comment", wording("fix.not-empty"))
        raise Refusal(RefusalKind.COMMENT_REQUIRED, wording("refusal.say-what-is-missing"), (error,))
    _refuse_note(why, "comment")
    now = ports.clock.now()

    def edit(stored: ConditionFile) -> ConditionFile:
        _refuse_confirmer(ports, case, stored, by)
        if stored.state is ConditionState.OPEN and stored.refused == why.strip():
            return stored
        _refuse_settled(stored, naming(ports, case))
        entry = _entry(stored, f"refused-{len(stored.evidence)}", by, now, Source.API, {"why": why.strip()})
        return replace(
            stored, state=ConditionState.OPEN, refused=why.strip(), unaudited=(*stored.unaudited, entry)
        )

    return follow_up_condition(
        ports, case, _change(ports, proposal, case.submission.revision, condition, edit)
    )


def confirmers(ports: Ports, case: Case, condition: Condition) -> set[str]:
    """Who may confirm: who set it, and today's holders of the policy's confirming role; never the author."""
    people = {condition.set_by}
    if case.policy.condition_role is not None:
        asked = Asked(case.submission.author, case.submission.draft.department)
        people |= set(people_of(case.policy.condition_role, ports.directory.current(), asked))
    return people - case.barred


def _conditional(ports: Ports, proposal: str) -> Case:
    current, _ = load_proposal(ports.store, proposal)
    refuse_over(current)
    if current.state is not ProposalState.CONDITIONS:
        raise Refusal(RefusalKind.WRONG_STATE, wording("refusal.no-conditions", state=current.state.value))
    return load_case(ports, proposal, current.revision)


def _refuse_confirmer(ports: Ports, case: Case, stored: ConditionFile, by: str) -> None:
    if by not in confirmers(ports, case, stored.condition):
        raise Refusal(RefusalKind.NOT_ALLOWED, wording("refusal.not-the-confirmer"))


def _refuse_settled(stored: ConditionFile, name: Naming) -> None:
    if stored.state in (ConditionState.CONFIRMED, ConditionState.LAPSED):
        confirmed = stored.confirmed_by
        text = (
            wording("refusal.condition-confirmed", who=name(confirmed))
            if confirmed
            else wording("refusal.condition-lapsed")
        )
        raise Refusal(RefusalKind.CONFLICT, text)


def _refuse_note(text: str, field: str) -> None:
    if len(text) > MAX_NOTE:
        error = FieldError(field, wording("fix.at-most-characters", limit=MAX_NOTE))
        raise invalid(wording("refusal.text-too-long"), error)


def _refuse_uploads(ports: Ports, uploads: Sequence[Upload]) -> None:
    limits = ports.policy.current().limits
    if len(uploads) > limits.max_documents:
        text = wording("fix.too-many-documents", limit=limits.max_documents, count=len(uploads))
        raise invalid(wording("refusal.too-many-documents"), FieldError("documents", text))
    documents = [upload.reference() for upload in uploads]
    errors = [
        FieldError(document_field(document), wording("fix.empty-document", name=document.name))
        for document in documents
        if document.size == 0
    ]
    if errors:
        raise invalid(wording("refusal.evidence-as-it-is"), *errors)
    refuse_large(limits, documents)


def _told(evidence: Evidence) -> dict[str, str]:
    """For the trail: the note, and each document's digest by its name, with a number where that is taken."""
    told = {"note": evidence.note}
    for document in evidence.documents:
        name, number = document.name, 1
        while name in told:
            number += 1
            name = f"{document.name} ({number})"
        told[name] = document.sha256
    return told


def _same(one: Evidence, other: Evidence) -> bool:
    return (one.by, one.note, one.documents) == (other.by, other.note, other.documents)


def _entry(
    file: ConditionFile, action: str, actor: str, at: datetime, source: Source, detail: dict[str, str]
) -> AuditEntry:
    condition = file.condition.id
    name = f"condition_{action.split('-', maxsplit=1)[0]}"
    return AuditEntry(
        f"r{file.revision}/{condition}/{action}", at, actor, name, condition, source, True, detail
    )


def _change(
    ports: Ports, proposal: str, revision: int, condition: str, edit: Callable[[ConditionFile], ConditionFile]
) -> ConditionFile:
    name = layout.condition(proposal, revision, condition)
    about = {"revision": str(revision), "proposal": proposal, "condition": condition}
    missing = wording("refusal.no-condition", **about)
    if not ids.CONDITION_PATTERN.match(condition):
        raise Refusal(RefusalKind.NOT_FOUND, missing)
    return change(ports.store, name, ConditionFile, edit, missing)
