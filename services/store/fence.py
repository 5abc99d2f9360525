"""The fence: only the execution that claimed a revision may move it.

Anybody with the system key can start an orchestration with any input; one that was begun again may still have an older
execution somewhere. Every activity that does not see for itself asks here before its first write.
"""

from __future__ import annotations

import logging
from collections.abc import Collection

from approvals.model import Proposal, ProposalState
from approvals.ports import Ports
from approvals.refusals import Refusal, RefusalKind
from approvals.stored import ids
from approvals.wire import About
from services.store.cases import load_proposal, load_submission
from services.store.follow_up import tell_operators

log = logging.getLogger("greenlight.fence")

STARTED_BY_HAND = "started-by-hand"


def admits(ports: Ports, about: About, activity: str, states: Collection[ProposalState]) -> bool:
    """May who asks do what ``activity`` does, and is the proposal in one of ``states`` (empty: any)?

    Who was started by hand is reported to operators; an older execution is only logged.
    """
    try:
        current, _ = load_proposal(ports.store, about.proposal)
    except Refusal:
        log.warning("%s is asked of a proposal that does not exist", activity)
        return False
    if _has_business(ports, current, about) and (not states or _stands_in(current, about, states)):
        return True
    if about.claim:
        log.warning("%s is asked by an execution that has no claim to the proposal (any more)", activity)
    else:
        report(
            ports,
            current,
            ports.texts("trouble.caller-by-hand", activity=activity, instance=current.instance),
        )
    return False


def report(ports: Ports, current: Proposal, text: str) -> None:
    """Tell operators that somebody started an orchestration by hand, to no effect."""
    tell_operators(ports, current, STARTED_BY_HAND, text)


def _has_business(ports: Ports, current: Proposal, about: About) -> bool:
    if about.claim:
        return (current.revision, current.claim) == (about.revision, about.claim)
    first = current.generation(about.revision) == ids.FIRST_GENERATION
    return first and began_with_version_1(ports, about.proposal, about.revision)


def _stands_in(current: Proposal, about: About, states: Collection[ProposalState]) -> bool:
    return current.revision == about.revision and current.state in states


def began_with_version_1(ports: Ports, proposal: str, revision: int) -> bool:
    """Is a revision run by version 1, whose requests name no claim?"""
    try:
        return load_submission(ports, proposal, revision).orchestration_version == 1
    except Refusal as refusal:
        if refusal.kind is not RefusalKind.NOT_FOUND:
            raise
        return False
