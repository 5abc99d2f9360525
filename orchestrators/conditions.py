"""Monitor: "approved if ...". Looks for the evidence at a growing interval until it is confirmed or time is up.

Input: ``{"proposal": ..., "revision": ...}``. Returns ``met``, ``lapsed`` or ``over`` (withdrawn). The bell cuts an
interval short.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from approvals.stored.codec import parse_utc, utc_text
from approvals.stored.ids import EVENT
from orchestrators.waiting import Mailbox, Steps

bp = df.Blueprint()

FIRST_INTERVAL = timedelta(hours=1)
LONGEST_INTERVAL = timedelta(days=1)


@bp.orchestration_trigger(context_name="context")
def conditions(context: df.DurableOrchestrationContext) -> Steps:
    """The orchestrator function: watch the conditions of an approval."""
    return run(context)


def run(context: df.DurableOrchestrationContext) -> Steps:
    """The orchestration as a plain generator."""
    mailbox = Mailbox(context)
    about: dict[str, Any] = context.get_input() or {}
    interval, as_of = FIRST_INTERVAL, context.current_utc_datetime
    while True:
        report = yield from mailbox.hand_in("settle_conditions", {**about, "as_of": utc_text(as_of)})
        if report["result"] != "pending":
            return report["result"]
        waiting = {"waiting": report["waiting"], "next": report["next_due"]}
        context.set_custom_status({"state": "conditions", "event": EVENT, **about, **waiting})
        look_again = context.current_utc_datetime + interval
        as_of = yield from mailbox.wait(min(look_again, parse_utc(report["next_due"])))
        interval = min(interval * 2, LONGEST_INTERVAL)
