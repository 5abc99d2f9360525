"""Selective re-approval: what a revision left untouched keeps the approvals of the revision before."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from approvals.draft import DOCUMENTS, compared
from approvals.model import ApprovalTask, AuditEntry, Stage, Submission, TaskState
from approvals.ports import Ports
from approvals.refusals import Refusal
from approvals.stored import ids
from approvals.tally import StageResult, tally
from services.store.cases import Case, load_case, load_tasks


def kept_approvals(ports: Ports, case: Case, stage: Stage, now: datetime) -> list[ApprovalTask]:
    """The counted tasks of the revision before, as tasks of this one, where its approval still stands.

    It stands if the policy lists for this stage what must be asked again (``again_when``), none of that changed,
    and the stage asks the same people under the same rule. Otherwise empty.
    """
    submission = case.submission
    if submission.revision == 1 or stage.again_when is None:
        return []
    before = load_case(ports, submission.proposal, submission.revision - 1)
    try:
        earlier = before.stage(stage.name)
    except Refusal:
        return []
    if not _same_question(earlier, stage) or changed_fields(before.submission, submission) & set(
        stage.again_when
    ):
        return []
    tasks = load_tasks(ports.store, submission.proposal, submission.revision - 1, stage.name)
    count = tally(earlier, tasks, before.barred | case.barred)
    if count.result is not StageResult.APPROVED:
        return []
    return [_kept(task, case, now) for task in tasks if task.task in count.counted]


def changed_fields(before: Submission, after: Submission) -> set[str]:
    """Names of what differs: a draft's fields, the category's own fields by name, ``documents``."""
    old, new = _fields(before), _fields(after)
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


def _fields(submission: Submission) -> dict[str, Any]:
    documents = {(document.kind, document.sha256) for document in submission.documents}
    return compared(submission.draft) | {DOCUMENTS: documents}


def _same_question(earlier: Stage, stage: Stage) -> bool:
    def asked(s: Stage) -> list[tuple[str, str]]:
        return [(seat.name, seat.chain[0].person) for seat in s.seats]

    return (earlier.need, earlier.quorum, asked(earlier)) == (stage.need, stage.quorum, asked(stage))


def _kept(task: ApprovalTask, case: Case, now: datetime) -> ApprovalTask:
    revision = case.submission.revision
    origin = f"r{task.revision}/{task.task}"
    entry = AuditEntry(
        id=f"r{revision}/{task.seat}/kept",
        at=now,
        actor=ids.SYSTEM,
        action="kept",
        subject=task.seat,
        detail={"from": task.kept_from or origin, "assignee": task.assignee},
    )
    return replace(
        task,
        revision=revision,
        task=task.seat,
        generation=1,
        state=TaskState.APPLIED,
        kept_from=task.kept_from or origin,
        successor=None,
        unaudited=(entry,),
    )
