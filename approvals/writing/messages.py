"""What Greenlight writes to people. Each function makes one message; ids are deterministic, so a repeat is the same.

Dates are written in the receiver's time zone, people by their names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from approvals.model import (
    ApprovalTask,
    Condition,
    ConditionFile,
    Decision,
    Message,
    Outcome,
    Proposal,
    QuestionFile,
    Submission,
    TaskState,
)
from approvals.policy.directory import Naming
from approvals.stored.codec import utc_text
from approvals.stored.ids import FIRST_GENERATION
from approvals.verdicts import rule_of
from approvals.writing.links import page

ENDINGS = {
    Outcome.APPROVED: "approved",
    Outcome.REJECTED: "rejected",
    Outcome.WITHDRAWN: "withdrawn",
    Outcome.LAPSED: "lapsed",
}
# How the ids of reminders begin; those of all other messages begin with their proposal.
REMINDER = "reminder-"
LISTED = 25
SILENCE = "Without an answer by then the next person is asked; when nobody is left, it may lapse."
# Where the reason for asking somebody names another person, who stands there by id.
_NAMED = re.compile(r"\A(manager of|handed over by) ([^\s:]+)")


@dataclass(frozen=True)
class Reader:
    """How a message is written for its receiver: dates in ``zone``, people as ``name`` calls them."""

    zone: str
    name: Naming

    def date(self, moment: datetime) -> str:
        return in_zone(moment, self.zone)


def assigned(
    task: ApprovalTask, submission: Submission, reader: Reader, now: datetime, *, raise_event: bool
) -> Message:
    """To the holder of a new task: what is asked, why them, by when. Says so where somebody held it before.

    ``raise_event``: its stage takes answers by the raise-event API.
    """
    draft, author, due = submission.draft, reader.name(submission.author), reader.date(task.due_at)
    behalf = f" on behalf of {reader.name(task.on_behalf_of)}" if task.on_behalf_of else ""
    passed_on = task.generation > FIRST_GENERATION
    text = (
        f"{author} asks for approval of “{draft.title}” ({draft.category}, {draft.budget:,}).\n\n"
        f"{draft.summary}\n\n"
        + ("The decision was with somebody else before; it has been passed on to you.\n" if passed_on else "")
        + f"You are asked{behalf} because: {_because(task.why, reader)}.\n"
        f"Please decide by {due}. If you cannot, hand it over or step back. {SILENCE}"
    )
    subject = f"{'Passed on to you, please' if passed_on else 'Please'} decide by {due}: {draft.title}"
    name = f"{_prefix(task)}-assigned"
    message = _message(name, task.assignee, subject, text, _task(task), "assigned", now)
    return replace(message, raise_event=raise_event)


@dataclass(frozen=True)
class Waiting:
    """A task that waits for who is reminded of it."""

    proposal: str
    revision: int
    task: str
    title: str
    due_at: datetime


def reminder_id(person: str, day: date) -> str:
    """There is one reminder for a person and a day of theirs."""
    return f"{REMINDER}{person}-{day.isoformat()}"


def reminder(to: str, waiting: Sequence[Waiting], zone: str, now: datetime) -> Message:
    """To somebody who has not answered: everything that waits for them, which is at least one task.

    Whoever sees one of the proposals may be shown the subject, so it tells the title of none where it is of several.
    """
    first, *others = sorted(waiting, key=lambda each: (each.due_at, each.proposal, each.task))
    due = in_zone(first.due_at, zone)
    if others:
        subject = f"Reminder: {len(waiting)} decisions wait for you, the first until {due}"
        lines = [
            f"• “{each.title}”, until {in_zone(each.due_at, zone)}" for each in (first, *others[: LISTED - 1])
        ]
        more = [f"• and {len(waiting) - LISTED} more"] if len(waiting) > LISTED else []
        listed = "\n".join([*lines, *more])
        text = f"These wait for your decision, most urgent first:\n\n{listed}\n\n{SILENCE}"
    else:
        subject = f"Reminder, please decide by {due}: {first.title}"
        text = f"“{first.title}” still waits for your decision, until {due}.\n{SILENCE}"
    name = reminder_id(to, now.astimezone(ZoneInfo(zone)).date())
    about = _About(first.proposal, first.revision, first.task, first.due_at)
    message = _message(name, to, subject, text, about, "reminder", now)
    also = sorted({each.proposal for each in others} - {first.proposal})
    return replace(message, others=tuple(also))


def no_longer_needed(task: ApprovalTask, submission: Submission, reader: Reader, now: datetime) -> Message:
    """To the holder of a task that is over without their answer: nothing to do any more, and why."""
    title = submission.draft.title
    if task.successor is not None:
        why = f"it was {task.successor.reason}; {reader.name(task.successor.assignee)} holds it now"
    elif task.state is TaskState.EXPIRED:
        why = f"there was no answer by {reader.date(task.due_at)}"
    else:
        why = task.closed_reason or "it is over"
    text = f"Your decision on “{title}” is no longer needed: {why}."
    subject = f"No longer needed: {title}"
    return _message(f"{_prefix(task)}-over", task.assignee, subject, text, _task(task), "superseded", now)


def decided(
    task: ApprovalTask, decision: Decision, submission: Submission, reader: Reader, now: datetime
) -> Message:
    """To the author: what somebody decided. It may not be the last word."""
    title, says = submission.draft.title, f"{reader.name(decision.by)} {rule_of(decision.verdict).says}"
    door = "" if decision.authenticated else "\n\nIt came through an interface that does not check who calls."
    said = f":\n\n{decision.comment}" if decision.comment else "."
    text = f"{says} “{title}” on {reader.date(decision.recorded_at)}{said}"
    subject = f"{says}: {title}"
    name = f"{_prefix(task)}-decided"
    return _message(name, submission.author, subject, text + door, _revision(submission), "decided", now)


def changes_requested(
    submission: Submission, decision: Decision, until: datetime, reader: Reader, now: datetime
) -> Message:
    """To the author: who wants what changed, and by when."""
    title, by_when = submission.draft.title, reader.date(until)
    text = (
        f"{reader.name(decision.by)} asks for changes to “{title}”:\n\n{decision.comment}\n\n"
        f"Submit a revision by {by_when}, or withdraw it. After that it lapses."
    )
    name = f"{submission.proposal}-r{submission.revision}-changes"
    subject = f"Please revise by {by_when}: {title}"
    return _message(name, submission.author, subject, text, _revision(submission, until), "changes", now)


def question_asked(file: QuestionFile, submission: Submission, due: datetime, reader: Reader) -> Message:
    """To the author: what who decides wants to know first."""
    title, asker = submission.draft.title, reader.name(file.asked_by)
    text = (
        f"{asker} asks about “{title}”:\n\n{file.text}\n\n"
        f"Please answer soon: no deadline stops for a question, the decision stays due by {reader.date(due)}."
    )
    name, subject = f"{file.proposal}-{file.question}-asked", f"{asker} asks: {title}"
    return _message(
        name, submission.author, subject, text, _revision(submission, due), "question", file.asked_at
    )


def question_answered(file: QuestionFile, submission: Submission, due: datetime, reader: Reader) -> Message:
    """To who asked: the answer. Raises ValueError where there is none."""
    if file.answered_by is None or file.answered_at is None:
        raise ValueError(f"{file.question} has no answer to tell of")
    title, who = submission.draft.title, reader.name(file.answered_by)
    text = (
        f"You asked about “{title}”:\n\n{file.text}\n\n{who} answers:\n\n{file.answer}\n\n"
        f"No deadline stopped meanwhile: the decision is due by {reader.date(due)}."
    )
    about = _About(file.proposal, file.revision, file.task, due)
    name, subject = f"{file.proposal}-{file.question}-answered", f"{who} answers: {title}"
    return _message(name, file.asked_by, subject, text, about, "question", file.answered_at)


def condition_opened(submission: Submission, condition: Condition, reader: Reader, now: datetime) -> Message:
    """To the author: a condition of the approval."""
    title = submission.draft.title
    text = (
        f"“{title}” is approved on a condition of {reader.name(condition.set_by)}:\n\n{condition.text}\n\n"
        f"Give evidence in time for it to be confirmed by {reader.date(condition.due_at)}. After that it lapses."
    )
    name = f"{submission.proposal}-r{submission.revision}-{condition.id}-opened"
    subject = f"Please give evidence by {reader.date(condition.due_at)}: {title}"
    return _message(
        name, submission.author, subject, text, _revision(submission, condition.due_at), "condition", now
    )


def condition_evidence(
    submission: Submission, condition: Condition, number: int, to: str, reader: Reader, now: datetime
) -> Message:
    """To who may confirm: there is evidence to look at."""
    title, author = submission.draft.title, reader.name(submission.author)
    text = (
        f"{author} has given evidence that this condition of “{title}” is met:\n\n{condition.text}\n\n"
        f"Confirm it, or say what is missing, by {reader.date(condition.due_at)}."
    )
    name = f"{submission.proposal}-r{submission.revision}-{condition.id}-evidence-{number}-{to}"
    subject = f"Please confirm by {reader.date(condition.due_at)}: {title}"
    return _message(name, to, subject, text, _revision(submission, condition.due_at), "condition", now)


def condition_refused(submission: Submission, file: ConditionFile, reader: Reader, now: datetime) -> Message:
    """To the author: the evidence is not enough, and why."""
    title, condition = submission.draft.title, file.condition
    text = (
        f"The evidence for this condition of “{title}” is not enough:\n\n{condition.text}\n\n{file.refused}\n\n"
        f"You may give more until {reader.date(condition.due_at)}."
    )
    name = f"{submission.proposal}-r{submission.revision}-{condition.id}-refused-{len(file.evidence)}"
    return _message(
        name,
        submission.author,
        f"Not enough yet: {title}",
        text,
        _revision(submission, condition.due_at),
        "condition",
        now,
    )


def condition_confirmed(
    submission: Submission, file: ConditionFile, reader: Reader, now: datetime
) -> Message:
    """To the author: a condition is met. Raises ValueError where nobody has confirmed it."""
    if file.confirmed_by is None:
        raise ValueError(f"{file.condition.id} is not confirmed")
    title, condition, who = submission.draft.title, file.condition, reader.name(file.confirmed_by)
    text = f"{who} has confirmed that this condition of “{title}” is met:\n\n{condition.text}"
    name = f"{submission.proposal}-r{submission.revision}-{condition.id}-confirmed"
    subject = f"Condition met: {title}"
    return _message(
        name, submission.author, subject, text, _revision(submission, condition.due_at), "condition", now
    )


def outcome_settled(proposal: Proposal, to: str, digest: str, now: datetime) -> Message:
    """To the author and everybody who was asked: how it ended, and the digest of the record."""
    ending = ENDINGS[proposal.outcome] if proposal.outcome else "over"
    reason = f"\n\n{proposal.outcome_reason}" if proposal.outcome_reason else ""
    text = f"“{proposal.title}” is {ending}.{reason}\n\nThe decision record has the SHA-256 digest\n{digest}"
    name = f"{proposal.proposal}-r{proposal.revision}-outcome-{to}"
    return _message(
        name, to, f"{ending.capitalize()}: {proposal.title}", text, _revision(proposal), "outcome", now
    )


def publication_failed(proposal: Proposal, step: str, error: str, to: str, now: datetime) -> Message:
    """To operators: a decided proposal whose publication needs a hand."""
    text = (
        f"The outcome of “{proposal.title}” stands, but publishing its record failed at {step}:\n\n{error}\n\n"
        f"Run the publication again from the proposal's page when the cause is mended."
    )
    name = f"{proposal.proposal}-r{proposal.revision}-publication-{step}-{utc_text(now)[:13]}-{to}"
    return _message(
        name, to, f"Publication failed: {proposal.title}", text, _revision(proposal), "publication", now
    )


def needs_an_operator(proposal: Proposal, kind: str, what: str, to: str, now: datetime) -> Message:
    """To operators: a proposal that does not go on by itself. Once for each ``kind`` of trouble."""
    text = f"“{proposal.title}” ({proposal.proposal}) needs a hand. {what}\n\nThe operations guide tells what to do."
    name = f"{proposal.proposal}-r{proposal.revision}-{kind}-{to}"
    return _message(
        name, to, f"Needs an operator: {proposal.title}", text, _revision(proposal), "trouble", now
    )


def in_zone(moment: datetime, zone: str) -> str:
    """``Thu 26 Nov 2026, 17:00 CET``."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%a %d %b %Y, %H:%M %Z")


def _because(why: str, reader: Reader) -> str:
    return _NAMED.sub(lambda found: f"{found[1]} {reader.name(found[2])}", why)


def _prefix(task: ApprovalTask) -> str:
    return f"{task.proposal}-r{task.revision}-{task.task}"


@dataclass(frozen=True)
class _About:
    """What a message is about: a revision, one of its tasks where the receiver holds it, and when something is due."""

    proposal: str
    revision: int
    task: str | None = None
    due_at: datetime | None = None


def _task(task: ApprovalTask) -> _About:
    return _About(task.proposal, task.revision, task.task, task.due_at)


def _revision(of: Submission | Proposal, due: datetime | None = None) -> _About:
    return _About(of.proposal, of.revision, None, due)


def _message(name: str, to: str, subject: str, text: str, about: _About, kind: str, now: datetime) -> Message:
    """A subject is one line, whatever people wrote: it becomes a mail header."""
    return Message(
        id=name,
        to=to,
        subject=" ".join(subject.split()),
        text=text,
        path=page(about.proposal, about.task),
        proposal=about.proposal,
        kind=kind,
        at=now,
        revision=about.revision,
        task=about.task,
        due_at=about.due_at,
    )
