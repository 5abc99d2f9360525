"""What the audit trail's entries say in numbers. The trail has each entry once, so each is counted once at most.

Whoever writes an entry counts it. One whose write succeeded without an answer, or whose writer died right after, is
not counted: the trail is the truth, a metric is for looking at.
"""

from __future__ import annotations

from collections.abc import Iterable

from approvals.metrics import APPLIED_WITHIN, DECIDED, OVERDUE, SUBMITTED, TIME_TO_APPLY, TIME_TO_DECIDE
from approvals.model import ApprovalTask, AuditEntry
from approvals.ports import Meter

# What becomes of a task whose holder did not answer in time.
SILENT = ("escalated", "expired")
# What becomes of a decision. The time is that of the orchestration's episode: where that began before the decision was
# stored, it took no time.
SETTLED = ("applied", "not_counted")


def count(meter: Meter, subject: object, written: Iterable[AuditEntry]) -> None:
    """Count what was written to the trail about ``subject``: a proposal, a task, or whatever owed it."""
    for entry in written:
        if entry.action == "submitted":
            first = entry.subject == "r1"
            meter.measure(SUBMITTED, 1, revision="first" if first else "later")
        elif isinstance(subject, ApprovalTask):
            _count_task(meter, subject, entry)


def _count_task(meter: Meter, task: ApprovalTask, entry: AuditEntry) -> None:
    if entry.action == "decided" and task.decision is not None:
        verdict, seconds = task.decision.verdict.value, (entry.at - task.opened_at).total_seconds()
        meter.measure(DECIDED, 1, verdict=verdict, door=entry.source.value, stage=task.stage)
        meter.measure(TIME_TO_DECIDE, seconds, verdict=verdict, stage=task.stage)
    elif entry.action in SETTLED and task.decision is not None:
        seconds = max(0.0, (entry.at - task.decision.recorded_at).total_seconds())
        in_time = "yes" if seconds <= APPLIED_WITHIN else "no"
        meter.measure(TIME_TO_APPLY, seconds, stage=task.stage, in_time=in_time)
    elif entry.action in SILENT:
        meter.measure(OVERDUE, 1, stage=task.stage, then=entry.action)
