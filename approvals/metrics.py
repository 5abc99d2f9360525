"""What is measured: names, units and what may be said beside a value. Names are what queries and alerts ask for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """COUNT adds up, SPREAD is a histogram, LEVEL is what it is now."""

    COUNT = "count"
    SPREAD = "spread"
    LEVEL = "level"


@dataclass(frozen=True)
class Metric:
    """``unit`` in UCUM, as OpenTelemetry wants it; ``attributes`` are all that a value may carry."""

    name: str
    kind: Kind
    unit: str
    text: str
    attributes: tuple[str, ...] = ()


SUBMITTED = Metric("greenlight.submitted", Kind.COUNT, "{revision}", "Revisions submitted", ("revision",))
DECIDED = Metric(
    "greenlight.decided", Kind.COUNT, "{decision}", "Decisions recorded", ("verdict", "door", "stage")
)
TIME_TO_DECIDE = Metric(
    "greenlight.time_to_decide",
    Kind.SPREAD,
    "s",
    "From being asked to the decision",
    ("verdict", "stage"),
)
TIME_TO_APPLY = Metric(
    "greenlight.time_to_apply",
    Kind.SPREAD,
    "s",
    "From the stored decision to its effect",
    ("stage", "in_time"),
)
# What docs/operations/objectives.md promises of it, in seconds.
APPLIED_WITHIN = 30
OVERDUE = Metric(
    "greenlight.overdue", Kind.COUNT, "{task}", "Tasks without an answer in time", ("stage", "then")
)
PUBLICATION_FAILED = Metric(
    "greenlight.publication_failed", Kind.COUNT, "{proposal}", "Publications that failed", ("step",)
)
UNDELIVERED = Metric("greenlight.undelivered", Kind.LEVEL, "{message}", "Messages that are not delivered")
CHORES = Metric("greenlight.chores", Kind.COUNT, "{chore}", "What the sweep had to do", ("chore",))

METRICS = (
    SUBMITTED,
    DECIDED,
    TIME_TO_DECIDE,
    TIME_TO_APPLY,
    OVERDUE,
    PUBLICATION_FAILED,
    UNDELIVERED,
    CHORES,
)
