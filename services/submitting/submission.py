"""Submitting a project design proposal: check everything, then store it in an order that survives a crash.

``submissions/{key}`` fixes the proposal id; documents and snapshots follow, then ``submission.json``, the
``open/`` marker that the sweep walks, and ``proposal.json``, with which the proposal exists. Repeating the
request resumes where it stopped. The caller then starts the orchestration instance.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from approvals.draft import Draft
from approvals.model import AuditEntry, Document, Proposal, ProposalState, Route, Source, Submission
from approvals.policy.routing import route
from approvals.policy.rules import Category, Limits
from approvals.ports import Ports
from approvals.refusals import FieldError, Refusal, RefusalKind, invalid
from approvals.stored import codec, ids, layout
from approvals.texts import wording
from approvals.wire import VERSION
from services.store.cases import load, put_once

ORCHESTRATION_VERSION = VERSION


@dataclass(frozen=True)
class Upload:
    """A document as sent. ``kind`` is the policy's name for it, ``media_type`` what the sender claims."""

    name: str
    kind: str
    media_type: str
    data: bytes

    def reference(self) -> Document:
        return Document(ids.sha256(self.data), self.name, len(self.data), self.media_type, self.kind)


def check(ports: Ports, author: str, draft: Draft, documents: Sequence[Document]) -> Route:
    """Would this be accepted, and who would be asked? Stores nothing.

    Raises Refusal: INVALID (naming each field), TOO_LARGE, NOBODY_CAN_APPROVE.
    """
    policy, directory = ports.policy.current(), ports.directory.current()
    errors = []
    if draft.category not in policy.categories:
        known = ", ".join(sorted(policy.categories))
        errors.append(
            FieldError("category", wording("fix.not-a-category", name=repr(draft.category), known=known))
        )
    else:
        errors += _undeclared(draft, policy.categories[draft.category])
    for person in draft.prepared_by:
        if directory.person(person) is None:
            errors.append(FieldError("prepared_by", wording("fix.not-in-directory", who=repr(person))))
    limits = policy.limits
    if len(documents) > limits.max_documents:
        text = wording("fix.too-many-documents", limit=limits.max_documents, count=len(documents))
        errors.append(FieldError("documents", text))
    errors += [
        FieldError(document_field(document), wording("fix.empty-document", name=document.name))
        for document in documents
        if document.size == 0
    ]
    if errors:
        raise invalid(wording("refusal.proposal-as-it-is"), *errors)
    refuse_large(limits, documents)
    return route(policy, directory, draft, author)


def _undeclared(draft: Draft, category: Category) -> list[FieldError]:
    """Answers to what the category does not ask: nobody would be shown them under a question."""
    known = ", ".join(category.fields)
    text = (
        wording("fix.not-a-question", category=draft.category, known=known)
        if known
        else wording("fix.no-questions", category=draft.category)
    )
    return [FieldError(f"fields.{name}", text) for name in draft.fields if name not in category.fields]


def document_field(document: Document) -> str:
    """The part of a form that a document came in."""
    return f"document:{document.kind}"


def refuse_large(limits: Limits, documents: Sequence[Document]) -> None:
    """Raises Refusal (TOO_LARGE) naming each document over the limit, and all of them where together they are."""
    errors = [
        FieldError(
            document_field(document),
            wording(
                "fix.document-too-large",
                name=document.name,
                limit=limits.max_document_bytes,
                size=document.size,
            ),
        )
        for document in documents
        if document.size > limits.max_document_bytes
    ]
    total = sum(document.size for document in documents)
    if total > limits.max_total_bytes:
        text = wording("fix.documents-too-large", limit=limits.max_total_bytes, size=total)
        errors.append(FieldError("documents", text))
    if errors:
        raise Refusal(RefusalKind.TOO_LARGE, wording("refusal.documents-too-large"), tuple(errors))


def submit(
    ports: Ports, author: str, draft: Draft, uploads: Sequence[Upload], idempotency_key: str | None
) -> Proposal:
    """Store a new proposal, or find the one that this key made before. Returns it as stored.

    Raises Refusal: INVALID, TOO_LARGE, NOBODY_CAN_APPROVE, KEY_REUSED.
    """
    documents = tuple(upload.reference() for upload in uploads)
    key = ids.submission_key(author, idempotency_key or uuid.uuid4().hex)
    earlier = ports.store.read(layout.submission_once(key))
    if earlier is None:
        check(ports, author, draft, documents)
    proposal = _fix_once(ports, key, ids.proposal_id(key), draft, documents)
    stored = load(ports.store, layout.proposal(proposal), Proposal)
    if stored is not None:  # written last, so there is nothing to resume
        return stored[0]
    store_revision(ports, proposal, 1, author, draft, documents, uploads)
    put_once(ports.store, layout.open_marker(proposal), codec.dumps({"since": ports.clock.now()}))
    return complete(ports, proposal)


def complete(ports: Ports, proposal: str) -> Proposal:
    """Make ``proposal.json`` from a stored submission, and what hangs on it; harmless when it is there."""
    found = load(ports.store, layout.submission(proposal, 1), Submission)
    if found is None:
        raise Refusal(RefusalKind.NOT_FOUND, wording("refusal.no-proposal", proposal=proposal))
    submission = found[0]
    put_once(ports.store, layout.by_author_entry(submission.author, proposal), b"", "text/plain")
    put_once(ports.store, layout.proposal(proposal), codec.dumps(_new_proposal(submission)))
    stored = load(ports.store, layout.proposal(proposal), Proposal)
    assert stored is not None  # noqa: S101 - written above, and proposals are never deleted
    return stored[0]


def _fix_once(ports: Ports, key: str, proposal: str, draft: Draft, documents: Sequence[Document]) -> str:
    """Claim the submission key. Raises Refusal (KEY_REUSED) where another request holds it."""
    wanted = {"proposal": proposal, "request": request_digest(draft, documents)}
    name = layout.submission_once(key)
    if put_once(ports.store, name, codec.dumps(wanted)):
        return proposal
    earlier = ports.store.read(name)
    assert earlier is not None  # noqa: S101 - it exists, and submissions are never deleted
    if json.loads(earlier.data) != wanted:
        raise Refusal(
            RefusalKind.KEY_REUSED,
            wording("refusal.key-reused"),
            detail={"proposal": proposal},
        )
    return proposal


def request_digest(draft: Draft, documents: Sequence[Document]) -> str:
    """What makes two requests the same request."""
    return ids.sha256(codec.canonical({"draft": draft, "documents": list(documents)}))


def store_revision(
    ports: Ports,
    proposal: str,
    revision: int,
    author: str,
    draft: Draft,
    documents: tuple[Document, ...],
    uploads: Sequence[Upload],
) -> bool:
    """Documents and snapshots first, ``submission.json`` last. False where it was there before.

    ``documents`` are all of the revision, ``uploads`` those whose bytes come with it.
    """
    policy, directory = ports.policy.current(), ports.directory.current()
    for upload in uploads:
        name = layout.document(proposal, revision, upload.reference().sha256)
        put_once(ports.store, name, upload.data, "application/octet-stream")
    for document in documents:
        put_once(ports.store, layout.seen_document(document.sha256, proposal, revision), b"", "text/plain")
    put_once(ports.store, layout.policy(policy.digest()), codec.dumps(policy))
    put_once(ports.store, layout.directory(directory.digest()), codec.dumps(directory))
    submission = Submission(
        proposal=proposal,
        revision=revision,
        author=author,
        submitted_at=ports.clock.now(),
        draft=draft,
        documents=documents,
        policy=policy.digest(),
        directory=directory.digest(),
        orchestration_version=ORCHESTRATION_VERSION,
    )
    return put_once(ports.store, layout.submission(proposal, revision), codec.dumps(submission))


def _new_proposal(submission: Submission) -> Proposal:
    return Proposal(
        proposal=submission.proposal,
        title=submission.draft.title,
        author=submission.author,
        revision=1,
        state=ProposalState.STARTING,
        instance=ids.instance_id(submission.proposal, 1),
        created_at=submission.submitted_at,
        changed_at=submission.submitted_at,
        unaudited=(submitted(submission),),
    )


def submitted(submission: Submission) -> AuditEntry:
    """The audit entry of a submitted revision."""
    return AuditEntry(
        id=f"r{submission.revision}/submitted",
        at=submission.submitted_at,
        actor=submission.author,
        action="submitted",
        subject=f"r{submission.revision}",
        source=Source.API,
        detail={
            "title": submission.draft.title,
            "request": request_digest(submission.draft, submission.documents),
            "policy": submission.policy,
            "directory": submission.directory,
        },
    )
