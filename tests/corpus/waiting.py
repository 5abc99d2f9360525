"""What waits for somebody: every shape that an open proposal can have while nothing is broken."""

from __future__ import annotations

from datetime import timedelta

import requests

from tests.corpus.moves import (
    answer,
    ask,
    decide,
    evidence,
    hand_over,
    publish,
    raise_event,
    revise,
    withdraw,
)
from tests.corpus.past import CONDITIONS
from tests.corpus.writer import TODAY, Writer, proposal_id

FLOOD = 103
HALF = "\ud83d"  # half a character: JSON can say it, UTF-8 cannot
LARGE = "a very long comment " * 2000


def aged(writer: Writer) -> None:
    """Submitted days ago: reminded, escalated, lost."""
    name = "deciding-escalated"
    proposal = writer.submit(name)
    then = [decide(proposal, "dora", "line-1.2")]
    writer.add(
        name, "nobody answered in time: the next of the chain is asked", "approved", then, ["escalated"]
    )


def reminded(writer: Writer) -> None:
    name = "deciding-reminded"
    proposal = writer.submit(name)
    writer.add(name, "somebody was reminded", "approved", [decide(proposal, "ben", "line-1")])
    name = "deciding-silent"
    writer.submit(name)
    writer.add(name, "nobody will ever answer", "lapsed", says=["escalated", "expired"])


def terminated(writer: Writer) -> None:
    name = "deciding-terminated"
    proposal = writer.submit(name)
    address = f"{writer.host.management}/instances/{proposal}-r1/terminate"
    assert requests.post(address, timeout=60).status_code == 202
    writer.settle()
    writer.add(
        name, "its instance was terminated, and operators were told: it does not go on by itself", "stays"
    )


def overdue(writer: Writer) -> str:
    """Its task is escalated at the moment when the world ends; see `tests.corpus.crashes`."""
    name = "deciding-overdue"
    proposal = writer.submit(name)
    then = [decide(proposal, "dora", "line-1.2")]
    writer.add(name, "overdue; its escalation was broken off", "approved", then, ["escalated"])
    return proposal


def deciding(writer: Writer) -> None:
    name = "deciding-any"
    proposal = writer.submit(
        name, title="Größe, 尺寸, حجم 📐", budget="12000.50", summary="“Zitat”\n\n<b>&amp;</b>"
    )
    writer.add(
        name,
        "one seat, nobody has answered; texts of all kinds",
        "approved",
        [decide(proposal, "ben", "line-1")],
    )
    name = "deciding-any-of-two"
    proposal = writer.submit(name, risk="high")
    writer.do(decide(proposal, "ben", "line-1"))
    then = [decide(proposal, "carl", "safety-2", "reject")]
    writer.add(name, "the first of two seats decides, nobody has answered", "rejected", then, ["cancelled"])
    name = "deciding-all-partly"
    proposal = writer.submit(name, documents=True)
    writer.do(decide(proposal, "ben", "line-1"), decide(proposal, "fay", "review-1"))
    then = [decide(proposal, "carl", "review-2")]
    writer.add(name, "both seats must approve: one has", "approved", then)
    name = "deciding-quorum-one"
    proposal = board(writer, name)
    writer.do(decide(proposal, "ines", "board-2"))
    then = [decide(proposal, "vera", "board-1")]
    writer.add(name, "two of three must approve: one has; one seat is held for who is away", "approved", then)
    name = "deciding-quorum-split"
    proposal = board(writer, name)
    writer.do(decide(proposal, "ines", "board-2"), decide(proposal, "jon", "board-3", "reject"))
    then = [decide(proposal, "vera", "board-1", "reject")]
    writer.add(name, "two of three must approve: one has, one has rejected", "rejected", then)
    name = "deciding-passed-over"
    proposal = writer.submit(name, prepared_by=["ben"])
    writer.add(
        name, "the manager prepared it: the next is asked", "approved", [decide(proposal, "dora", "line-1")]
    )
    name = "deciding-kept"
    proposal = board(writer, name)
    writer.do(
        decide(proposal, "ines", "board-2", "request_changes"),
        revise(proposal, name, budget="70000", summary="Replace it, and train people."),
        decide(proposal, "ben", "line-1", revision=2),
        decide(proposal, "ines", "board-2", revision=2),
    )
    then = [decide(proposal, "jon", "board-3", revision=2)]
    writer.add(name, "second revision: the approval of finance is kept", "approved", then, ["kept"])


def all_to_come(writer: Writer) -> None:
    """Nothing has happened here yet: everything that people can do, they do in the hands of the next release."""
    name = "deciding-keeps-later"
    proposal = board(writer, name)
    then = [
        decide(proposal, "ines", "board-2", "request_changes"),
        revise(proposal, name, budget="70000", summary="Replace it, and train people."),
        decide(proposal, "ben", "line-1", revision=2),
        decide(proposal, "ines", "board-2", revision=2),
        decide(proposal, "jon", "board-3", revision=2),
    ]
    writer.add(name, "the board will ask for changes that do not touch finance", "approved", then, ["kept"])
    name = "deciding-moves-later"
    proposal = writer.submit(name)
    due = (TODAY + timedelta(days=20)).isoformat()
    then = [
        raise_event(f"{proposal}-r1", {"task": "line-1", "verdict": "maybe", "by": "ben"}),
        ask(proposal, "ben", "line-1", "Since when?"),
        answer(proposal, "r1-line-1-q1", "Since May."),
        hand_over(proposal, "ben", "line-1", to="carl", reason="He knows it."),
        hand_over(proposal, "carl", "line-1.2", recuse=True, reason="I sold it to them."),
        decide(
            proposal, "dora", "line-1.3", CONDITIONS, conditions=[{"text": "Show the permit", "due": due}]
        ),
        evidence(proposal, "ana", "line-1.3-c1", "give", "Here it is."),
        evidence(proposal, "dora", "line-1.3-c1", "refuse", "That is a bill."),
        evidence(proposal, "ana", "line-1.3-c1", "give", "Here is the other one."),
        evidence(proposal, "kim", "line-1.3-c1", "confirm"),
    ]
    writer.add(name, "it will go through many hands", "approved", then)


def board(writer: Writer, name: str) -> str:
    """A large one that has come to the board."""
    proposal = writer.submit(name, budget="70000")
    writer.do(decide(proposal, "ben", "line-1"), decide(proposal, "fay", "finance-1"))
    return proposal


def moved(writer: Writer) -> None:
    name = "deciding-handed-over"
    proposal = writer.submit(name)
    writer.do(hand_over(proposal, "ben", "line-1", to="carl", reason="He knows it."))
    writer.add(name, "handed over to somebody", "approved", [decide(proposal, "carl", "line-1.2")])
    name = "deciding-reassigned-by-operator"
    proposal = writer.submit(name)
    writer.do(hand_over(proposal, "olga", "line-1", to="kim", reason="Ben is on a ship."))
    writer.add(
        name, "handed over by an operator", "rejected", [decide(proposal, "kim", "line-1.2", "reject")]
    )
    name = "deciding-recused"
    proposal = writer.submit(name)
    writer.do(hand_over(proposal, "ben", "line-1", recuse=True, reason="I sold it to them."))
    writer.add(name, "its holder stepped back", "approved", [decide(proposal, "dora", "line-1.2")])


def events(writer: Writer) -> None:
    name = "deciding-events-refused"
    proposal = writer.submit(name)
    half = {"task": "line-1", "verdict": "reject", "by": "ben", "comment": "", "half": HALF}
    for payload in ({"task": "line-1", "verdict": "approve", "by": "ana"}, "no decision", {"by": 7}, half):
        writer.people.raise_event(f"{proposal}-r1", payload)
    writer.people.raise_event(f"{proposal}-r1", {}, name="another")
    large = {"task": "line-1", "verdict": "reject", "by": "ben", "comment": LARGE}
    writer.people.raise_event(f"{proposal}-r1", large)
    writer.settle()
    then = [decide(proposal, "ben", "line-1")]
    writer.add(name, "raised events were refused, one of them a large string", "approved", then)
    name = "deciding-flooded"
    proposal = writer.submit(name)
    for number in range(FLOOD):
        writer.people.raise_event(f"{proposal}-r1", {"number": number})
    writer.settle()
    writer.add(name, "more events than the trail lists", "approved", [decide(proposal, "ben", "line-1")])
    name = "deciding-raise-event"
    proposal = writer.submit(name, documents=True)
    raised = {"task": "line-1", "verdict": "approve", "by": "ben", "comment": "by telephone"}
    writer.people.raise_event(f"{proposal}-r1", raised)
    writer.settle()
    then = [decide(proposal, "fay", "review-1"), decide(proposal, "carl", "review-2")]
    writer.add(name, "its first stage was approved by raise-event", "approved", then)


def questions(writer: Writer) -> None:
    name = "deciding-question-open"
    proposal = writer.submit(name)
    writer.do(ask(proposal, "ben", "line-1", "Since when?"))
    then = [answer(proposal, "r1-line-1-q1", "Since May."), decide(proposal, "ben", "line-1")]
    writer.add(name, "a question waits for its answer", "approved", then, ["answered"])
    name = "deciding-question-answered"
    proposal = writer.submit(name)
    writer.do(ask(proposal, "ben", "line-1", "Since when?"), answer(proposal, "r1-line-1-q1", "Since May."))
    writer.add(name, "a question was answered", "withdrawn", [withdraw(proposal)])


def changes(writer: Writer) -> None:
    name = "changes-requested"
    proposal = writer.submit(name)
    writer.do(decide(proposal, "ben", "line-1", "request_changes"))
    then = [revise(proposal, name, budget="9000"), decide(proposal, "ben", "line-1", revision=2)]
    writer.add(name, "the author is asked for a revision", "approved", then)
    name = "changes-never"
    proposal = writer.submit(name)
    writer.do(decide(proposal, "ben", "line-1", "request_changes"))
    writer.add(name, "no revision will ever come", "lapsed")


def conditional(writer: Writer, name: str, *texts: str, days: int = 12) -> str:
    """Approved on these conditions."""
    proposal = writer.submit(name)
    wanted = [{"text": text, "due": writer.due(days)} for text in texts]
    writer.do(decide(proposal, "ben", "line-1", CONDITIONS, conditions=wanted))
    return proposal


def conditions(writer: Writer) -> None:
    name = "conditions-open"
    proposal = conditional(writer, name, "Show the permit")
    then = [
        evidence(proposal, "ana", "line-1-c1", "give", "Here it is."),
        evidence(proposal, "kim", "line-1-c1", "confirm"),
    ]
    writer.add(name, "a condition is open", "approved", then, ["condition_evidence", "condition_confirmed"])
    name = "conditions-evidence"
    proposal = conditional(writer, name, "Show the permit")
    writer.do(evidence(proposal, "ana", "line-1-c1", "give", "Here it is."))
    writer.add(name, "evidence was given", "approved", [evidence(proposal, "ben", "line-1-c1", "confirm")])
    name = "conditions-one-of-two"
    proposal = conditional(writer, name, "Show the permit", "Show the load test")
    writer.do(evidence(proposal, "ben", "line-1-c1", "confirm"))
    then = [evidence(proposal, "ben", "line-1-c2", "confirm")]
    writer.add(name, "one of two conditions is confirmed", "approved", then)
    name = "conditions-refused"
    proposal = conditional(writer, name, "Show the permit")
    writer.do(
        evidence(proposal, "ana", "line-1-c1", "give", "Here it is."),
        evidence(proposal, "ben", "line-1-c1", "refuse", "That is a bill."),
    )
    writer.add(name, "the evidence was not enough, and no more comes", "lapsed", says=["condition_lapsed"])
    name = "conditions-to-withdraw"
    proposal = conditional(writer, name, "Show the permit")
    writer.add(name, "a condition is open, and the author gives up", "withdrawn", [withdraw(proposal)])


def publications(writer: Writer) -> None:
    """Every step of the publication that can fail has failed, and an operator must run it again."""
    steps = {
        "seal": r"PUT .*/greenlight/proposals/{p}/r1/record\.json",
        "publish": r"PUT .*/greenlight-records/{p}-r1\.json",
        "tell": r"PUT .*/outbox/.*/{p}-.*outcome",
    }
    for step, pattern in steps.items():
        name = f"closing-{step}-failed"
        proposal = writer.submit(name)
        with writer.proxy.refusing(pattern.format(p=proposal_id(name))) as fault:
            writer.do(decide(proposal, "ben", "line-1"))
            writer.settle("PT1M")
            assert fault.caught.is_set(), pattern
        writer.add(
            name, f"decided, its publication failed at this step: {step}", "approved", [publish(proposal)]
        )


def in_trouble(writer: Writer) -> None:
    """An activity fails again and again: the orchestration waits before it tries anew."""
    name = "deciding-in-trouble"
    proposal = proposal_id(name)
    with writer.proxy.refusing(rf"PUT .*/{proposal}/r1/tasks/line-1\.json"):
        writer.submit(name)
        writer.settle("PT20S")
    then = [decide(proposal, "ben", "line-1")]
    writer.add(
        name, "assigning its task failed three times: it is tried again after a pause", "approved", then
    )
    name = "conditions-child-terminated"
    proposal = conditional(writer, name, "Show the permit")
    address = f"{writer.host.management}/instances/{proposal}-r1-conditions/terminate"
    assert requests.post(address, timeout=60).status_code == 202
    writer.settle()
    then = [evidence(proposal, "ben", "line-1-c1", "confirm")]
    writer.add(
        name, "who watches its conditions was terminated: it is started again after a pause", "approved", then
    )
