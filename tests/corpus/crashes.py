"""What a power cut leaves: each proposal stands right before a request that its host could not make any more.

The purge and the erasure are cut off in the night before TODAY. Everything else is held at once, and then the host is
killed; nothing can wait for quiet any more from the first held request on.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from tests.corpus.moves import Move, ask, decide, evidence, hand_over, revise, submit, withdraw
from tests.corpus.waiting import FLOOD, conditional
from tests.corpus.writer import PDF, Writer, environment, erase_command, proposal_id
from tests.hosts import ROOT

# Before the overdue task is due: long enough for what gets into trouble then, short enough for it to be still there.
SHORTLY = timedelta(seconds=90)


def half_erase(writer: Writer) -> None:
    """The script that erases is ended at the first original that it deletes."""
    proposal = proposal_id("half-erased")
    fault = writer.proxy.hold(f"DELETE .*{proposal}/r1/submission.json")
    command = erase_command(proposal)
    process = subprocess.Popen(command, cwd=ROOT, env=environment(writer.host), stdout=subprocess.DEVNULL)
    fault.wait()
    process.kill()
    process.wait()
    writer.proxy.lose_held()


def half_purge(writer: Writer, nudged: str) -> None:
    """The nightly purge is cut off. Something happens to another instance, so that the clock goes on from there."""
    proposal, instance = proposal_id("half-purged"), f"{proposal_id(nudged)}-r1"
    writer.cut(rf"DELETE .*(History|Instances).*'{proposal}", lambda: writer.at(0, 3))
    night = writer.host.now().replace(microsecond=0)
    writer.people.raise_event(instance, "good night")
    while datetime.fromisoformat((writer.host.instance(instance) or {})["lastUpdatedTime"]) < night:
        time.sleep(0.05)
    writer.power_cut()


def prepare(writer: Writer) -> None:
    """As far as these get before anything is held."""
    for name in (
        *("deciding-bell-lost", "deciding-event-not-judged", "deciding-event-without-fate"),
        *("deciding-successor-missing", "deciding-question-untold", "deciding-trail-owed"),
        *("closing-withdrawal-unheard", "closing-sealing", "closing-not-started", "closed-not-shelved"),
        "deciding-flood-not-judged",
    ):
        writer.submit(name)
    both = writer.submit("deciding-two-recorded", risk="high")
    writer.do(decide(both, "ben", "line-1"))
    for name in ("starting-revision", "changes-half-revised"):
        proposal = writer.submit(name)
        writer.do(decide(proposal, "ben", "line-1", "request_changes"))
    conditional(writer, "conditions-bell-lost", "Show the permit")


@dataclass(frozen=True)
class Cut:
    """A proposal, the request that is held, in it ``{p}`` for the proposal, and what leads to that request."""

    name: str
    what: str
    at: str
    action: Callable[[], object]
    ends: str = "approved"
    then: list[Move] = field(default_factory=list)


def cut_all(writer: Writer, due: datetime) -> None:
    """Hold everything; the time goes on to ``due`` first, and stops there."""
    overdue = proposal_id("deciding-overdue")
    writer.cut(f"PUT .*{overdue}/r1/tasks/line-1.json", lambda: writer.host.advance_to(due))
    _two_recorded(writer)
    _flooded(writer)
    for cut in (*_at_the_hub(writer), *_in_activities(writer), *_in_requests(writer)):
        writer.cut(cut.at.format(p=proposal_id(cut.name)), cut.action)
        writer.add(cut.name, cut.what, cut.ends, cut.then)


def _two_recorded(writer: Writer) -> None:
    proposal = proposal_id(name := "deciding-two-recorded")
    first = decide(proposal, "kim", "safety-1")
    writer.cut(f"PUT .*History.*'{proposal}-r1'", partial(writer.people.do, first))
    writer.begin(partial(writer.people.do, decide(proposal, "carl", "safety-2", "reject")))
    while writer.people.etag("olga", proposal, "safety-2"):
        time.sleep(0.05)
    what = "two have answered where the first one counts, and no orchestration has heard of either"
    writer.add(name, what, "approved", says=["not_counted"])


def _flooded(writer: Writer) -> None:
    proposal = proposal_id(name := "deciding-flood-not-judged")
    raise_event = partial(writer.people.raise_event, f"{proposal}-r1")
    writer.cut(f"PUT .*{proposal}/r1/events/", partial(raise_event, {"number": 0}))
    for number in range(1, FLOOD):
        raise_event({"number": number})
    what = "more events lie in its history than the trail lists, none of them judged"
    writer.add(name, what, "approved", [_approve(name)], ["flooded"])


def _approve(name: str, revision: int = 1) -> Move:
    return decide(proposal_id(name), "ben", "line-1", revision=revision)


def _at_the_hub(writer: Writer) -> Iterator[Cut]:
    """Held at the hub's tables."""
    do = writer.people.do
    name = "starting-unstarted"
    yield Cut(
        name,
        "stored; its instance was never created",
        "PUT .*Instances.*'{p}-r1'",
        partial(do, submit(name)),
        then=[_approve(name)],
    )
    name = "starting-pending"
    yield Cut(
        name,
        "its instance was created and has not run",
        "PUT .*History.*'{p}-r1'",
        partial(do, submit(name)),
        then=[_approve(name)],
    )
    name = "starting-revision"
    yield Cut(
        name,
        "a revision is stored; its instance was never created",
        "PUT .*Instances.*'{p}-r2'",
        partial(do, revise(proposal_id(name), name, budget="9000")),
        then=[_approve(name, revision=2)],
    )
    yield Cut(
        "deciding-bell-lost",
        "a decision is recorded, and no orchestration has heard of it",
        "PUT .*History.*'{p}-r1'",
        partial(do, _approve("deciding-bell-lost")),
    )
    yield Cut(
        "closing-withdrawal-unheard",
        "withdrawn, and no orchestration has heard of it",
        "PUT .*History.*'{p}-r1'",
        partial(do, withdraw(proposal_id("closing-withdrawal-unheard"))),
        "withdrawn",
    )
    yield Cut(
        "conditions-bell-lost",
        "its condition is confirmed, and no orchestration has heard of it",
        "PUT .*History.*'{p}-r1-conditions'",
        partial(do, evidence(proposal_id("conditions-bell-lost"), "ben", "line-1-c1", "confirm")),
    )
    yield Cut(
        "closing-not-started",
        "its outcome stands; the instance that publishes it was never created",
        "PUT .*Instances.*'{p}-r1-publication'",
        partial(do, _approve("closing-not-started")),
    )


def _in_activities(writer: Writer) -> Iterator[Cut]:
    """Held within an activity: the orchestration has scheduled it and waits."""
    do = writer.people.do
    name = "screening-concluding"
    yield Cut(
        name,
        "all checks have answered, their verdict is not stored",
        "PUT .*{p}/r1/screening.json",
        partial(do, submit(name)),
        then=[_approve(name)],
    )
    raised = {"task": "line-1", "verdict": "approve", "by": "ben", "comment": "by telephone"}
    for name, what, at in (
        (
            "deciding-event-not-judged",
            "a raised decision lies in its history",
            "PUT .*{p}/r1/tasks/line-1.json",
        ),
        (
            "deciding-event-without-fate",
            "a raised decision is recorded, its fate is not",
            "PUT .*{p}/r1/events/",
        ),
    ):
        instance = f"{proposal_id(name)}-r1"
        yield Cut(name, what, at, partial(writer.people.raise_event, instance, raised))
    for name, what, at in (
        (
            "deciding-trail-owed",
            "a decision is applied, and its lines are owed to the trail",
            "PUT .*{p}/audit.jsonl",
        ),
        ("closing-sealing", "its outcome stands, its record is not written", "PUT .*{p}/r1/record.json"),
        ("closed-not-shelved", "closed, but it is still listed as open", "PUT .*/closed/.*{p}"),
    ):
        yield Cut(name, what, at, partial(do, _approve(name)))


def _in_requests(writer: Writer) -> Iterator[Cut]:
    """Held within a request of somebody, or a check. Each keeps one of the host's few threads, so these come last."""
    do = writer.people.do
    name = "screening-fan-out"
    proposal = proposal_id(name)
    yield Cut(
        name,
        "its checks run; one has not answered",
        "GET .*{p}/r1/documents/",
        partial(writer.submit_design, name, PDF + b"fan-out"),
        "rejected",
        [decide(proposal, "ben", "line-1", "reject")],
    )
    name = "deciding-successor-missing"
    proposal = proposal_id(name)
    yield Cut(
        name,
        "handed over; the task of who gets it is not stored",
        "PUT .*{p}/r1/tasks/line-1.2.json",
        partial(do, hand_over(proposal, "ben", "line-1", to="carl", reason="He knows it.")),
        then=[decide(proposal, "carl", "line-1.2")],
    )
    name = "deciding-question-untold"
    proposal = proposal_id(name)
    yield Cut(
        name,
        "a question is stored, and the author was not told",
        "PUT .*/outbox/ana/{p}-r1-line-1-q1-asked",
        partial(do, ask(proposal, "ben", "line-1", "Since when?")),
        then=[_approve(name)],
    )
    name = "changes-half-revised"
    revision = revise(proposal_id(name), name, budget="9000")
    yield Cut(
        name,
        "a revision is stored and not the current one; the author sends it again",
        "PUT .*{p}/proposal.json",
        partial(do, revision),
        then=[revision, _approve(name, revision=2)],
    )
    name = "starting-half-stored"
    yield Cut(
        name,
        "a submission without a proposal: the sweep makes it one",
        "PUT .*{p}/proposal.json",
        partial(do, submit(name)),
        then=[_approve(name)],
    )
