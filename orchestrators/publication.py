"""Function chaining: seal the decision record -> publish it -> tell people and close.

Input: `approvals.wire.PublicationInput`; the outcome stands already. Returns ``done``, ``without effect``, or
``pending``: a step's retries are used up, the proposal stays decided, and operators are told to run this again.
"""

from __future__ import annotations

import azure.durable_functions as df

from approvals import wire
from approvals.wire import About, PublicationEnd, PublicationFailure, PublicationInput, Stray
from orchestrators.calls import MAX_TROUBLE, Steps, call, given, insist

bp = df.Blueprint()

# Closing tells people first; in version 1 that was a step of its own.
STEPS = {
    1: (wire.SEAL_RECORD, wire.PUBLISH_RECORD, wire.TELL_PEOPLE, wire.CLOSE_PROPOSAL),
    2: (wire.SEAL_RECORD, wire.PUBLISH_RECORD, wire.CLOSE_PROPOSAL),
}


@bp.orchestration_trigger(context_name="context")
def publication(context: df.DurableOrchestrationContext) -> Steps[str]:
    """The orchestrator function: process the approval, step by step."""
    return run(context)


def run(context: df.DurableOrchestrationContext) -> Steps[str]:
    """The orchestration as a plain generator."""
    request = given(context, PublicationInput)
    if isinstance(request, str) or request.version not in STEPS:
        why = request if isinstance(request, str) else f"version {request.version} is not known"
        stray = Stray(orchestrator="publication", instance=context.instance_id, why=why)
        yield from insist(context, wire.REPORT_STRAY, lambda: stray)
        return PublicationEnd.NO_EFFECT.value
    about = About(proposal=request.proposal, revision=request.revision, claim=request.claim)
    for step in STEPS[request.version]:
        said = {"proposal": about.proposal, "revision": about.revision}
        context.set_custom_status({"state": "publishing", "step": step.name, **said})
        try:
            done = yield from call(context, step, about)
        except Exception as error:  # noqa: BLE001 - the SDK raises plain Exceptions for failed activities
            failure = _failure(about, step.name, error)
            yield from insist(context, wire.REPORT_PUBLICATION_FAILURE, lambda: failure)  # noqa: B023 - at once
            return PublicationEnd.PENDING.value
        if not done.effect:
            return PublicationEnd.NO_EFFECT.value
    return PublicationEnd.DONE.value


def _failure(about: About, step: str, error: Exception) -> PublicationFailure:
    return PublicationFailure(
        proposal=about.proposal,
        revision=about.revision,
        claim=about.claim,
        step=step,
        error=str(error)[:MAX_TROUBLE],
    )
