"""Retention: instances that have ended are purged from the task hub once the evidence is safe in the archive.

``closed/{day}/{proposal}`` is the queue: closing puts a proposal there, purging moves it on to ``purged/``. Before
the first instance goes, ``purged_at`` in ``proposal.json`` says so: nothing is ever started for it again, and a purge
that crashed is carried on. What ended without evidence is kept, and operators are told.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from approvals.model import Proposal, ProposalState
from approvals.ports import Instances, Ports
from approvals.stored import ids, layout
from services.store.cases import change, load, load_proposal, put_once
from services.store.follow_up import tell_operators

log = logging.getLogger("greenlight.retention")

CHILDREN = ("screening", "conditions", "publication")
# What has ended, by name: a purge that names no statuses deletes running instances too.
TERMINAL = frozenset({"Completed", "Failed", "Terminated", "Canceled"})
PURGES_A_RUN = 500
LOOKS_A_RUN = 1000
# Younger things are in somebody's hands: an instance ends a moment before or after its proposal is closed.
SETTLED = timedelta(days=1)


def shelve(ports: Ports, proposal: Proposal) -> None:
    """Take a closed proposal from the open ones and queue it for purging. May run any number of times."""
    if proposal.purged_at is None:
        put_once(ports.store, _closed_marker(proposal), b"", "text/plain")
    ports.store.delete(layout.open_marker(proposal.proposal))


def run(ports: Ports, hub: Instances, after: timedelta) -> int:
    """Purge what closed ``after`` ago or earlier, PURGES_A_RUN proposals at most, and look for stranded instances.

    Returns how many proposals were purged. One that fails does not stop the others; raises ExceptionGroup at the end.
    """
    failures: list[Exception] = []
    before = ports.clock.now() - after
    purged = 0
    for proposal in _closed_until(ports, before):
        purged += _tried(lambda each: _purge(ports, hub, each, before), proposal, failures)
        if purged == PURGES_A_RUN:
            break
    names = list(ports.store.names(layout.OPEN))
    for name in random.sample(names, min(LOOKS_A_RUN, len(names))):
        _tried(lambda each: _look(ports, hub, each), name.removeprefix(layout.OPEN), failures)
    if failures:
        raise ExceptionGroup("retention could not look at everything", failures)
    return purged


def _tried(work: Callable[[str], bool], proposal: str, failures: list[Exception]) -> bool:
    try:
        return work(proposal)
    except Exception as error:  # noqa: BLE001 - reported together at the end
        error.add_note(f"while looking at {proposal}")
        failures.append(error)
        return False


def _closed_until(ports: Ports, before: datetime) -> Iterator[str]:
    """Who is in the queue since that day or longer; the names sort by day."""
    for name in ports.store.names(layout.CLOSED):
        day, _, proposal = name.removeprefix(layout.CLOSED).partition("/")
        if day > before.date().isoformat():
            return
        yield proposal


def _purge(ports: Ports, hub: Instances, proposal: str, before: datetime) -> bool:
    """Purge every instance of a closed proposal. False where it is not time yet, or something speaks against it."""
    current, _ = load_proposal(ports.store, proposal)
    if current.state is not ProposalState.CLOSED or current.changed_at > before:
        return False
    instances = {instance: hub.status(instance) for instance in instances_of(current)}
    objection = _objection(ports, current, instances)
    if objection:
        tell_operators(ports, current, *objection)
        return False
    now = ports.clock.now()
    purged = change(
        ports.store,
        layout.proposal(proposal),
        Proposal,
        lambda stored: stored if stored.purged_at else replace(stored, purged_at=now),
    )
    for instance, status in instances.items():
        if status is not None:
            hub.purge(instance)
    put_once(ports.store, layout.purged_marker(purged.changed_at.date(), proposal), b"", "text/plain")
    ports.store.delete(_closed_marker(purged))
    log.info("its instances are purged", extra={"proposal": proposal})
    return True


def instances_of(proposal: Proposal) -> list[str]:
    """Every instance that a proposal may have had, children before their parent."""
    found = []
    for revision in range(1, proposal.revision + 1):
        for generation in range(ids.FIRST_GENERATION, proposal.generation(revision) + 1):
            instance = ids.instance_id(proposal.proposal, revision, generation)
            found += [*(ids.child_instance_id(instance, child) for child in CHILDREN), instance]
    return found


def _objection(ports: Ports, proposal: Proposal, instances: dict[str, str | None]) -> tuple[str, str] | None:
    """Why a closed proposal's instances must stay: a short name, and a sentence for operators."""
    sealed = ports.store.read(layout.record(proposal.proposal, proposal.revision, "json"))
    archived = ports.records.read(layout.published_record(proposal.proposal, proposal.revision, "json"))
    if sealed is None or archived is None or sealed.data != archived.data:
        return "unpublished", ports.texts("trouble.unpublished")
    for instance, status in instances.items():
        if status is not None and status not in TERMINAL:
            return "alive", ports.texts("trouble.alive", instance=instance, status=status)
    return None


def _look(ports: Ports, hub: Instances, proposal: str) -> bool:
    """Tell operators of an open proposal whose instance has ended, or is gone: nobody would be asked any more."""
    before = _waiting(ports, proposal)
    if before is None:
        return False
    instance = ids.instance_id(proposal, before.revision)
    status = hub.status(instance)
    if (status is not None and status not in TERMINAL) or _waiting(ports, proposal) != before:
        return False
    about = {"state": before.state.value.replace("_", " "), "instance": instance}
    text = (
        ports.texts("trouble.ended", **about, status=status)
        if status
        else ports.texts("trouble.gone", **about)
    )
    tell_operators(ports, before, (status or "gone").lower(), text)
    return True


def _waiting(ports: Ports, proposal: str) -> Proposal | None:
    """An open proposal that an instance should be running for a while, and of which operators are not told anyway."""
    found = load(ports.store, layout.proposal(proposal), Proposal)
    if found is None or found[0].claim is None or found[0].publication is not None:
        return None
    settled = ports.clock.now() - found[0].changed_at > SETTLED
    return found[0] if settled and found[0].state is not ProposalState.CLOSED else None


def _closed_marker(proposal: Proposal) -> str:
    return layout.closed_marker(proposal.changed_at.date(), proposal.proposal)
