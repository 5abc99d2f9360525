"""Function chaining: seal the decision record -> publish it -> tell people -> close.

Input: ``{"proposal": ..., "revision": ...}``; the outcome stands already. Returns ``done`` or ``pending``: a step
whose retries are used up leaves the proposal decided, and operators told to run this again.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import azure.durable_functions as df

from orchestrators.waiting import MAX_TROUBLE, RETRY, Steps, insist

bp = df.Blueprint()

STEPS = ("seal_record", "publish_record", "tell_people", "close_proposal")


@bp.orchestration_trigger(context_name="context")
def publication(context: df.DurableOrchestrationContext) -> Steps:
    """The orchestrator function: process the approval, step by step."""
    return run(context)


def run(context: df.DurableOrchestrationContext) -> Steps:
    """The orchestration as a plain generator."""
    about: dict[str, Any] = context.get_input() or {}
    for step in STEPS:
        context.set_custom_status({"state": "publishing", "step": step, **about})
        try:
            yield context.call_activity_with_retry(step, RETRY, about)
        except Exception as error:  # noqa: BLE001 - the SDK raises plain Exceptions for failed activities
            failure = {**about, "step": step, "error": str(error)[:MAX_TROUBLE]}
            yield from insist(context, "report_publication_failure", partial(dict, failure))
            return "pending"
    return "done"
