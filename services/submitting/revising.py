"""The author's moves and the revision's own: claim, changes requested, revise, withdraw, settle the outcome.

Each is one compare-and-set on ``proposal.json``; whoever loses is told what happened instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from approvals.draft import Draft
from approvals.lifecycle import OVER
from approvals.model import (
    AuditEntry,
    Document,
    Finding,
    Outcome,
    Proposal,
    ProposalState,
    Screening,
    Source,
    Submission,
)
from approvals.ports import Ports
from approvals.refusals import FieldError, Refusal, RefusalKind, invalid
from approvals.stored import codec, ids, layout
from approvals.stored.codec import utc_text
from approvals.stored.ids import SYSTEM
from approvals.texts import wording
from approvals.verdicts import Counts, rule_of
from approvals.wire import ChangesReport, Opening, Raised
from approvals.writing.messages import changes_requested
from services.deciding.events import Listener, judge
from services.deciding.stages import LISTENER, is_over
from services.store import fence
from services.store.cases import (
    Case,
    change_proposal,
    deadline,
    load,
    load_case,
    load_proposal,
    load_tasks,
    moved,
    put_once,
    refuse_over,
)
from services.store.follow_up import leave_hint, pay_proposal, reader
from services.store.outbox import post
from services.submitting.checking import checks_for
from services.submitting.submission import Upload, check, store_revision, submitted

MAX_REASON = 2000


def open_revision(ports: Ports, proposal: str, revision: int, instance: str, claim: str) -> Opening:
    """Claim the revision for an execution of version 1; not claimed where there is nothing to claim."""
    nothing = Opening(claimed=False, over=False)
    try:
        case = load_case(ports, proposal, revision)
    except Refusal as refusal:
        if refusal.kind is not RefusalKind.NOT_FOUND:
            raise
        return nothing
    began = case.submission.orchestration_version == 1
    stored = (
        claim_revision(ports, case, instance, claim) if began else load_proposal(ports.store, proposal)[0]
    )
    if stored.claim != claim or stored.revision != revision:
        about = {"started": instance, "instance": stored.instance}
        fence.report(ports, stored, ports.texts("trouble.started-by-hand", **about))
        return nothing
    stages = tuple(stage.name for stage in case.route.stages)
    return Opening(True, stored.state in OVER, checks_for(case.policy), stages)


def claim_revision(ports: Ports, case: Case, instance: str, claim: str) -> Proposal:
    """Claim the revision for one execution, once. ``claim`` is an id that only this execution has.

    Returns the proposal as stored then. It is another's where its claim is another, or its revision.
    """
    proposal, revision = case.submission.proposal, case.submission.revision

    def edit(stored: Proposal) -> Proposal:
        if stored.claim is not None or (stored.revision, stored.orchestration()) != (revision, instance):
            return stored
        if stored.state is not ProposalState.STARTING:  # over before it began, or begun again
            return replace(stored, claim=claim, trouble="")
        entry = AuditEntry(
            id=f"r{revision}/opened",
            at=ports.clock.now(),
            actor=SYSTEM,
            action="opened",
            subject=f"r{revision}",
            detail={"rule": case.route.rule, "why": case.route.why, "instance": instance},
        )
        return moved(stored, "claim", entry, claim=claim, trouble="")

    stored = change_proposal(ports, proposal, edit)
    return pay_proposal(ports, stored) if stored.claim == claim else stored


def conclude_screening(
    ports: Ports, proposal: str, revision: int, findings: Sequence[Finding]
) -> tuple[Screening, Proposal]:
    """One verdict over all checks, stored once. Moves the proposal on to deciding unless it is rejected or over."""
    screening = Screening(proposal, revision, tuple(findings), ports.clock.now())
    name = layout.screening(proposal, revision)
    if not put_once(ports.store, name, codec.dumps(screening)):
        found = load(ports.store, name, Screening)
        screening = found[0] if found else screening
    detail = {finding.check: f"{finding.result.value}: {finding.message}" for finding in screening.findings}
    entry = AuditEntry(
        f"r{revision}/screened", screening.at, SYSTEM, "screened", f"r{revision}", detail=detail
    )

    def edit(stored: Proposal) -> Proposal:
        if stored.state is not ProposalState.SCREENING or stored.revision != revision:
            return stored
        if screening.rejecting:
            return (
                stored if entry in stored.unaudited else replace(stored, unaudited=(*stored.unaudited, entry))
            )
        return moved(stored, "decide", entry)

    return screening, pay_proposal(ports, change_proposal(ports, proposal, edit))


# -- the author ------------------------------------------------------------------------------------------


def withdraw(ports: Ports, by: str, proposal: str, reason: str) -> Proposal:
    """The author takes the proposal back; possible until an outcome stands. The same request twice is one.

    Raises Refusal: NOT_FOUND, NOT_ALLOWED, PROPOSAL_OVER, INVALID.
    """
    if len(reason) > MAX_REASON:
        error = FieldError("reason", wording("fix.at-most-characters", limit=MAX_REASON))
        raise invalid(wording("refusal.reason-too-long"), error)

    def edit(stored: Proposal) -> Proposal:
        _refuse_stranger(stored, by, "withdraw")
        if stored.outcome is Outcome.WITHDRAWN:
            return stored
        refuse_over(stored)
        entry = AuditEntry(
            id="withdrawn",
            at=ports.clock.now(),
            actor=by,
            action="withdrawn",
            subject=f"r{stored.revision}",
            source=Source.API,
            detail={"reason": reason.strip()} if reason.strip() else {},
        )
        return moved(stored, "withdraw", entry, outcome=Outcome.WITHDRAWN, outcome_reason=reason.strip())

    return change_proposal(ports, proposal, edit)


def revise(
    ports: Ports,
    by: str,
    proposal: str,
    from_revision: int,
    draft: Draft,
    uploads: Sequence[Upload],
    keep: Sequence[str],
) -> Proposal:
    """Answer a request for changes with the next revision. ``keep`` names earlier documents by digest.

    Returns the proposal, now starting again under the new revision's instance. The same request twice is one.
    Raises Refusal: NOT_FOUND, NOT_ALLOWED, PROPOSAL_OVER, WRONG_STATE, SUPERSEDED_REVISION, INVALID,
    NOBODY_CAN_APPROVE.
    """
    current, _ = load_proposal(ports.store, proposal)
    _refuse_stranger(current, by, "revise")
    before = load_case(ports, proposal, from_revision).submission
    kept = _kept(before, keep)
    documents = (*kept, *(upload.reference() for upload in uploads))
    wanted = from_revision + 1
    if current.revision == wanted and _same(ports, proposal, wanted, draft, documents):
        return current
    refuse_over(current)
    _refuse_revision(current, from_revision)
    check(ports, by, draft, documents)
    for document in kept:
        _carry_over(ports, proposal, from_revision, wanted, document)
    mine = store_revision(ports, proposal, wanted, by, draft, documents, uploads)
    if not mine and not _same(ports, proposal, wanted, draft, documents):
        commit_revision(ports, proposal, wanted)  # another request got this far, and may have crashed there
        raise Refusal(
            RefusalKind.SUPERSEDED_REVISION,
            wording("refusal.revision-first", revision=str(wanted)),
            detail={"revision": str(wanted)},
        )
    return commit_revision(ports, proposal, wanted)


def commit_revision(ports: Ports, proposal: str, revision: int) -> Proposal:
    """Make a stored revision the current one; harmless when it is."""
    submission = load_case(ports, proposal, revision).submission

    def edit(stored: Proposal) -> Proposal:
        if stored.revision == revision:
            return stored
        refuse_over(stored)
        _refuse_revision(stored, revision - 1)
        return moved(
            stored,
            "revise",
            submitted(submission),
            title=submission.draft.title,
            revision=revision,
            instance=ids.instance_id(proposal, revision),
            claim=None,
            revise_by=None,
        )

    return change_proposal(ports, proposal, edit)


def _refuse_stranger(proposal: Proposal, by: str, move: str) -> None:
    if by != proposal.author:
        raise Refusal(RefusalKind.NOT_ALLOWED, wording("refusal.only-the-author", move=move))


def _refuse_revision(proposal: Proposal, from_revision: int) -> None:
    if proposal.revision != from_revision:
        raise Refusal(
            RefusalKind.SUPERSEDED_REVISION,
            wording("refusal.not-current", revision=str(from_revision), current=str(proposal.revision)),
            detail={"revision": str(proposal.revision)},
        )
    if proposal.state is not ProposalState.CHANGES_REQUESTED:
        raise Refusal(
            RefusalKind.WRONG_STATE, wording("refusal.no-changes-requested", state=proposal.state.value)
        )


def _kept(before: Submission, keep: Sequence[str]) -> tuple[Document, ...]:
    known = {document.sha256: document for document in before.documents}
    unknown = [
        FieldError("keep", wording("fix.not-a-document", digest=digest, revision=str(before.revision)))
        for digest in keep
        if digest not in known
    ]
    if unknown:
        raise invalid(wording("refusal.kept-documents"), *unknown)
    return tuple(known[digest] for digest in keep)


def _same(ports: Ports, proposal: str, revision: int, draft: Draft, documents: Sequence[Document]) -> bool:
    found = load(ports.store, layout.submission(proposal, revision), Submission)
    return found is not None and (found[0].draft, found[0].documents) == (draft, tuple(documents))


def _carry_over(ports: Ports, proposal: str, before: int, after: int, document: Document) -> None:
    blob = ports.store.read(layout.document(proposal, before, document.sha256))
    if blob is None:
        raise LookupError(
            f"{proposal}: document {document.sha256} of revision {before} is missing from the store"
        )
    name = layout.document(proposal, after, document.sha256)
    put_once(ports.store, name, blob.data, "application/octet-stream")


# -- waiting for changes ---------------------------------------------------------------------------------


def request_changes(ports: Ports, proposal: str, revision: int) -> Proposal:
    """Ask the author for a revision, with a deadline; nothing happens where the proposal went on meanwhile.

    It may run any number of times. Returns the proposal as stored then.
    """
    case = load_case(ports, proposal, revision)
    now = ports.clock.now()
    until = deadline(ports, case, case.submission.author, case.policy.revise_within, now)

    def edit(stored: Proposal) -> Proposal:
        if stored.state is not ProposalState.DECIDING or stored.revision != revision:
            return stored
        entry = AuditEntry(
            id=f"r{revision}/changes_requested",
            at=now,
            actor=SYSTEM,
            action="changes_requested",
            subject=f"r{revision}",
            detail={"revise_by": utc_text(until)},
        )
        return moved(stored, "request_changes", entry, revise_by=until)

    stored = pay_proposal(ports, change_proposal(ports, proposal, edit))
    if stored.state is ProposalState.CHANGES_REQUESTED and stored.revise_by is not None:
        leave_hint(ports, case.submission.author, case.submission, layout.REVISE)
        _tell_author(ports, case, stored.revise_by, now)
    return stored


def _tell_author(ports: Ports, case: Case, until: datetime, now: datetime) -> None:
    tasks = load_tasks(ports.store, case.submission.proposal, case.submission.revision)
    for task in tasks:
        made = task.decision
        if made is not None and rule_of(made.verdict).counts is Counts.SENDS_BACK:
            author = reader(ports, case, case.submission.author)
            post(ports, changes_requested(case.submission, made, until, author, now))
            return


def settle_changes(
    ports: Ports, proposal: str, revision: int, handled: int, events: Sequence[Raised], as_of: datetime
) -> ChangesReport:
    """Did the revision come, or a withdrawal, or the deadline?"""
    now = max(ports.clock.now(), as_of)
    handled = judge(ports, Listener(proposal, revision, LISTENER), handled, events)
    current = pay_proposal(ports, load_proposal(ports.store, proposal)[0])
    if current.revision != revision:
        return ChangesReport("superseded", handled, None)
    if is_over(current, revision):
        return ChangesReport("over", handled, None)
    if current.revise_by is not None and current.revise_by <= now:
        return ChangesReport("lapsed", handled, None)
    return ChangesReport("pending", handled, current.revise_by)
