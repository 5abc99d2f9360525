"""Monitor: "approved if ...". Looks for the evidence at a growing interval until it is confirmed or time is up.

Input: `approvals.wire.About`. Returns ``met``, ``lapsed`` or ``over`` (withdrawn). The bell cuts an interval short.
"""

from __future__ import annotations

from datetime import timedelta

import azure.durable_functions as df

from approvals import wire
from approvals.stored.codec import encode
from approvals.stored.ids import EVENT
from approvals.wire import About, Heard, Raised, Stray
from orchestrators.calls import Steps, given, insist
from orchestrators.waiting import Mailbox

bp = df.Blueprint()

FIRST_INTERVAL = timedelta(hours=1)
LONGEST_INTERVAL = timedelta(days=1)


@bp.orchestration_trigger(context_name="context")
def conditions(context: df.DurableOrchestrationContext) -> Steps[str]:
    """The orchestrator function: watch the conditions of an approval."""
    return run(context)


def run(context: df.DurableOrchestrationContext) -> Steps[str]:
    """The orchestration as a plain generator."""
    mailbox = Mailbox(context)
    about = given(context, About)
    if isinstance(about, str):
        stray = Stray(orchestrator="conditions", instance=context.instance_id, why=about)
        yield from insist(context, wire.REPORT_STRAY, lambda: stray)
        return wire.ConditionsEnd.OVER.value
    interval, as_of = FIRST_INTERVAL, context.current_utc_datetime

    def heard(handled: int, events: tuple[Raised, ...]) -> Heard:
        return Heard(
            proposal=about.proposal,
            revision=about.revision,
            claim=about.claim,
            handled=handled,
            events=events,
            as_of=as_of,
        )

    while True:
        report = yield from mailbox.hand_in(wire.SETTLE_CONDITIONS, heard)
        if report.result != "pending":
            return report.result
        waiting = encode({"waiting": report.waiting, "next": report.next_due})
        said = {"proposal": about.proposal, "revision": about.revision}
        context.set_custom_status({"state": "conditions", "event": EVENT, **said, **waiting})
        look_again = context.current_utc_datetime + interval
        as_of = yield from mailbox.wait(min(look_again, report.next_due or look_again))
        interval = min(interval * 2, LONGEST_INTERVAL)
