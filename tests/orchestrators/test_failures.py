"""What breaks is retried, then said: a check, a publication, an activity whose storage is gone for a while."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import activities.screening
import services.store.cases
import services.submitting.checking
from approvals.model import CheckResult, Finding, Need, Outcome, ProposalState, Route, Screening, TaskState
from approvals.policy.directory import Delegation
from approvals.stored import layout
from approvals.verdicts import Verdict
from orchestrators.publication import STEPS
from services.reading import views
from services.store.cases import load
from tests.orchestrators.world import DIRECTORY, START, StorageFault, World, stage, world

ROUTE = Route("one stage", "always", (stage("line", Need.ANY, [["p0", "p1"]]),))


def broken_check(monkeypatch: pytest.MonkeyPatch, times: int) -> list[str]:
    """``required_fields`` breaks the first ``times`` times. Returns the list of all calls."""
    honest: Callable[..., Finding] = services.submitting.checking.run_check
    calls: list[str] = []

    def check(ports: Any, proposal: str, revision: int, name: str) -> Finding:
        calls.append(name)
        if name == "required_fields" and calls.count(name) <= times:
            raise ConnectionError("the service behind it is away")
        return honest(ports, proposal, revision, name)

    monkeypatch.setattr(activities.screening, "check_one", check)
    return calls


def finding(made: World, check: str) -> Finding:
    found = load(made.store, layout.screening(made.proposal, 1), Screening)
    assert found is not None
    return next(each for each in found[0].findings if each.check == check)


def test_a_check_that_breaks_is_tried_again_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = broken_check(monkeypatch, 2)
    with world(ROUTE) as made:
        made.submit()
        made.host.run(until=made.clock.now() + timedelta(minutes=1))
        assert finding(made, "required_fields").result is CheckResult.PASSED
        assert calls.count("required_fields") == 3
        assert calls.count("seen_before") == 1
        assert made.held_by("p0") == "line-1"


def test_a_check_that_stays_broken_is_never_passed_and_the_approvers_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken_check(monkeypatch, 99)
    with world(ROUTE) as made:
        made.submit()
        made.host.run(until=made.clock.now() + timedelta(minutes=1))
        found = finding(made, "required_fields")
        assert (found.result, "could not be checked" in found.message) == (CheckResult.NOT_CHECKED, True)
        shown = views.picture(made.ports, "p0", made.proposal).revisions[0].screening
        assert shown is not None
        assert found in shown.findings
        assert made.held_by("p0") == "line-1"


@pytest.mark.parametrize(("runs", "step"), [(runs, each.name) for runs in STEPS for each in STEPS[runs]])
def test_a_publication_that_fails_leaves_the_proposal_decided_and_can_be_run_again(
    runs: int, step: str
) -> None:
    with world(ROUTE, runs=runs) as made:
        honest = made.host.activities[step]

        def fail(_request: Any) -> Any:
            raise StorageFault("the archive is away")

        made.host.activities[step] = fail
        made.submit()
        made.decide("p0", "line-1", Verdict.APPROVE)
        made.host.run(until=made.clock.now() + timedelta(hours=1))
        stuck = made.current()
        assert (stuck.state, stuck.outcome, stuck.publication) == (
            ProposalState.CLOSING,
            Outcome.APPROVED,
            step,
        )
        assert views.status(made.ports, made.proposal).state == "decided, publication pending"
        assert not views.status(made.ports, made.proposal).over
        made.host.activities[step] = honest
        made.run_publication_again()
        assert (made.current().state, made.current().publication) == (ProposalState.CLOSED, None)
        assert len(made.ports.records.blobs) == 2  # type: ignore[attr-defined]  # a MemoryStore


@pytest.mark.parametrize(("runs", "activity"), [(1, "settle_stage"), (2, "next_step")])
def test_an_activity_that_fails_for_an_hour_is_said_and_waited_for(runs: int, activity: str) -> None:
    with world(ROUTE, runs=runs) as made:
        made.submit()
        honest = made.host.activities[activity]
        until = made.clock.now() + timedelta(hours=1)

        def away(request: Any) -> Any:
            if made.clock.now() < until:
                raise StorageFault("storage is away")
            return honest(request)

        made.host.activities[activity] = away
        made.decide("p0", "line-1", Verdict.APPROVE)
        status = made.host.instances[made.current().instance].context.custom_status
        assert (status["state"], status["activity"]) == ("in trouble", activity)
        assert made.tasks()[0].state is TaskState.RECORDED
        made.host.run(until=until + timedelta(hours=2))
        assert made.current().outcome is Outcome.APPROVED


@pytest.mark.parametrize(
    ("runs", "during"), [(1, "assign_approval_tasks"), (2, "next_step"), (2, "run_checks")]
)
def test_a_decision_that_comes_before_anybody_listens_is_heard(runs: int, during: str) -> None:
    with world(ROUTE, runs=runs) as made:
        payload = {"task": "line-1", "verdict": "approve", "by": "p0", "comment": "early"}
        early: list[str] = []

        def between(name: str) -> None:
            if name == during and not early:
                early.append(name)
                made.proposal = next(iter(made.host.instances)).removesuffix("-r1")
                made.raise_event(payload)

        made.host.between = between
        made.submit()
        made.host.run(until=made.clock.now() + timedelta(minutes=1))
        assert early
        assert made.current().outcome is Outcome.APPROVED


def test_a_delegation_to_somebody_with_a_seat_of_the_stage_is_not_followed() -> None:
    route = Route("both", "always", (stage("line", Need.ALL, [["p0", "p9"], ["p1", "p8"]]),))
    today = START.date()
    with world(route) as made:
        made.ports.directory.directory = replace(  # type: ignore[attr-defined]  # a fake
            DIRECTORY,
            delegations=(Delegation("p0", "p1", today, today), Delegation("p1", "p7", today, today)),
        )
        made.submit()
        assert {task.seat: (task.assignee, task.on_behalf_of) for task in made.tasks()} == {
            "line-1": ("p0", None),
            "line-2": ("p7", "p1"),
        }


def test_a_release_that_routes_otherwise_moves_nothing_that_is_open() -> None:
    with world(ROUTE) as made, pytest.MonkeyPatch.context() as release:  # undone before the world's own
        made.submit()
        made.host.run(until=made.clock.now() + timedelta(minutes=1))
        before = [(task.task, task.assignee, task.due_at) for task in made.tasks()]
        other = Route("another", "always", (stage("board", Need.ALL, [["p7"], ["p8"]]),))
        release.setattr(services.store.cases, "route", lambda *_: other)
        services.store.cases._kept.clear()  # the release is another process
        made.host.run(until=made.clock.now() + timedelta(days=1))
        assert [(task.task, task.assignee, task.due_at) for task in made.tasks()] == before
        made.decide("p0", "line-1", Verdict.APPROVE)
        made.host.run()
        assert made.current().outcome is Outcome.APPROVED
