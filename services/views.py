"""What people are shown: proposals whole, their status, inboxes and lists. Reading only, but for dead inbox hints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from approvals import audit, layout
from approvals.lifecycle import OVER
from approvals.model import (
    ApprovalTask,
    ConditionFile,
    ConditionState,
    Message,
    Proposal,
    ProposalState,
    Screening,
    Stage,
    Submission,
    TaskState,
)
from approvals.ports import Ports
from approvals.refusals import Refusal, RefusalKind
from approvals.tally import tally
from services.assignment import is_operator
from services.cases import Case, load, load_case, load_proposal, load_tasks, task_version
from services.conditions import confirmers, load_conditions
from services.events import EVENT

PAGE = 50


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
    state: str  # waiting for the stages before, or a StageResult
    tasks: tuple[TaskView, ...]


@dataclass(frozen=True)
class ConditionView:
    file: ConditionFile
    you_may_confirm: bool


@dataclass(frozen=True)
class RevisionView:
    submission: Submission
    rule: str
    why: str
    screening: Screening | None
    stages: tuple[StageView, ...]
    conditions: tuple[ConditionView, ...]


@dataclass(frozen=True)
class ProposalView:
    """The whole picture. ``can`` lists the viewer's next moves; ``timeline`` is the audit trail."""

    proposal: Proposal
    state: str
    can: tuple[str, ...]
    revisions: tuple[RevisionView, ...]
    timeline: tuple[audit.AuditLine, ...]


@dataclass(frozen=True)
class OpenTaskView:
    task: str
    stage: str
    assignee: str
    due_at: datetime
    state: str  # open, or recorded: stored, and about to be applied


@dataclass(frozen=True)
class StatusView:
    """Where it stands, for people who poll and for operators who raise events."""

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
    next_due: datetime | None
    revise_by: datetime | None


@dataclass(frozen=True)
class InboxItem:
    proposal: str
    revision: int
    title: str
    author: str
    task: str
    stage: str
    why: str
    due_at: datetime
    etag: str


@dataclass(frozen=True)
class ListItem:
    proposal: str
    title: str
    author: str
    revision: int
    state: str
    outcome: str | None
    changed_at: datetime


@dataclass(frozen=True)
class Page:
    """Items, and the token that asks for more."""

    items: tuple[InboxItem, ...] | tuple[ListItem, ...] | tuple[Message, ...]
    continuation: str | None


def shown_state(proposal: Proposal) -> str:
    """The state in words: a decided proposal whose publication failed says so."""
    if proposal.state is ProposalState.CLOSING and proposal.publication is not None:
        return "decided, publication pending"
    return proposal.state.value


# -- one proposal ----------------------------------------------------------------------------------------


def picture(ports: Ports, viewer: str, proposal: str) -> ProposalView:
    """Everything about a proposal. Raises Refusal (NOT_FOUND) also where the viewer may not see it."""
    current, _ = load_proposal(ports.store, proposal)
    cases = [load_case(ports, proposal, n) for n in range(1, current.revision + 1)]
    tasks = {case.submission.revision: _tasks(ports, case) for case in cases}
    conditions = {
        case.submission.revision: load_conditions(ports, proposal, case.submission.revision) for case in cases
    }
    everything = [task for some in tasks.values() for task in some]
    if not _may_see(ports, viewer, current, cases, everything, conditions):
        raise Refusal(RefusalKind.NOT_FOUND, f"There is no proposal {proposal}.")
    revisions = tuple(
        _revision(ports, viewer, case, tasks[case.submission.revision], conditions[case.submission.revision])
        for case in cases
    )
    return ProposalView(
        current,
        shown_state(current),
        _can(ports, viewer, current, revisions[-1]),
        revisions,
        trail(ports, proposal),
    )


def require_sight(ports: Ports, viewer: str, proposal: str) -> Proposal:
    """The proposal, if the viewer may see it. Raises Refusal (NOT_FOUND): existence is not told to strangers."""
    return picture(ports, viewer, proposal).proposal


def trail(ports: Ports, proposal: str) -> tuple[audit.AuditLine, ...]:
    """The audit trail, parsed."""
    blob = ports.store.read(layout.audit(proposal))
    return audit.parse_trail(blob.data) if blob else ()


def _may_see(
    ports: Ports,
    viewer: str,
    proposal: Proposal,
    cases: Iterable[Case],
    tasks: Iterable[ApprovalTask],
    conditions: dict[int, list[ConditionFile]],
) -> bool:
    """The author, who prepared it, whoever holds or held a task, who may confirm a condition, operators."""
    if viewer == proposal.author or is_operator(ports, viewer):
        return True
    if any(viewer in case.submission.draft.prepared_by for case in cases):
        return True
    if any(viewer in (task.assignee, task.on_behalf_of) for task in tasks):
        return True
    return any(
        viewer in confirmers(ports, case, file.condition)
        for case in cases
        for file in conditions[case.submission.revision]
    )


def _tasks(ports: Ports, case: Case) -> list[ApprovalTask]:
    return load_tasks(ports.store, case.submission.proposal, case.submission.revision)


def _revision(
    ports: Ports, viewer: str, case: Case, tasks: list[ApprovalTask], conditions: list[ConditionFile]
) -> RevisionView:
    screening = load(
        ports.store, layout.screening(case.submission.proposal, case.submission.revision), Screening
    )
    return RevisionView(
        submission=case.submission,
        rule=case.route.rule,
        why=case.route.why,
        screening=screening[0] if screening else None,
        stages=tuple(_stage(viewer, case, stage, tasks) for stage in case.route.stages),
        conditions=tuple(
            ConditionView(file, viewer in confirmers(ports, case, file.condition)) for file in conditions
        ),
    )


def _stage(viewer: str, case: Case, stage: Stage, tasks: list[ApprovalTask]) -> StageView:
    mine = [task for task in tasks if task.stage == stage.name]
    state = tally(stage, mine, case.barred).result.value if mine else "waiting"
    views = (TaskView(t, task_version(t), t.assignee == viewer and t.state is TaskState.OPEN) for t in mine)
    return StageView(stage.name, stage.title, stage.need.value, stage.quorum, state, tuple(views))


def _can(ports: Ports, viewer: str, proposal: Proposal, latest: RevisionView) -> tuple[str, ...]:
    moves = []
    if any(task.yours for stage in latest.stages for task in stage.tasks):
        moves += ["decide", "hand_over", "recuse"]
    if viewer == proposal.author and proposal.state not in OVER:
        moves.append("withdraw")
        if proposal.state is ProposalState.CHANGES_REQUESTED:
            moves.append("revise")
        if proposal.state is ProposalState.CONDITIONS:
            moves.append("give_evidence")
    unmet = (ConditionState.OPEN, ConditionState.EVIDENCE)
    if proposal.state is ProposalState.CONDITIONS and any(
        view.you_may_confirm and view.file.state in unmet for view in latest.conditions
    ):
        moves.append("confirm")
    if is_operator(ports, viewer):
        moves += ["reassign"] * (proposal.state is ProposalState.DECIDING)
        moves += ["publish_again"] * (proposal.publication is not None)
    return tuple(moves)


def status(ports: Ports, proposal: str) -> StatusView:
    """Where a proposal stands. Raises Refusal (NOT_FOUND)."""
    current, _ = load_proposal(ports.store, proposal)
    over = current.state is ProposalState.CLOSED
    tasks = [] if over else load_tasks(ports.store, proposal, current.revision)
    live = [task for task in tasks if task.state in (TaskState.OPEN, TaskState.RECORDED)]
    views = tuple(OpenTaskView(t.task, t.stage, t.assignee, t.due_at, t.state.value) for t in live)
    return StatusView(
        proposal=proposal,
        revision=current.revision,
        over=over,
        state=shown_state(current),
        outcome=current.outcome.value if current.outcome else None,
        reason=current.outcome_reason,
        instance=current.instance,
        event=EVENT,
        stage=live[0].stage if live else None,
        tasks=views,
        next_due=min((view.due_at for view in views), default=None),
        revise_by=current.revise_by,
    )


# -- lists -----------------------------------------------------------------------------------------------


def inbox(ports: Ports, person: str) -> tuple[InboxItem, ...]:
    """What waits for a person, most urgent first. Entries are hints: those whose task is over are dropped."""
    items = []
    for name in ports.store.names(layout.inbox(person)):
        proposal, revision, task = name.removeprefix(layout.inbox(person)).split("/")
        item = _inbox_item(ports, person, proposal, int(revision.removeprefix("r")), task)
        if item is None:
            ports.store.delete(name)
        else:
            items.append(item)
    return tuple(sorted(items, key=lambda item: (item.due_at, item.proposal, item.task)))


def _inbox_item(ports: Ports, person: str, proposal: str, revision: int, task: str) -> InboxItem | None:
    found = load(ports.store, layout.task(proposal, revision, task), ApprovalTask)
    if found is None or found[0].state is not TaskState.OPEN or found[0].assignee != person:
        return None
    submission = load_case(ports, proposal, revision).submission
    stored = found[0]
    return InboxItem(
        proposal=proposal,
        revision=revision,
        title=submission.draft.title,
        author=submission.author,
        task=task,
        stage=stored.stage,
        why=stored.why,
        due_at=stored.due_at,
        etag=task_version(stored),
    )


def mine(ports: Ports, person: str, continuation: str | None) -> Page:
    """What a person submitted."""
    return _listed(ports, layout.by_author(person), continuation)


def everything_open(ports: Ports, continuation: str | None) -> Page:
    """What is open, for operators."""
    return _listed(ports, layout.OPEN, continuation)


def _listed(ports: Ports, prefix: str, continuation: str | None) -> Page:
    """A page of the proposals under a prefix, by name; the token is the last name of the page before."""
    items: list[ListItem] = []
    for name in ports.store.names(prefix):
        proposal = name.removeprefix(prefix)
        if continuation is not None and proposal <= continuation:
            continue
        if len(items) == PAGE:
            return Page(tuple(items), items[-1].proposal)
        found = load(ports.store, layout.proposal(proposal), Proposal)
        if found is not None:
            items.append(_list_item(found[0]))
    return Page(tuple(items), None)


def _list_item(proposal: Proposal) -> ListItem:
    return ListItem(
        proposal=proposal.proposal,
        title=proposal.title,
        author=proposal.author,
        revision=proposal.revision,
        state=shown_state(proposal),
        outcome=proposal.outcome.value if proposal.outcome else None,
        changed_at=proposal.changed_at,
    )


def outbox(ports: Ports, person: str) -> tuple[Message, ...]:
    """The messages to a person, newest first."""
    found = [load(ports.store, name, Message) for name in ports.store.names(layout.outbox(person))]
    return tuple(sorted((pair[0] for pair in found if pair), key=lambda message: message.at, reverse=True))
