"""The task hub is a cache: whatever becomes of an instance, its proposal goes on from its record, to the same end."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from approvals.model import ApprovalTask, Need, Outcome, ProposalState, Route, TaskState
from approvals.stored import layout
from approvals.verdicts import Verdict
from orchestrators.approval import VERSIONS
from services.answering import fulfillment
from services.reading import views
from services.upkeep.generations import AT_MOST, WITHIN
from services.upkeep.noticing import SETTLED
from tests.orchestrators.simulation import ActivityFailed
from tests.orchestrators.test_schedules import DAYS, Play, check, random_route
from tests.orchestrators.world import DIRECTORY, START, World, person, stage, world

MINUTE = timedelta(minutes=1)
ROUTE = Route(
    "two stages",
    "always",
    (stage("first", Need.ALL, [["p0", "p1"], ["p2", "p3"]]), stage("second", Need.ANY, [["p4", "p5"]])),
)
OPERATORS = replace(DIRECTORY, people=(*DIRECTORY.people, person("olga", roles=("operator",))))


def settled(made: World) -> None:
    made.host.run(until=made.clock.now() + MINUTE)


def half_decided(made: World) -> None:
    made.decide("p0", "first-1", Verdict.APPROVE)
    settled(made)


def unheard(made: World) -> None:
    made.decide("p0", "first-1", Verdict.APPROVE, ring=False)


def next_stage(made: World) -> None:
    half_decided(made)
    made.decide("p2", "first-2", Verdict.APPROVE)
    settled(made)


def handed_over(made: World) -> None:
    made.hand_over("p0", "first-1", "p9")
    settled(made)


def changes(made: World) -> None:
    made.decide("p0", "first-1", Verdict.REQUEST_CHANGES)
    settled(made)


def conditional(made: World) -> None:
    next_stage(made)
    made.decide("p4", "second-1", Verdict.APPROVE_WITH_CONDITIONS)
    settled(made)


def nothing(_made: World) -> None:
    """Everybody is asked, nobody has answered."""


def go_on(made: World) -> None:
    """What people do next, in whatever state it is."""
    for who, task in (("p0", "first-1"), ("p9", "first-1.2"), ("p2", "first-2"), ("p4", "second-1")):
        if made.held_by(who) == task:
            made.decide(who, task, Verdict.APPROVE)
            settled(made)
    if made.current().state is ProposalState.CONDITIONS:
        fulfillment.confirm(made.ports, "p4", made.proposal, "second-1-c1")
        made.ring()
    made.host.run()


WAYS: dict[str, tuple[Callable[[World], None], Outcome]] = {
    "asked": (nothing, Outcome.APPROVED),
    "half decided": (half_decided, Outcome.APPROVED),
    "decided, and nobody heard": (unheard, Outcome.APPROVED),
    "the second stage": (next_stage, Outcome.APPROVED),
    "handed over": (handed_over, Outcome.APPROVED),
    "changes requested": (changes, Outcome.LAPSED),
    "conditions": (conditional, Outcome.APPROVED),
}


def lost(made: World) -> None:
    for instance in list(made.host.instances):
        made.host.lose(instance)


def terminated(made: World) -> None:
    made.host.terminate(made.current().orchestration())


def failed(made: World) -> None:
    instance = made.host.instances[made.current().orchestration()]
    instance.over, instance.status, instance.error = True, "Failed", ActivityFailed("replay broke")


def ended_without_effect(made: World) -> None:
    instance = made.host.instances[made.current().orchestration()]
    instance.over, instance.status = True, "Completed"


def asked_ids(made: World) -> list[str]:
    names = [name for name in made.store.blobs if name.startswith(layout.OUTBOX)]
    return sorted(name for name in names if "assigned" in name or "reminder" in name)


def end(way: str, runs: int, harm: Callable[[World], None] | None) -> tuple[World, list[str], list[str]]:
    play, outcome = WAYS[way]
    with world(ROUTE, runs=runs) as made:
        made.submit()
        settled(made)
        play(made)
        before, tasks = asked_ids(made), made.tasks()
        if harm is not None:
            harm(made)
            assert [each.proposal for each in made.notice()] == [made.proposal]
            settled(made)
            assert made.notice() == [], "once is enough"
            current = made.current()
            assert (current.generation(), current.claim is not None) == (2, True)
            assert views.status(made.ports, made.proposal).instance == current.instance
            assert current.instance.startswith(f"{made.proposal}-r1-g2")
            applied = {each.task for each in tasks if each.state is TaskState.RECORDED}
            now: dict[str, ApprovalTask] = {each.task: each for each in made.tasks()}
            assert all(now[each.task].due_at == each.due_at for each in tasks), "deadlines stay"
            assert all(now[task].state is TaskState.APPLIED for task in applied), "recorded decisions count"
            assert asked_ids(made) == before or applied, "nobody is asked twice"
        go_on(made)
        assert made.current().outcome is outcome
        assert made.current().state is ProposalState.CLOSED
        trail = [line.entry.id for line in made.trail()]
        assert len(trail) == len(set(trail))
        return made, asked_ids(made), trail


@pytest.mark.parametrize("harm", [lost, terminated, failed, ended_without_effect])
@pytest.mark.parametrize("runs", VERSIONS)
@pytest.mark.parametrize("way", WAYS)
def test_what_lost_its_instance_ends_as_it_would_have(
    way: str, runs: int, harm: Callable[[World], None]
) -> None:
    _, messages, trail = end(way, runs, None)
    _, again, told = end(way, runs, harm)
    assert again == messages, "nobody is asked twice"
    assert set(told) - set(trail) == {"r1/generation-2"}, "the trail says so"


def test_an_event_that_is_raised_on_the_new_instance_is_judged_as_its_first() -> None:
    with world(ROUTE) as made:
        made.submit()
        made.raise_event({"task": "first-1", "verdict": "approve", "by": "nobody"})
        settled(made)
        lost(made)
        made.notice()
        settled(made)
        made.raise_event({"task": "first-1", "verdict": "approve", "by": "p0", "comment": ""})
        settled(made)
        assert {task.task: task.state for task in made.tasks()}["first-1"] is TaskState.APPLIED
        fates = [name for name in made.store.blobs if "/events/" in name]
        assert [name.rpartition("/")[2] for name in sorted(fates)] == [
            "approval-000000.json",
            "approval-g2-000000.json",
        ]


@pytest.mark.parametrize("runs", VERSIONS)
def test_an_older_generation_that_wakes_changes_nothing(runs: int) -> None:
    with world(ROUTE, runs=runs) as made:
        made.submit()
        settled(made)
        old = made.host.instances.pop(made.current().instance)
        made.notice()
        settled(made)
        made.host.instances[f"{made.proposal}-r1"] = old
        before = dict(made.store.blobs)
        made.host.raise_event(
            f"{made.proposal}-r1", "decision", {"task": "first-1", "verdict": "x", "by": "p0"}
        )
        assert made.store.blobs == before
        assert old.over
        go_on(made)
        assert made.current().outcome is Outcome.APPROVED


def test_after_three_in_an_hour_it_is_in_trouble_and_operators_hear_of_it() -> None:
    with world(ROUTE) as made:
        made.ports.directory.directory = OPERATORS  # type: ignore[attr-defined]  # a fake
        made.submit()
        settled(made)
        for _ in range(AT_MOST):
            terminated(made)
            assert made.notice()
            settled(made)
        terminated(made)
        assert made.notice() == made.notice() == []
        assert views.status(made.ports, made.proposal).state == "in trouble"
        told = [name for name in made.store.blobs if name.startswith("outbox/olga/") and "in-trouble" in name]
        assert len(told) == 1
        made.clock.advance(WITHIN)
        assert made.notice()
        settled(made)
        assert views.status(made.ports, made.proposal).state == "deciding"
        go_on(made)
        assert made.current().outcome is Outcome.APPROVED


def test_who_was_faster_wins() -> None:
    with world(ROUTE) as made:
        made.submit()
        settled(made)
        lost(made)
        name = layout.proposal(made.proposal)

        def somebody(operation: str, blob: str) -> None:
            if (operation, blob) == ("replace", name):
                made.store.before = lambda *_: None
                made.notice()

        made.store.before = somebody
        assert made.notice() == []
        assert made.current().generation() == 2


def test_a_suspended_instance_is_reported_and_never_replaced() -> None:
    with world(ROUTE) as made:
        made.ports.directory.directory = OPERATORS  # type: ignore[attr-defined]  # a fake
        made.submit()
        settled(made)
        made.host.instances[made.current().instance].status = "Suspended"
        assert made.notice(everything=False) == made.notice() == []
        assert made.current().generation() == 1
        assert len([name for name in made.store.blobs if name.startswith("outbox/olga/")]) == 1


def test_a_parent_whose_child_was_purged_is_replaced() -> None:
    with world(ROUTE) as made:
        made.submit()
        settled(made)
        conditional(made)
        first = made.current().orchestration()
        made.host.lose(f"{first}-conditions")
        assert made.notice() == [], "it may just be starting"
        made.clock.advance(SETTLED)
        assert made.notice()
        assert made.host.instances[first].status == "Terminated"
        settled(made)
        assert made.current().instance == f"{made.proposal}-r1-g2-conditions"
        go_on(made)
        assert made.current().outcome is Outcome.APPROVED


def test_a_single_one_that_was_purged_is_found_within_the_hour() -> None:
    with world(ROUTE) as made:
        made.submit()
        settled(made)
        lost(made)
        found = []
        for _ in range(60):
            made.clock.advance(MINUTE)
            found += made.notice(everything=False)
        assert len(found) == 1


def test_what_is_over_or_waits_for_an_operator_is_left_alone() -> None:
    with world(ROUTE) as made:
        made.submit()
        settled(made)
        go_on(made)
        lost(made)
        assert made.notice() == []
        made.ports.store.create(layout.open_marker(made.proposal), b"{}")
        assert made.notice() == []


def test_one_that_cannot_be_read_does_not_stop_the_others() -> None:
    with world(ROUTE) as made:
        made.submit()
        settled(made)
        lost(made)
        made.store.create(layout.open_marker("p-aaaaaaaaaaaa"), b"{}")
        made.store.create(layout.open_marker("p-bbbbbbbbbbbb"), b"{}")
        made.store.create(layout.proposal("p-aaaaaaaaaaaa"), b"not JSON")
        with pytest.raises(ExceptionGroup, match="instance"):
            made.notice()
        assert made.current().generation() == 2


class Losing(Play):
    """A schedule in which the hub, or an instance, is lost now and then."""

    def act(self) -> None:
        made = self.world
        if self.rng.random() < 0.1 and not made.inside:
            harm = self.rng.choice((lost, terminated))
            if made.current().orchestration() in made.host.instances:
                made.host.at(made.clock.now(), lambda: self._harm(harm))
        super().act()

    def _harm(self, harm: Callable[[World], None]) -> None:
        if self.world.current().orchestration() in self.world.host.instances:
            harm(self.world)


def noticed(made: World) -> None:
    made.notice()


@pytest.mark.parametrize("first", range(7000, 7200, 50))
def test_schedules_that_lose_the_hub_end_as_the_oracle_says(first: int) -> None:
    lost_once = 0
    for seed in range(first, first + 50):
        rng = random.Random(seed)
        with world(random_route(rng), seed, runs=rng.choice(VERSIONS)) as made:
            game = Losing(made, rng)
            made.submit()
            for _ in range(rng.randint(1, 40)):
                made.host.at(START + timedelta(days=rng.random() * DAYS), game.act)
            for hour in range(24 * DAYS):
                made.host.at(START + timedelta(hours=hour), made.sweep)
                made.host.at(START + timedelta(hours=hour, minutes=1), lambda: noticed(made))
            made.host.run(until=START + timedelta(days=DAYS))
            for minute in range(3):
                made.host.at(START + timedelta(days=DAYS, hours=1, minutes=minute), lambda: noticed(made))
                made.host.at(START + timedelta(days=DAYS, hours=1, minutes=minute), made.sweep)
            made.host.run()
            while made.current().publication:
                made.run_publication_again()
            try:
                check(game)
            except BaseException as error:
                error.add_note(f"seed {seed}")
                raise
            lost_once += bool(made.current().generations)
    assert lost_once > 5
