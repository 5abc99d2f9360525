"""Human interaction: a proposal's revision from its checks through its stages to an outcome.

The instance of a revision is ``{proposal}-r{n}``; its input ``{"proposal": ..., "revision": ..., "version": 1}``.
It only decides what happens next. What is true is in the store, and activities read and write it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from approvals.stored.codec import parse_utc, utc_text
from approvals.stored.ids import EVENT, child_instance_id
from orchestrators.waiting import PAUSE, Mailbox, Steps, insist

bp = df.Blueprint()

# Versions of this orchestration that instances in flight may carry. Code that would change a running
# instance's history branches on it.
VERSIONS = (1,)
# How far ahead to look where nothing is due.
IDLE = timedelta(days=1)


@bp.orchestration_trigger(context_name="context")
def approval(context: df.DurableOrchestrationContext) -> Steps:
    """The orchestrator function: assign an approval task to the relevant member of staff."""
    return run(context)


def run(context: df.DurableOrchestrationContext) -> Steps:
    """The orchestration as a plain generator."""
    mailbox = Mailbox(context)
    request: Any = context.get_input()
    problem = _problem(request)
    if problem:
        return {"ended": "without effect", "why": problem}
    return (yield from Revision(context, mailbox, request).run())


def _problem(request: Any) -> str | None:
    """What is wrong with the input: anybody with the system key can start this orchestrator with anything."""
    if not isinstance(request, dict) or set(request) != {"proposal", "revision", "version"}:
        return 'the input must be {"proposal": ..., "revision": ..., "version": ...}'
    if request["version"] not in VERSIONS:
        return f"this app runs versions {list(VERSIONS)} of the orchestration, not {request['version']!r}"
    return None


@dataclass
class Revision:
    """One run: the context, its mailbox and the revision it is about."""

    context: df.DurableOrchestrationContext
    mailbox: Mailbox
    request: dict[str, Any]

    @property
    def about(self) -> dict[str, Any]:
        return {"proposal": self.request["proposal"], "revision": self.request["revision"]}

    def run(self) -> Steps:
        claim = self.context.new_uuid()
        opening = yield from self._insist("open_revision", instance=self.context.instance_id, claim=claim)
        if not opening["claimed"]:
            return {"ended": "without effect", "why": "this revision belongs to another execution"}
        outcome, reason = yield from self._outcome(opening)
        if outcome == "superseded":
            return {"outcome": "superseded"}
        settled = yield from self._insist("settle_outcome", outcome=outcome, reason=reason)
        published = yield from self._publish(settled["outcome"])
        while self.mailbox.unread():
            yield from self.mailbox.hand_in("settle_late_events", self.about)
        return {"outcome": settled["outcome"], "publication": published}

    def _outcome(self, opening: dict[str, Any]) -> Steps:
        """Screen, then stage after stage. Returns the outcome and its reason."""
        if opening["over"]:
            return "withdrawn", ""
        screening = yield from self._screen(opening["checks"])
        if screening["rejected"]:
            return "rejected", screening["reason"]
        for stage in opening["stages"]:
            result = yield from self._stage(stage)
            if result == "changes_requested":
                return (yield from self._changes())
            if result == "over":
                return "withdrawn", ""
            if result != "approved":
                return result, f"stage {stage}"
        return (yield from self._conditions())

    def _screen(self, checks: list[str]) -> Steps:
        self._show("screening")
        request = {**self.about, "checks": checks}
        try:
            findings = yield self.context.call_sub_orchestrator(
                "screening", request, self._child("screening")
            )
        except Exception as error:  # noqa: BLE001 - the SDK raises plain Exceptions; an operator may have ended it
            findings = [{"check": check, "broken": str(error)[:500]} for check in checks]
        return (yield from self._insist("conclude_screening", findings=findings))

    def _stage(self, stage: str) -> Steps:
        """Assign the stage's approval tasks, then wait, count, escalate, until it is settled. Returns the result."""
        request = {**self.about, "stage": stage}
        report = yield from self._insist("assign_approval_tasks", stage=stage, handled=self.mailbox.handled)
        as_of = self.context.current_utc_datetime
        while report["result"] == "pending":
            self._show("deciding", stage=stage, open=report["open"], next=report["next_due"])
            if report["overdue"]:
                report = yield from self._insist(
                    "escalate_tasks",
                    stage=stage,
                    tasks=report["overdue"],
                    handled=self.mailbox.handled,
                    as_of=utc_text(as_of),
                )
                continue
            as_of = yield from self._wait(report["next_due"])
            report = yield from self.mailbox.hand_in("settle_stage", {**request, "as_of": utc_text(as_of)})
        return report["result"]

    def _changes(self) -> Steps:
        """Wait for the author: a revision supersedes this instance, or the proposal is withdrawn, or it lapses."""
        yield from self._insist("request_changes")
        as_of = self.context.current_utc_datetime
        while True:
            report = yield from self.mailbox.hand_in(
                "settle_changes", {**self.about, "as_of": utc_text(as_of)}
            )
            if report["result"] == "superseded":
                return "superseded", ""
            if report["result"] == "over":
                return "withdrawn", ""
            if report["result"] == "lapsed":
                return "lapsed", "no revision came in time"
            self._show("changes_requested", next=report["next_due"])
            as_of = yield from self._wait(report["next_due"])

    def _conditions(self) -> Steps:
        report = yield from self._insist("open_conditions")
        if report["result"] == "none":
            return "approved", ""
        self._show("conditions", waiting=report["waiting"], next=report["next_due"])
        while True:
            try:
                result = yield self.context.call_sub_orchestrator(
                    "conditions", self.about, self._child("conditions")
                )
            except Exception as error:  # noqa: BLE001 - as above: an ended child is started again
                self.context.set_custom_status({"state": "in trouble", "error": str(error)[:500]})
                yield self.context.create_timer(self.context.current_utc_datetime + PAUSE)
                continue
            if result == "met":
                return "approved", "all conditions are met"
            return ("withdrawn", "") if result == "over" else ("lapsed", "a condition was not met in time")

    def _publish(self, outcome: str) -> Steps:
        self._show("closing", outcome=outcome)
        try:
            result = yield self.context.call_sub_orchestrator(
                "publication", self.about, self._child("publication")
            )
        except Exception as error:  # noqa: BLE001 - as above
            yield from self._insist("report_publication_failure", step="publication", error=str(error)[:500])
            result = "pending"
        state = "closed" if result == "done" else "decided, publication pending"
        self._show(state, outcome=outcome)
        return result

    def _wait(self, next_due: str | None) -> Steps:
        now = self.context.current_utc_datetime
        return (yield from self.mailbox.wait(parse_utc(next_due) if next_due else now + IDLE))

    def _insist(self, activity: str, **request: Any) -> Steps:
        return (yield from insist(self.context, activity, lambda: {**self.about, **request}))

    def _child(self, name: str) -> str:
        return child_instance_id(self.request["proposal"], self.request["revision"], name)

    def _show(self, state: str, **facts: Any) -> None:
        """What ``/status`` of the management API shows: where it stands, and how to raise an event."""
        self.context.set_custom_status({"state": state, "event": EVENT, **self.about, **facts})
