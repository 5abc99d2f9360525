"""Fan-out/fan-in: the automatic checks side by side, then their findings in one list.

Input: `approvals.wire.ScreeningInput`. What needs nothing from elsewhere is one group, and each check that reads or
calls is one of its own. A check that breaks answers with data, not with a failure, because a failed fan-out would hide
its siblings; what broke is tried again, alone, then reported as broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from approvals import wire
from approvals.stored.codec import encode
from approvals.wire import CheckAnswer, RunCheck, RunChecks, ScreeningInput, Stray
from orchestrators.calls import MAX_TROUBLE, Steps, fan_out, given, insist

bp = df.Blueprint()

# Waits before the second and third try of what broke.
PAUSES = (timedelta(seconds=0), timedelta(seconds=2), timedelta(seconds=10))
Group = tuple[str, ...]


@bp.orchestration_trigger(context_name="context")
def screening(context: df.DurableOrchestrationContext) -> Steps[list[Any]]:
    """The orchestrator function: fan out over the checks and gather their findings."""
    return run(context)


def run(context: df.DurableOrchestrationContext) -> Steps[list[Any]]:
    """The orchestration as a plain generator. Returns ``[{"check": ..., "finding": {...}} | {..., "broken": why}]``."""
    request = given(context, ScreeningInput)
    if isinstance(request, str):
        stray = Stray(orchestrator="screening", instance=context.instance_id, why=request)
        yield from insist(context, wire.REPORT_STRAY, lambda: stray)
        return []
    groups = request.groups or tuple((check,) for check in request.checks)
    checks = [check for group in groups for check in group]
    answers: dict[str, CheckAnswer] = {}
    for pause in PAUSES:
        if not groups:
            break
        if pause:
            yield context.create_timer(context.current_utc_datetime + pause)
        answers |= {answer.check: answer for answer in (yield from _round(context, request, groups))}
        groups = tuple((check,) for check in checks if check in answers and answers[check].broken is not None)
    return [_said(answers[check]) for check in checks if check in answers]


def _round(
    context: df.DurableOrchestrationContext, request: ScreeningInput, groups: Sequence[Group]
) -> Steps[list[CheckAnswer]]:
    """Every group at once; where the fan-out fails as a whole, every check of it is broken."""
    try:
        if request.groups:
            return (yield from _grouped(context, request, groups))
        return (yield from _one_by_one(context, request, groups))
    except Exception as error:  # noqa: BLE001 - the SDK raises plain Exceptions, at the first failure of all
        why = str(error)[:MAX_TROUBLE]
        return [CheckAnswer(check, broken=why) for group in groups for check in group]


def _grouped(
    context: df.DurableOrchestrationContext, request: ScreeningInput, groups: Sequence[Group]
) -> Steps[list[CheckAnswer]]:
    requests = [
        RunChecks(proposal=request.proposal, revision=request.revision, claim=request.claim, checks=group)
        for group in groups
    ]
    found = yield from fan_out(context, wire.RUN_CHECKS, requests)
    return [answer for answers in found for answer in answers.answers]


def _one_by_one(
    context: df.DurableOrchestrationContext, request: ScreeningInput, groups: Sequence[Group]
) -> Steps[list[CheckAnswer]]:
    """Version 1: each check is a call of its own."""
    requests = [
        RunCheck(proposal=request.proposal, revision=request.revision, check=check) for (check,) in groups
    ]
    return (yield from fan_out(context, wire.RUN_CHECK, requests))


def _said(answer: CheckAnswer) -> dict[str, Any]:
    return {name: value for name, value in encode(answer).items() if value is not None}
