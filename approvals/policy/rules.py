"""The approval policy, compiled: who must approve what. `approvals.policy.parse` reads it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from approvals.draft import Draft
from approvals.model import Duration, Need, Severity
from approvals.policy.retention import KEEP, Retention
from approvals.policy.selectors import Selector
from approvals.policy.working_time import WorkingHours
from approvals.stored import ids
from approvals.stored.codec import canonical
from approvals.verdicts import Verdict


@dataclass(frozen=True)
class Limits:
    max_documents: int
    max_document_bytes: int
    max_total_bytes: int


@dataclass(frozen=True)
class DocumentKind:
    """A kind of document: its title for people, the media types it may have, whether it must be there."""

    title: str
    types: tuple[str, ...]
    required: bool
    max_bytes: int


@dataclass(frozen=True)
class Category:
    """What a proposal of this category must answer (``fields``: name to question) and bring along."""

    title: str
    fields: dict[str, str]
    documents: dict[str, DocumentKind]


@dataclass(frozen=True)
class When:
    """When a rule matches: every list that is not empty holds the draft's value; ``from`` included, ``below`` not."""

    category: tuple[str, ...]
    department: tuple[str, ...]
    risk: tuple[str, ...]
    budget_from: Decimal | None
    budget_below: Decimal | None

    def matches(self, draft: Draft) -> bool:
        return (
            (not self.category or draft.category in self.category)
            and (not self.department or draft.department in self.department)
            and (not self.risk or draft.risk in self.risk)
            and (self.budget_from is None or draft.budget >= self.budget_from)
            and (self.budget_below is None or draft.budget < self.budget_below)
        )

    def __str__(self) -> str:
        parts = [
            f"{name} is {' or '.join(values)}"
            for name in ("category", "department", "risk")
            if (values := getattr(self, name))
        ]
        if self.budget_from is not None:
            parts.append(f"the budget is {self.budget_from:,} or more")
        if self.budget_below is not None:
            parts.append(f"the budget is below {self.budget_below:,}")
        return " and ".join(parts) or "always"


@dataclass(frozen=True)
class StageRule:
    """A stage as the policy says it; routing makes a `Stage` with people of it."""

    name: str
    title: str
    approvers: tuple[Selector, ...]
    need: Need
    quorum: int  # counts with Need.QUORUM alone
    respond_within: Duration
    remind_every: Duration | None
    escalate_to: tuple[Selector, ...]
    verdicts: tuple[Verdict, ...]
    again_when: tuple[str, ...] | None
    raise_event: bool


@dataclass(frozen=True)
class Rule:
    name: str
    when: When
    stages: tuple[StageRule, ...]


@dataclass(frozen=True)
class Policy:
    """The compiled policy. ``checks`` maps a check's name to its severity; what is off is not in it."""

    currency: str
    working_hours: WorkingHours
    limits: Limits
    categories: dict[str, Category]
    checks: dict[str, Severity]
    envelopes: dict[str, Decimal]
    rules: tuple[Rule, ...]
    revise_within: Duration
    condition_role: Selector | None
    operator_role: str
    retention: Retention = KEEP

    def check_severity(self, check: str) -> Severity | None:
        """What a failure of this check does; None where the policy switched it off."""
        return self.checks.get(check)

    def rule_for(self, draft: Draft) -> Rule | None:
        """The first rule that matches."""
        return next((rule for rule in self.rules if rule.when.matches(draft)), None)

    def digest(self) -> str:
        """The SHA-256 of the content."""
        return ids.sha256(canonical(self))
