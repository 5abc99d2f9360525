"""Process approval: settle the outcome, seal the decision record, publish it, tell people, close. One step each.

Every step may run again. Settling is the compare-and-set that withdrawal and revision contend for; whatever
fails after it leaves the proposal decided, with its publication pending.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from approvals.lifecycle import OVER
from approvals.metrics import PUBLICATION_FAILED
from approvals.model import AuditEntry, Outcome, Proposal, ProposalState
from approvals.ports import Ports
from approvals.refusals import Refusal, RefusalKind
from approvals.stored import ids, layout
from approvals.stored.ids import SYSTEM
from approvals.texts import wording
from approvals.writing.messages import outcome_settled, publication_failed
from approvals.writing.record import to_json
from approvals.writing.record_page import to_html
from services.answering.questions import follow_up_questions
from services.closing.evidence import gather
from services.closing.purging import shelve
from services.deciding.assignment import is_operator
from services.deciding.stages import close_tasks, over_reason
from services.store.cases import (
    change_proposal,
    load_case,
    load_proposal,
    load_tasks,
    moved,
    put_once,
    refuse_erased,
)
from services.store.follow_up import pay_proposal
from services.store.outbox import post

log = logging.getLogger("greenlight.publication")

HTML = "text/html; charset=utf-8"


def settle_outcome(ports: Ports, proposal: str, revision: int, outcome: Outcome, reason: str) -> Proposal:
    """Let ``outcome`` stand, unless another stands already: that one is returned then."""

    def edit(stored: Proposal) -> Proposal:
        if stored.state in OVER or stored.revision != revision:
            return stored
        entry = AuditEntry(
            id="settled",
            at=ports.clock.now(),
            actor=SYSTEM,
            action="settled",
            subject=f"r{revision}",
            detail={"outcome": outcome.value, "reason": reason},
        )
        return moved(stored, "settle", entry, outcome=outcome, outcome_reason=reason)

    return pay_proposal(ports, change_proposal(ports, proposal, edit))


def seal_record(ports: Ports, proposal: str, revision: int) -> None:
    """Write ``record.json`` once: nothing of this revision waits any more, and the trail up to here is anchored."""
    case = load_case(ports, proposal, revision)
    current = pay_proposal(ports, load_proposal(ports.store, proposal)[0])
    refuse_erased(current)
    close_tasks(ports, case, over_reason(ports, current, revision), ports.clock.now())
    follow_up_questions(ports, proposal, revision)
    name = layout.record(proposal, revision, "json")
    if ports.store.read(name) is None:
        put_once(ports.store, name, to_json(gather(ports, current)))


def publish_record(ports: Ports, proposal: str, revision: int) -> None:
    """Put the sealed record into the archive, as JSON and as a page that prints; what is there stays."""
    sealed = ports.store.read(layout.record(proposal, revision, "json"))
    if sealed is None:
        raise LookupError(f"{proposal}-r{revision} has no sealed record to publish")
    page = to_html(sealed.data, ports.texts)
    put_once(ports.store, layout.record(proposal, revision, "html"), page, HTML)
    put_once(ports.records, layout.published_record(proposal, revision, "json"), sealed.data)
    put_once(ports.records, layout.published_record(proposal, revision, "html"), page, HTML)


def tell_people(ports: Ports, proposal: str, revision: int) -> None:
    """Tell the author, and everybody who was asked about this revision, how it ended."""
    case = load_case(ports, proposal, revision)
    current, _ = load_proposal(ports.store, proposal)
    sealed = ports.store.read(layout.record(proposal, revision, "json"))
    digest = ids.sha256(sealed.data) if sealed else ""
    asked = {task.assignee for task in load_tasks(ports.store, proposal, revision)}
    for person in sorted({case.submission.author, *asked}):
        post(ports, outcome_settled(current, person, digest, ports.texts, ports.clock.now()))


def close_proposal(ports: Ports, proposal: str, revision: int) -> None:
    """Tell people, then close it: nothing walks the proposal any more."""
    if load_proposal(ports.store, proposal)[0].state is ProposalState.CLOSING:
        tell_people(ports, proposal, revision)

    def edit(stored: Proposal) -> Proposal:
        if stored.state is ProposalState.CLOSED or stored.revision != revision:
            return stored
        entry = AuditEntry("closed", ports.clock.now(), SYSTEM, "closed", f"r{revision}")
        return moved(stored, "close", entry, publication=None)

    current = pay_proposal(ports, change_proposal(ports, proposal, edit))
    if current.state is ProposalState.CLOSED:
        shelve(ports, current)


def report_failure(ports: Ports, proposal: str, step: str, error: str) -> None:
    """Leave the proposal visibly decided, publication pending, and tell operators.

    Counted where it was not pending at this step before: a repeat is not, nor is a second run that fails there again.
    """
    news = False

    def edit(stored: Proposal) -> Proposal:
        nonlocal news
        news = stored.state is ProposalState.CLOSING and stored.publication != step
        return replace(stored, publication=step) if news else stored

    current = change_proposal(ports, proposal, edit)
    if current.state is not ProposalState.CLOSING:
        return
    if news:
        log.warning("publication failed at %s", step, extra={"step": step})
        ports.meter.measure(PUBLICATION_FAILED, 1, step=step)
    role = ports.policy.current().operator_role
    for person in ports.directory.current().in_role(role):
        post(ports, publication_failed(current, step, error, person.id, ports.texts, ports.clock.now()))


def may_run_again(ports: Ports, by: str, proposal: str) -> Proposal:
    """For operators: is there a publication to run again? Raises Refusal: NOT_FOUND, NOT_ALLOWED, WRONG_STATE."""
    current, _ = load_proposal(ports.store, proposal)
    if not is_operator(ports, by):
        raise Refusal(RefusalKind.NOT_ALLOWED, wording("refusal.operators-publish"))
    if current.publication is None:
        raise Refusal(
            RefusalKind.WRONG_STATE, wording("refusal.no-failed-publication", state=current.state.value)
        )
    return current
