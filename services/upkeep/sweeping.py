"""The sweep: walks what is open and finishes what a crash, a lost event or a lost answer left undone.

`walk` does the part that needs the store alone and says what needs the durable client.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from approvals.model import ApprovalTask, ConditionFile, ConditionState, Proposal, ProposalState, TaskState
from approvals.ports import Ports
from approvals.refusals import Refusal
from approvals.stored import layout
from approvals.stored.codec import parse_utc
from services.answering.fulfillment import follow_up_condition, load_conditions
from services.answering.questions import follow_up_questions
from services.closing.purging import shelve
from services.store.cases import load, load_case, load_tasks
from services.store.follow_up import follow_up, pay_proposal
from services.store.outbox import retry_undelivered
from services.submitting.submission import complete

log = logging.getLogger("greenlight.sweep")

# Younger things are in somebody's hands right now.
GRACE = timedelta(seconds=30)
# An open marker without a proposal: a submission that crashed early and that nobody repeated.
ABANDONED = timedelta(days=1)
MESSAGES_A_SWEEP = 100


@dataclass(frozen=True)
class Chore:
    """Something that only the durable client can do: ``start`` the instance, or ``ring`` it for a task."""

    kind: str
    proposal: Proposal
    task: str = ""


def walk(ports: Ports) -> Iterator[Chore]:
    """Go over everything open, one proposal at a time; one that cannot be read does not stop the others.

    Raises ExceptionGroup at the end with what went wrong.
    """
    failures: list[Exception] = []
    for name in ports.store.names(layout.OPEN):
        proposal = name.removeprefix(layout.OPEN)
        try:
            yield from _visit(ports, proposal)
        except Exception as error:
            log.warning("could not be swept", exc_info=True, extra={"proposal": proposal})
            error.add_note(f"while sweeping {name}")
            failures.append(error)
    try:
        retry_undelivered(ports, MESSAGES_A_SWEEP)
    except Exception as error:  # noqa: BLE001 - as above
        failures.append(error)
    if failures:
        raise ExceptionGroup("the sweep could not finish everything", failures)


def _visit(ports: Ports, proposal: str) -> Iterator[Chore]:
    found = load(ports.store, layout.proposal(proposal), Proposal)
    if found is None:
        found_now = _complete(ports, proposal)
        if found_now is not None:
            yield Chore("start", found_now)
        return
    current = pay_proposal(ports, found[0])
    if current.state is ProposalState.CLOSED:
        shelve(ports, current)
        return
    waiting = ports.clock.now() - current.changed_at > GRACE
    if current.state is ProposalState.STARTING or current.claim is None:
        if waiting:
            yield Chore("start", current)
        return
    yield from _unheard(ports, current, waiting=waiting)


def _complete(ports: Ports, proposal: str) -> Proposal | None:
    """A submission that was stored whole is carried on; one that was not is forgotten after a day."""
    try:
        return complete(ports, proposal)
    except Refusal:
        marker = ports.store.read(layout.open_marker(proposal))
        if marker and ports.clock.now() - parse_utc(json.loads(marker.data)["since"]) > ABANDONED:
            ports.store.delete(layout.open_marker(proposal))
        return None


def _unheard(ports: Ports, current: Proposal, *, waiting: bool) -> Iterator[Chore]:
    """Decisions that no orchestration has applied, debts to the trail, and endings that nobody heard of."""
    case = load_case(ports, current.proposal, current.revision)
    tasks = [
        follow_up(ports, case, task) for task in load_tasks(ports.store, current.proposal, current.revision)
    ]
    for task in tasks:
        if _is_unheard(task, {each.task for each in tasks}, ports.clock.now()):
            yield Chore("ring", current, task.task)
            return
    files = [
        follow_up_condition(ports, case, file)
        for file in load_conditions(ports, current.proposal, current.revision)
    ]
    follow_up_questions(ports, current.proposal, current.revision)
    if waiting and _is_behind(current, tasks, files, ports.clock.now() - GRACE):
        yield Chore("ring", current)


def _is_behind(
    current: Proposal, tasks: list[ApprovalTask], files: list[ConditionFile], before: datetime
) -> bool:
    """Should the orchestration have gone on by now? What it knows is older than the store: a wake-up was lost."""
    if current.state is ProposalState.CLOSING:
        return current.publication is None
    if current.state is ProposalState.CONDITIONS:
        waiting = [file.condition.due_at for file in files if file.state is not ConditionState.CONFIRMED]
        return min(waiting, default=before) <= before
    if current.state is ProposalState.CHANGES_REQUESTED:
        return current.revise_by is not None and current.revise_by <= before
    waiting = [task.due_at for task in tasks if task.state is TaskState.OPEN]
    return current.state is ProposalState.DECIDING and min(waiting, default=before) <= before


def _is_unheard(task: ApprovalTask, known: set[str], now: datetime) -> bool:
    """A decision that nobody applied, or a task that was superseded without its successor being created."""
    if task.state is TaskState.RECORDED and task.decision is not None:
        return now - task.decision.recorded_at > GRACE
    heir = task.successor
    return heir is not None and heir.task not in known and now - heir.at > GRACE
