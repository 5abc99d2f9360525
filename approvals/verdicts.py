"""The verdicts: one table that says what each counts as, what it needs and how it is put into words.

Everything that has to do with verdicts reads this table: the policy's parser, both doors that decisions come through,
the tally, messages, the record, the API and its description, and through the API the page. A new verdict is a member
and its row here; what it counts as needs no code unless `Counts` has nothing that fits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

# What a stored verdict looks like, also one of a release that is newer than this one.
_NAME = re.compile(r"[a-z][a-z_]{0,30}\Z")


class Verdict(Enum):
    """A value that is stored but not listed here belongs to another release. It keeps its name, is stored as it was
    and counts as `Counts.UNKNOWN`.
    """

    APPROVE = "approve"
    REJECT = "reject"
    REQUEST_CHANGES = "request_changes"
    APPROVE_WITH_CONDITIONS = "approve_with_conditions"
    ABSTAIN = "abstain"

    @classmethod
    def _missing_(cls, value: object) -> Verdict | None:
        if not (isinstance(value, str) and _NAME.match(value)):
            return None
        stranger = object.__new__(cls)
        stranger._name_ = stranger._value_ = value
        known: dict[object, Verdict] = cls._value2member_map_  # type: ignore[assignment]  # typed as Enum
        return known.setdefault(value, stranger)


class Counts(Enum):
    """What a verdict counts as; `approvals.tally` says what follows."""

    FOR = "for"
    AGAINST = "against"
    SENDS_BACK = "sends_back"
    NEITHER = "neither"
    UNKNOWN = "unknown"  # nothing can be said about the stage until a release knows it


class Allowed(Enum):
    """Where a stage takes a verdict."""

    ALWAYS = "always"  # the policy cannot leave it out
    BY_DEFAULT = "by_default"  # where the stage does not list its verdicts
    WHEN_LISTED = "when_listed"


@dataclass(frozen=True)
class VerdictRule:
    """A row of the table.

    ``title`` is the choice, ``act`` the button, ``consequence`` the help beside it. ``said`` follows who decided in
    trail, record and page ("Ana approved"); ``says`` stands between who decided and the title of the proposal.
    """

    counts: Counts
    title: str
    act: str
    said: str
    says: str
    consequence: str
    comment_required: bool
    takes_conditions: bool = False
    allowed: Allowed = Allowed.BY_DEFAULT


RULES: dict[Verdict, VerdictRule] = {
    Verdict.APPROVE: VerdictRule(
        counts=Counts.FOR,
        title="Approve",
        act="Record approval",
        said="approved",
        says="approves",
        consequence="It counts towards the approvals that the stage needs.",
        comment_required=False,
        allowed=Allowed.ALWAYS,
    ),
    Verdict.REJECT: VerdictRule(
        counts=Counts.AGAINST,
        title="Reject",
        act="Record rejection",
        said="rejected",
        says="rejects",
        consequence="It counts against the proposal.",
        comment_required=True,
        allowed=Allowed.ALWAYS,
    ),
    Verdict.REQUEST_CHANGES: VerdictRule(
        counts=Counts.SENDS_BACK,
        title="Request changes",
        act="Record request for changes",
        said="asked for changes",
        says="asks for changes to",
        consequence="The proposal goes back to the author, who submits a revision or withdraws it.",
        comment_required=True,
    ),
    Verdict.APPROVE_WITH_CONDITIONS: VerdictRule(
        counts=Counts.FOR,
        title="Approve on conditions",
        act="Record approval on conditions",
        said="approved on conditions",
        says="approves on conditions",
        consequence="It counts as an approval. The author must show in time that your conditions are met.",
        comment_required=True,
        takes_conditions=True,
        allowed=Allowed.WHEN_LISTED,
    ),
    Verdict.ABSTAIN: VerdictRule(
        counts=Counts.NEITHER,
        title="Abstain",
        act="Record abstention",
        said="abstained",
        says="abstains from deciding on",
        consequence="It counts neither way. If too few are left to approve, the next in line is asked in your place.",
        comment_required=False,
        allowed=Allowed.WHEN_LISTED,
    ),
}


def rule_of(verdict: Verdict) -> VerdictRule:
    """The verdict's row; for one that has none, a row that counts as `Counts.UNKNOWN`."""
    return RULES.get(verdict) or VerdictRule(
        counts=Counts.UNKNOWN,
        title=verdict.value,
        act=f"Record {verdict.value}",
        said=f"decided “{verdict.value}”, which this release does not know",
        says=f"decides “{verdict.value}” on",
        consequence="This release does not know it.",
        comment_required=True,
        allowed=Allowed.WHEN_LISTED,
    )


def named(text: object) -> Verdict | None:
    """The verdict of that name, if this release knows it."""
    return next((verdict for verdict in RULES if verdict.value == text), None)


def names(*allowed: Allowed) -> tuple[str, ...]:
    """The names of the verdicts that are ``allowed`` so, or of all, in the order in which they are offered."""
    wanted = allowed or tuple(Allowed)
    return tuple(verdict.value for verdict, rule in RULES.items() if rule.allowed in wanted)
