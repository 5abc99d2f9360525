"""Counting a stage, example by example; the seeded schedules of tests/orchestrators hold it against an oracle."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from approvals import verdicts
from approvals.model import (
    ApprovalTask,
    Decision,
    Duration,
    Holder,
    Need,
    Seat,
    Source,
    Stage,
    Successor,
    TaskState,
)
from approvals.tally import StageResult, tally
from approvals.verdicts import RULES, Verdict

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
PEOPLE = ("ana", "ben", "cy", "dee")


def stage(need: Need, seats: int, quorum: int | None = None) -> Stage:
    required = {Need.ANY: 1, Need.ALL: seats, Need.QUORUM: quorum}[need]
    assert required is not None
    return Stage(
        name="board",
        title="Board",
        need=need,
        quorum=required,
        seats=tuple(Seat(f"board-{n + 1}", (Holder(PEOPLE[n], "asked"),)) for n in range(seats)),
        respond_within=Duration(3, "days"),
        remind_every=None,
        verdicts=tuple(Verdict),
        again_when=None,
        raise_event=True,
    )


def task(
    n: int, verdict: Verdict | None = None, *, minute: int = 0, state: TaskState | None = None
) -> ApprovalTask:
    person = PEOPLE[n - 1]
    decision = (
        Decision(verdict, person, "", NOW + timedelta(minutes=minute), Source.API, authenticated=True)
        if verdict
        else None
    )
    return ApprovalTask(
        proposal="p-aaaaaaaaaaaa",
        revision=1,
        stage="board",
        seat=f"board-{n}",
        task=f"board-{n}",
        generation=1,
        assignee=person,
        why="asked",
        step=0,
        opened_at=NOW,
        due_at=NOW + timedelta(days=3),
        state=state or (TaskState.RECORDED if verdict else TaskState.OPEN),
        decision=decision,
    )


def expired(n: int) -> ApprovalTask:
    return task(n, state=TaskState.EXPIRED)


YES, NO = Verdict.APPROVE, Verdict.REJECT
IF, CHANGES = Verdict.APPROVE_WITH_CONDITIONS, Verdict.REQUEST_CHANGES


@pytest.mark.parametrize(
    ("asked", "tasks", "result"),
    [
        pytest.param(stage(Need.ANY, 2), [task(1), task(2)], StageResult.PENDING, id="any: nobody yet"),
        pytest.param(
            stage(Need.ANY, 2), [task(1), task(2, YES)], StageResult.APPROVED, id="any: one approves"
        ),
        pytest.param(
            stage(Need.ANY, 2), [task(1), task(2, NO)], StageResult.REJECTED, id="any: the first answer"
        ),
        pytest.param(
            stage(Need.ANY, 2),
            [task(1, YES, minute=2), task(2, NO, minute=1)],
            StageResult.REJECTED,
            id="any: order",
        ),
        pytest.param(
            stage(Need.ANY, 2), [expired(1), task(2)], StageResult.PENDING, id="any: one may still answer"
        ),
        pytest.param(stage(Need.ANY, 2), [expired(1), expired(2)], StageResult.LAPSED, id="any: silence"),
        pytest.param(
            stage(Need.ALL, 2), [task(1, YES), task(2)], StageResult.PENDING, id="all: one is missing"
        ),
        pytest.param(
            stage(Need.ALL, 2), [task(1, YES), task(2, IF)], StageResult.APPROVED, id="all: with conditions"
        ),
        pytest.param(stage(Need.ALL, 2), [task(1, NO), task(2)], StageResult.REJECTED, id="all: one rejects"),
        pytest.param(
            stage(Need.ALL, 2), [task(1, YES), expired(2)], StageResult.LAPSED, id="all: one is silent"
        ),
        pytest.param(
            stage(Need.QUORUM, 3, 2),
            [task(1, YES), task(2, YES), task(3)],
            StageResult.APPROVED,
            id="quorum reached",
        ),
        pytest.param(
            stage(Need.QUORUM, 3, 2),
            [task(1, NO), task(2, YES), task(3)],
            StageResult.PENDING,
            id="quorum reachable",
        ),
        pytest.param(
            stage(Need.QUORUM, 3, 2),
            [task(1, NO), task(2, NO), task(3)],
            StageResult.REJECTED,
            id="quorum voted down",
        ),
        pytest.param(
            stage(Need.QUORUM, 3, 2),
            [task(1, NO), task(2, YES), expired(3)],
            StageResult.LAPSED,
            id="quorum by silence",
        ),
        pytest.param(
            stage(Need.ALL, 2),
            [task(1, CHANGES), task(2)],
            StageResult.CHANGES_REQUESTED,
            id="changes settle it",
        ),
        pytest.param(
            stage(Need.ALL, 2),
            [task(1, NO, minute=1), task(2, CHANGES, minute=2)],
            StageResult.REJECTED,
            id="what was stored first wins",
        ),
    ],
)
def test_a_stage_is_counted(asked: Stage, tasks: list[ApprovalTask], result: StageResult) -> None:
    assert tally(asked, tasks).result is result


def test_what_was_applied_stays_counted_when_an_earlier_stamp_turns_up() -> None:
    settled = task(1, YES, minute=5, state=TaskState.APPLIED)
    count = tally(stage(Need.ANY, 2), [settled, task(2, NO, minute=1)])
    assert (count.result, count.counted) == (StageResult.APPROVED, ("board-1",))


def test_what_did_not_count_before_does_not_count_later() -> None:
    count = tally(stage(Need.ANY, 1), [task(1, YES, state=TaskState.NOT_COUNTED)])
    assert (count.result, count.counted) == (StageResult.LAPSED, ())


def test_a_successor_that_is_not_created_yet_may_still_answer() -> None:
    heir = Successor("board-1.2", "ben", 1, "escalated", "greenlight", NOW, NOW + timedelta(days=3), "next")
    left = replace(task(1), state=TaskState.SUPERSEDED, successor=heir)
    assert tally(stage(Need.ANY, 1), [left]).result is StageResult.PENDING
    assert (
        tally(stage(Need.ANY, 1), [left, replace(expired(1), task="board-1.2")]).result is StageResult.LAPSED
    )


@pytest.mark.parametrize(
    "tasks",
    [
        pytest.param([replace(task(1, YES), assignee="ben"), task(2)], id="somebody else's task"),
        pytest.param([task(1, YES), task(2)], id="a barred person"),
        pytest.param([replace(task(1, YES), state=TaskState.OPEN), task(2)], id="a task that is open"),
    ],
)
def test_only_decisions_of_entitled_people_count(tasks: list[ApprovalTask]) -> None:
    count = tally(stage(Need.ANY, 2), tasks, barred=frozenset({"ana"}))
    assert (count.result, count.approvals) == (StageResult.PENDING, 0)


def test_a_person_counts_once_and_a_seat_counts_once() -> None:
    first, second = task(1, YES), task(2, YES, minute=1)
    assert second.decision is not None
    twice = replace(second, assignee="ana", decision=replace(second.decision, by="ana"))
    same_seat = replace(second, seat="board-1")
    for other in (twice, same_seat):
        assert tally(stage(Need.ALL, 3), [first, other, task(3)]).approvals == 1


VETO = Verdict("veto")  # of a release that is newer than this one


@pytest.mark.parametrize("need", Need)
@pytest.mark.parametrize("state", [TaskState.RECORDED, TaskState.APPLIED])
def test_a_verdict_that_this_release_does_not_know_leaves_the_stage_pending(
    need: Need, state: TaskState
) -> None:
    asked = stage(need, 2, 1)
    count = tally(asked, [task(1, VETO, state=state), task(2, YES, minute=1)])
    assert (count.result, count.unknown, count.counted) == (StageResult.PENDING, "board-1", ())
    everybody = tally(asked, [task(1, VETO), task(2, VETO, minute=1)])
    assert (everybody.result, everybody.unknown) == (StageResult.PENDING, "board-1")


def test_a_verdict_without_a_row_in_the_table_never_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    without = {verdict: rule for verdict, rule in RULES.items() if verdict is not Verdict.APPROVE}
    monkeypatch.setattr(verdicts, "RULES", without)
    count = tally(stage(Need.ANY, 1), [task(1, YES)])
    assert (count.result, count.approvals, count.unknown) == (StageResult.PENDING, 0, "board-1")


def test_what_was_settled_before_an_unknown_verdict_stays_settled() -> None:
    count = tally(stage(Need.ANY, 2), [task(1, YES), task(2, VETO, minute=1)])
    assert (count.result, count.unknown) == (StageResult.APPROVED, None)


ABSTAIN = Verdict.ABSTAIN


def abstained(n: int, *, minute: int = 0, ended: bool = False) -> ApprovalTask:
    """An abstention that was counted; ``ended``: nobody was left to ask in its place."""
    made = task(n, ABSTAIN, minute=minute, state=TaskState.APPLIED)
    return replace(made, closed_reason="nobody is left to ask") if ended else made


@pytest.mark.parametrize(
    ("asked", "tasks", "result", "go_up"),
    [
        pytest.param(
            stage(Need.ANY, 2), [task(1, ABSTAIN), task(2)], StageResult.PENDING, (), id="any: one is left"
        ),
        pytest.param(
            stage(Need.ANY, 2),
            [task(1, ABSTAIN), task(2, YES)],
            StageResult.APPROVED,
            (),
            id="any: the other",
        ),
        pytest.param(
            stage(Need.ANY, 2),
            [task(1, ABSTAIN), task(2, ABSTAIN, minute=1)],
            StageResult.PENDING,
            ("board-2",),
            id="any: the last to abstain is missed",
        ),
        pytest.param(
            stage(Need.ANY, 2),
            [abstained(1), abstained(2, minute=1, ended=True)],
            StageResult.PENDING,
            ("board-1",),
            id="any: the chain of the other goes on",
        ),
        pytest.param(
            stage(Need.ANY, 2),
            [abstained(1, ended=True), abstained(2, ended=True)],
            StageResult.LAPSED,
            (),
            id="any: all chains have ended",
        ),
        pytest.param(
            stage(Need.ALL, 2),
            [task(1, ABSTAIN), task(2)],
            StageResult.PENDING,
            ("board-1",),
            id="all: everybody is missed",
        ),
        pytest.param(
            stage(Need.ALL, 3),
            [task(1, ABSTAIN), task(2, ABSTAIN), task(3, YES)],
            StageResult.PENDING,
            ("board-1", "board-2"),
            id="all: as many as are missed",
        ),
        pytest.param(
            stage(Need.ALL, 2),
            [task(1, ABSTAIN), expired(2)],
            StageResult.LAPSED,
            (),
            id="all: another seat was silent to the end",
        ),
        pytest.param(
            stage(Need.QUORUM, 3, 2),
            [task(1, ABSTAIN), task(2), task(3)],
            StageResult.PENDING,
            (),
            id="quorum: enough are left",
        ),
        pytest.param(
            stage(Need.QUORUM, 3, 2),
            [task(1, NO), task(2, ABSTAIN, minute=1), task(3)],
            StageResult.PENDING,
            ("board-2",),
            id="quorum: too few are left",
        ),
        pytest.param(
            stage(Need.QUORUM, 3, 2),
            [abstained(1), task(2, YES, minute=1), expired(3)],
            StageResult.PENDING,
            ("board-1",),
            id="quorum: silence elsewhere makes an abstention missed",
        ),
        pytest.param(
            stage(Need.QUORUM, 3, 2),
            [abstained(1, ended=True), task(2, NO, minute=1), task(3, NO, minute=2)],
            StageResult.REJECTED,
            (),
            id="quorum: voted down beside an abstention",
        ),
    ],
)
def test_an_abstention_counts_neither_way(
    asked: Stage, tasks: list[ApprovalTask], result: StageResult, go_up: tuple[str, ...]
) -> None:
    count = tally(asked, tasks)
    assert (count.result, count.go_up) == (result, go_up)


@pytest.mark.parametrize("need", Need)
@pytest.mark.parametrize("seats", [1, 2, 3, 4])
def test_a_stage_where_everybody_abstains_is_never_approved(need: Need, seats: int) -> None:
    for quorum in range(1, seats + 1):
        asked = stage(need, seats, quorum)
        for ended in range(2**seats):
            tasks = [abstained(n, minute=n, ended=bool(ended >> n - 1 & 1)) for n in range(1, seats + 1)]
            count = tally(asked, tasks)
            left = sum(task.closed_reason is None for task in tasks)
            assert count.approvals == 0
            assert count.result is (StageResult.PENDING if left >= asked.quorum else StageResult.LAPSED)
            assert len(count.go_up) == (asked.quorum if left >= asked.quorum else 0)


def test_a_seat_that_went_up_is_its_successors() -> None:
    heir = Successor("board-1.2", "ben", 1, "abstained", "greenlight", NOW, NOW + timedelta(days=3), "next")
    left = replace(abstained(1), successor=heir)
    asked = stage(Need.ANY, 1)
    assert tally(asked, [left]).result is StageResult.PENDING

    def next_one(verdict: Verdict) -> ApprovalTask:
        decided = Decision(verdict, "ben", "", NOW, Source.API, authenticated=True)
        return replace(task(1, YES), task="board-1.2", assignee="ben", decision=decided)

    count = tally(asked, [left, next_one(YES)])
    assert (count.result, count.counted) == (StageResult.APPROVED, ("board-1.2",))
    assert tally(asked, [left, next_one(ABSTAIN)]).go_up == ("board-1.2",)
