"""What must come out, worked out in another way than the product does: from the order in which decisions were stored.

Knows stages as (need, quorum, seats), and a log of (stage, seat, verdict); who abstains
has not answered. No timers, no states.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from approvals.model import Need, Route, Stage
from approvals.verdicts import Verdict

# What the words of the policy make of each verdict; one that is not here is nobody's to guess.
MEANS = {
    Verdict.APPROVE: "yes",
    Verdict.APPROVE_WITH_CONDITIONS: "yes",
    Verdict.REJECT: "no",
    Verdict.REQUEST_CHANGES: "back",
    Verdict.ABSTAIN: "neither",
}


@dataclass(frozen=True)
class Stored:
    """A decision as it reached the storage, in order."""

    stage: str
    seat: str
    task: str
    by: str
    verdict: Verdict


def expected_outcome(route: Route, log: Iterable[Stored]) -> str:
    """``approved``, ``rejected``, ``changes_requested`` or ``lapsed``, were nobody to say anything more."""
    log = list(log)
    for stage in route.stages:
        answers = [entry.verdict for entry in log if entry.stage == stage.name]
        verdict = settle(stage, answers)
        if verdict != "approved":
            return verdict
    return "approved"


def settle(stage: Stage, answers: list[Verdict]) -> str:
    """The shortest beginning of ``answers`` that settles the stage, by the words of the policy.

    Raises KeyError for a verdict that nobody has told the oracle about.
    """
    meant = [meaning for verdict in answers if (meaning := MEANS[verdict]) != "neither"]
    for length in range(1, len(meant) + 1):
        said = meant[:length]
        if said[-1] == "back":
            return "changes_requested"
        yes, no = said.count("yes"), said.count("no")
        if stage.need is Need.ANY:
            return "approved" if yes else "rejected"
        if stage.need is Need.ALL and (no or yes == len(stage.seats)):
            return "rejected" if no else "approved"
        if stage.need is Need.QUORUM:
            if yes == stage.quorum:
                return "approved"
            if len(stage.seats) - no < stage.quorum:
                return "rejected"
    return "lapsed"
