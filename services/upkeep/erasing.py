"""Erasure of what people wrote, where the policy allows it: of proposals that are closed, published and purged.

First comes what is left (``erased.json``, ``audit-erased.jsonl``, the certificate in the archive), then a marker under
``erasing/`` and ``erased_at`` in ``proposal.json``, by which everything is read again, then the originals go. Each step
may run again, and the marker goes last: every night carries on with what has one, whoever ordered it. The sealed
record in the archive is not touched.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any, TypeVar

from approvals.model import (
    ApprovalTask,
    ConditionFile,
    EventFate,
    Message,
    Proposal,
    ProposalState,
    QuestionFile,
    Screening,
    Submission,
)
from approvals.policy.directory import Directory
from approvals.ports import Ports
from approvals.refusals import Refusal, RefusalKind
from approvals.stored import codec, ids, layout
from approvals.stored.codec import utc_text
from approvals.texts import wording
from approvals.writing import audit, erasure
from approvals.writing.messages import REMINDER
from services.store.cases import change, load, load_proposal, put_once
from services.store.trail import append

log = logging.getLogger("greenlight.erasure")
T = TypeVar("T")

ERASURES_A_RUN = 200
LINES_TYPE = "application/x-ndjson"


def run(ports: Ports) -> None:
    """Erase what is old enough by today's policy, ERASURES_A_RUN proposals at most. Raises ExceptionGroup."""
    begun = [name.removeprefix(layout.ERASING) for name in ports.store.names(layout.ERASING)]
    aged = (proposal for proposal in _aged(ports) if proposal not in begun)
    erase(ports, list(islice(chain(begun, aged), ERASURES_A_RUN)), ids.SYSTEM)


def _aged(ports: Ports) -> Iterator[str]:
    """Purged proposals whose time has come, longest closed first; also those that cannot be read: `erase` says so."""
    retention, now = ports.policy.current().retention, ports.clock.now()
    for name in ports.store.names(layout.PURGED):
        day, _, proposal = name.removeprefix(layout.PURGED).partition("/")
        earliest = retention.erasable_at(codec.parse_utc(f"{day}T00:00:00Z"))
        if earliest is None or earliest > now:
            return
        try:
            exact = retention.erasable_at(load_proposal(ports.store, proposal)[0].changed_at)
        except (Refusal, codec.CodecError):
            exact = earliest
        if exact is not None and exact <= now:
            yield proposal


def refuse(ports: Ports, proposal: Proposal) -> None:
    """Raise Refusal where a proposal may not be erased now: WRONG_STATE, NOT_ALLOWED by the policy."""
    if proposal.state is not ProposalState.CLOSED:
        raise Refusal(RefusalKind.WRONG_STATE, wording("refusal.erase-open", state=proposal.state.value))
    closed = layout.closed_marker(proposal.changed_at.date(), proposal.proposal)
    if (
        proposal.purged_at is None or ports.store.read(closed) is not None
    ):  # the purge takes the marker away at last
        text = wording("refusal.erase-unpurged")
        raise Refusal(RefusalKind.WRONG_STATE, text)
    retention = ports.policy.current().retention
    due = retention.erasable_at(proposal.changed_at)
    if not retention.erase_on_request and (due is None or due > ports.clock.now()):
        text = wording("refusal.erase-later", when=utc_text(due)) if due else wording("refusal.erase-never")
        raise Refusal(RefusalKind.NOT_ALLOWED, text)


def erase(ports: Ports, proposals: Iterable[str], by: str) -> None:
    """Erase each of them. One that cannot be does not stop the others; raises ExceptionGroup at the end."""
    failures: list[Exception] = []
    done: list[Proposal] = []
    for proposal in proposals:
        try:
            done.append(_erase(ports, proposal, by))
        except Exception as error:  # noqa: BLE001 - reported together below
            error.add_note(f"while erasing {proposal}")
            failures.append(error)
    _forget_messages(ports, done)
    for current in done:
        ports.store.delete(layout.purged_marker(current.changed_at.date(), current.proposal))
        ports.store.delete(layout.erasing_marker(current.proposal))
        log.info("%s: what people wrote is erased", current.proposal)
    if failures:
        raise ExceptionGroup("not everything could be erased", failures)


def _erase(ports: Ports, proposal: str, by: str) -> Proposal:
    current, _ = load_proposal(ports.store, proposal)
    begun = layout.erasing_marker(proposal)
    if current.erased_at is None and ports.store.read(begun) is None:
        refuse(ports, current)
        _refuse_unpublished(ports, current)
        _keep_what_is_left(ports, current, by)
    at = _certify(ports, proposal)
    put_once(ports.store, begun, b"", "text/plain")
    erased = change(
        ports.store,
        layout.proposal(proposal),
        Proposal,
        lambda stored: stored if stored.erased_at else erasure.proposal(stored, at),
    )
    for revision in range(1, erased.revision + 1):
        for name, kind, without_text in _blobs(ports, proposal, revision):
            change(ports.store, name, kind, _unless_same(without_text))
        _delete_originals(ports, proposal, revision)
    _delete_unfinished(ports, proposal, erased.revision + 1)
    ports.store.delete(layout.audit(proposal))
    return erased


def _refuse_unpublished(ports: Ports, current: Proposal) -> None:
    """The archive's copy of the record becomes the only one."""
    if ports.records.read(layout.published_record(current.proposal, current.revision, "json")) is None:
        text = wording("refusal.erase-unpublished")
        raise Refusal(RefusalKind.WRONG_STATE, text)


def _keep_what_is_left(ports: Ports, current: Proposal, by: str) -> None:
    """Write what will be read from now on, beside what is read today."""
    proposal = current.proposal
    for revision in range(1, current.revision + 1):
        found = _require(load(ports.store, layout.submission(proposal, revision), Submission), proposal)
        left = codec.dumps(erasure.submission(found[0]))
        put_once(ports.store, layout.submission(proposal, revision, erased=True), left)
        for name, kind, _ in _blobs(ports, proposal, revision):
            # what is owed comes first: a trail that is erased takes no more lines
            debtor: tuple[Any, str] | None = load(ports.store, name, kind)
            append(ports.store, proposal, getattr(debtor[0], "unaudited", ()) if debtor else ())
    append(ports.store, proposal, current.unaudited)
    trail = _require(ports.store.read(layout.audit(proposal)), proposal)
    left = erasure.trail(trail.data, ports.clock.now(), by)
    put_once(ports.store, layout.audit(proposal, erased=True), left, LINES_TYPE)


def _certify(ports: Ports, proposal: str) -> datetime:
    """Put the certificate of the erasure into the archive. Returns the moment that it tells."""
    trail = _require(ports.store.read(layout.audit(proposal, erased=True)), proposal)
    put_once(ports.records, layout.certificate(proposal), erasure.certificate(proposal, trail.data))
    return audit.parse_trail(trail.data)[-1].entry.at


def _require(found: T | None, proposal: str) -> T:
    if found is None:
        raise LookupError(f"{proposal} is not whole in the store")
    return found


def _blobs(ports: Ports, proposal: str, revision: int) -> Iterator[tuple[str, type, Callable[[Any], Any]]]:
    """The blobs of a revision that stay without their text: name, class, and what takes the text out."""
    for prefix, kind, without_text in (
        (layout.tasks(proposal, revision), ApprovalTask, erasure.task),
        (layout.conditions(proposal, revision), ConditionFile, erasure.condition_file),
        (layout.questions(proposal, revision), QuestionFile, erasure.question_file),
        (layout.events(proposal, revision), EventFate, erasure.event_fate),
        (layout.screening(proposal, revision), Screening, erasure.screening),
    ):
        for name in ports.store.names(prefix):
            yield name, kind, without_text


def _delete_originals(ports: Ports, proposal: str, revision: int) -> None:
    left = _require(
        load(ports.store, layout.submission(proposal, revision, erased=True), Submission), proposal
    )[0]
    for document in left.documents:
        ports.store.delete(layout.seen_document(document.sha256, proposal, revision))
    for name in (
        *ports.store.names(layout.documents(proposal, revision)),
        layout.submission(proposal, revision),
        layout.record(proposal, revision, "json"),
        layout.record(proposal, revision, "html"),
    ):
        ports.store.delete(name)


def _delete_unfinished(ports: Ports, proposal: str, revision: int) -> None:
    """A revision that was stored and never became the current one: a crash, and then the proposal ended otherwise."""
    documents = layout.documents(proposal, revision)
    for name in ports.store.names(layout.revision(proposal, revision)):
        if name.startswith(documents):
            sha256 = name.removeprefix(documents)
            ports.store.delete(layout.seen_document(sha256, proposal, revision))
        ports.store.delete(name)


def _forget_messages(ports: Ports, done: Sequence[Proposal]) -> None:
    """Delete every message about these proposals: one walk over all outboxes, for a message can be to anybody."""
    if not done:
        return
    proposals = {current.proposal for current in done}
    for name in ports.store.names(layout.UNDELIVERED):
        if _begins_with(name.rpartition("/")[2]) in proposals:
            ports.store.delete(name)
    first, last = min(each.created_at for each in done), max(each.changed_at for each in done)
    for name in ports.store.names(layout.OUTBOX):
        person, _, message = name.removeprefix(layout.OUTBOX).removesuffix(".json").partition("/")
        if _begins_with(message) in proposals:
            ports.store.delete(name)
        elif _is_reminder_of(message, first, last) and _tells_of(ports, name, proposals):
            ports.store.delete(layout.undelivered(person, message))
            ports.store.delete(name)


def _begins_with(message: str) -> str:
    """The proposal that a message's id begins with."""
    return message.partition("-r")[0]


def _is_reminder_of(message: str, first: datetime, last: datetime) -> bool:
    """Is it a reminder of that time? Its id ends with the day where its receiver was."""
    day = timedelta(days=1)
    earliest, latest = (first - day).date().isoformat(), (last + day).date().isoformat()
    return message.startswith(REMINDER) and earliest <= message[-len(earliest) :] <= latest


def _tells_of(ports: Ports, name: str, proposals: set[str]) -> bool:
    """Does a reminder list one of them? It goes altogether then; what else it lists still waits in the inbox."""
    found = load(ports.store, name, Message)
    return found is not None and not proposals.isdisjoint({found[0].proposal, *found[0].others})


# -- people ----------------------------------------------------------------------------------------------


def submitted_by(ports: Ports, person: str) -> list[str]:
    """What a person submitted."""
    prefix = layout.by_author(person)
    return [name.removeprefix(prefix) for name in ports.store.names(prefix)]


def forget_people(ports: Ports) -> list[str]:
    """Take names and addresses out of every kept directory that no proposal with its text is routed by.

    Today's stays. Reads every submission that is left, so it is for a quiet hour. Returns the digests.
    """
    needed = {ports.directory.current().digest()}
    for name in ports.store.names(layout.PROPOSALS):
        if name.endswith(f"/{layout.SUBMISSION}.json"):
            found = load(ports.store, name, Submission)
            needed |= {found[0].directory} if found else set()
    digests = []
    for name in ports.store.names(layout.DIRECTORIES):
        digest = name.removeprefix(layout.DIRECTORIES).removesuffix(".json")
        if digest not in needed:
            change(ports.store, name, Directory, _unless_same(erasure.directory))
            digests.append(digest)
    return digests


def _unless_same(edit: Callable[[T], T]) -> Callable[[T], T]:
    """``edit``, but the value itself where that changes nothing: it is not written again then."""

    def edited(value: T) -> T:
        found = edit(value)
        return value if found == value else found

    return edited
