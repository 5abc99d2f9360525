"""Gathering what the decision record holds."""

from __future__ import annotations

from approvals.model import Proposal, Screening
from approvals.ports import Ports
from approvals.stored import layout
from approvals.writing import audit
from approvals.writing.record import DecisionRecord, RevisionRecord, mentioned, seal
from services.answering.fulfillment import load_conditions
from services.answering.questions import load_questions
from services.store.cases import find_person, load, load_case, load_tasks


def gather(ports: Ports, proposal: Proposal) -> DecisionRecord:
    """The record of a settled proposal, as of now.

    The trail is read before the tasks: of what it tells, nothing is missing in them.
    """
    blob = ports.store.read(layout.audit(proposal.proposal))
    trail = audit.parse_trail(blob.data if blob else b"")
    head = trail[-1].digest if trail else audit.GENESIS
    revisions = [_revision(ports, proposal.proposal, n) for n in range(1, proposal.revision + 1)]
    people = names(ports, proposal, set().union(*map(mentioned, revisions)))
    return seal(proposal, revisions, people, head, len(trail), ports.clock.now())


def names(ports: Ports, proposal: Proposal, people: set[str]) -> dict[str, str]:
    """Today's names, or those of when the proposal was submitted for who is no longer there."""
    case = load_case(ports, proposal.proposal, proposal.revision)
    found = ((person, find_person(ports, case, person)) for person in sorted(people))
    return {person: known.name for person, known in found if known}


def _revision(ports: Ports, proposal: str, revision: int) -> RevisionRecord:
    case = load_case(ports, proposal, revision)
    screening = load(ports.store, layout.screening(proposal, revision), Screening)
    return RevisionRecord(
        submission=case.submission,
        rule=case.route.rule,
        why=case.route.why,
        screening=screening[0] if screening else None,
        tasks=tuple(load_tasks(ports.store, proposal, revision)),
        conditions=tuple(load_conditions(ports, proposal, revision)),
        currency=case.policy.currency,
        questions=tuple(load_questions(ports, proposal, revision)),
    )
