"""Killed after every single write of submit, decide, hand over, settle and publish: each a named test.

The list of crash points is taken from a run without a crash, so a new write is a new test. After the kill the host
comes back: an activity runs again; a request is repeated by its sender, or by nobody, and then the sweep has to do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from approvals.model import Need, Outcome, ProposalState, Route, TaskState
from approvals.refusals import Refusal, RefusalKind
from approvals.stored import layout
from approvals.verdicts import Verdict
from orchestrators.approval import VERSIONS
from services.upkeep.sweeping import GRACE
from tests.fakes import WRITES, MemoryStore
from tests.orchestrators.world import AUTHOR, PEOPLE, World, stage, world

ROUTE = Route(
    "two stages",
    "always",
    (
        stage("first", Need.ALL, [["p0", "p1"], ["p2", "p3"]]),
        stage("second", Need.ANY, [["p4", "p5"]]),
    ),
)


class Killed(BaseException):
    """The process is gone."""


class Mortal:
    """Counts the writes of both containers and kills after the one that it was given."""

    def __init__(self, made: World, last_write: int | None) -> None:
        self.world, self.last_write = made, last_write
        self.phase = "submit"
        self.seen: list[str] = []
        self.killed = False
        records = made.ports.records
        assert isinstance(records, MemoryStore)
        for store in (made.store, records):
            store.after = self._after
        made.host.activities = {name: self._reborn(name, call) for name, call in made.host.activities.items()}

    def _after(self, operation: str, name: str) -> None:
        if operation in WRITES:
            self.seen.append(f"{self.phase}: {operation} {shape(name)}")
            if len(self.seen) == self.last_write:
                self.killed = True
                raise Killed

    def _reborn(self, name: str, call: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """The host runs an activity again that did not end: at least once."""

        def run(request: Any) -> Any:
            outer, self.phase = self.phase, name
            try:
                try:
                    return call(request)
                except Killed:
                    return call(request)
            finally:
                self.phase = outer

        return run

    def ask(self, phase: str, request: Callable[[], object], *, repeat: bool) -> None:
        """Send a request; when it is killed, send it again or leave it to the sweep."""
        self.phase = phase
        try:
            request()
        except Killed:
            if repeat:
                request()
            else:
                self.recover()
        self.phase = "between"

    def recover(self) -> None:
        for _ in range(2):
            self.world.clock.advance(GRACE + timedelta(seconds=1))
            self.world.sweep()


def shape(name: str) -> str:
    """A blob's name without what differs between runs."""
    name = re.sub(r"p-[a-z2-7]{12}", "{id}", name)
    return re.sub(r"[0-9a-f]{64}", "{digest}", name)


def scenario(made: World, last_write: int | None, *, repeat: bool) -> Mortal:
    """Submit; one decides through the API, one hands over, the heir through raise-event; then the second stage."""
    mortal = Mortal(made, last_write)
    mortal.ask("submit", made.submit, repeat=repeat)
    if not made.store.blobs.get(layout.proposal(proposal_of(made))):
        return mortal  # killed before anything was acknowledged, and nobody repeated it: nothing happened
    made.proposal = proposal_of(made)
    if repeat:
        made.submit()  # once more, as somebody would who got no answer
    made.host.run(until=made.clock.now())
    mortal.ask("decide", lambda: made.decide("p0", "first-1", Verdict.APPROVE), repeat=repeat)
    mortal.ask("hand over", lambda: made.hand_over("p2", "first-2", "p9"), repeat=repeat)
    if not held(made, "p9"):
        made.hand_over("p2", "first-2", "p9")
    payload = {"task": "first-2.2", "verdict": "approve", "by": "p9", "comment": "heir"}
    mortal.ask("raise event", lambda: made.raise_event(payload), repeat=repeat)
    mortal.recover()
    mortal.ask("decide", lambda: made.decide("p4", "second-1", Verdict.APPROVE), repeat=repeat)
    mortal.recover()
    made.host.run()
    mortal.recover()
    return mortal


def held(made: World, who: str) -> bool:
    return any(task.assignee == who for task in made.tasks())


def proposal_of(made: World) -> str:
    names = [name for name in made.store.blobs if name.startswith("submissions/")]
    return str(json.loads(made.store.blobs[names[0]].data)["proposal"]) if names else ""


def crash_points(runs: int) -> list[str]:
    with world(ROUTE, runs=runs) as made:
        return scenario(made, None, repeat=True).seen


POINTS = {runs: crash_points(runs) for runs in VERSIONS}


def essence(made: World) -> dict[str, Any]:
    """What must be the same, whenever the process was killed."""
    current = made.current()
    outboxes = {shape(name) for name in made.store.blobs if name.startswith("outbox/")}
    return {
        "proposals": sum(name.endswith("/proposal.json") for name in made.store.blobs),
        "state": (current.state, current.outcome, current.publication),
        "tasks": {task.task: (task.assignee, task.state, task.unaudited) for task in made.tasks()},
        "trail": sorted(line.entry.id for line in made.trail()),
        "messages": outboxes,
        "inboxes": [name for name in made.store.blobs if name.startswith("inbox/")],
        "open": [name for name in made.store.blobs if name.startswith(layout.OPEN)],
        "records": len(made.ports.records.blobs),  # type: ignore[attr-defined]  # a MemoryStore
    }


def undisturbed(runs: int) -> dict[str, Any]:
    with world(ROUTE, runs=runs) as made:
        scenario(made, None, repeat=True)
        return essence(made)


EXPECTED = {runs: undisturbed(runs) for runs in VERSIONS}


@pytest.mark.parametrize(("runs", "settles"), [(1, "settle_stage"), (2, "next_step")])
def test_the_scenario_without_a_crash_is_an_approval(runs: int, settles: str) -> None:
    expected = EXPECTED[runs]
    assert expected["state"] == (ProposalState.CLOSED, Outcome.APPROVED, None)
    assert expected["tasks"]["first-2.2"] == ("p9", TaskState.APPLIED, ())
    assert (expected["inboxes"], expected["open"], expected["records"]) == ([], [], 2)
    phases = {point.split(":")[0] for point in POINTS[runs]}
    assert {"submit", "decide", "hand over", settles, "seal_record", "publish_record"} <= phases


def test_both_versions_leave_the_same_behind() -> None:
    assert EXPECTED[1] == EXPECTED[2]


@pytest.mark.parametrize("repeat", [True, False], ids=["repeated", "left to the sweep"])
@pytest.mark.parametrize(
    ("runs", "number"),
    [(runs, number) for runs in VERSIONS for number in range(1, len(POINTS[runs]) + 1)],
    ids=[f"version {runs}: {n} {p}" for runs in VERSIONS for n, p in enumerate(POINTS[runs], 1)],
)
def test_killed_after(runs: int, number: int, repeat: bool) -> None:
    with world(ROUTE, runs=runs) as made:
        mortal = scenario(made, number, repeat=repeat)
        assert mortal.killed
        if not repeat and not made.store.blobs.get(layout.proposal(proposal_of(made))):
            assert POINTS[runs][number - 1].startswith("submit:")
            assert not made.host.instances
            return
        assert essence(made) == EXPECTED[runs]


def test_a_submission_that_crashed_early_is_forgotten_after_a_day() -> None:
    with world(ROUTE) as made:
        made.ports.store.create(layout.open_marker("p-aaaaaaaaaaaa"), b'{"since": "2026-11-23T09:00:00Z"}')
        made.sweep()
        assert layout.open_marker("p-aaaaaaaaaaaa") in made.store.blobs
        made.clock.advance(timedelta(days=1, seconds=1))
        made.sweep()
        assert layout.open_marker("p-aaaaaaaaaaaa") not in made.store.blobs


def test_one_unreadable_proposal_does_not_stop_the_sweep() -> None:
    with world(ROUTE) as made:
        made.submit()
        made.store.create(layout.open_marker("p-aaaaaaaaaaaa"), b"{}")
        made.store.create(layout.proposal("p-aaaaaaaaaaaa"), b"not JSON")
        made.decide("p0", "first-1", Verdict.APPROVE, ring=False)
        made.clock.advance(GRACE + timedelta(seconds=1))
        with pytest.raises(ExceptionGroup) as failures:
            made.sweep()
        assert "p-aaaaaaaaaaaa" in str(failures.value.exceptions[0].__notes__)
        assert {task.task: task.state for task in made.tasks()}["first-1"] is TaskState.APPLIED


def test_nobody_else_can_withdraw_and_nobody_can_after_the_end() -> None:
    with world(ROUTE) as made:
        scenario(made, None, repeat=True)
        with pytest.raises(Refusal) as refused:
            made.withdraw()
        assert (refused.value.kind, refused.value.detail["outcome"]) == (
            RefusalKind.PROPOSAL_OVER,
            "approved",
        )
        assert AUTHOR not in PEOPLE
