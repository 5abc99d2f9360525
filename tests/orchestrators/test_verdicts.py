"""What verdicts do to a stage that is under way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from approvals.model import ApprovalTask, Need, Outcome, ProposalState, Route, TaskState
from approvals.stored import codec, layout
from approvals.verdicts import Verdict
from services.reading import lists, views
from services.reading.inbox import inbox
from tests.fakes import DirectoryToday
from tests.orchestrators.world import AUTHOR, DIRECTORY, World, person, stage, world

ANY = Route("one stage", "always", (stage("line", Need.ANY, [["p0", "p1"], ["p2"]]),))


def rewrite(made: World, task: str, verdict: str) -> None:
    """Let the stored decision be one of another release."""
    name = layout.task(made.proposal, 1, task)
    blob = made.store.blobs[name]
    stored = codec.loads(ApprovalTask, blob.data)
    assert stored.decision is not None
    decision = replace(stored.decision, verdict=Verdict(verdict))
    made.store.replace(name, codec.dumps(replace(stored, decision=decision)), blob.etag)


def test_a_verdict_of_another_release_leaves_the_stage_pending_and_operators_are_told() -> None:
    with world(ANY) as made:
        made.ports = replace(
            made.ports,
            directory=DirectoryToday(  # with an operator, who approves nothing
                replace(DIRECTORY, people=(*DIRECTORY.people, person("olga", roles=("operator",))))
            ),
        )
        made.submit()
        made.host.run(until=made.clock.now() + timedelta(minutes=1))
        made.decide("p0", "line-1", Verdict.APPROVE, ring=False)
        rewrite(made, "line-1", "veto")
        made.decide("p2", "line-2", Verdict.APPROVE)
        made.host.run(until=made.clock.now() + timedelta(days=1))
        assert made.current().state is ProposalState.DECIDING
        assert {task.task: task.state for task in made.tasks()} == {
            "line-1": TaskState.RECORDED,
            "line-2": TaskState.RECORDED,
        }
        [told] = lists.outbox(made.ports, "olga").items
        assert told.kind == "trouble"
        assert "The decision of line-1 is “veto”" in told.text
        [shown] = views.picture(made.ports, "p0", made.proposal).revisions[0].stages
        assert shown.state == "pending"
        stored = made.store.blobs[layout.task(made.proposal, 1, "line-1")].data
        assert b'"verdict": "veto"' in stored

        rewrite(made, "line-1", "reject")  # the release that knows it is back, and it means this
        made.ring()
        made.host.run()
        assert made.current().outcome is Outcome.REJECTED
        assert len(lists.outbox(made.ports, "olga").items) == 1


def actions(made: World) -> list[tuple[str, str]]:
    return [(line.entry.action, line.entry.subject) for line in made.trail()]


def one_stage(need: Need, *chains: list[str], quorum: int | None = None) -> Route:
    return Route("one stage", "always", (stage("line", need, list(chains), quorum),))


def begin(made: World) -> None:
    made.submit()
    made.host.run(until=made.clock.now() + timedelta(minutes=1))


def say(made: World, who: str, verdict: Verdict, comment: str = "") -> None:
    task = made.held_by(who)
    assert task is not None, f"{who} is not asked"
    made.decide(who, task, verdict, comment)
    made.host.run(until=made.clock.now() + timedelta(minutes=1))


def test_who_abstains_where_others_are_left_is_not_replaced() -> None:
    with world(one_stage(Need.ANY, ["p0", "p1"], ["p2"])) as made:
        begin(made)
        say(made, "p0", Verdict.ABSTAIN)
        assert made.current().state is ProposalState.DECIDING
        assert made.held_by("p1") is None
        assert {task.task: task.state for task in made.tasks()}["line-1"] is TaskState.APPLIED
        say(made, "p2", Verdict.APPROVE)
        made.host.run()
        assert made.current().outcome is Outcome.APPROVED


def test_where_an_abstention_leaves_too_few_the_next_of_the_chain_is_asked() -> None:
    with world(one_stage(Need.ALL, ["p0", "p1"], ["p2"])) as made:
        begin(made)
        say(made, "p0", Verdict.ABSTAIN, "My sister wrote the offer.")
        asked = next(task for task in made.tasks() if task.task == "line-1.2")
        assert (asked.assignee, asked.state, asked.step) == ("p1", TaskState.OPEN, 1)
        assert [item.task for item in inbox(made.ports, "p1").items] == ["line-1.2"]
        assert inbox(made.ports, "p0").items == ()
        [told] = lists.outbox(made.ports, "p1").items
        assert "Somebody else was asked first" in told.text
        [author] = lists.outbox(made.ports, AUTHOR).items
        assert author.subject.startswith("P0 abstains from deciding on:")
        assert actions(made)[-4:] == [
            ("decided", "line-1"),
            ("applied", "line-1"),
            ("abstained", "line-1"),
            ("assigned", "line-1.2"),
        ]
        passed = next(line.entry for line in made.trail() if line.entry.action == "abstained")
        assert (passed.actor, passed.detail) == (
            "greenlight",
            {
                "from": "p0",
                "to": "p1",
                "task": "line-1.2",
                "reason": "too few are left to approve without this seat",
            },
        )
        say(made, "p1", Verdict.APPROVE)
        say(made, "p2", Verdict.APPROVE)
        made.host.run()
        assert made.current().outcome is Outcome.APPROVED


def test_the_stage_lapses_when_the_chain_has_ended_and_says_so() -> None:
    with world(one_stage(Need.ALL, ["p0", "p1"], ["p2"])) as made:
        begin(made)
        say(made, "p0", Verdict.ABSTAIN)
        say(made, "p1", Verdict.ABSTAIN)
        made.host.run()
        assert made.current().outcome is Outcome.LAPSED
        assert ("chain_ended", "line-1.2") in actions(made)
        tasks = {task.task: (task.state, task.closed_reason) for task in made.tasks()}
        assert tasks["line-1"] == (TaskState.APPLIED, None)
        assert tasks["line-1.2"] == (TaskState.APPLIED, "nobody is left to ask")
        assert tasks["line-2"] == (TaskState.CANCELLED, "the stage was settled: lapsed")
        [shown] = views.picture(made.ports, "p0", made.proposal).revisions[0].stages
        assert shown.state == "lapsed"


@pytest.mark.parametrize(
    "route",
    [
        one_stage(Need.ANY, ["p0", "p1"], ["p2"]),
        one_stage(Need.ALL, ["p0"], ["p1", "p2"], ["p3"]),
        one_stage(Need.QUORUM, ["p0", "p1"], ["p2", "p3"], ["p4"], quorum=2),
    ],
)
def test_where_everybody_abstains_nothing_is_approved(route: Route) -> None:
    with world(route) as made:
        begin(made)
        for _ in range(10):
            for who in (f"p{n}" for n in range(5)):
                if made.held_by(who):
                    say(made, who, Verdict.ABSTAIN)
        made.host.run()
        assert made.current().outcome is Outcome.LAPSED


def test_an_abstention_sent_twice_is_one_even_after_the_seat_went_up() -> None:
    with world(one_stage(Need.ANY, ["p0", "p1"])) as made:
        begin(made)
        say(made, "p0", Verdict.ABSTAIN, "because")
        before = made.tasks()
        made.decide("p0", "line-1", Verdict.ABSTAIN, "because")
        made.host.run(until=made.clock.now() + timedelta(minutes=1))
        assert made.tasks() == before


def test_a_withdrawn_stage_with_an_abstention_is_shown_as_cancelled() -> None:
    with world(one_stage(Need.ANY, ["p0", "p1"], ["p2"])) as made:
        begin(made)
        say(made, "p0", Verdict.ABSTAIN)
        made.withdraw()
        made.host.run()
        [shown] = views.picture(made.ports, "p0", made.proposal).revisions[0].stages
        assert shown.state == "cancelled"
