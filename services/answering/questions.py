"""A question to the author, without rejecting: asked by who holds an open task, answered by whom it is about.

It is not a decision, and no deadline stops for it. Like a task's, a question's blob owes its audit lines, and with them
its messages, until `follow_up_question` has made them; the sweep does it where a crash came between.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from approvals.model import ApprovalTask, AuditEntry, QuestionFile, Source
from approvals.policy.directory import Naming
from approvals.ports import Ports
from approvals.refusals import Refusal, RefusalKind
from approvals.stored import codec, ids, layout
from approvals.stored.codec import said_utc, utc_text
from approvals.texts import wording
from approvals.writing.messages import question_answered, question_asked
from services.deciding.decide import refuse_proposal, refuse_task
from services.store.cases import (
    Case,
    TaskRef,
    change,
    load,
    load_case,
    load_proposal,
    naming,
    no_task,
    put_once,
    task_version,
)
from services.store.follow_up import leave_hint, pay_question, reader
from services.store.outbox import post

# On one task; who wants to know more than this asks for changes.
MAX_QUESTIONS = 20
MAX_TEXT = 4000


def ask(ports: Ports, by: str, ref: TaskRef, text: str, etag: str) -> tuple[QuestionFile, ApprovalTask]:
    """Ask the author something about an open task; the same text again is the same question.

    ``etag`` is the version of the task that the person looked at. Returns the question and its task. Raises Refusal:
    NOT_FOUND, NOT_YOUR_TASK, TASK_OVER, PROPOSAL_OVER, WRONG_STATE, SUPERSEDED_REVISION, STALE, CONFLICT.
    """
    current, _ = load_proposal(ports.store, ref.proposal)
    case = load_case(ports, ref.proposal, ref.revision)
    task = _task(ports, ref)
    while True:  # whoever was faster has added a question, so it ends at MAX_QUESTIONS
        earlier = load_questions(ports, ref.proposal, ref.revision, ref.task)
        same = next((file for file in earlier if (file.asked_by, file.text) == (by, text)), None)
        if same is not None:
            return follow_up_question(ports, case, same), task
        refuse_proposal(current, ref.revision)
        refuse_task(task, by, naming(ports, case))
        if etag != task_version(task):
            raise Refusal(RefusalKind.STALE, wording("refusal.task-changed"))
        if len(earlier) == MAX_QUESTIONS:
            raise Refusal(RefusalKind.CONFLICT, wording("refusal.enough-questions", limit=MAX_QUESTIONS))
        file = _asked(ports, task, len(earlier) + 1, by, text)
        if put_once(ports.store, _name(file), codec.dumps(file)):
            return follow_up_question(ports, case, file), task


def answer(ports: Ports, by: str, proposal: str, question: str, text: str) -> QuestionFile:
    """Answer a question, once. For the author, and for who prepared the documents; the same answer twice is one.

    Raises Refusal: NOT_FOUND, NOT_ALLOWED, PROPOSAL_OVER, WRONG_STATE, SUPERSEDED_REVISION, CONFLICT (who was first).
    """
    current, _ = load_proposal(ports.store, proposal)
    missing = wording("refusal.no-question", proposal=proposal, question=question[:64])
    revision = ids.question_revision(question)
    if revision is None:
        raise Refusal(RefusalKind.NOT_FOUND, missing)
    case = load_case(ports, proposal, revision)
    now = ports.clock.now()

    def edit(stored: QuestionFile) -> QuestionFile:
        if by not in case.barred:
            raise Refusal(RefusalKind.NOT_ALLOWED, wording("refusal.only-the-authors"))
        if (stored.answered_by, stored.answer) == (by, text):
            return stored
        refuse_proposal(current, stored.revision)
        _refuse_answered(stored, naming(ports, case))
        entry = _entry(stored, "answered", by, now, text)
        return replace(
            stored, answer=text, answered_by=by, answered_at=now, unaudited=(*stored.unaudited, entry)
        )

    stored = change(ports.store, layout.question(proposal, revision, question), QuestionFile, edit, missing)
    return follow_up_question(ports, case, stored)


def load_questions(ports: Ports, proposal: str, revision: int, task: str | None = None) -> list[QuestionFile]:
    """The questions of a revision, or of one of its tasks, in the order in which they were asked."""
    prefix = layout.questions(proposal, revision) + (ids.question_id(revision, task, "") if task else "")
    found = [load(ports.store, name, QuestionFile) for name in ports.store.names(prefix)]
    return sorted((pair[0] for pair in found if pair), key=lambda file: (file.asked_at, file.question))


def follow_up_question(ports: Ports, case: Case, file: QuestionFile) -> QuestionFile:
    """Bring messages and trail in line with a question's blob. Returns the question as stored afterwards."""
    if not file.unaudited:
        return file
    task, submission = _task(ports, TaskRef(file.proposal, file.revision, file.task)), case.submission
    post(ports, question_asked(file, submission, task.due_at, reader(ports, case, submission.author)))
    if file.answer is None:
        leave_hint(ports, submission.author, file, file.question)
    else:
        post(ports, question_answered(file, submission, task.due_at, reader(ports, case, file.asked_by)))
    return pay_question(ports, file)


def follow_up_questions(ports: Ports, proposal: str, revisions: int) -> None:
    """Follow up every question of a proposal's revisions: a former one may owe what a crash left undone."""
    for revision in range(1, revisions + 1):
        case = load_case(ports, proposal, revision)
        for file in load_questions(ports, proposal, revision):
            follow_up_question(ports, case, file)


def _task(ports: Ports, ref: TaskRef) -> ApprovalTask:
    name = layout.task(ref.proposal, ref.revision, ref.task)
    found = load(ports.store, name, ApprovalTask) if ids.TASK_PATTERN.match(ref.task) else None
    if found is None:
        missing = no_task(ref)
        raise Refusal(RefusalKind.NOT_FOUND, missing)
    return found[0]


def _asked(ports: Ports, task: ApprovalTask, number: int, by: str, text: str) -> QuestionFile:
    question, now = ids.question_id(task.revision, task.task, str(number)), ports.clock.now()
    file = QuestionFile(task.proposal, task.revision, question, task.task, by, text, now)
    return replace(file, unaudited=(_entry(file, "asked", by, now, text),))


def _entry(file: QuestionFile, action: str, by: str, at: datetime, text: str) -> AuditEntry:
    return AuditEntry(
        id=f"r{file.revision}/{file.question}/{action}",
        at=at,
        actor=by,
        action=action,
        subject=file.question,
        source=Source.API,
        detail={"text": text},
    )


def _refuse_answered(stored: QuestionFile, name: Naming) -> None:
    if stored.answered_by is not None and stored.answered_at is not None:
        raise Refusal(
            RefusalKind.CONFLICT,
            wording(
                "refusal.answered-before",
                who=name(stored.answered_by),
                when=said_utc(stored.answered_at),
            ),
            detail={"answered_by": stored.answered_by, "answered_at": utc_text(stored.answered_at)},
        )


def _name(file: QuestionFile) -> str:
    return layout.question(file.proposal, file.revision, file.question)
