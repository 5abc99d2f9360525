"""What a proposal would take before anybody submits it: who would have to approve, why, by when. Stores nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from approvals.draft import Draft
from approvals.model import Holder, Need, Route, Stage
from approvals.policy.directory import Directory, Person
from approvals.policy.routing import holder_on
from approvals.policy.rules import Policy
from approvals.policy.working_time import Holidays, add, working_days_between
from approvals.ports import Ports
from approvals.refusals import FieldError, invalid
from approvals.texts import wording
from services.submitting.submission import check


@dataclass(frozen=True)
class PreviewHolder:
    """Somebody who would be asked, by name, and why. ``due_at``: if they were asked as late as can be."""

    person: str
    name: str
    why: str
    due_at: datetime
    on_behalf_of: str | None


@dataclass(frozen=True)
class PreviewSeat:
    """``chain[0]`` would be asked first; the others in turn, if those before stayed silent."""

    chain: tuple[PreviewHolder, ...]
    passed_over: tuple[str, ...]


@dataclass(frozen=True)
class PreviewStage:
    """``need`` says in words who must approve: ``any 2 of Hugo Martin, Ines Costa and Jon Baker``.

    ``due_at`` is the latest of those who are asked first; silence beyond it escalates.
    """

    name: str
    title: str
    need: str
    opens_at: datetime
    due_at: datetime
    seats: tuple[PreviewSeat, ...]


@dataclass(frozen=True)
class PolicyPreview:
    """The way through the policy if each stage used its whole time and nobody stayed silent.

    ``working_days`` are counted in the author's calendar, from now to ``due_at``.
    """

    rule: str
    why: str
    stages: tuple[PreviewStage, ...]
    due_at: datetime
    working_days: int


def preview(ports: Ports, author: str, draft: Draft) -> PolicyPreview:
    """What would happen to ``draft`` if ``author`` submitted it now.

    Raises Refusal: INVALID (naming each field), NOBODY_CAN_APPROVE.
    """
    # while the category is still being chosen, a form holds answers to the questions of another
    found = check(ports, author, replace(draft, fields={}), ())
    barred = frozenset({author, *draft.prepared_by})
    calendar = Calendar(ports.policy.current(), ports.directory.current(), ports.holidays)
    return forecast(calendar, found, author, barred, ports.clock.now())


@dataclass(frozen=True)
class Calendar:
    """Whose time is whose: everything that a deadline depends on."""

    policy: Policy
    directory: Directory
    holidays: Holidays

    def due(self, opened: datetime, stage: Stage, person: Person) -> datetime:
        return add(opened, stage.respond_within, person, self.policy.working_hours, self.holidays)


def forecast(
    calendar: Calendar, found: Route, author: str, barred: frozenset[str], now: datetime
) -> PolicyPreview:
    """The preview of a route: each stage opens when the one before has used its whole time.

    Raises Refusal (INVALID) where the author is not in the directory.
    """
    person = calendar.directory.person(author)
    if person is None:
        error = FieldError("author", wording("fix.not-in-directory", who=repr(author)))
        raise invalid(wording("refusal.author-unknown"), error)
    stages: list[PreviewStage] = []
    moment = now
    for stage in found.stages:
        stages.append(_stage(calendar, stage, barred, moment))
        moment = stages[-1].due_at
    hours = calendar.policy.working_hours
    days = working_days_between(now, moment, person, hours, calendar.holidays)
    return PolicyPreview(found.rule, found.why, tuple(stages), moment, days)


def _stage(calendar: Calendar, stage: Stage, barred: frozenset[str], opens_at: datetime) -> PreviewStage:
    """Nobody holds two seats: as `services.deciding.assignment` does it, seat by seat."""
    firsts: list[tuple[int, PreviewHolder]] = []
    for seat in stage.seats:
        taken = frozenset(holder.person for _, holder in firsts)
        step = next((n for n, stop in enumerate(seat.chain) if stop.person not in taken), 0)
        firsts.append((step, _held(calendar, stage, seat.chain[step], barred | taken, opens_at)))
    seats = []
    for seat, (step, first) in zip(stage.seats, firsts, strict=True):
        taken = frozenset(holder.person for _, holder in firsts if holder is not first)
        chain = [first]
        for stop in seat.chain[step + 1 :]:
            if stop.person not in taken:
                chain.append(_held(calendar, stage, stop, barred | taken, chain[-1].due_at))
        seats.append(PreviewSeat(tuple(chain), seat.passed_over))
    need = need_in_words(stage, [first.name for _, first in firsts])
    due_at = max(first.due_at for _, first in firsts)
    return PreviewStage(stage.name, stage.title, need, opens_at, due_at, tuple(seats))


def _held(
    calendar: Calendar, stage: Stage, stop: Holder, blocked: frozenset[str], opened: datetime
) -> PreviewHolder:
    """Who would hold a task of ``stop`` opened then: its person, or whom they delegated to, with the whole time."""
    firsts = {seat.chain[0].person for seat in stage.seats}
    assignee, on_behalf_of = holder_on(opened.date(), calendar.directory, stop.person, blocked | firsts)
    person = calendar.directory.person(assignee)
    assert person is not None  # noqa: S101 - neither routing nor delegation names somebody unknown
    due_at = calendar.due(opened, stage, person)
    return PreviewHolder(assignee, person.name, stop.why, due_at, on_behalf_of)


def need_in_words(stage: Stage, names: Sequence[str]) -> str:
    """Who must approve the stage, by name, as in "any 2 of Hugo Martin, Ines Costa and Jon Baker"."""
    everybody = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    if len(names) == 1:
        return everybody
    if stage.need is Need.ANY:
        return f"whoever answers first of {everybody}"
    return everybody if stage.quorum == len(names) else f"any {stage.quorum} of {everybody}"
