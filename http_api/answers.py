"""What the API answers beside the views of the use cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from adapters.settings import IdentityMode
from approvals.model import Decision, Outcome, Successor, TaskState
from approvals.policy.directory import Person
from services.reading.views import QuestionView
from services.submitting.form import PersonName


@dataclass(frozen=True)
class ProposalLinks:
    """Addresses, relative to the app's own."""

    self: str
    status: str
    page: str


@dataclass(frozen=True)
class Accepted:
    """A proposal that the app took: where it stands now, and where to look again."""

    proposal: str
    revision: int
    state: str
    outcome: Outcome | None
    instance: str
    links: ProposalLinks


@dataclass(frozen=True)
class Receipt:
    """What became of a task by this request. ``etag`` is its version from now on."""

    proposal: str
    revision: int
    task: str
    state: TaskState
    decision: Decision | None
    successor: Successor | None
    etag: str


@dataclass(frozen=True)
class Asked:
    """A question to the author. ``due_at`` is when its task's decision is due, question or not; ``note`` says so."""

    question: QuestionView
    due_at: datetime
    note: str


@dataclass(frozen=True)
class Answered:
    """A question, with its answer."""

    question: QuestionView


@dataclass(frozen=True)
class Me:
    """Who is asking. ``now`` is the app's time, for words like "due tomorrow" on a machine whose clock is wrong."""

    person: Person
    operator: bool
    now: datetime


@dataclass(frozen=True)
class Session:
    """How to say who you are. ``people`` are there to choose from where ``identity`` is local, and nowhere else."""

    identity: IdentityMode
    sign_in: str
    sign_out: str
    people: tuple[PersonName, ...]


@dataclass(frozen=True)
class PublicationStarted:
    """The instance that publishes the record again."""

    proposal: str
    instance: str


@dataclass(frozen=True)
class Versions:
    """The release, and the version of the orchestration that new revisions run."""

    app: str
    orchestration: int


@dataclass(frozen=True)
class Health:
    """``status`` is healthy or unhealthy; ``checks`` say ``ok`` or what fails."""

    status: str
    checks: dict[str, str]
    versions: Versions
