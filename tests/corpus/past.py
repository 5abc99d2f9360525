"""What is over: erased, purged and closed proposals, one for every way to end."""

from __future__ import annotations

import time

from tests.corpus.moves import answer, ask, decide, evidence, hand_over, revise, withdraw
from tests.corpus.writer import PDF, Writer, proposal_id

CONDITIONS = "approve_with_conditions"


def everything(writer: Writer, name: str) -> None:
    """A proposal with something of everything in it, to its end: two revisions, questions, conditions, events."""
    proposal = writer.submit(name, documents=True, prepared_by=["kim"])
    writer.people.raise_event(f"{proposal}-r1", {"task": "line-1", "verdict": "maybe", "by": "ben"})
    writer.do(
        ask(proposal, "ben", "line-1", "Which hall?"),
        answer(proposal, "r1-line-1-q1", "Hall two."),
        hand_over(proposal, "ben", "line-1", to="dora", reason="she knows the hall"),
        decide(proposal, "dora", "line-1.2", "request_changes"),
        revise(
            proposal,
            name,
            category="software-design",
            fields={"goal": "A third of the errors", "alternatives": "None"},
            keep=[document(writer, proposal)],
        ),
        decide(proposal, "ben", "line-1", revision=2),
        decide(proposal, "carl", "review-2", revision=2),
        decide(
            proposal,
            "fay",
            "review-1",
            CONDITIONS,
            revision=2,
            conditions=[{"text": "Show the load test", "due": writer.due(20)}],
        ),
        evidence(proposal, "ana", "review-1-c1", "give", "See the report."),
        evidence(proposal, "fay", "review-1-c1", "refuse", "No figures."),
        evidence(proposal, "ana", "review-1-c1", "give", "With figures."),
    )
    given = {"condition": "review-1-c1", "action": "give", "note": "With the report itself."}
    files = {"document:report": ("report.pdf", PDF + b"% report", "application/pdf")}
    address = f"/api/proposals/{proposal}/evidence"
    assert writer.people.call("POST", "ana", address, data=given, files=files).ok
    writer.do(evidence(proposal, "fay", "review-1-c1", "confirm"))


def document(writer: Writer, proposal: str) -> str:
    """The digest of the latest revision's first document."""
    found = writer.people.picture("ana", proposal)["revisions"][-1]["submission"]["documents"][0]["sha256"]
    return str(found)


def erased(writer: Writer) -> None:
    everything(writer, "erased-after-everything")
    writer.add(
        "erased-after-everything", "approved in its second revision, purged and erased by its age", "approved"
    )
    proposal = writer.submit("erased-rejected", documents=True)
    writer.do(decide(proposal, "ben", "line-1", "reject"))
    writer.add("erased-rejected", "rejected, purged and erased by its age", "rejected")


def purged(writer: Writer) -> None:
    everything(writer, "purged-after-everything")
    writer.add("purged-after-everything", "approved in its second revision, its instances purged", "approved")
    proposal = writer.submit("purged-withdrawn")
    writer.do(withdraw(proposal))
    writer.add("purged-withdrawn", "withdrawn, its instances purged", "withdrawn")
    proposal = writer.submit("half-erased", documents=True)
    writer.do(ask(proposal, "ben", "line-1", "Really?"), decide(proposal, "ben", "line-1", "reject"))
    writer.add("half-erased", "its erasure was ordered, and broken off before the originals went", "erased")


def half_purged(writer: Writer) -> None:
    proposal = writer.submit("half-purged")
    writer.do(decide(proposal, "ben", "line-1"))
    writer.add("half-purged", "marked as purged, broken off before its first instance went", "purged")


def silent(writer: Writer) -> None:
    """Nobody answers for weeks."""
    writer.submit("closed-lapsed-silence")
    writer.add("closed-lapsed-silence", "lapsed: reminded and escalated to the end of the chain", "lapsed")
    proposal = writer.submit("closed-lapsed-changes")
    writer.do(decide(proposal, "ben", "line-1", "request_changes"))
    writer.add("closed-lapsed-changes", "lapsed: changes were requested and no revision came", "lapsed")
    proposal = writer.submit("closed-lapsed-condition")
    wanted = [{"text": "Show the permit", "due": writer.due(8)}]
    writer.do(decide(proposal, "ben", "line-1", CONDITIONS, conditions=wanted))
    writer.add("closed-lapsed-condition", "lapsed: a condition was not met in time", "lapsed")
    large = writer.submit("closed-quorum-out-of-reach", budget="70000")
    writer.do(decide(large, "ben", "line-1"), decide(large, "fay", "finance-1"))
    writer.do(decide(large, "ines", "board-2", "reject"), decide(large, "jon", "board-3", "reject"))
    writer.add("closed-quorum-out-of-reach", "rejected: two of three seats of the board said no", "rejected")


def closed(writer: Writer) -> None:
    proposal = writer.submit("closed-approved", documents=True)
    writer.do(decide(proposal, "ben", "line-1"), decide(proposal, "fay", "review-1"))
    writer.people.raise_event(
        f"{proposal}-r1", {"task": "review-2", "verdict": "approve", "by": "carl", "comment": "Sound."}
    )
    writer.settle()
    writer.add("closed-approved", "approved by all, once by raise-event", "approved")
    everything(writer, "closed-after-everything")
    writer.add("closed-after-everything", "approved in its second revision, on a condition", "approved")
    proposal = writer.submit("closed-rejected")
    writer.do(decide(proposal, "ben", "line-1", "reject"))
    writer.add("closed-rejected", "rejected by somebody", "rejected")
    writer.submit_design("closed-rejected-by-check", b"\x00\x01 this is no PDF")
    writer.settle()
    writer.add("closed-rejected-by-check", "rejected by a check before anybody was asked", "rejected")
    proposal = writer.submit("closed-withdrawn")
    writer.do(ask(proposal, "ben", "line-1", "Still needed?"), withdraw(proposal))
    writer.add("closed-withdrawn", "withdrawn, with a task cancelled and a question left open", "withdrawn")
    not_counted(writer)
    not_checked(writer)


def not_counted(writer: Writer) -> None:
    """Two answer a stage that takes any: both are stored before the orchestration hears of either."""
    proposal = writer.submit("closed-second-not-counted", risk="high")
    writer.do(decide(proposal, "ben", "line-1"))
    held = writer.cut(
        f"PUT .*History.*'{proposal}-r1'", lambda: writer.people.do(decide(proposal, "kim", "safety-1"))
    )
    writer.begin(lambda: writer.people.do(decide(proposal, "carl", "safety-2", "reject")))
    while writer.people.etag("olga", proposal, "safety-2"):
        time.sleep(0.05)
    writer.proxy.release(held)
    writer.settle()
    writer.add("closed-second-not-counted", "approved; a rejection was stored too late to count", "approved")


def not_checked(writer: Writer) -> None:
    """A document cannot be read while it is screened."""
    name = "closed-not-checked"
    with writer.proxy.refusing(f"GET .*{proposal_id(name)}/r1/documents/", 404):
        writer.submit_design(name, PDF + name.encode())
        writer.settle("PT30S")
    writer.do(decide(proposal_id(name), "ben", "line-1", "reject"))
    writer.add(name, "rejected; a check could not be made", "rejected")
