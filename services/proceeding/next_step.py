"""What comes next for a revision: the activity behind version 2 of its orchestration.

It goes as far as it can without waiting: claim, judge what was raised, conclude the screening, assign, count, remind,
escalate, settle. All that it knows it reads from the store, so it may run any number of times, and for an orchestration
that begins in the middle. Who has no claim to the revision changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from approvals.model import Outcome, Proposal, ProposalState, Screening, Stage
from approvals.ports import Ports
from approvals.refusals import Refusal, RefusalKind
from approvals.stored import ids, layout
from approvals.tally import StageResult
from approvals.wire import CheckAnswer, Do, NextRequest, Shown, StageReport, Step
from services.answering import fulfillment
from services.closing import publishing
from services.deciding import assignment, stages
from services.deciding.events import Listener, judge
from services.reading.views import shown_state
from services.store import fence
from services.store.cases import Case, change_proposal, load, load_case, load_proposal
from services.store.follow_up import pay_proposal
from services.submitting import checking, revising

# How far ahead to look where nothing is due.
IDLE = timedelta(days=1)


def next_step(ports: Ports, asked: NextRequest) -> Step:
    """What the orchestration does next. Whoever may not ask is told to end, without effect."""
    try:
        case = load_case(ports, asked.proposal, asked.revision)
        current = revising.claim_revision(ports, case, asked.instance, asked.claim)
    except Refusal as refusal:
        if refusal.kind is not RefusalKind.NOT_FOUND:
            raise
        return _nothing(asked, str(refusal))
    hears = Listener(
        asked.proposal, asked.revision, ids.listener(stages.LISTENER, current.generation(asked.revision))
    )
    if current.revision > asked.revision and asked.instance == current.orchestration(asked.revision):
        return _superseded(ports, asked, hears)
    if current.claim != asked.claim:
        return _fenced(ports, asked, current)
    now = max(ports.clock.now(), asked.as_of)
    return _Revision(ports, asked, case, hears, now).go_on(pay_proposal(ports, current))


def _fenced(ports: Ports, asked: NextRequest, current: Proposal) -> Step:
    """An execution of an earlier generation, or one that was started by hand: operators hear of that."""
    mine = ids.of_instance(asked.instance) or ("", 0, 0)
    older = mine[0] == current.proposal and mine[1:] < (current.revision, current.generation())
    if not older:
        about = {"started": asked.instance, "instance": current.instance}
        fence.report(ports, current, ports.texts("trouble.started-by-hand", **about))
    return _nothing(asked, "this revision belongs to another execution")


def _nothing(asked: NextRequest, why: str) -> Step:
    handled = asked.handled + len(asked.events)
    return Step(do=Do.END, handled=handled, shown=Shown("without effect"), why=why)


def _superseded(ports: Ports, asked: NextRequest, hears: Listener) -> Step:
    """The author submitted another revision; what was raised on this one came too late."""
    handled = judge(ports, hears, asked.handled, asked.events)
    return Step(do=Do.END, handled=handled, shown=Shown("superseded", outcome="superseded"))


@dataclass
class _Revision:
    """One call: what was asked about which case, whose events these are, and the moment to judge by."""

    ports: Ports
    asked: NextRequest
    case: Case
    hears: Listener
    now: datetime

    def go_on(self, current: Proposal) -> Step:
        """What comes next in the state that the proposal is in."""
        if current.state is ProposalState.SCREENING:
            return self._screen()
        screened = self.asked.answers is not None or self.asked.failure is not None
        if screened and self.asked.published is None:
            # this call opens the first stage: what came before its tasks is judged by the next, which finds them
            return self._go_on(current, self.asked.handled)
        handled = judge(self.ports, self.hears, self.asked.handled, self.asked.events)
        return self._go_on(current, handled)

    def _go_on(self, current: Proposal, handled: int) -> Step:
        if current.state is ProposalState.DECIDING:
            return self._decide(handled)
        if current.state is ProposalState.CHANGES_REQUESTED:
            return self._await_changes(handled)
        if current.state is ProposalState.CONDITIONS:
            return self._await_conditions(handled)
        return self._finish(current, handled)

    def _screen(self) -> Step:
        """Run the checks; with their answers, or with those of an execution before, conclude."""
        asked, groups = self.asked, checking.groups_for(self.case.policy)
        stored = load(self.ports.store, layout.screening(asked.proposal, asked.revision), Screening)
        answers = asked.answers
        if asked.failure is not None:
            checks = checking.checks_for(self.case.policy)
            answers = tuple(CheckAnswer(check, broken=asked.failure[:500]) for check in checks)
        if answers is None and stored is None and groups:
            return Step(do=Do.SCREEN, handled=asked.handled, shown=Shown("screening"), groups=groups)
        found = [checking.finding(self.ports, answer) for answer in answers or ()]
        screening, current = revising.conclude_screening(self.ports, asked.proposal, asked.revision, found)
        if screening.rejecting:
            return self._settle(Outcome.REJECTED, screening.reason, asked.handled)
        return self._go_on(current, asked.handled)

    def _decide(self, handled: int) -> Step:
        """Stage after stage, from the one where it stood: what is settled is not opened again."""
        route = self.case.route.stages
        names = [stage.name for stage in route]
        first = names.index(self.asked.stage) if self.asked.stage in names else 0
        for stage in route[first:]:
            report = self._stage(stage, handled)
            if report.result == StageResult.PENDING.value:
                shown = Shown("deciding", stage=stage.name, open=report.open, next=report.next_due)
                until = report.next_due or self.now + IDLE
                return Step(do=Do.WAIT, handled=handled, shown=shown, stage=stage.name, until=until)
            if report.result == StageResult.CHANGES_REQUESTED.value:
                return self._await_changes(handled)
            if report.result != StageResult.APPROVED.value:
                return self._settle(Outcome(report.result), f"stage {stage.name}", handled)
        opened = fulfillment.open_conditions(self.ports, self.asked.proposal, self.asked.revision)
        if opened.result == "none":
            return self._settle(Outcome.APPROVED, "", handled)
        return self._await_conditions(handled)

    def _stage(self, stage: Stage, handled: int) -> StageReport:
        """Bring a stage up to date; whoever is silent too long is passed over, to the end of the chain."""
        report = stages.settle(self.ports, self.case, stage, handled, self.now)
        while report.overdue and report.result == StageResult.PENDING.value:
            for task in report.overdue:
                assignment.escalate(self.ports, self.case, task, self.now)
            report = stages.settle(self.ports, self.case, stage, handled, self.now)
        return report

    def _await_changes(self, handled: int) -> Step:
        """Until the author revises or withdraws, or the time for it has passed."""
        current = revising.request_changes(self.ports, self.asked.proposal, self.asked.revision)
        if current.state is not ProposalState.CHANGES_REQUESTED:
            return self._finish(current, handled)
        if current.revise_by is not None and current.revise_by <= self.now:
            return self._settle(Outcome.LAPSED, "no revision came in time", handled)
        until = current.revise_by or self.now + IDLE
        shown = Shown("changes_requested", next=current.revise_by)
        return Step(do=Do.WAIT, handled=handled, shown=shown, until=until)

    def _await_conditions(self, handled: int) -> Step:
        """Until all conditions are confirmed, or one is past its due date: a child watches them."""
        asked = self.asked
        report = fulfillment.settle_conditions(self.ports, asked.proposal, asked.revision, 0, (), self.now)
        if report.result == "met":
            return self._settle(Outcome.APPROVED, "all conditions are met", handled)
        if report.result == "lapsed":
            return self._settle(Outcome.LAPSED, "a condition was not met in time", handled)
        if report.result == "over":
            return self._finish(load_proposal(self.ports.store, asked.proposal)[0], handled)
        watcher = ids.child_instance_id(asked.instance, fulfillment.LISTENER)

        def edit(stored: Proposal) -> Proposal:
            mine = stored.claim == asked.claim and stored.instance != watcher
            return replace(stored, instance=watcher) if mine else stored

        change_proposal(self.ports, asked.proposal, edit)
        shown = Shown("conditions", waiting=report.waiting, next=report.next_due)
        return Step(do=Do.WATCH, handled=handled, shown=shown)

    def _settle(self, outcome: Outcome, reason: str, handled: int) -> Step:
        settled = publishing.settle_outcome(
            self.ports, self.asked.proposal, self.asked.revision, outcome, reason
        )
        return self._finish(settled, handled)

    def _finish(self, current: Proposal, handled: int) -> Step:
        """The outcome stands, or another revision does: publish, once; then that was all."""
        asked = self.asked
        if current.revision != asked.revision:
            return Step(do=Do.END, handled=handled, shown=Shown("superseded", outcome="superseded"))
        outcome = current.outcome.value if current.outcome else None
        if current.state is ProposalState.CLOSING and asked.published is None:
            return Step(do=Do.PUBLISH, handled=handled, shown=Shown("closing", outcome=outcome))
        if asked.failure is not None:
            publishing.report_failure(self.ports, asked.proposal, "publication", asked.failure)
            current = load_proposal(self.ports.store, asked.proposal)[0]
        return Step(do=Do.END, handled=handled, shown=Shown(shown_state(current), outcome=outcome))
