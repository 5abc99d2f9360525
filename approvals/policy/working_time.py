"""Working time: deadlines and reminders in the working hours, time zone and holidays of the person they bind."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from approvals.model import Duration
from approvals.policy.directory import Person

UNITS = ("working days", "working hours", "days", "hours", "minutes", "seconds")
_DURATION = re.compile(r"\s*([1-9][0-9]{0,4})\s+(working day|working hour|day|hour|minute|second)s?\s*\Z")
SATURDAY = 5
# A year without a working day is a mistake in the calendar, not a deadline.
MAX_FREE_DAYS = 366


@dataclass(frozen=True)
class WorkingHours:
    """Local opening and closing, as ``09:00``; Monday to Friday but for holidays."""

    start: str
    end: str


class Holidays(Protocol):
    def is_holiday(self, day: date, country: str, subdivision: str | None) -> bool:
        """Is ``day`` a public holiday there? ``country`` is ISO 3166-1 alpha-2, ``subdivision`` ISO 3166-2 or None."""
        ...


def parse_duration(text: str) -> Duration:
    """``3 working days``, ``8 working hours``, ``2 days``, ``90 minutes``. Raises ValueError with the forms."""
    found = _DURATION.match(text)
    if not found:
        raise ValueError(f"{text!r} is not a duration; write a number and one of: {', '.join(UNITS)}")
    return Duration(int(found[1]), f"{found[2]}s")


def add(
    start: datetime, duration: Duration, person: Person, hours: WorkingHours, holidays: Holidays
) -> datetime:
    """The moment ``duration`` after ``start``, both UTC, in the working time of ``person``.

    Working days keep the local time of day and skip weekends and holidays; a start outside working hours counts
    from the next opening.
    """
    if not duration.unit.startswith("working"):
        return start + timedelta(**{duration.unit: duration.amount})
    calendar = _Calendar(person, hours, holidays)
    local = calendar.opening_at_or_after(calendar.local(start))
    if duration.unit == "working days":
        return calendar.utc(calendar.add_days(local, duration.amount))
    return calendar.add_hours(local, timedelta(hours=duration.amount))


def working_days_between(
    start: datetime, end: datetime, person: Person, hours: WorkingHours, holidays: Holidays
) -> int:
    """How many working days of ``person`` begin after that of ``start``, up to that of ``end``; 0 for the same one.

    The reverse of `add` with working days.
    """
    calendar = _Calendar(person, hours, holidays)
    day, last = calendar.opening_at_or_after(calendar.local(start)).date(), calendar.local(end).date()
    days = -1
    while day <= last:
        days, day = days + 1, calendar.next_day(day)
    return max(days, 0)


def reminders_due(
    opened_at: datetime,
    every: Duration,
    until: datetime,
    person: Person,
    hours: WorkingHours,
    holidays: Holidays,
) -> tuple[datetime | None, datetime]:
    """When the last reminder by ``until`` was due, None where there was none yet, and when the next one will be."""
    latest, following = None, add(opened_at, every, person, hours, holidays)
    while following <= until:
        latest, following = following, add(following, every, person, hours, holidays)
    return latest, following


class _Calendar:
    """The working days and hours of one person; moments are naive local time unless they are said to be UTC."""

    def __init__(self, person: Person, hours: WorkingHours, holidays: Holidays) -> None:
        self.person, self.holidays = person, holidays
        self.start, self.end = time.fromisoformat(hours.start), time.fromisoformat(hours.end)
        self.zone = ZoneInfo(person.time_zone)

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone).replace(tzinfo=None)

    def utc(self, local: datetime) -> datetime:
        return local.replace(tzinfo=self.zone).astimezone(UTC)

    def is_working(self, day: date) -> bool:
        return day.weekday() < SATURDAY and not self.holidays.is_holiday(
            day, self.person.country, self.person.subdivision
        )

    def next_day(self, day: date) -> date:
        for _ in range(MAX_FREE_DAYS):
            day += timedelta(days=1)
            if self.is_working(day):
                return day
        raise ValueError(f"{self.person.id} has no working day in the year before {day}")

    def opening_at_or_after(self, local: datetime) -> datetime:
        if self.is_working(local.date()):
            if local.time() < self.start:
                return datetime.combine(local.date(), self.start)
            if local.time() < self.end:
                return local
        return datetime.combine(self.next_day(local.date()), self.start)

    def add_days(self, local: datetime, amount: int) -> datetime:
        day = local.date()
        for _ in range(amount):
            day = self.next_day(day)
        return datetime.combine(day, local.time())

    def add_hours(self, local: datetime, amount: timedelta) -> datetime:
        """UTC. Hours that pass, not those of the clock on the wall: it may skip one, or show one twice."""
        while True:
            opening, closing = self.utc(local), self.utc(datetime.combine(local.date(), self.end))
            if amount <= closing - opening:
                return opening + amount
            amount -= max(closing - opening, timedelta(0))
            local = datetime.combine(self.next_day(local.date()), self.start)
