"""What Greenlight writes to people. Each function makes one message; ids are deterministic, so a repeat is the same.

The words are those of a catalogue (``locales/*/messages.ftl``). Dates are written in the receiver's time zone, people
by their names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from approvals.draft import FIELDS, in_words
from approvals.model import (
    ApprovalTask,
    Condition,
    ConditionFile,
    Decision,
    Message,
    Proposal,
    QuestionFile,
    Submission,
    TaskState,
)
from approvals.policy.directory import Naming
from approvals.stored.codec import utc_text
from approvals.stored.ids import FIRST_GENERATION
from approvals.texts import Texts
from approvals.verdicts import rule_of
from approvals.writing.links import page

# How the ids of reminders begin; those of all other messages begin with their proposal.
REMINDER = "reminder-"
LISTED = 25
# Where the reason for asking somebody names another person, who stands there by id.
_NAMED = re.compile(r"\A(manager of|handed over by) ([^\s:]+)")


@dataclass(frozen=True)
class Reader:
    """How a message is written for its receiver: dates in ``zone``, people as ``name`` calls them, ``say``'s words."""

    zone: str
    name: Naming
    say: Texts

    def date(self, moment: datetime) -> str:
        return in_zone(moment, self.zone)


def assigned(
    task: ApprovalTask, submission: Submission, reader: Reader, now: datetime, *, raise_event: bool
) -> Message:
    """To the holder of a new task: what is asked, why them, by when. Says so where somebody held it before.

    ``raise_event``: its stage takes answers by the raise-event API.
    """
    draft, due, say = submission.draft, reader.date(task.due_at), reader.say
    passed_on = task.generation > FIRST_GENERATION
    told = ", ".join(in_words(name, draft) for name, each in FIELDS.items() if each.told)
    text = _paragraphs(
        say("assigned.ask", author=reader.name(submission.author), title=draft.title, told=told),
        draft.summary,
        say("assigned.passed-on") if passed_on else "",
        say("assigned.why", why=_because(task.why, reader), **_behalf(task, reader)),
        say("assigned.due", due=due),
    )
    subject = say("assigned.subject", passed_on=passed_on, due=due, title=draft.title)
    name = f"{_prefix(task)}-assigned"
    message = _message(name, task.assignee, subject, text, _task(task), "assigned", now)
    return replace(message, raise_event=raise_event)


def _behalf(task: ApprovalTask, reader: Reader) -> dict[str, str | int]:
    absent = task.on_behalf_of
    return {"on_behalf": absent is not None, "absent": reader.name(absent) if absent else ""}


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


def reminder(to: str, waiting: Sequence[Waiting], reader: Reader, now: datetime) -> Message:
    """To somebody who has not answered: everything that waits for them, which is at least one task.

    Whoever sees one of the proposals may be shown the subject, so it tells the title of none where it is of several.
    """
    first, *others = sorted(waiting, key=lambda each: (each.due_at, each.proposal, each.task))
    due, say = reader.date(first.due_at), reader.say
    if others:
        subject = say("reminder.subject", count=len(waiting), due=due)
        items = [
            say("reminder.item", title=each.title, due=reader.date(each.due_at))
            for each in (first, *others[: LISTED - 1])
        ]
        if len(waiting) > LISTED:
            items.append(say("reminder.more", count=len(waiting) - LISTED))
        text = _paragraphs(say("reminder.intro"), "\n".join(items), say("silence"))
    else:
        subject = say("reminder-of-one.subject", due=due, title=first.title)
        text = say("reminder-of-one.text", due=due, title=first.title)
    name = reminder_id(to, now.astimezone(ZoneInfo(reader.zone)).date())
    about = _About(first.proposal, first.revision, first.task, first.due_at)
    message = _message(name, to, subject, text, about, "reminder", now)
    also = sorted({each.proposal for each in others} - {first.proposal})
    return replace(message, others=tuple(also))


def no_longer_needed(task: ApprovalTask, submission: Submission, reader: Reader, now: datetime) -> Message:
    """To the holder of a task that is over without their answer: nothing to do any more, and why."""
    title, say = submission.draft.title, reader.say
    if task.successor is not None:
        heir = reader.name(task.successor.assignee)
        text = say("no-longer-needed.passed-on", title=title, reason=task.successor.reason, holder=heir)
    elif task.state is TaskState.EXPIRED:
        text = say("no-longer-needed.expired", title=title, due=reader.date(task.due_at))
    elif task.closed_reason:
        text = say("no-longer-needed.closed", title=title, reason=task.closed_reason)
    else:
        text = say("no-longer-needed.over", title=title)
    subject = say("no-longer-needed.subject", title=title)
    return _message(f"{_prefix(task)}-over", task.assignee, subject, text, _task(task), "superseded", now)


def decided(
    task: ApprovalTask, decision: Decision, submission: Submission, reader: Reader, now: datetime
) -> Message:
    """To the author: what somebody decided. It may not be the last word."""
    say, title = reader.say, submission.draft.title
    said = {"who": reader.name(decision.by), "says": rule_of(decision.verdict).says, "title": title}
    date = reader.date(decision.recorded_at)
    text = (
        say("decided.commented", **said, date=date, comment=decision.comment)
        if decision.comment
        else say("decided.text", **said, date=date)
    )
    text = _paragraphs(text, "" if decision.authenticated else say("decided.unauthenticated"))
    name, subject = f"{_prefix(task)}-decided", say("decided.subject", **said)
    return _message(name, submission.author, subject, text, _revision(submission), "decided", now)


def changes_requested(
    submission: Submission, decision: Decision, until: datetime, reader: Reader, now: datetime
) -> Message:
    """To the author: who wants what changed, and by when."""
    title, due, say = submission.draft.title, reader.date(until), reader.say
    who = reader.name(decision.by)
    text = say("changes-requested.text", who=who, title=title, comment=decision.comment, due=due)
    name = f"{submission.proposal}-r{submission.revision}-changes"
    subject = say("changes-requested.subject", due=due, title=title)
    return _message(name, submission.author, subject, text, _revision(submission, until), "changes", now)


def question_asked(file: QuestionFile, submission: Submission, due: datetime, reader: Reader) -> Message:
    """To the author: what who decides wants to know first."""
    say, asked = reader.say, {"who": reader.name(file.asked_by), "title": submission.draft.title}
    text = say("question-asked.text", **asked, question=file.text, due=reader.date(due))
    name, subject = f"{file.proposal}-{file.question}-asked", say("question-asked.subject", **asked)
    about = _revision(submission, due)
    return _message(name, submission.author, subject, text, about, "question", file.asked_at)


def question_answered(file: QuestionFile, submission: Submission, due: datetime, reader: Reader) -> Message:
    """To who asked: the answer. Raises ValueError where there is none."""
    if file.answered_by is None or file.answered_at is None:
        raise ValueError(f"{file.question} has no answer to tell of")
    say, answered = reader.say, {"who": reader.name(file.answered_by), "title": submission.draft.title}
    quoted = {"question": file.text, "answer": file.answer or ""}
    text = say("question-answered.text", **answered, **quoted, due=reader.date(due))
    about = _About(file.proposal, file.revision, file.task, due)
    name, subject = f"{file.proposal}-{file.question}-answered", say("question-answered.subject", **answered)
    return _message(name, file.asked_by, subject, text, about, "question", file.answered_at)


def condition_opened(submission: Submission, condition: Condition, reader: Reader, now: datetime) -> Message:
    """To the author: a condition of the approval."""
    said = {"who": reader.name(condition.set_by)}
    return _about_condition("opened", submission, condition, reader, now, said=said)


def condition_evidence(
    submission: Submission, condition: Condition, number: int, to: str, reader: Reader, now: datetime
) -> Message:
    """To who may confirm: there is evidence to look at."""
    said = {"author": reader.name(submission.author)}
    suffix = f"-{number}-{to}"
    return _about_condition("evidence", submission, condition, reader, now, said=said, to=to, suffix=suffix)


def condition_refused(submission: Submission, file: ConditionFile, reader: Reader, now: datetime) -> Message:
    """To the author: the evidence is not enough, and why."""
    said, suffix = {"missing": file.refused or ""}, f"-{len(file.evidence)}"
    return _about_condition("refused", submission, file.condition, reader, now, said=said, suffix=suffix)


def condition_confirmed(
    submission: Submission, file: ConditionFile, reader: Reader, now: datetime
) -> Message:
    """To the author: a condition is met. Raises ValueError where nobody has confirmed it."""
    if file.confirmed_by is None:
        raise ValueError(f"{file.condition.id} is not confirmed")
    said = {"who": reader.name(file.confirmed_by)}
    return _about_condition("confirmed", submission, file.condition, reader, now, said=said)


def _about_condition(
    kind: str,
    submission: Submission,
    condition: Condition,
    reader: Reader,
    now: datetime,
    *,
    said: dict[str, str],
    to: str = "",
    suffix: str = "",
) -> Message:
    """``kind`` is what happened, as in the message's id and in the catalogue; ``to`` the receiver, or the author."""
    title, due = submission.draft.title, reader.date(condition.due_at)
    text = reader.say(f"condition-{kind}.text", title=title, due=due, condition=condition.text, **said)
    subject = reader.say(f"condition-{kind}.subject", title=title, due=due)
    name = f"{submission.proposal}-r{submission.revision}-{condition.id}-{kind}{suffix}"
    about = _revision(submission, condition.due_at)
    return _message(name, to or submission.author, subject, text, about, "condition", now)


def outcome_settled(proposal: Proposal, to: str, digest: str, say: Texts, now: datetime) -> Message:
    """To the author and everybody who was asked: how it ended, and the digest of the record."""
    ending = {"outcome": proposal.outcome.value if proposal.outcome else "", "title": proposal.title}
    digested = say("outcome.digest", digest=digest)
    text = _paragraphs(say("outcome.ending", **ending), proposal.outcome_reason, digested)
    name = f"{proposal.proposal}-r{proposal.revision}-outcome-{to}"
    return _message(name, to, say("outcome.subject", **ending), text, _revision(proposal), "outcome", now)


def publication_failed(
    proposal: Proposal, step: str, error: str, to: str, say: Texts, now: datetime
) -> Message:
    """To operators: a decided proposal whose publication needs a hand."""
    subject = say("publication-failed.subject", title=proposal.title)
    text = say("publication-failed.text", title=proposal.title, step=step, error=error)
    name = f"{proposal.proposal}-r{proposal.revision}-publication-{step}-{utc_text(now)[:13]}-{to}"
    return _message(name, to, subject, text, _revision(proposal), "publication", now)


def needs_an_operator(
    proposal: Proposal, kind: str, what: str, to: str, say: Texts, now: datetime
) -> Message:
    """To operators: a proposal that does not go on by itself. Once for each ``kind`` of trouble."""
    subject = say("trouble.subject", title=proposal.title)
    text = say("trouble.text", title=proposal.title, proposal=proposal.proposal, what=what)
    name = f"{proposal.proposal}-r{proposal.revision}-{kind}-{to}"
    return _message(name, to, subject, text, _revision(proposal), "trouble", now)


def in_zone(moment: datetime, zone: str) -> str:
    """``Thu 26 Nov 2026, 17:00 CET``."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%a %d %b %Y, %H:%M %Z")


def _because(why: str, reader: Reader) -> str:
    return _NAMED.sub(lambda found: f"{found[1]} {reader.name(found[2])}", why)


def _paragraphs(*texts: str) -> str:
    return "\n\n".join(filter(None, texts))


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
