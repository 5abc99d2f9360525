"""Activities of the screening: one automatic check each, and the verdict over all of them."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import azure.durable_functions as df

from activities.wire import Request, about, about_the, encoded, logged
from adapters.bootstrap import ports
from approvals.model import CheckResult, Finding
from approvals.stored.codec import decode
from services.submitting import revising
from services.submitting.checking import run_check as check_one

bp = df.Blueprint()
log = logging.getLogger("greenlight.screening")

# A check that takes longer is reported as broken; the other checks do not wait for it.
TIME_LIMIT_SECONDS = 60.0


@bp.activity_trigger(input_name="request")
async def run_check(request: Request) -> dict[str, Any]:
    """Run one check. Answers with data whatever happens: ``{"check", "finding"}`` or ``{"check", "broken"}``."""
    check = request["check"]
    with about_the(request, "run_check"):
        try:
            work = asyncio.to_thread(check_one, ports(), *about(request), check)
            finding = await asyncio.wait_for(work, TIME_LIMIT_SECONDS)
        except Exception as error:
            log.exception("check %s broke", check)
            return {"check": check, "broken": f"{type(error).__name__}: {error}"[:500]}
        return {"check": check, "finding": encoded(finding)}


@bp.activity_trigger(input_name="request")
@logged
def conclude_screening(request: Request) -> dict[str, Any]:
    """One verdict over all findings. Returns ``{"rejected", "reason"}``."""
    findings = [_finding(answer) for answer in request["findings"]]
    screening = revising.conclude_screening(ports(), *about(request), findings)
    reason = "; ".join(finding.message for finding in screening.rejecting)
    return {"rejected": bool(screening.rejecting), "reason": reason}


def _finding(answer: dict[str, Any]) -> Finding:
    if "finding" in answer:
        return decode(Finding, answer["finding"])
    said = ports().texts("check.broken", error=answer["broken"])
    return Finding(answer["check"], CheckResult.NOT_CHECKED, said)
