"""Human interaction: a proposal's revision from its checks through its stages to an outcome.

The instance of a revision is ``{proposal}-r{n}``; its input ``{"proposal": ..., "revision": ..., "version": 2}``.
It asks one activity what comes next and does it: run the checks, wait for people, watch conditions, publish, end. What
is true is in the store, and activities read and write it; so what a feature adds is added there, and no history moves.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import azure.durable_functions as df

from approvals import wire
from approvals.stored.ids import EVENT
from approvals.wire import (
    ApprovalInput,
    CheckAnswer,
    Do,
    NextRequest,
    PublicationEnd,
    Raised,
    Shown,
    Step,
    Stray,
)
from orchestrators import version1
from orchestrators.calls import PAUSE, Steps, call_child, given, in_trouble, insist
from orchestrators.waiting import Mailbox

bp = df.Blueprint()

# Versions of this orchestration that instances in flight may carry. Code that would change a running
# instance's history branches on it.
VERSIONS = (1, 2)


@bp.orchestration_trigger(context_name="context")
def approval(context: df.DurableOrchestrationContext) -> Steps[dict[str, Any]]:
    """The orchestrator function: assign an approval task to the relevant member of staff."""
    return run(context)


def run(context: df.DurableOrchestrationContext) -> Steps[dict[str, Any]]:
    """The orchestration as a plain generator."""
    mailbox = Mailbox(context)
    request = given(context, ApprovalInput)
    if isinstance(request, ApprovalInput) and request.version == 1:
        return (yield from version1.Revision(context, mailbox, request).run())
    if isinstance(request, ApprovalInput) and request.version in VERSIONS:
        return (yield from Revision(context, mailbox, request).run())
    problem = (
        request if isinstance(request, str) else f"version {request.version} is not one of {list(VERSIONS)}"
    )
    stray = Stray(orchestrator="approval", instance=context.instance_id, why=problem)
    yield from insist(context, wire.REPORT_STRAY, lambda: stray)
    return {"ended": "without effect", "why": problem}


@dataclass(frozen=True)
class _Come:
    """What has come of a step; `NextRequest` says what each is."""

    as_of: datetime
    answers: tuple[CheckAnswer, ...] | None = None
    failure: str | None = None
    published: PublicationEnd | None = None


def _ended(step: Step, come: _Come) -> dict[str, Any]:
    published = {} if come.published is None else {"publication": come.published.value}
    return {"outcome": step.shown.outcome, **published}


@dataclass
class Revision:
    """One run: the context, its mailbox and the revision it is about."""

    context: df.DurableOrchestrationContext
    mailbox: Mailbox
    request: ApprovalInput
    claim: str = field(init=False)

    def run(self) -> Steps[dict[str, Any]]:
        """Ask what comes next and do it, until nothing does."""
        self.claim = self.context.new_uuid()
        come, stage = _Come(self._now()), ""
        while True:
            step = yield from self._next(come, stage)
            stage = step.stage
            self._show(step.shown)
            match step.do:
                case Do.SCREEN:
                    come = yield from self._screen(step)
                case Do.WAIT:
                    come = yield from self._wait(step)
                case Do.WATCH:
                    come = yield from self._watch()
                case Do.PUBLISH:
                    come = yield from self._publish()
                    if come.published is PublicationEnd.DONE and not self.mailbox.unread():
                        self._show(replace(step.shown, state="closed"))
                        return _ended(step, come)
                case Do.END if step.why:
                    return {"ended": "without effect", "why": step.why}
                case Do.END if not self.mailbox.unread():
                    return _ended(step, come)

    def _next(self, come: _Come, stage: str) -> Steps[Step]:
        def request(handled: int, events: tuple[Raised, ...]) -> NextRequest:
            return NextRequest(
                proposal=self.request.proposal,
                revision=self.request.revision,
                claim=self.claim,
                instance=self.context.instance_id,
                stage=stage,
                handled=handled,
                events=events,
                as_of=come.as_of,
                answers=come.answers,
                failure=come.failure,
                published=come.published,
            )

        return (yield from self.mailbox.hand_in(wire.NEXT_STEP, request))

    def _screen(self, step: Step) -> Steps[_Come]:
        """Fan-out/fan-in: a child that runs every group of checks at once."""
        request = wire.ScreeningInput(
            proposal=self.request.proposal,
            revision=self.request.revision,
            claim=self.claim,
            groups=step.groups,
        )
        try:
            answers = yield from call_child(self.context, wire.SCREENING, request, self._child("screening"))
        except Exception as error:  # noqa: BLE001 - the SDK raises plain Exceptions; an operator may have ended it
            return _Come(self._now(), failure=str(error))
        return _Come(self._now(), answers=answers)

    def _wait(self, step: Step) -> Steps[_Come]:
        """Human interaction: until somebody rings, or it is time to remind, to escalate, to lapse."""
        return _Come((yield from self.mailbox.wait(step.until or self._now())))

    def _watch(self) -> Steps[_Come]:
        """Monitor: a child that waits for evidence and confirmation. One that was ended is started again."""
        request = wire.About(proposal=self.request.proposal, revision=self.request.revision, claim=self.claim)
        try:
            yield from call_child(self.context, wire.CONDITIONS, request, self._child("conditions"))
        except Exception as error:  # noqa: BLE001 - as above
            in_trouble(self.context, error)
            yield self.context.create_timer(self._now() + PAUSE)
        return _Come(self._now())

    def _publish(self) -> Steps[_Come]:
        """Function chaining: a child that seals the record, publishes it, tells people and closes."""
        request = wire.PublicationInput(
            proposal=self.request.proposal,
            revision=self.request.revision,
            claim=self.claim,
            version=self.request.version,
        )
        try:
            end = yield from call_child(self.context, wire.PUBLICATION, request, self._child("publication"))
        except Exception as error:  # noqa: BLE001 - as above
            return _Come(self._now(), failure=str(error), published=PublicationEnd.PENDING)
        return _Come(self._now(), published=end)

    def _child(self, name: str) -> str:
        return f"{self.context.instance_id}-{name}"

    def _now(self) -> datetime:
        return self.context.current_utc_datetime

    def _show(self, shown: Shown) -> None:
        """What ``/status`` of the management API shows: where it stands, and how to raise an event."""
        about = {"proposal": self.request.proposal, "revision": self.request.revision}
        self.context.set_custom_status({"event": EVENT, **about, **shown.facts()})
