"""What follows from a stored change: inbox entries, messages, audit lines. It may run any number of times.

A blob that owes audit entries (``unaudited``) has not been followed up; paying the debt is the last step.
"""

from __future__ import annotations

import logging
from typing import Protocol, TypeVar

from approvals.model import ApprovalTask, ConditionFile, Proposal, QuestionFile, TaskState
from approvals.ports import Ports
from approvals.stored import layout
from approvals.writing.messages import Reader, assigned, decided, needs_an_operator, no_longer_needed
from services.store.cases import Case, load, naming, put_once
from services.store.outbox import post
from services.store.trail import Debtor, pay_debt

log = logging.getLogger("greenlight.trouble")


class Stored(Debtor, Protocol):
    """A blob's value that owes entries to its proposal's trail."""

    @property
    def proposal(self) -> str:
        """Whose trail."""
        ...


T = TypeVar("T", bound=Stored)


def follow_up(ports: Ports, case: Case, task: ApprovalTask) -> ApprovalTask:
    """Bring inbox, messages and trail in line with a task's blob. Returns the task as stored afterwards."""
    if not task.unaudited:
        return task
    if task.state is TaskState.OPEN:
        leave_hint(ports, task.assignee, task, task.task)
    else:
        ports.store.delete(layout.inbox_entry(task.assignee, task.proposal, task.revision, task.task))
    _tell(ports, case, task)
    return _pay(ports, layout.task(task.proposal, task.revision, task.task), task)


class Revised(Protocol):
    """Something of one revision."""

    @property
    def proposal(self) -> str: ...

    @property
    def revision(self) -> int: ...


def leave_hint(ports: Ports, person: str, about: Revised, name: str) -> None:
    """Put what waits for a person into their inbox; the same thing twice is one entry (`services.reading.inbox`)."""
    entry = layout.inbox_entry(person, about.proposal, about.revision, name)
    put_once(ports.store, entry, b"", "text/plain")


def pay_proposal(ports: Ports, proposal: Proposal) -> Proposal:
    """Write what ``proposal.json`` owes to the trail."""
    return _pay(ports, layout.proposal(proposal.proposal), proposal)


def pay_condition(ports: Ports, file: ConditionFile) -> ConditionFile:
    """Write what a condition's file owes to the trail."""
    return _pay(ports, layout.condition(file.proposal, file.revision, file.condition.id), file)


def pay_question(ports: Ports, file: QuestionFile) -> QuestionFile:
    """Write what a question's file owes to the trail."""
    return _pay(ports, layout.question(file.proposal, file.revision, file.question), file)


def reader(ports: Ports, case: Case, person: str) -> Reader:
    """How a message about ``case`` is written for ``person``."""
    found = ports.directory.current().person(person)
    return Reader(found.time_zone if found else "UTC", naming(ports, case), ports.texts)


def tell_operators(ports: Ports, proposal: Proposal, kind: str, text: str) -> None:
    """A proposal does not go on by itself: tell everybody who holds the operator role, once for each ``kind``."""
    log.warning("%s needs an operator: %s", proposal.proposal, text, extra={"proposal": proposal.proposal})
    for person in ports.directory.current().in_role(ports.policy.current().operator_role):
        post(ports, needs_an_operator(proposal, kind, text, person.id, ports.texts, ports.clock.now()))


def _tell(ports: Ports, case: Case, task: ApprovalTask) -> None:
    now, holder = ports.clock.now(), reader(ports, case, task.assignee)
    if task.state is TaskState.OPEN:
        raise_event = case.stage(task.stage).raise_event
        post(ports, assigned(task, case.submission, holder, now, raise_event=raise_event))
    elif task.state in (TaskState.SUPERSEDED, TaskState.EXPIRED, TaskState.CANCELLED):
        post(ports, no_longer_needed(task, case.submission, holder, now))
    elif task.decision is not None and task.kept_from is None:
        author = reader(ports, case, case.submission.author)
        post(ports, decided(task, task.decision, case.submission, author, now))


def _pay(ports: Ports, name: str, value: T) -> T:
    if not value.unaudited:
        return value
    found = load(ports.store, name, type(value))
    if found is None:
        raise LookupError(f"{name} is missing from the store")
    paid: T = pay_debt(ports.store, value.proposal, name, *found, ports.meter)[0]
    return paid
