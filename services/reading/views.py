"""What people are shown of one proposal: the whole picture, and where it stands. Reading only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from approvals.lifecycle import OVER
from approvals.model import (
    ApprovalTask,
    ConditionFile,
    ConditionState,
    Document,
    Proposal,
    ProposalState,
    QuestionFile,
    Screening,
    Stage,
    Submission,
    TaskState,
)
from approvals.ports import Ports
from approvals.refusals import Refusal, RefusalKind
from approvals.stored import ids, layout
from approvals.tally import StageResult, chain_ended, tally
from approvals.texts import wording
from approvals.verdicts import Verdict
from approvals.writing import audit
from services.answering.fulfillment import confirmers, load_conditions
from services.answering.questions import load_questions
from services.closing.evidence import names
from services.deciding.assignment import is_operator
from services.store.cases import Case, load, load_case, load_proposal, load_tasks, task_version
from services.store.outbox import UndeliveredView, undelivered

UNMET = (ConditionState.OPEN, ConditionState.EVIDENCE)


@dataclass(frozen=True)
class TaskView:
    """A task, with the version to send back as ``If-Match`` and whether it waits for who is looking."""

    task: ApprovalTask
    etag: str
    yours: bool


@dataclass(frozen=True)
class StageView:
    name: str
    title: str
    need: str
    quorum: int
    state: str  # waiting for the stages before, cancelled with the proposal, or a StageResult
    verdicts: tuple[Verdict, ...]
    asks: tuple[str, ...]  # who is asked first, seat by seat
    tasks: tuple[TaskView, ...]


@dataclass(frozen=True)
class ConditionView:
    file: ConditionFile
    you_may_confirm: bool


@dataclass(frozen=True)
class QuestionView:
    """A question to the author; the last three are None while it waits for its answer."""

    id: str
    task: str
    asked_by: str
    text: str
    asked_at: datetime
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None


@dataclass(frozen=True)
class Labels:
    """What a submission's words mean in the policy it was routed by: questions by field, titles by kind of document."""

    category: str
    currency: str
    fields: dict[str, str]
    documents: dict[str, str]


@dataclass(frozen=True)
class RevisionView:
    submission: Submission
    labels: Labels
    rule: str
    why: str
    screening: Screening | None
    stages: tuple[StageView, ...]
    conditions: tuple[ConditionView, ...]
    questions: tuple[QuestionView, ...]


@dataclass(frozen=True)
class ProposalView:
    """The whole picture. ``can`` lists the viewer's next moves; ``timeline`` is the audit trail.

    ``people`` are the names of everybody who is mentioned by an id.
    """

    proposal: Proposal
    state: str
    can: tuple[str, ...]
    revisions: tuple[RevisionView, ...]
    timeline: tuple[audit.AuditLine, ...]
    people: dict[str, str]
    undelivered: tuple[UndeliveredView, ...]


@dataclass(frozen=True)
class OpenTaskView:
    task: str
    stage: str
    assignee: str
    due_at: datetime
    state: str  # open, or recorded: stored, and about to be applied


@dataclass(frozen=True)
class OpenConditionView:
    condition: str
    text: str
    due_at: datetime
    state: str  # open, or evidence: given, and to be confirmed


@dataclass(frozen=True)
class StatusView:
    """Where it stands, for people who poll and for operators who raise events.

    ``next_due`` is the nearest deadline of an open task, a condition or the author's revision.
    """

    proposal: str
    revision: int
    over: bool
    state: str
    outcome: str | None
    reason: str
    instance: str
    event: str
    stage: str | None
    tasks: tuple[OpenTaskView, ...]
    conditions: tuple[OpenConditionView, ...]
    next_due: datetime | None
    revise_by: datetime | None


def shown_state(proposal: Proposal) -> str:
    """The state in words: a decided proposal whose publication failed says so, and one that is not begun again."""
    if proposal.trouble:
        return "in trouble"
    if proposal.state is ProposalState.CLOSING and proposal.publication is not None:
        return "decided, publication pending"
    return proposal.state.value


@dataclass(frozen=True)
class _Stored:
    """A revision with its tasks and conditions as they lie in the store."""

    case: Case
    tasks: list[ApprovalTask]
    conditions: list[ConditionFile]


def picture(ports: Ports, viewer: str, proposal: str) -> ProposalView:
    """Everything about a proposal. Raises Refusal (NOT_FOUND) also where the viewer may not see it."""
    current, _ = load_proposal(ports.store, proposal)
    stored = [_stored(ports, current, n) for n in range(1, current.revision + 1)]
    if not (_always_sees(ports, viewer, current) or any(_involves(ports, viewer, each) for each in stored)):
        raise _nothing(proposal)
    revisions = tuple(_revision(ports, viewer, each) for each in stored)
    lines = trail(ports, proposal, erased=current.erased_at is not None)
    owed = undelivered(ports, proposal)
    return ProposalView(
        current,
        shown_state(current),
        _can(ports, viewer, current, revisions[-1]),
        revisions,
        lines,
        names(ports, current, _mentioned(stored, lines) | {message.to for message in owed}),
        owed,
    )


def _mentioned(stored: list[_Stored], lines: tuple[audit.AuditLine, ...]) -> set[str]:
    """Every id that may be a person's: whoever acts, and whatever a line of the trail tells."""
    people = {line.entry.actor for line in lines}
    people |= {value for line in lines for value in line.entry.detail.values()}
    for each in stored:
        submission = each.case.submission
        people |= {submission.author, *submission.draft.prepared_by}
        people |= {who for task in each.tasks for who in (task.assignee, task.on_behalf_of) if who}
        people |= {seat.chain[0].person for stage in each.case.route.stages for seat in stage.seats}
    return people


def require_sight(ports: Ports, viewer: str, proposal: str) -> Proposal:
    """The proposal, if the viewer may see it: its author, whoever prepared it, holds or held a task of it or may
    confirm a condition, and operators.

    Raises Refusal (NOT_FOUND): that it exists is not told to strangers.
    """
    current, _ = load_proposal(ports.store, proposal)
    if _always_sees(ports, viewer, current):
        return current
    if any(_involves(ports, viewer, _stored(ports, current, n)) for n in range(current.revision, 0, -1)):
        return current
    raise _nothing(proposal)


def _nothing(proposal: str) -> Refusal:
    return Refusal(RefusalKind.NOT_FOUND, wording("refusal.no-proposal", proposal=proposal))


def _stored(ports: Ports, current: Proposal, revision: int) -> _Stored:
    return _Stored(
        load_case(ports, current.proposal, revision, erased=current.erased_at is not None),
        load_tasks(ports.store, current.proposal, revision),
        load_conditions(ports, current.proposal, revision),
    )


def _always_sees(ports: Ports, viewer: str, proposal: Proposal) -> bool:
    return viewer == proposal.author or is_operator(ports, viewer)


def _involves(ports: Ports, viewer: str, stored: _Stored) -> bool:
    return (
        viewer in stored.case.submission.draft.prepared_by
        or any(viewer in (task.assignee, task.on_behalf_of) for task in stored.tasks)
        or any(viewer in confirmers(ports, stored.case, file.condition) for file in stored.conditions)
    )


def find_document(ports: Ports, proposal: Proposal, sha256: str) -> tuple[str, Document] | None:
    """Where a document of any revision lies, submitted or given as evidence; its latest name."""
    for n in range(proposal.revision, 0, -1):
        given = [each for file in load_conditions(ports, proposal.proposal, n) for each in file.evidence]
        submitted = load_case(ports, proposal.proposal, n).submission.documents
        for document in (*submitted, *(document for each in given for document in each.documents)):
            if document.sha256 == sha256:
                return layout.document(proposal.proposal, n, sha256), document
    return None


def trail(ports: Ports, proposal: str, *, erased: bool = False) -> tuple[audit.AuditLine, ...]:
    """The audit trail, parsed."""
    blob = ports.store.read(layout.audit(proposal, erased=erased))
    return audit.parse_trail(blob.data) if blob else ()


def _revision(ports: Ports, viewer: str, stored: _Stored) -> RevisionView:
    case = stored.case
    screening = load(
        ports.store, layout.screening(case.submission.proposal, case.submission.revision), Screening
    )
    return RevisionView(
        submission=case.submission,
        labels=_labels(case),
        rule=case.route.rule,
        why=case.route.why,
        screening=screening[0] if screening else None,
        stages=tuple(_stage(viewer, case, stage, stored.tasks) for stage in case.route.stages),
        conditions=tuple(
            ConditionView(file, viewer in confirmers(ports, case, file.condition))
            for file in stored.conditions
        ),
        questions=tuple(
            question_view(file)
            for file in load_questions(ports, case.submission.proposal, case.submission.revision)
        ),
    )


def question_view(file: QuestionFile) -> QuestionView:
    """A question as people are shown it."""
    return QuestionView(
        file.question,
        file.task,
        file.asked_by,
        file.text,
        file.asked_at,
        file.answer,
        file.answered_by,
        file.answered_at,
    )


def _labels(case: Case) -> Labels:
    category = case.policy.categories[case.submission.draft.category]
    documents = {kind: each.title for kind, each in category.documents.items()}
    return Labels(category.title, case.policy.currency, dict(category.fields), documents)


def _stage(viewer: str, case: Case, stage: Stage, tasks: list[ApprovalTask]) -> StageView:
    places = {seat.name: n for n, seat in enumerate(stage.seats)}
    mine = sorted(
        (task for task in tasks if task.stage == stage.name),
        key=lambda task: (places[task.seat], task.generation),
    )
    views = (TaskView(t, task_version(t), t.assignee == viewer and t.state is TaskState.OPEN) for t in mine)
    state = _stage_state(stage, case, mine)
    asks = tuple(seat.chain[0].person for seat in stage.seats)
    need = stage.need.value
    return StageView(stage.name, stage.title, need, stage.quorum, state, stage.verdicts, asks, tuple(views))


def _stage_state(stage: Stage, case: Case, tasks: list[ApprovalTask]) -> str:
    """The tally's result; a stage whose tasks were cancelled with the proposal did not lapse by itself."""
    if not tasks:
        return "waiting"
    count = tally(stage, tasks, case.barred)
    lapsed = count.result is StageResult.LAPSED and any(map(chain_ended, tasks))
    cancelled = any(task.state is TaskState.CANCELLED for task in tasks)
    if (count.result is StageResult.LAPSED and not lapsed) or (count.go_up and cancelled):
        return "cancelled"
    return count.result.value


def _can(ports: Ports, viewer: str, proposal: Proposal, latest: RevisionView) -> tuple[str, ...]:
    moves = []
    if any(task.yours for stage in latest.stages for task in stage.tasks):
        moves += ["decide", "hand_over", "recuse"]
        moves += ["ask"] * (proposal.state is ProposalState.DECIDING)
    if viewer == proposal.author and proposal.state not in OVER:
        moves.append("withdraw")
        if proposal.state is ProposalState.CHANGES_REQUESTED:
            moves.append("revise")
        if proposal.state is ProposalState.CONDITIONS:
            moves.append("give_evidence")
    waiting = any(question.answer is None for question in latest.questions)
    if proposal.state is ProposalState.DECIDING and waiting and viewer in _askable(latest.submission):
        moves.append("answer")
    if proposal.state is ProposalState.CONDITIONS and any(
        view.you_may_confirm and view.file.state in UNMET for view in latest.conditions
    ):
        moves.append("confirm")
    if is_operator(ports, viewer):
        moves += ["reassign"] * (proposal.state is ProposalState.DECIDING)
        moves += ["publish_again"] * (proposal.publication is not None)
    return tuple(moves)


def _askable(submission: Submission) -> tuple[str, ...]:
    return submission.author, *submission.draft.prepared_by


def status(ports: Ports, proposal: str) -> StatusView:
    """Where a proposal stands. Raises Refusal (NOT_FOUND)."""
    current, _ = load_proposal(ports.store, proposal)
    tasks = _open_tasks(ports, current)
    conditions = _open_conditions(ports, current)
    deadlines = [task.due_at for task in tasks] + [condition.due_at for condition in conditions]
    if current.state is ProposalState.CHANGES_REQUESTED and current.revise_by is not None:
        deadlines.append(current.revise_by)
    return StatusView(
        proposal=proposal,
        revision=current.revision,
        over=current.state is ProposalState.CLOSED,
        state=shown_state(current),
        outcome=current.outcome.value if current.outcome else None,
        reason=current.outcome_reason,
        instance=current.instance,
        event=ids.EVENT,
        stage=tasks[0].stage if tasks else None,
        tasks=tasks,
        conditions=conditions,
        next_due=min(deadlines, default=None),
        revise_by=current.revise_by,
    )


def _open_tasks(ports: Ports, current: Proposal) -> tuple[OpenTaskView, ...]:
    if current.state is ProposalState.CLOSED:
        return ()
    return tuple(
        OpenTaskView(task.task, task.stage, task.assignee, task.due_at, task.state.value)
        for task in load_tasks(ports.store, current.proposal, current.revision)
        if task.state in (TaskState.OPEN, TaskState.RECORDED)
    )


def _open_conditions(ports: Ports, current: Proposal) -> tuple[OpenConditionView, ...]:
    if current.state is not ProposalState.CONDITIONS:
        return ()
    return tuple(
        OpenConditionView(file.condition.id, file.condition.text, file.condition.due_at, file.state.value)
        for file in load_conditions(ports, current.proposal, current.revision)
        if file.state in UNMET
    )
