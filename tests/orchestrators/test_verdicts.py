"""What verdicts do to a stage that is under way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from approvals.model import ApprovalTask, Need, Outcome, ProposalState, Route, TaskState
from approvals.stored import codec, layout
from approvals.verdicts import Verdict
from services.reading import lists, views
from tests.fakes import DirectoryToday
from tests.orchestrators.world import DIRECTORY, World, person, stage, world

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
