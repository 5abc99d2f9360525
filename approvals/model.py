"""The words of the domain: proposals, revisions, stages, seats, approval tasks, decisions, conditions.

All frozen; `approvals.stored.codec` is their JSON. Moments are aware UTC datetimes, money is a Decimal in the
policy's currency, people are ids of the directory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from approvals.draft import Draft
from approvals.stored import ids
from approvals.verdicts import Verdict


class Outcome(Enum):
    """How a proposal ends. There is no other end, and none is reached by silence but ``lapsed``."""

    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class TaskState(Enum):
    """Where an approval task stands; the moves between them are `approvals.lifecycle.TASK_MOVES`."""

    OPEN = "open"
    RECORDED = "recorded"  # a decision is stored, no orchestrator has acted on it yet
    APPLIED = "applied"  # the decision counted
    NOT_COUNTED = "not_counted"  # stored, but the stage was settled without it; ``closed_reason`` says why
    SUPERSEDED = "superseded"  # handed over, escalated or recused: ``successor`` holds the seat now
    EXPIRED = "expired"  # silent, and nobody is left on the escalation chain
    CANCELLED = "cancelled"  # the stage or the proposal was settled without an answer


class ProposalState(Enum):
    """Where a proposal stands; the moves are `approvals.lifecycle.PROPOSAL_MOVES`."""

    STARTING = "starting"
    SCREENING = "screening"
    DECIDING = "deciding"
    CHANGES_REQUESTED = "changes_requested"
    CONDITIONS = "conditions"
    CLOSING = "closing"  # the outcome stands; the record is being sealed and published
    CLOSED = "closed"


class Source(Enum):
    """Which door a move came through."""

    API = "api"
    RAISE_EVENT = "raise-event"
    SYSTEM = "system"


@dataclass(frozen=True)
class AuditEntry:
    """One thing that happened, before it is a line of the trail.

    ``id`` is deterministic: the same happening always has the same id, so that writing it twice is harmless.
    ``actor`` is a person or ``greenlight``; ``subject`` a task, stage, document, condition or question.
    """

    id: str
    at: datetime
    actor: str
    action: str
    subject: str = ""
    source: Source = Source.SYSTEM
    authenticated: bool = True
    detail: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """A document by reference: the bytes lie under their SHA-256 digest. ``size`` in bytes.

    ``kind`` is the policy's name for what it is (``design``); ``media_type`` what the sender claimed.
    """

    sha256: str
    name: str
    size: int
    media_type: str
    kind: str


@dataclass(frozen=True)
class Submission:
    """One revision as submitted: immutable, with the digests of the policy and directory it is routed by."""

    proposal: str
    revision: int
    author: str
    submitted_at: datetime
    draft: Draft
    documents: tuple[Document, ...]
    policy: str
    directory: str
    orchestration_version: int


@dataclass(frozen=True)
class Condition:
    """Asked for by "approve with conditions". Confirmed by who set it or by the policy's confirming role."""

    id: str
    text: str
    due_at: datetime
    set_by: str


class ConditionState(Enum):
    OPEN = "open"
    EVIDENCE = "evidence"  # the author says it is met
    CONFIRMED = "confirmed"
    LAPSED = "lapsed"


@dataclass(frozen=True)
class Evidence:
    by: str
    at: datetime
    note: str
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True)
class ConditionFile:
    """``conditions/{id}.json``: a condition, its evidence so far and who confirmed it."""

    proposal: str
    revision: int
    condition: Condition
    state: ConditionState = ConditionState.OPEN
    evidence: tuple[Evidence, ...] = ()
    confirmed_by: str | None = None
    refused: str | None = None  # why the last evidence was not enough
    unaudited: tuple[AuditEntry, ...] = ()


@dataclass(frozen=True)
class QuestionFile:
    """``questions/{id}.json``: what the holder of a task asked the author, and the one answer."""

    proposal: str
    revision: int
    question: str
    task: str
    asked_by: str
    text: str
    asked_at: datetime
    answer: str | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None
    unaudited: tuple[AuditEntry, ...] = ()


@dataclass(frozen=True)
class Decision:
    """What was decided, by whom, through which door. ``event`` is the ordinal of the raised event it came with."""

    verdict: Verdict
    by: str
    comment: str
    recorded_at: datetime
    source: Source
    authenticated: bool
    conditions: tuple[Condition, ...] = ()
    event: int | None = None


@dataclass(frozen=True)
class Holder:
    """One stop of a seat's escalation chain: a person and, in words, why they are asked."""

    person: str
    why: str


@dataclass(frozen=True)
class Seat:
    """One approver's place in a stage. ``chain[0]`` is asked first; on silence the next, to the end.
    ``passed_over`` says who would have been asked but may not or is not there, and why.
    """

    name: str
    chain: tuple[Holder, ...]
    passed_over: tuple[str, ...] = ()


class Need(Enum):
    ANY = "any"
    ALL = "all"
    QUORUM = "quorum"


@dataclass(frozen=True)
class Duration:
    """``amount`` of ``unit``: working days, working hours, days, hours, minutes or seconds."""

    amount: int
    unit: str


@dataclass(frozen=True)
class Stage:
    """A stage of one revision, routed: who is asked, how many must approve, by when."""

    name: str
    title: str
    need: Need
    quorum: int  # how many approvals settle it: 1 for any, all seats for all
    seats: tuple[Seat, ...]
    respond_within: Duration
    remind_every: Duration | None
    verdicts: tuple[Verdict, ...]
    again_when: tuple[str, ...] | None  # None: a revision always asks again
    raise_event: bool


@dataclass(frozen=True)
class Route:
    """The whole way of a revision: the policy rule that matched and its stages in order."""

    rule: str
    why: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True)
class Successor:
    """Who holds the seat after a task that was superseded, or whose holder abstained and is missed.

    ``step`` is the position on the seat's chain. ``asked`` is the person that a hand-over named.
    """

    task: str
    assignee: str
    step: int
    reason: str  # "reassigned", "escalated", "recused", "abstained"
    by: str
    at: datetime
    due_at: datetime
    why: str
    on_behalf_of: str | None = None
    asked: str | None = None


@dataclass(frozen=True)
class ApprovalTask:
    """``tasks/{task}.json``: the one truth about an approval task.

    ``step`` is the position on the seat's escalation chain that this holder stands for. ``on_behalf_of`` is
    who delegated. ``kept_from`` names the task of an earlier revision whose approval still stands.
    ``unaudited`` holds audit entries that this blob's changes owe to the trail.
    """

    proposal: str
    revision: int
    stage: str
    seat: str
    task: str
    generation: int
    assignee: str
    why: str
    step: int
    opened_at: datetime
    due_at: datetime
    state: TaskState = TaskState.OPEN
    on_behalf_of: str | None = None
    decision: Decision | None = None
    successor: Successor | None = None
    closed_reason: str | None = None
    kept_from: str | None = None
    unaudited: tuple[AuditEntry, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """``proposal.json``: who asks, where it stands, who listens for events (``instance``).

    ``claim`` is the execution that runs the current revision. ``generations`` counts the orchestrations of a revision
    where there was more than one, by its number; ``begun`` is when the last of them began, three at most, and
    ``trouble`` says why no other one was begun. ``publication`` names the step that failed
    when publication needs somebody to run it again. ``purged_at``: its instances go from the task hub since then, and
    none is ever started again. ``erased_at``: what people wrote about it is gone, and so are its documents.
    """

    proposal: str
    title: str
    author: str
    revision: int
    state: ProposalState
    instance: str
    created_at: datetime
    changed_at: datetime
    outcome: Outcome | None = None
    outcome_reason: str = ""
    claim: str | None = None
    revise_by: datetime | None = None
    publication: str | None = None
    purged_at: datetime | None = None
    erased_at: datetime | None = None
    unaudited: tuple[AuditEntry, ...] = ()
    generations: dict[str, int] = field(default_factory=dict)
    begun: tuple[datetime, ...] = ()
    trouble: str = ""

    def generation(self, revision: int | None = None) -> int:
        """Which orchestration runs a revision, or ran it last: 1 is the first. The current revision's by default."""
        return self.generations.get(str(revision or self.revision), ids.FIRST_GENERATION)

    def orchestration(self, revision: int | None = None) -> str:
        """The instance of that orchestration."""
        number = revision or self.revision
        return ids.instance_id(self.proposal, number, self.generation(number))


class Severity(Enum):
    """What a failing check does, by policy."""

    REJECT = "reject"
    WARN = "warn"


class CheckResult(Enum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not_checked"  # the check broke: never counts as passed, the approvers are told


@dataclass(frozen=True)
class Finding:
    """What one automatic check found. ``message`` is for people."""

    check: str
    result: CheckResult
    message: str
    severity: Severity = Severity.WARN


@dataclass(frozen=True)
class Screening:
    """``screening.json``: the findings of all checks, and so the one verdict over them."""

    proposal: str
    revision: int
    findings: tuple[Finding, ...]
    at: datetime

    @property
    def rejecting(self) -> tuple[Finding, ...]:
        """The failed checks that the policy lets reject a proposal."""
        failed = (finding for finding in self.findings if finding.result is CheckResult.FAILED)
        return tuple(finding for finding in failed if finding.severity is Severity.REJECT)

    @property
    def reason(self) -> str:
        """Why they reject it, for people."""
        return "; ".join(finding.message for finding in self.rejecting)


@dataclass(frozen=True)
class EventFate:
    """``events/{ordinal}.json``: what became of an event raised on the instance; judged once, never again."""

    ordinal: int
    accepted: bool
    reason: str
    payload: str  # as received, shortened to 2,000 characters
    at: datetime
    unaudited: tuple[AuditEntry, ...] = ()


@dataclass(frozen=True)
class Message:
    """One message to one person. ``id`` is deterministic; ``path`` is relative to the page's address.

    ``revision``, ``task`` and ``due_at`` say what it is about and when it is due, for the link that it carries.
    """

    id: str
    to: str
    subject: str
    text: str
    path: str
    proposal: str
    # assigned, reminder, escalated, superseded, decided, question, changes, condition, outcome, publication, trouble
    kind: str
    at: datetime
    revision: int = 1
    task: str | None = None
    due_at: datetime | None = None
    raise_event: bool = False  # the raise-event API may bring the answer
    others: tuple[str, ...] = ()  # the other proposals that a reminder lists
