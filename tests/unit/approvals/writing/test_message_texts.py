"""The words of messages: what is asked, by when, and why."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from adapters.files.catalogue import english
from approvals.draft import Draft
from approvals.model import (
    ApprovalTask,
    Condition,
    ConditionFile,
    Decision,
    Evidence,
    Message,
    Outcome,
    Proposal,
    ProposalState,
    QuestionFile,
    Source,
    Submission,
    Successor,
    TaskState,
)
from approvals.verdicts import Verdict
from approvals.writing import messages
from approvals.writing.links import page
from approvals.writing.messages import Reader
from tests.fakes import MONDAY

PROPOSAL = "p-abcdefghijkl"
DUE = datetime(2026, 11, 26, 16, 0, tzinfo=UTC)
DUE_IN_BERLIN = "Thu 26 Nov 2026, 17:00 CET"
BERLIN = "Europe/Berlin"
NAMES = {"ana": "Ana Ferreira", "ben": "Ben Okafor", "dora": "Dora Novak", "kim": "Kim Larsen"}
SAY = english(strict=True)
READER = Reader(BERLIN, lambda person: NAMES.get(person, person), SAY)

SUBMISSION = Submission(
    proposal=PROPOSAL,
    revision=2,
    author="ana",
    submitted_at=MONDAY,
    draft=Draft(
        title="New sorting hall",
        category="software-design",
        department="engineering",
        budget=Decimal(12000),
        risk="low",
        summary="Replace the sorting software.",
        fields={},
    ),
    documents=(),
    policy="0" * 64,
    directory="0" * 64,
    orchestration_version=1,
)
TASK = ApprovalTask(
    proposal=PROPOSAL,
    revision=2,
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
HEIR = Successor("line-1.2", "dora", 1, "escalated", "greenlight", DUE, DUE, "manager of ben")
DECISION = Decision(Verdict.APPROVE, "ben", "", MONDAY, Source.API, authenticated=True)
CONDITION = Condition("line-1-c1", "Show the fire permit.", DUE, "ben")
FILE = ConditionFile(PROPOSAL, 2, CONDITION)
CLOSED = Proposal(
    proposal=PROPOSAL,
    title="New sorting hall",
    author="ana",
    revision=2,
    state=ProposalState.CLOSING,
    instance=f"{PROPOSAL}-r2",
    created_at=MONDAY,
    changed_at=MONDAY,
    outcome=Outcome.APPROVED,
)


def assigned(**changes: object) -> Message:
    task = replace(TASK, **changes)  # type: ignore[arg-type]  # replace() checks names at run time
    return messages.assigned(task, SUBMISSION, READER, MONDAY, raise_event=True)


def over(**changes: object) -> Message:
    task = replace(TASK, **changes)  # type: ignore[arg-type]  # as above
    return messages.no_longer_needed(task, SUBMISSION, READER, MONDAY)


def decided(**changes: object) -> Message:
    decision = replace(DECISION, **changes)  # type: ignore[arg-type]  # as above
    return messages.decided(TASK, decision, SUBMISSION, READER, MONDAY)


WAITING = messages.Waiting(PROPOSAL, 2, "line-1", "New sorting hall", DUE)
LATER = messages.Waiting("p-zzzzzzzzzzzz", 1, "board-1", "A secret", DUE + timedelta(minutes=1))
CHANGES = replace(DECISION, verdict=Verdict.REQUEST_CHANGES, comment="Show the costs.")
REFUSED = replace(FILE, evidence=(Evidence("ana", MONDAY, "here"),), refused="That is the wrong permit.")

QUESTION = QuestionFile(PROPOSAL, 2, "r2-line-1-q1", "line-1", "ben", "Which hall?", MONDAY)
ANSWERED = replace(QUESTION, answer="Hall two.", answered_by="ana", answered_at=MONDAY)

ALL = {
    "assigned": assigned(),
    "assigned, escalated": assigned(task="line-1.2", generation=2, assignee="dora"),
    "reminder": messages.reminder("ben", [WAITING], READER, MONDAY),
    "reminder of several": messages.reminder("kim", [LATER, WAITING], READER, MONDAY),
    "over": over(state=TaskState.SUPERSEDED, successor=HEIR),
    "decided": decided(),
    "changes": messages.changes_requested(SUBMISSION, CHANGES, DUE, READER, MONDAY),
    "asked": messages.question_asked(QUESTION, SUBMISSION, DUE, READER),
    "answered": messages.question_answered(ANSWERED, SUBMISSION, DUE, READER),
    "condition opened": messages.condition_opened(SUBMISSION, CONDITION, READER, MONDAY),
    "evidence": messages.condition_evidence(SUBMISSION, CONDITION, 3, "kim", READER, MONDAY),
    "evidence, to another": messages.condition_evidence(SUBMISSION, CONDITION, 3, "ben", READER, MONDAY),
    "condition refused": messages.condition_refused(SUBMISSION, REFUSED, READER, MONDAY),
    "condition met": messages.condition_confirmed(
        SUBMISSION, replace(FILE, confirmed_by="kim"), READER, MONDAY
    ),
    "outcome": messages.outcome_settled(CLOSED, "ben", "f" * 64, SAY, MONDAY),
    "outcome, to another": messages.outcome_settled(CLOSED, "ana", "f" * 64, SAY, MONDAY),
    "publication": messages.publication_failed(CLOSED, "publish_record", "no such host", "olga", SAY, MONDAY),
    "trouble": messages.needs_an_operator(CLOSED, "gone", "It is closed.", "olga", SAY, MONDAY),
}


@pytest.mark.parametrize(
    ("name", "to", "kind", "subject"),
    [
        ("assigned", "ben", "assigned", f"Please decide by {DUE_IN_BERLIN}: New sorting hall"),
        (
            "assigned, escalated",
            "dora",
            "assigned",
            f"Passed on to you, please decide by {DUE_IN_BERLIN}: New sorting hall",
        ),
        ("reminder", "ben", "reminder", f"Reminder, please decide by {DUE_IN_BERLIN}: New sorting hall"),
        (
            "reminder of several",
            "kim",
            "reminder",
            f"Reminder: 2 decisions are waiting for you, the first due {DUE_IN_BERLIN}",
        ),
        ("over", "ben", "superseded", "No longer needed: New sorting hall"),
        ("decided", "ana", "decided", "Ben Okafor approves: New sorting hall"),
        ("trouble", "olga", "trouble", "Needs an operator: New sorting hall"),
        ("changes", "ana", "changes", f"Please revise by {DUE_IN_BERLIN}: New sorting hall"),
        ("asked", "ana", "question", "Ben Okafor asks: New sorting hall"),
        ("answered", "ben", "question", "Ana Ferreira answers: New sorting hall"),
        (
            "condition opened",
            "ana",
            "condition",
            f"Please give evidence by {DUE_IN_BERLIN}: New sorting hall",
        ),
        ("evidence", "kim", "condition", f"Please confirm by {DUE_IN_BERLIN}: New sorting hall"),
        ("condition refused", "ana", "condition", "Not enough yet: New sorting hall"),
        ("condition met", "ana", "condition", "Condition met: New sorting hall"),
        ("outcome", "ben", "outcome", "Approved: New sorting hall"),
        ("publication", "olga", "publication", "Publication failed: New sorting hall"),
    ],
)
def test_the_subject_says_what_is_asked_and_by_when(name: str, to: str, kind: str, subject: str) -> None:
    message = ALL[name]
    assert (message.to, message.kind, message.subject) == (to, kind, subject)


def test_every_message_leads_to_the_proposal() -> None:
    of_holders = {"assigned", "assigned, escalated", "reminder", "reminder of several", "over", "answered"}
    for name, message in ALL.items():
        assert message.path == page(PROPOSAL, message.task)
        assert (message.task is not None) == (name in of_holders)
        assert message.revision == 2
    undated = {"decided", "outcome", "outcome, to another", "publication", "trouble"}
    assert {name for name, message in ALL.items() if message.due_at is None} == undated
    assert {message.proposal for message in ALL.values()} == {PROPOSAL}
    assert all("New sorting hall" in message.text for message in ALL.values())


def test_the_raise_event_api_may_answer_nothing_but_a_question_whose_stage_lets_it() -> None:
    assert {name for name, message in ALL.items() if message.raise_event} == {
        "assigned",
        "assigned, escalated",
    }
    assert not messages.assigned(TASK, SUBMISSION, READER, MONDAY, raise_event=False).raise_event


def test_ids_are_different_and_always_the_same() -> None:
    names = [message.id for message in ALL.values()]
    assert len(set(names)) == len(names)
    assert ALL["assigned"].id == f"{PROPOSAL}-r2-line-1-assigned"
    own = {name for name, message in ALL.items() if not message.id.startswith(f"{PROPOSAL}-")}
    assert own == {name for name in ALL if name.startswith("reminder")}
    assert all(ALL[name].id.startswith(messages.REMINDER) for name in own)
    later = messages.assigned(
        TASK, SUBMISSION, Reader("UTC", str, SAY), MONDAY + timedelta(days=1), raise_event=True
    )
    assert later.id == ALL["assigned"].id


def test_there_is_one_reminder_a_person_and_day_by_their_own_clock() -> None:
    """One minute later it is Tuesday in Berlin."""
    late = datetime(2026, 11, 23, 22, 59, tzinfo=UTC)

    def name(who: str, zone: str, now: datetime) -> str:
        return messages.reminder(who, [WAITING], replace(READER, zone=zone), now).id

    assert name("ben", BERLIN, MONDAY) == name("ben", BERLIN, late) == "reminder-ben-2026-11-23"
    assert name("ben", BERLIN, late + timedelta(minutes=1)) == "reminder-ben-2026-11-24"
    assert name("ben", "UTC", late + timedelta(minutes=1)) == "reminder-ben-2026-11-23"
    assert name("kim", BERLIN, MONDAY) == "reminder-kim-2026-11-23"


def test_a_reminder_of_one_task_says_what_waits() -> None:
    assert ALL["reminder"].text == (
        f"“New sorting hall” is waiting for your decision until {DUE_IN_BERLIN}.\n\n{SAY('silence')}"
    )
    assert ALL["reminder"].others == ()


def test_a_reminder_of_several_lists_them_by_urgency_and_leads_to_the_first() -> None:
    message = ALL["reminder of several"]
    assert message.text == (
        "These are waiting for your decision, most urgent first:\n\n"
        f"• “New sorting hall”, until {DUE_IN_BERLIN}\n"
        "• “A secret”, until Thu 26 Nov 2026, 17:01 CET\n\n" + SAY("silence")
    )
    assert (message.proposal, message.task, message.due_at) == (PROPOSAL, "line-1", DUE)
    assert message.others == (LATER.proposal,)
    assert "A secret" not in message.subject


def test_a_reminder_of_two_tasks_of_one_proposal_has_no_others() -> None:
    both = [WAITING, replace(WAITING, task="board-2")]
    assert messages.reminder("ben", both, READER, MONDAY).others == ()


@pytest.mark.parametrize(("extra", "end"), [(0, ""), (1, "• and 1 more\n"), (70, "• and 70 more\n")])
def test_a_long_reminder_is_cut_but_says_so(extra: int, end: str) -> None:
    waiting = [
        replace(LATER, task=f"line-{n}", due_at=DUE + timedelta(days=n))
        for n in range(messages.LISTED + extra)
    ]
    text = messages.reminder("ben", list(reversed(waiting)), READER, MONDAY).text
    assert text.count("“A secret”") == messages.LISTED
    assert text.endswith(f"{end}\n{SAY('silence')}")
    assert DUE_IN_BERLIN in text


def test_a_publication_that_keeps_failing_is_told_about_once_an_hour() -> None:
    def name(after: timedelta) -> str:
        return messages.publication_failed(CLOSED, "publish_record", "no", "olga", SAY, MONDAY + after).id

    assert name(timedelta(0)) == name(timedelta(minutes=59)) != name(timedelta(hours=1))


def test_a_due_moment_is_written_in_the_time_of_who_reads_it() -> None:
    assert messages.in_zone(DUE, "America/New_York") == "Thu 26 Nov 2026, 11:00 EST"
    assert messages.in_zone(DUE.replace(month=7), BERLIN) == "Sun 26 Jul 2026, 18:00 CEST"


def test_a_title_cannot_add_a_header() -> None:
    draft = replace(SUBMISSION.draft, title="Hall\r\nBcc: all@example.com\u2028 and more")
    message = messages.assigned(TASK, replace(SUBMISSION, draft=draft), READER, MONDAY, raise_event=True)
    assert message.subject == f"Please decide by {DUE_IN_BERLIN}: Hall Bcc: all@example.com and more"


def test_a_holder_learns_why_they_are_asked() -> None:
    assert "\n\nWhy you: manager of Ana Ferreira.\n\n" in ALL["assigned"].text
    assert "Replace the sorting software." in ALL["assigned"].text
    assert "Somebody else" not in ALL["assigned"].text
    assert "Somebody else was asked first. Now the decision is yours." in ALL["assigned, escalated"].text
    assert "You decide on behalf of Kim Larsen. Why you: " in assigned(on_behalf_of="kim").text


@pytest.mark.parametrize(
    ("why", "read"),
    [
        ("manager of ben", "manager of Ben Okafor"),
        ("manager of somebody who is not there", "manager of somebody who is not there"),
        ("handed over by kim", "handed over by Kim Larsen"),
        (
            "handed over by kim: ana and the manager of ben",
            "handed over by Kim Larsen: ana and the manager of ben",
        ),
        ("member of the group ben", "member of the group ben"),
    ],
)
def test_a_reason_names_people_and_leaves_what_people_wrote(why: str, read: str) -> None:
    assert f"Why you: {read}.\n" in assigned(why=why).text


def test_nobody_is_called_by_an_id_but_who_has_no_name() -> None:
    """Whatever is told, and whoever by; addressees and addresses are ids."""
    by_ids = re.compile(r"\b(ana|ben|dora|kim)\b")
    told = {name: f"{message.subject} {message.text}" for name, message in ALL.items()}
    assert not [text for text in told.values() if by_ids.search(text)]
    nobody = {name for name, text in told.items() if not any(known in text for known in NAMES.values())}
    ends = {"outcome", "outcome, to another", "publication", "trouble"}
    assert nobody == {"reminder", "reminder of several", "condition refused", *ends}
    assert assigned().text.startswith("Ana Ferreira asks for approval of “New sorting hall”")
    unknown = messages.decided(TASK, replace(DECISION, by="zoe"), SUBMISSION, READER, MONDAY)
    assert unknown.subject == "zoe approves: New sorting hall"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (
            {"state": TaskState.SUPERSEDED, "successor": HEIR},
            "you did not answer in time, so Dora Novak is asked now.",
        ),
        ({"state": TaskState.EXPIRED}, f"there was no answer by {DUE_IN_BERLIN}."),
        ({"state": TaskState.CANCELLED, "closed_reason": "withdrawn by ana"}, "withdrawn by ana."),
        ({"state": TaskState.CANCELLED}, "it is over."),
    ],
)
def test_a_holder_learns_why_nothing_is_to_be_done_any_more(changes: dict[str, object], why: str) -> None:
    assert over(**changes).text == f"You no longer need to decide on “New sorting hall”: {why}"


APPROVES = "Ben Okafor approves “New sorting hall” on Mon 23 Nov 2026, 10:00 CET"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, f"{APPROVES}."),
        (
            {"verdict": Verdict.REJECT, "comment": "Too dear."},
            "Ben Okafor rejects “New sorting hall” on Mon 23 Nov 2026, 10:00 CET:\n\nToo dear.",
        ),
        (
            {"authenticated": False},
            f"{APPROVES}.\n\nThe decision came through an interface that does not check who is calling.",
        ),
    ],
)
def test_an_author_learns_what_was_decided(changes: dict[str, object], text: str) -> None:
    assert decided(**changes).text == text


def test_what_people_wrote_arrives_whole() -> None:
    comment = "because of this, " * 1000
    assert f"\n\n{comment}" in decided(comment=comment).text


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_its_words(outcome: Outcome) -> None:
    told = messages.outcome_settled(replace(CLOSED, outcome=outcome), "ben", "f" * 64, SAY, MONDAY)
    assert told.subject == f"{outcome.value.capitalize()}: New sorting hall"
    assert outcome.value in told.text


@pytest.mark.parametrize("reason", ["escalated", "recused", "reassigned", "abstained"])
def test_every_reason_to_pass_a_task_on_has_its_words(reason: str) -> None:
    told = over(state=TaskState.SUPERSEDED, successor=replace(HEIR, reason=reason)).text
    assert "Dora Novak" in told
    assert reason not in told.replace("you abstained", "")


def test_a_reason_of_another_release_is_quoted() -> None:
    told = over(state=TaskState.SUPERSEDED, successor=replace(HEIR, reason="moved"))
    assert told.text == "You no longer need to decide on “New sorting hall”: moved. Dora Novak is asked now."


def test_questions_and_answers_are_quoted_and_stop_no_deadline() -> None:
    assert ALL["asked"].text == (
        "Ben Okafor asks about “New sorting hall”:\n\nWhich hall?\n\n"
        "Please answer soon. A question does not move the deadline: the decision is still due by"
        f" {DUE_IN_BERLIN}."
    )
    assert ALL["answered"].text == (
        "You asked about “New sorting hall”:\n\nWhich hall?\n\nAna Ferreira answers:\n\nHall two.\n\n"
        f"The question did not move the deadline: the decision is due by {DUE_IN_BERLIN}."
    )
    with pytest.raises(ValueError, match="r2-line-1-q1 has no answer"):
        messages.question_answered(QUESTION, SUBMISSION, DUE, READER)


def test_conditions_are_quoted() -> None:
    for name in ("condition opened", "evidence", "condition refused", "condition met"):
        assert "Show the fire permit." in ALL[name].text
    assert "That is the wrong permit." in ALL["condition refused"].text
    assert "on a condition set by Ben Okafor:" in ALL["condition opened"].text
    assert ALL["evidence"].text.startswith("Ana Ferreira has given evidence")
    with pytest.raises(ValueError, match="line-1-c1 is not confirmed"):
        messages.condition_confirmed(SUBMISSION, FILE, READER, MONDAY)
    assert "Kim Larsen has confirmed" in ALL["condition met"].text


def test_the_outcome_carries_its_reason_and_the_digest_of_the_record() -> None:
    assert ALL["outcome"].text == (
        "“New sorting hall” is approved.\n\nThe SHA-256 digest of the decision record is\n" + "f" * 64
    )
    lapsed = replace(CLOSED, outcome=Outcome.LAPSED, outcome_reason="nobody answered")
    assert (
        "has lapsed.\n\nnobody answered\n\n"
        in messages.outcome_settled(lapsed, "ben", "f" * 64, SAY, MONDAY).text
    )
    assert messages.outcome_settled(replace(CLOSED, outcome=None), "ben", "", SAY, MONDAY).subject.startswith(
        "Over: "
    )


def test_operators_learn_where_a_publication_failed() -> None:
    assert "failed at publish_record:\n\nno such host" in ALL["publication"].text
