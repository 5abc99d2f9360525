"""The durable wire: all that crosses between orchestrators and activities, and into orchestrations.

Names and shapes outlive releases: histories hold them. So names stay, a field is never renamed or taken away, and a
new one has a default. `approvals.stored.codec` makes JSON of it, at one place on each side: `orchestrators.calls` and
`activities.wired`. The requests of version 1 name no ``claim``; those of version 2 do (`services.store.fence`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeVar

from approvals.model import Finding, Outcome, ProposalState
from approvals.stored.codec import decode, encode

I = TypeVar("I")  # noqa: E741 - what goes in
O = TypeVar("O")  # noqa: E741 - what comes out

# The version of the orchestration that new instances run; see docs/architecture.md, "Version what runs".
VERSION = 2


@dataclass(frozen=True, kw_only=True)
class About:
    """Which revision of which proposal, and the claim of the execution that asks; empty in version 1."""

    proposal: str
    revision: int
    claim: str = ""


@dataclass(frozen=True)
class Raised:
    """An event out of the history: its name and its input as the orchestrator found it."""

    name: str
    input: str


@dataclass(frozen=True, kw_only=True)
class Heard(About):
    """Events that came after the ``handled`` ones, to be judged as of the orchestration's time ``as_of``."""

    handled: int
    events: tuple[Raised, ...]
    as_of: datetime


@dataclass(frozen=True)
class Done:
    """``effect`` is False where there was nothing to do for who asked: see `services.store.fence`."""

    effect: bool = True


# -- orchestrations ----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ApprovalInput:
    """Of the orchestration of a revision. ``version`` chooses its path."""

    proposal: str
    revision: int
    version: int


@dataclass(frozen=True, kw_only=True)
class ScreeningInput(About):
    """Version 1 names ``checks`` and runs each alone, version 2 ``groups`` that run side by side."""

    checks: tuple[str, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class PublicationInput(About):
    """``version`` chooses the steps."""

    version: int = 1


class ConditionsEnd(Enum):
    """How the wait for conditions ended; ``over``: the proposal ended otherwise."""

    MET = "met"
    LAPSED = "lapsed"
    OVER = "over"


class PublicationEnd(Enum):
    """How a publication ended; ``pending``: a step failed, and operators are told."""

    DONE = "done"
    PENDING = "pending"
    NO_EFFECT = "without effect"


@dataclass(frozen=True)
class CheckAnswer:
    """What a check found, or why it could not be run."""

    check: str
    finding: Finding | None = None
    broken: str | None = None


@dataclass(frozen=True)
class Function(Generic[I, O]):
    """A function on the wire, by its name: what it takes and what it gives."""

    name: str
    takes: type[I]
    gives: type[O]

    def answer(self, data: Any) -> O:
        """What it gave, from plain data. A release whose function gave nothing gave what has all defaults."""
        return self.gives() if data is None else decode(self.gives, data)


SCREENING = Function("screening", ScreeningInput, tuple[CheckAnswer, ...])
CONDITIONS = Function("conditions", About, ConditionsEnd)
PUBLICATION = Function("publication", PublicationInput, PublicationEnd)


# -- activities --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Activity(Function[I, O]):
    """An activity. An execution that has no business with the revision gets ``fenced``, and nothing is written.

    ``states`` are those of a proposal in which it has something to do; empty: it sees for itself. Without ``fenced`` it
    sees for itself too who may ask.
    """

    fenced: O | None = None
    states: frozenset[ProposalState] = frozenset()


CLOSING = frozenset({ProposalState.CLOSING})


class Do(Enum):
    """What an orchestration of version 2 does next."""

    SCREEN = "screen"  # fan out over the groups of checks
    WAIT = "wait"  # for people, until a moment
    WATCH = "watch"  # the conditions of an approval
    PUBLISH = "publish"  # the outcome stands: seal, publish, tell, close
    END = "end"


@dataclass(frozen=True)
class OpenTask:
    task: str
    assignee: str
    due_at: datetime


@dataclass(frozen=True)
class Shown:
    """What ``/status`` of the management API shows as ``customStatus``, next to the event's name and the revision."""

    state: str
    stage: str | None = None
    open: tuple[OpenTask, ...] = ()
    waiting: tuple[str, ...] = ()
    outcome: str | None = None
    next: datetime | None = None

    def facts(self) -> dict[str, Any]:
        """What there is to show, as plain data."""
        said = ((f.name, getattr(self, f.name)) for f in fields(self))
        return {name: encode(value) for name, value in said if value not in (None, ())}


@dataclass(frozen=True, kw_only=True)
class NextRequest(Heard):
    """What has come of the step before. ``instance`` is who asks; ``stage`` as the last `Step` named it.

    ``answers`` are those of the screening. ``failure`` says why a child ended with an error: somebody may have ended
    it. ``published`` is how the publication ended.
    """

    instance: str
    stage: str = ""
    answers: tuple[CheckAnswer, ...] | None = None
    failure: str | None = None
    published: PublicationEnd | None = None


@dataclass(frozen=True, kw_only=True)
class Step:
    """What comes next, and how many raised events are handled."""

    do: Do
    handled: int
    shown: Shown
    stage: str = ""
    until: datetime | None = None
    groups: tuple[tuple[str, ...], ...] = ()
    why: str = ""  # of an end without effect


@dataclass(frozen=True, kw_only=True)
class RunChecks(About):
    checks: tuple[str, ...]


@dataclass(frozen=True)
class CheckAnswers:
    answers: tuple[CheckAnswer, ...] = ()


@dataclass(frozen=True)
class ConditionsReport:
    """``result``: none (no conditions were set), pending, met, lapsed, over (withdrawn)."""

    result: str
    handled: int
    next_due: datetime | None
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PublicationFailure(About):
    step: str
    error: str


@dataclass(frozen=True, kw_only=True)
class Stray:
    """An orchestration that was started with an input which it cannot take."""

    orchestrator: str
    instance: str
    why: str


NEXT_STEP = Activity("next_step", NextRequest, Step)
RUN_CHECKS = Activity(
    "run_checks", RunChecks, CheckAnswers, CheckAnswers(), frozenset({ProposalState.SCREENING})
)
SETTLE_CONDITIONS = Activity(
    "settle_conditions",
    Heard,
    ConditionsReport,
    ConditionsReport("over", 0, None),
    frozenset({ProposalState.CONDITIONS, ProposalState.CLOSING, ProposalState.CLOSED}),
)
SEAL_RECORD = Activity("seal_record", About, Done, Done(effect=False), CLOSING)
PUBLISH_RECORD = Activity("publish_record", About, Done, Done(effect=False), CLOSING)
TELL_PEOPLE = Activity("tell_people", About, Done, Done(effect=False), CLOSING)
CLOSE_PROPOSAL = Activity("close_proposal", About, Done, Done(effect=False), CLOSING | {ProposalState.CLOSED})
REPORT_PUBLICATION_FAILURE = Activity(
    "report_publication_failure", PublicationFailure, Done, Done(effect=False)
)
REPORT_STRAY = Activity("report_stray", Stray, Done)


# -- version 1: nothing new begins with it ------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class OpenRevision(About):
    instance: str


@dataclass(frozen=True)
class Opening:
    """What an execution learns when it opens its revision.

    ``claimed`` is False for an execution that has no business here (restarted, or started by hand): it ends
    without effect. ``over``: withdrawn before it began.
    """

    claimed: bool
    over: bool
    checks: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RunCheck(About):
    check: str


@dataclass(frozen=True, kw_only=True)
class ConcludeScreening(About):
    findings: tuple[CheckAnswer, ...]


@dataclass(frozen=True)
class Concluded:
    rejected: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class AssignTasks(About):
    stage: str
    handled: int


@dataclass(frozen=True, kw_only=True)
class SettleStage(Heard):
    stage: str


@dataclass(frozen=True, kw_only=True)
class EscalateTasks(About):
    stage: str
    tasks: tuple[str, ...]
    handled: int
    as_of: datetime


@dataclass(frozen=True)
class StageReport:
    """What the orchestration learns. ``result`` is a StageResult or ``over`` where the proposal ended otherwise.

    ``handled`` counts the raised events that were judged; ``overdue`` names tasks to escalate; ``next_due`` is
    when to look again at the latest.
    """

    stage: str
    result: str
    handled: int
    overdue: tuple[str, ...]
    open: tuple[OpenTask, ...]
    next_due: datetime | None


@dataclass(frozen=True)
class ChangesReport:
    """``result``: pending, superseded (a revision came), over (withdrawn), lapsed (``revise_by`` has passed)."""

    result: str
    handled: int
    next_due: datetime | None


@dataclass(frozen=True, kw_only=True)
class LateEvents(About):
    handled: int
    events: tuple[Raised, ...]


@dataclass(frozen=True)
class Handled:
    handled: int


@dataclass(frozen=True, kw_only=True)
class SettleOutcome(About):
    outcome: Outcome
    reason: str


@dataclass(frozen=True)
class Settled:
    outcome: Outcome


OPEN_REVISION = Activity("open_revision", OpenRevision, Opening)
RUN_CHECK = Activity("run_check", RunCheck, CheckAnswer, CheckAnswer("", broken="nobody asks for it"))
CONCLUDE_SCREENING = Activity(
    "conclude_screening", ConcludeScreening, Concluded, Concluded(rejected=True, reason="")
)
ASSIGN_APPROVAL_TASKS = Activity(
    "assign_approval_tasks", AssignTasks, StageReport, StageReport("", "over", 0, (), (), None)
)
SETTLE_STAGE = Activity("settle_stage", SettleStage, StageReport, ASSIGN_APPROVAL_TASKS.fenced)
ESCALATE_TASKS = Activity("escalate_tasks", EscalateTasks, StageReport, ASSIGN_APPROVAL_TASKS.fenced)
REQUEST_CHANGES = Activity("request_changes", About, Done, Done(effect=False))
SETTLE_CHANGES = Activity("settle_changes", Heard, ChangesReport, ChangesReport("superseded", 0, None))
OPEN_CONDITIONS = Activity("open_conditions", About, ConditionsReport, ConditionsReport("none", 0, None))
SETTLE_OUTCOME = Activity("settle_outcome", SettleOutcome, Settled, Settled(Outcome.WITHDRAWN))
SETTLE_LATE_EVENTS = Activity("settle_late_events", LateEvents, Handled, Handled(0))
