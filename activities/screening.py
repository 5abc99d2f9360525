"""Activities of the screening: the automatic checks, and the verdict over all of them."""

from __future__ import annotations

import asyncio
import logging

import azure.durable_functions as df

from activities.wired import wired
from approvals import wire
from approvals.ports import Ports
from approvals.wire import CheckAnswer
from services.submitting import checking, revising
from services.submitting.checking import run_check as check_one

bp = df.Blueprint()
log = logging.getLogger("greenlight.screening")

# A check that takes longer is reported as broken; the other checks do not wait for it.
TIME_LIMIT_SECONDS = 60.0


@bp.activity_trigger(input_name="request")
@wired(wire.RUN_CHECKS)
async def run_checks(ports: Ports, request: wire.RunChecks) -> wire.CheckAnswers:
    """Run a group of checks. Answers with data whatever happens: what each found, or why it broke."""
    return wire.CheckAnswers(tuple([await _run(ports, request, check) for check in request.checks]))


@bp.activity_trigger(input_name="request")
@wired(wire.RUN_CHECK)
async def run_check(ports: Ports, request: wire.RunCheck) -> CheckAnswer:
    """Run one check (version 1)."""
    return await _run(ports, request, request.check)


async def _run(ports: Ports, about: wire.About, check: str) -> CheckAnswer:
    try:
        work = asyncio.to_thread(check_one, ports, about.proposal, about.revision, check)
        return CheckAnswer(check, await asyncio.wait_for(work, TIME_LIMIT_SECONDS))
    except Exception as error:
        log.exception("check %s broke", check)
        return CheckAnswer(check, broken=f"{type(error).__name__}: {error}"[:500])


@bp.activity_trigger(input_name="request")
@wired(wire.CONCLUDE_SCREENING)
def conclude_screening(ports: Ports, request: wire.ConcludeScreening) -> wire.Concluded:
    """One verdict over all findings (version 1)."""
    found = [checking.finding(ports, answer) for answer in request.findings]
    screening, _ = revising.conclude_screening(ports, request.proposal, request.revision, found)
    return wire.Concluded(bool(screening.rejecting), screening.reason)
