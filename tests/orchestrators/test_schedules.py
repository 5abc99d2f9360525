"""A thousand seeded schedules: people decide, in time, late, twice, wrongly, through both doors, hand over, step back,
stay silent, withdraw and revise, while storage fails and bells get lost. Nothing but counted decisions of entitled
people ever approves, and every outcome is the oracle's.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import services.deciding.stages
from approvals.model import ApprovalTask, Need, Outcome, ProposalState, Route, Source, TaskState
from approvals.refusals import Refusal
from approvals.stored import codec
from approvals.tally import StageResult, Tally, tally
from approvals.verdicts import Verdict
from approvals.wire import VERSION
from tests.orchestrators.oracle import MEANS, Stored, expected_outcome
from tests.orchestrators.world import AUTHOR, PEOPLE, START, World, stage, world

RUNS, CHUNK = 1000, 50
DAYS = 12

MALFORMED: tuple[Any, ...] = (
    None,
    3,
    "approve",
    [],
    {},
    {"task": "s1-1"},
    {"task": "s1-1", "verdict": "approve"},
    {"task": "s1-1", "verdict": True, "by": "p0"},
    {"task": ["s1-1"], "verdict": "approve", "by": {"p0": 1}},
    {"verdict": "approve", "by": "p0", "task": "../../proposal"},
    {"__class__": "str", "__module__": "builtins", "__data__": "approve"},
    {"result": True, "approved": True},
    '{"task": "s1-1", "verdict": "approve", "by": "nobody"}',
)


def random_route(rng: random.Random) -> Route:
    stages = []
    for n in range(1, rng.randint(1, 3) + 1):
        seats = rng.randint(1, 4)
        people = rng.sample(PEOPLE, len(PEOPLE))
        chains = [[people.pop() for _ in range(rng.randint(1, 3))] for _ in range(seats)]
        need = rng.choice(list(Need))
        stages.append(stage(f"s{n}", need, chains, rng.randint(1, seats), raise_event=rng.random() < 0.9))
    return Route("random", "seeded", tuple(stages))


class Play:
    """One schedule, and what its observer saw reach the storage."""

    def __init__(self, made: World, rng: random.Random) -> None:
        self.world, self.rng = made, rng
        self.log: list[tuple[int, Stored]] = []
        self.entitled: dict[tuple[int, str], set[str]] = {}
        self.withdrawn = False
        self.revised = False
        made.store.after = self._observe

    def _observe(self, operation: str, name: str) -> None:
        """Watch decisions arrive in storage, in order; then let storage lose an answer now and then."""
        if operation == "replace" and "/tasks/" in name:
            blob = self.world.store.blobs[name]
            task = codec.loads(ApprovalTask, blob.data)
            known = {(revision, entry.task) for revision, entry in self.log}
            if task.decision is not None and (task.revision, task.task) not in known:
                stored = Stored(task.stage, task.seat, task.task, task.decision.by, task.decision.verdict)
                self.log.append((task.revision, stored))
        self.world._maybe_fail(operation, name)

    def act(self) -> None:
        moves: list[Callable[[], None]] = [
            *[self._decide] * 8,
            *[self._raise_valid] * 4,
            *[self._raise_malformed] * 2,
            self._raise_for_somebody_else,
            self._raise_wrong_name,
            self._hand_over,
            self._ring,
            self.world.sweep,
            self._withdraw,
            self._revise,
        ]
        with suppress(Refusal):
            self.rng.choice(moves)()

    def _someone(self) -> tuple[str, str] | None:
        tasks = self.world.held()
        held = [(who, tasks[who]) for who in PEOPLE if who in tasks]
        return self.rng.choice(held) if held else None

    def _verdict(self) -> Verdict:
        weights = {Verdict.APPROVE: 12, Verdict.ABSTAIN: 3, Verdict.REJECT: 2, Verdict.REQUEST_CHANGES: 1}
        return self.rng.choices(list(weights), list(weights.values()))[0]

    def _decide(self) -> None:
        if someone := self._someone():
            verdict, revision = self._verdict(), self.world.current().revision
            self.world.decide(*someone, verdict, ring=self.rng.random() < 0.8)
            # twice the same, unless the bell has led to another revision
            if self.rng.random() < 0.2 and self.world.current().revision == revision:
                self.world.decide(*someone, verdict)

    def _payload(self, who: str, task: str) -> Any:
        payload: Any = {"task": task, "verdict": self._verdict().value, "by": who, "comment": "via event"}
        return codec.canonical(payload).decode() if self.rng.random() < 0.5 else payload

    def _raise_valid(self) -> None:
        if someone := self._someone():
            for _ in range(self.rng.choice((1, 1, 2))):
                self.world.raise_event(self._payload(*someone))

    def _raise_for_somebody_else(self) -> None:
        if someone := self._someone():
            self.world.raise_event(self._payload(self.rng.choice((AUTHOR, *PEOPLE)), someone[1]))

    def _raise_malformed(self) -> None:
        self.world.raise_event(self.rng.choice(MALFORMED))

    def _raise_wrong_name(self) -> None:
        if someone := self._someone():
            self.world.raise_event(self._payload(*someone), name=self.rng.choice(("Decision", "approval")))

    def _hand_over(self) -> None:
        if someone := self._someone():
            to = self.rng.choice((AUTHOR, *PEOPLE))
            self.world.hand_over(*someone, to)
            task = next(t for t in self.world.tasks(self.world.current().revision) if t.task == someone[1])
            self.entitled.setdefault((task.revision, task.seat), set()).add(to)

    def _ring(self) -> None:
        self.world.ring("s1-1")

    def _withdraw(self) -> None:
        if self.rng.random() < 0.1:
            self.world.withdraw()
            self.withdrawn = True

    def _revise(self) -> None:
        self.world.revise()
        self.revised = True


def play(seed: int, runs: int = VERSION) -> Play:
    rng = random.Random(seed)
    with world(random_route(rng), seed, faults=rng.choice((0, 0, 0.01, 0.05)), runs=runs) as made:
        game = Play(made, rng)
        made.submit()
        busy = rng.randint(1, 40)
        for _ in range(busy):
            made.host.at(START + timedelta(days=rng.random() * DAYS), game.act)
        if rng.random() < 0.5:  # a burst while activities run
            made.host.between = lambda _name: game.act() if rng.random() < 0.1 else None
        made.host.run(until=START + timedelta(days=DAYS))
        made.host.between = lambda _name: None
        for minute in range(3):
            made.host.at(START + timedelta(days=DAYS, minutes=minute + 1), made.sweep)
        made.host.run()
        while made.current().publication:  # storage failed too often: an operator runs it again
            made.run_publication_again()
        check(game)
        return game


def check(game: Play) -> None:
    """Everything that must hold when nothing is left to happen."""
    made = game.world
    current = made.current()
    assert current.state is ProposalState.CLOSED, f"it ends: {current}"
    assert current.outcome is not None
    log = [stored for revision, stored in game.log if revision == current.revision]
    expected = expected_outcome(made.route, log)
    if current.outcome is Outcome.WITHDRAWN:
        assert game.withdrawn
    elif expected == "changes_requested":
        assert current.outcome is Outcome.LAPSED, "nobody revised"
    else:
        assert current.outcome.value == expected
    check_tasks(game, current.revision, current.outcome)
    check_trail(game)


def check_tasks(game: Play, revision: int, outcome: Outcome) -> None:
    made = game.world
    tasks = made.tasks(revision)
    stored = {task.task: task for task in tasks if task.decision is not None}
    assert {s.task for r, s in game.log if r == revision} == set(stored), "no stored decision is lost"
    for task in tasks:
        assert task.state not in (TaskState.OPEN, TaskState.RECORDED), f"nothing is left waiting: {task}"
        assert task.unaudited == ()
    for task in stored.values():
        assert task.decision.by == task.assignee != AUTHOR
        chain = next(s for st in made.route.stages for s in st.seats if s.name == task.seat).chain
        allowed = {holder.person for holder in chain} | game.entitled.get((revision, task.seat), set())
        assert task.decision.by in allowed, "only who was asked decides"
        if task.decision.source is Source.RAISE_EVENT:
            assert not task.decision.authenticated
    counted = [task for task in tasks if task.state is TaskState.APPLIED]
    for asked in made.route.stages:
        here = [task for task in counted if task.stage == asked.name]
        yes = {task.decision.by for task in here if MEANS[task.decision.verdict] == "yes"}
        if outcome is Outcome.APPROVED:
            assert len(yes) >= asked.quorum, "an approval has its counted decisions"
        if outcome is Outcome.LAPSED and here and made.current().outcome_reason == f"stage {asked.name}":
            abstained = [task for task in here if MEANS[task.decision.verdict] == "neither"]
            left = [task for task in abstained if task.successor is None and task.closed_reason is None]
            assert len(yes) + len(left) < asked.quorum, "it lapses only when the chains end"


def check_trail(game: Play) -> None:
    made = game.world
    trail = made.trail()
    names = [line.entry.id for line in trail]
    assert len(names) == len(set(names)), "nothing is in the trail twice"
    for revision, stored in game.log:
        assert f"r{revision}/{stored.task}/decided" in names


def play_many(seeds: range, runs: int = VERSION) -> None:
    for seed in seeds:
        try:
            play(seed, runs)
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise


@pytest.mark.parametrize("first", range(0, RUNS, CHUNK))
def test_every_schedule_ends_as_the_oracle_says(first: int) -> None:
    play_many(range(first, first + CHUNK))


@pytest.mark.parametrize("first", range(RUNS, RUNS + 4 * CHUNK, CHUNK))
def test_what_began_with_version_1_ends_as_the_oracle_says(first: int) -> None:
    play_many(range(first, first + CHUNK), runs=1)


def silence_approves(count: Tally) -> Tally:
    lapsed = count.result is StageResult.LAPSED
    return replace(count, result=StageResult.APPROVED) if lapsed else count


def abstentions_approve(count: Tally) -> Tally:
    return replace(count, result=StageResult.APPROVED, go_up=()) if count.go_up else count


def abstentions_lapse(count: Tally) -> Tally:
    return replace(count, result=StageResult.LAPSED, go_up=()) if count.go_up else count


def one_is_enough(count: Tally) -> Tally:
    enough = count.result is StageResult.PENDING and count.approvals > 0
    return replace(count, result=StageResult.APPROVED) if enough else count


def rejections_are_ignored(count: Tally) -> Tally:
    rejected = count.result is StageResult.REJECTED
    return replace(count, result=StageResult.APPROVED) if rejected else count


@pytest.mark.parametrize(
    "sabotage",
    [silence_approves, abstentions_approve, abstentions_lapse, one_is_enough, rejections_are_ignored],
)
def test_a_broken_tally_turns_the_schedules_red(
    sabotage: Callable[[Tally], Tally], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.deciding.stages, "tally", lambda *args: sabotage(tally(*args)))
    with pytest.raises(AssertionError):
        play_many(range(CHUNK))
