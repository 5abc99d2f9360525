"""A decision record with everything in it that a record can hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from approvals.draft import Draft
from approvals.model import (
    ApprovalTask,
    CheckResult,
    Condition,
    ConditionFile,
    ConditionState,
    Decision,
    Document,
    Evidence,
    Finding,
    Outcome,
    Proposal,
    ProposalState,
    QuestionFile,
    Screening,
    Severity,
    Source,
    Submission,
    Successor,
    TaskState,
)
from approvals.verdicts import Verdict
from approvals.writing.record import DecisionRecord, RevisionRecord, seal
from tests.fakes import MONDAY

PROPOSAL = "p-abcdefghijkl"
HEAD = "ab" * 32
DUE = MONDAY + timedelta(days=3)
PERMIT = Document("c" * 64, "permit.pdf", 4321, "application/pdf", "permit")
DRAFT = Draft(
    title="New sorting hall",
    category="software-design",
    department="engineering",
    budget=Decimal("12000.50"),
    risk="low",
    summary="Replace the sorting software.",
    fields={"goal": "Half the errors"},
    prepared_by=("carl", "kim"),
)
SUBMISSION = Submission(
    proposal=PROPOSAL,
    revision=1,
    author="ana",
    submitted_at=MONDAY,
    draft=DRAFT,
    documents=(Document("d" * 64, "design.pdf", 1234567, "application/pdf", "design"),),
    policy="1" * 64,
    directory="2" * 64,
    orchestration_version=1,
)
TASK = ApprovalTask(
    proposal=PROPOSAL,
    revision=1,
    stage="line",
    seat="line-1",
    task="line-1",
    generation=1,
    assignee="ben",
    why="manager of ana",
    step=0,
    opened_at=MONDAY,
    due_at=DUE,
)
CONDITION = Condition("line-1.2-c1", "Show the fire permit.", DUE, "dora")
DECISION = Decision(
    verdict=Verdict.APPROVE_WITH_CONDITIONS,
    by="dora",
    comment="Once the permit is there.",
    recorded_at=MONDAY,
    source=Source.RAISE_EVENT,
    authenticated=False,
    conditions=(CONDITION,),
    event=0,
)
ESCALATED = replace(
    TASK,
    state=TaskState.SUPERSEDED,
    successor=Successor("line-1.2", "dora", 1, "escalated", "greenlight", DUE, DUE, "manager of ben"),
)
DECIDED = replace(
    TASK,
    task="line-1.2",
    generation=2,
    assignee="dora",
    why="manager of ben",
    state=TaskState.APPLIED,
    decision=DECISION,
    on_behalf_of="greta",
)
KEPT = replace(
    TASK,
    revision=2,
    task="finance-1",
    assignee="fay",
    why="holds the role finance",
    state=TaskState.APPLIED,
    decision=Decision(Verdict.APPROVE, "fay", "", MONDAY, Source.API, authenticated=True),
    kept_from="r1/finance-1",
)
LATE = replace(
    KEPT, task="board-1", state=TaskState.NOT_COUNTED, kept_from=None, closed_reason="the stage was settled"
)
SCREENING = Screening(
    PROPOSAL,
    1,
    (
        Finding("budget_envelope", CheckResult.FAILED, "too dear", Severity.WARN),
        Finding("seen_before", CheckResult.NOT_CHECKED, "could not be checked: TimeoutError"),
    ),
    MONDAY,
)
MET = ConditionFile(
    PROPOSAL,
    1,
    CONDITION,
    ConditionState.CONFIRMED,
    (Evidence("ana", MONDAY, "Here it is.", (PERMIT,)), Evidence("ana", DUE, "And again.")),
    confirmed_by="kim",
)
REFUSED = ConditionFile(
    PROPOSAL, 1, replace(CONDITION, id="line-1.2-c2"), ConditionState.LAPSED, refused="That is a bill."
)
OPEN_QUESTION = QuestionFile(PROPOSAL, 1, "r1-line-1-q2", "line-1", "ben", "Since when?", MONDAY)
QUESTION = replace(
    OPEN_QUESTION,
    question="r1-line-1-q1",
    text="Which hall?",
    answer="Hall two.",
    answered_by="ana",
    answered_at=DUE,
)
FIRST = RevisionRecord(
    SUBMISSION,
    "software",
    "category is software-design",
    SCREENING,
    (ESCALATED, DECIDED),
    (MET, REFUSED),
    "EUR",
    (QUESTION, OPEN_QUESTION),
)
SECOND = RevisionRecord(
    replace(SUBMISSION, revision=2, draft=replace(DRAFT, note="Cheaper.", prepared_by=()), documents=()),
    "software",
    "category is software-design",
    None,
    (KEPT, LATE),
    (),
    "EUR",
)
PEOPLE = {"ana": "Ana Ferreira", "dora": "Dora Novak"}
SETTLED = Proposal(
    proposal=PROPOSAL,
    title="New sorting hall",
    author="ana",
    revision=2,
    state=ProposalState.CLOSING,
    instance=f"{PROPOSAL}-r2",
    created_at=MONDAY,
    changed_at=DUE,
    outcome=Outcome.APPROVED,
    outcome_reason="every stage approved",
)


def sealed(**changes: object) -> DecisionRecord:
    """The record, with changes to the proposal."""
    proposal = replace(SETTLED, **changes)  # type: ignore[arg-type]  # replace() checks names at run time
    return seal(proposal, [FIRST, SECOND], PEOPLE, HEAD, 17, DUE)
