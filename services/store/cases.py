"""Loading and changing what is stored: the handful of moves that every use case is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from weakref import WeakKeyDictionary

from approvals import lifecycle
from approvals.model import ApprovalTask, AuditEntry, Duration, Proposal, Route, Stage, Submission
from approvals.policy.directory import Directory, Naming, Person
from approvals.policy.routing import route
from approvals.policy.rules import Policy
from approvals.policy.working_time import add
from approvals.ports import BlobStore, Changed, Ports
from approvals.refusals import Refusal, RefusalKind
from approvals.stored import codec, ids, layout
from approvals.stored.codec import said_utc, utc_text
from approvals.texts import Wording, wording

T = TypeVar("T")

# A blob under contention is tried this often; every loss means that somebody else got on.
ATTEMPTS = 50
# Immutable blobs kept in memory for a store: a policy, a directory and a submission are a few KB each.
KEPT = 256

_kept: WeakKeyDictionary[BlobStore, dict[tuple[str, type], object]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Case:
    """A revision, what it was routed by and its route as it was frozen. ``barred`` people may never decide on it."""

    submission: Submission
    policy: Policy
    directory: Directory
    route: Route

    @property
    def barred(self) -> frozenset[str]:
        return frozenset({self.submission.author, *self.submission.draft.prepared_by})

    def stage(self, name: str) -> Stage:
        """The stage called ``name``. Raises Refusal (NOT_FOUND)."""
        for stage in self.route.stages:
            if stage.name == name:
                return stage
        raise Refusal(RefusalKind.NOT_FOUND, wording("refusal.no-stage", stage=name))


@dataclass(frozen=True)
class TaskRef:
    """Which approval task is meant."""

    proposal: str
    revision: int
    task: str


def load_case(ports: Ports, proposal: str, revision: int, *, erased: bool = False) -> Case:
    """The case of a revision, ``erased`` without what people wrote. Raises Refusal (NOT_FOUND)."""
    submission = load_submission(ports, proposal, revision, erased=erased)
    policy = _immutable(ports.store, layout.policy(submission.policy), Policy)
    directory = _immutable(ports.store, layout.directory(submission.directory), Directory)
    if policy is None or directory is None:
        raise LookupError(
            f"{proposal}: the policy or directory that it was routed by is missing from the store"
        )
    frozen = _immutable(ports.store, layout.route(proposal, revision), Route)
    return Case(submission, policy, directory, frozen or _freeze(ports.store, submission, policy, directory))


def load_submission(ports: Ports, proposal: str, revision: int, *, erased: bool = False) -> Submission:
    """What was submitted, ``erased`` what is left of it. Raises Refusal (NOT_FOUND)."""
    submission = (
        None if erased else _immutable(ports.store, layout.submission(proposal, revision), Submission)
    )
    if submission is None:
        left = layout.submission(proposal, revision, erased=True)
        submission = _immutable(ports.store, left, Submission)
    if submission is None:
        missing = wording("refusal.no-revision", proposal=proposal, revision=str(revision))
        raise Refusal(RefusalKind.NOT_FOUND, missing)
    return submission


def _freeze(store: BlobStore, submission: Submission, policy: Policy, directory: Directory) -> Route:
    """Route a revision, once for all time: a later release may route otherwise, and what is under way must not move.

    Revisions of releases that did not keep their route are routed at the first look at them.
    """
    name = layout.route(submission.proposal, submission.revision)
    found = route(policy, directory, submission.draft, submission.author)
    if put_once(store, name, codec.dumps(found)):
        _kept.setdefault(store, {})[name, Route] = found
        return found
    stands = _immutable(store, name, Route)
    assert stands is not None  # noqa: S101 - somebody was faster, and routes are never deleted before their submission
    return stands


def _immutable(store: BlobStore, name: str, kind: type[T]) -> T | None:
    kept = _kept.setdefault(store, {})
    found = kept.get((name, kind))
    if found is None:
        blob = store.read(name)
        if blob is None:
            return None
        found = codec.loads(kind, blob.data)
        if len(kept) >= KEPT:
            kept.clear()
        kept[name, kind] = found
    assert isinstance(found, kind)  # noqa: S101 - narrows for the type checker; the key holds the class
    return found


def load(store: BlobStore, name: str, kind: type[T]) -> tuple[T, str] | None:
    """The value stored under ``name`` and its blob's ETag, or None."""
    blob = store.read(name)
    return None if blob is None else (codec.loads(kind, blob.data), blob.etag)


def load_proposal(store: BlobStore, proposal: str) -> tuple[Proposal, str]:
    """A proposal and its blob's ETag. Raises Refusal (NOT_FOUND)."""
    found = load(store, layout.proposal(proposal), Proposal) if ids.PROPOSAL_PATTERN.match(proposal) else None
    if found is None:
        raise Refusal(RefusalKind.NOT_FOUND, wording("refusal.no-proposal", proposal=proposal))
    return found


def load_tasks(
    store: BlobStore, proposal: str, revision: int, stage: str | None = None
) -> list[ApprovalTask]:
    """All tasks of a revision, or of one of its stages, by name."""
    prefix = layout.tasks(proposal, revision) + (f"{stage}-" if stage else "")
    found = [load(store, name, ApprovalTask) for name in store.names(prefix)]
    return [pair[0] for pair in found if pair]


def task_version(task: ApprovalTask) -> str:
    """The ETag that people are shown: of what they can see, so that audit bookkeeping does not make it stale."""
    seen = codec.canonical(replace(task, unaudited=()))
    return f'"{ids.sha256(seen)[:24]}"'


def change(
    store: BlobStore, name: str, kind: type[T], edit: Callable[[T], T], missing: Wording | None = None
) -> T:
    """Read, edit, write on condition that nobody was faster, and again if somebody was.

    ``edit`` returns the value itself where there is nothing to do; what it raises passes through. It must
    recognise its own earlier result, since the answer to a write can be lost. Raises Refusal (NOT_FOUND,
    CONFLICT).
    """
    for _ in range(ATTEMPTS):
        found = load(store, name, kind)
        if found is None:
            raise Refusal(RefusalKind.NOT_FOUND, missing or wording("refusal.no-blob", name=name))
        value, etag = found
        edited = edit(value)
        if edited is value:
            return value
        try:
            store.replace(name, codec.dumps(edited), etag)
        except Changed:
            continue
        return edited
    raise Refusal(RefusalKind.CONFLICT, wording("refusal.too-fast", name=name))


def no_task(ref: TaskRef) -> Wording:
    about = {"revision": str(ref.revision), "proposal": ref.proposal, "task": ref.task[:64]}
    return wording("refusal.no-task", **about)


def change_task(ports: Ports, ref: TaskRef, edit: Callable[[ApprovalTask], ApprovalTask]) -> ApprovalTask:
    """`change` for an approval task."""
    missing = no_task(ref)
    if not ids.TASK_PATTERN.match(ref.task):
        raise Refusal(RefusalKind.NOT_FOUND, missing)
    return change(ports.store, layout.task(ref.proposal, ref.revision, ref.task), ApprovalTask, edit, missing)


def change_proposal(ports: Ports, proposal: str, edit: Callable[[Proposal], Proposal]) -> Proposal:
    """`change` for a proposal; stamps ``changed_at``."""

    def stamped(value: Proposal) -> Proposal:
        edited = edit(value)
        return edited if edited is value else replace(edited, changed_at=ports.clock.now())

    missing = wording("refusal.no-proposal", proposal=proposal)
    if not ids.PROPOSAL_PATTERN.match(proposal):
        raise Refusal(RefusalKind.NOT_FOUND, missing)
    return change(ports.store, layout.proposal(proposal), Proposal, stamped, missing)


def refuse_over(proposal: Proposal) -> None:
    """Raise Refusal (PROPOSAL_OVER) where an outcome stands, saying which and since when."""
    if proposal.state in lifecycle.OVER:
        outcome = proposal.outcome.value if proposal.outcome else "over"
        raise Refusal(
            RefusalKind.PROPOSAL_OVER,
            wording("refusal.over-since", outcome=outcome, when=said_utc(proposal.changed_at)),
            detail={"outcome": outcome, "since": utc_text(proposal.changed_at)},
        )


def refuse_erased(proposal: Proposal) -> None:
    """Raise Refusal (ERASED) where what people wrote is gone, saying since when."""
    if proposal.erased_at is not None:
        text = wording("refusal.erased", when=said_utc(proposal.erased_at))
        raise Refusal(RefusalKind.ERASED, text, detail={"erased_at": utc_text(proposal.erased_at)})


def find_person(ports: Ports, case: Case, person: str) -> Person | None:
    """Somebody as today's directory has them, or that of the submission who is no longer there."""
    return ports.directory.current().person(person) or case.directory.person(person)


def naming(ports: Ports, case: Case) -> Naming:
    """What people are called who have to do with a case: by their names, who is in neither directory by the id."""

    def name(person: str) -> str:
        found = find_person(ports, case, person)
        return found.name if found else person

    return name


def deadline(ports: Ports, case: Case, person: str, within: Duration, now: datetime) -> datetime:
    """When somebody's time is up: ``within`` from now, in their working time. Who left the directory keeps theirs."""
    found = find_person(ports, case, person)
    if found is None:
        raise LookupError(f"{person} is in neither today's directory nor the one of the submission")
    return add(now, within, found, case.policy.working_hours, ports.holidays)


def moved(proposal: Proposal, operation: str, entry: AuditEntry, **changes: object) -> Proposal:
    """``proposal`` after ``operation``, owing ``entry`` to the trail. Raises Refusal where the table forbids it."""
    state = lifecycle.move_proposal(operation, proposal.state)
    edited: Proposal = replace(proposal, state=state, unaudited=(*proposal.unaudited, entry), **changes)  # type: ignore[arg-type]  # replace() checks names at run time
    return edited


def put_once(store: BlobStore, name: str, data: bytes, content_type: str = "application/json") -> bool:
    """Create a blob unless it is there. True where this call made it."""
    try:
        store.create(name, data, content_type)
    except Changed:
        return False
    return True
