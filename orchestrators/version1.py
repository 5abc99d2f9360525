"""Version 1 of the approval, for the instances that began with it; it goes when none is left in flight.

Nothing here may change: the histories of what is in flight are replayed by it (`tests/replay`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

from approvals import wire
from approvals.model import Outcome
from approvals.stored.codec import encode
from approvals.stored.ids import EVENT
from approvals.wire import About, ApprovalInput, CheckAnswer, ConditionsEnd, PublicationEnd, Raised
from orchestrators.calls import MAX_TROUBLE, PAUSE, Steps, call_child, in_trouble, insist
from orchestrators.waiting import Mailbox

# How far ahead to look where nothing is due.
IDLE = timedelta(days=1)


@dataclass
class Revision:
    """One run: the context, its mailbox and the revision it is about."""

    context: df.DurableOrchestrationContext
    mailbox: Mailbox
    request: ApprovalInput

    @property
    def about(self) -> About:
        return About(proposal=self.request.proposal, revision=self.request.revision)

    def run(self) -> Steps[dict[str, Any]]:
        """To the outcome and its publication. Returns both."""
        proposal, revision, claim = self.about.proposal, self.about.revision, self.context.new_uuid()
        opened = wire.OpenRevision(
            proposal=proposal, revision=revision, claim=claim, instance=self.context.instance_id
        )
        opening = yield from insist(self.context, wire.OPEN_REVISION, lambda: opened)
        if not opening.claimed:
            return {"ended": "without effect", "why": "this revision belongs to another execution"}
        outcome, reason = yield from self._outcome(opening)
        if outcome == "superseded":
            return {"outcome": "superseded"}
        ended = wire.SettleOutcome(
            proposal=proposal, revision=revision, outcome=Outcome(outcome), reason=reason
        )
        settled = yield from insist(self.context, wire.SETTLE_OUTCOME, lambda: ended)
        published = yield from self._publish(settled.outcome)
        while self.mailbox.unread():
            yield from self.mailbox.hand_in(wire.SETTLE_LATE_EVENTS, self._late)
        return {"outcome": settled.outcome.value, "publication": published.value}

    def _outcome(self, opening: wire.Opening) -> Steps[tuple[str, str]]:
        """Screen, then stage after stage. Returns the outcome and its reason."""
        if opening.over:
            return "withdrawn", ""
        screening = yield from self._screen(opening.checks)
        if screening.rejected:
            return "rejected", screening.reason
        for stage in opening.stages:
            result = yield from self._stage(stage)
            if result == "changes_requested":
                return (yield from self._changes())
            if result == "over":
                return "withdrawn", ""
            if result != "approved":
                return result, f"stage {stage}"
        return (yield from self._conditions())

    def _screen(self, checks: tuple[str, ...]) -> Steps[wire.Concluded]:
        self._show("screening")
        proposal, revision = self.about.proposal, self.about.revision
        request = wire.ScreeningInput(proposal=proposal, revision=revision, checks=checks)
        try:
            findings = yield from call_child(self.context, wire.SCREENING, request, self._child("screening"))
        except Exception as error:  # noqa: BLE001 - the SDK raises plain Exceptions; an operator may have ended it
            findings = tuple(CheckAnswer(check, broken=str(error)[:MAX_TROUBLE]) for check in checks)
        found = wire.ConcludeScreening(proposal=proposal, revision=revision, findings=findings)
        return (yield from insist(self.context, wire.CONCLUDE_SCREENING, lambda: found))

    def _stage(self, stage: str) -> Steps[str]:
        """Assign the stage's approval tasks, then wait, count, escalate, until it is settled. Returns the result."""
        proposal, revision, mailbox = self.about.proposal, self.about.revision, self.mailbox
        assigned = wire.AssignTasks(
            proposal=proposal, revision=revision, stage=stage, handled=mailbox.handled
        )
        report = yield from insist(self.context, wire.ASSIGN_APPROVAL_TASKS, lambda: assigned)
        as_of = self.context.current_utc_datetime

        def late(overdue: tuple[str, ...]) -> wire.EscalateTasks:
            return wire.EscalateTasks(
                proposal=proposal,
                revision=revision,
                stage=stage,
                tasks=overdue,
                handled=mailbox.handled,
                as_of=as_of,
            )

        def heard(handled: int, events: tuple[Raised, ...]) -> wire.SettleStage:
            return wire.SettleStage(
                proposal=proposal, revision=revision, stage=stage, handled=handled, events=events, as_of=as_of
            )

        while report.result == "pending":
            self._show("deciding", stage=stage, open=report.open, next=report.next_due)
            if report.overdue:
                overdue = late(report.overdue)
                report = yield from insist(self.context, wire.ESCALATE_TASKS, lambda: overdue)  # noqa: B023 - at once
                continue
            as_of = yield from self._wait(report.next_due)
            report = yield from mailbox.hand_in(wire.SETTLE_STAGE, heard)
        return report.result

    def _changes(self) -> Steps[tuple[str, str]]:
        """Wait for the author: a revision supersedes this instance, or the proposal is withdrawn, or it lapses."""
        yield from insist(self.context, wire.REQUEST_CHANGES, lambda: self.about)
        as_of = self.context.current_utc_datetime
        while True:
            report = yield from self.mailbox.hand_in(
                wire.SETTLE_CHANGES,
                lambda handled, events: wire.Heard(
                    proposal=self.about.proposal,
                    revision=self.about.revision,
                    handled=handled,
                    events=events,
                    as_of=as_of,  # noqa: B023 - called at once
                ),
            )
            if report.result == "superseded":
                return "superseded", ""
            if report.result == "over":
                return "withdrawn", ""
            if report.result == "lapsed":
                return "lapsed", "no revision came in time"
            self._show("changes_requested", next=report.next_due)
            as_of = yield from self._wait(report.next_due)

    def _conditions(self) -> Steps[tuple[str, str]]:
        report = yield from insist(self.context, wire.OPEN_CONDITIONS, lambda: self.about)
        if report.result == "none":
            return "approved", ""
        self._show("conditions", waiting=report.waiting, next=report.next_due)
        while True:
            try:
                result = yield from call_child(
                    self.context, wire.CONDITIONS, self.about, self._child("conditions")
                )
            except Exception as error:  # noqa: BLE001 - as above: an ended child is started again
                in_trouble(self.context, error)
                yield self.context.create_timer(self.context.current_utc_datetime + PAUSE)
                continue
            if result is ConditionsEnd.MET:
                return "approved", "all conditions are met"
            over = result is ConditionsEnd.OVER
            return ("withdrawn", "") if over else ("lapsed", "a condition was not met in time")

    def _publish(self, outcome: Outcome) -> Steps[PublicationEnd]:
        self._show("closing", outcome=outcome)
        proposal, revision = self.about.proposal, self.about.revision
        request = wire.PublicationInput(proposal=proposal, revision=revision)
        try:
            result = yield from call_child(
                self.context, wire.PUBLICATION, request, self._child("publication")
            )
        except Exception as error:  # noqa: BLE001 - as above
            failed = wire.PublicationFailure(
                proposal=proposal, revision=revision, step="publication", error=str(error)[:MAX_TROUBLE]
            )
            yield from insist(self.context, wire.REPORT_PUBLICATION_FAILURE, lambda: failed)
            result = PublicationEnd.PENDING
        state = "closed" if result is PublicationEnd.DONE else "decided, publication pending"
        self._show(state, outcome=outcome)
        return result

    def _late(self, handled: int, events: tuple[Raised, ...]) -> wire.LateEvents:
        about = self.about
        return wire.LateEvents(
            proposal=about.proposal, revision=about.revision, handled=handled, events=events
        )

    def _wait(self, next_due: datetime | None) -> Steps[datetime]:
        return (yield from self.mailbox.wait(next_due or self.context.current_utc_datetime + IDLE))

    def _child(self, name: str) -> str:
        return f"{self.about.proposal}-r{self.about.revision}-{name}"

    def _show(self, state: str, **facts: object) -> None:
        """What ``/status`` of the management API shows: where it stands, and how to raise an event."""
        about = {"proposal": self.about.proposal, "revision": self.about.revision}
        self.context.set_custom_status({"state": state, "event": EVENT, **about, **encode(facts)})
