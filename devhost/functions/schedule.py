"""Timer triggers: NCRONTAB schedules of six fields (seconds first), and plain intervals ``hh:mm:ss``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from devhost.problems import Problem

FIELDS = (
    ("second", 0, 59),
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day", 1, 31),
    ("month", 1, 12),
    ("weekday", 0, 7),
)
NAMES = {
    name: number
    for names in (
        ("sun", "mon", "tue", "wed", "thu", "fri", "sat"),
        (None, *["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    )
    for number, name in enumerate(names)
    if name
}
_INTERVAL = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})\Z")
_PART = re.compile(r"(\*|\w+(?:-\w+)?)(?:/(\d+))?\Z")
YEARS_AHEAD = 5


@dataclass(frozen=True)
class Interval:
    every: timedelta

    def after(self, moment: datetime) -> datetime:
        """The next occurrence after ``moment``."""
        return moment + self.every


@dataclass(frozen=True)
class Cron:
    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    def after(self, moment: datetime) -> datetime:
        """The next occurrence after ``moment``. Raises Problem where there is none in five years."""
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        for _ in range(YEARS_AHEAD * 366):
            if self._is_day(day):
                for found in self._times(day):
                    if found > moment:
                        return found
            day += timedelta(days=1)
        raise Problem("a timer's schedule has no occurrence in the next five years.")

    def _is_day(self, day: datetime) -> bool:
        weekday = (day.weekday() + 1) % 7
        return day.month in self.months and day.day in self.days and weekday in self.weekdays

    def _times(self, day: datetime) -> list[datetime]:
        return [
            day.replace(hour=hour, minute=minute, second=second)
            for hour in sorted(self.hours)
            for minute in sorted(self.minutes)
            for second in sorted(self.seconds)
        ]


def parse(text: str) -> Cron | Interval:
    """Parse a schedule. Raises Problem that names the field."""
    if interval := _INTERVAL.match(text.strip()):
        days, hours, minutes, seconds = (int(part or 0) for part in interval.groups())
        every = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if not every:
            raise Problem(f"the schedule {text!r} would never pause: use at least 00:00:01.")
        return Interval(every)
    parts = text.split()
    if len(parts) == len(FIELDS) - 1:
        parts = ["0", *parts]
    if len(parts) != len(FIELDS):
        raise Problem(f"the schedule {text!r} needs six fields: second minute hour day month weekday.")
    sets = [_field(part, *field) for part, field in zip(parts, FIELDS, strict=True)]
    second, minute, hour, day_, month, weekdays = sets
    return Cron(second, minute, hour, day_, month, frozenset(day % 7 for day in weekdays))


def _field(text: str, name: str, low: int, high: int) -> frozenset[int]:
    values: set[int] = set()
    for part in text.split(","):
        found = _PART.match(part)
        if not found:
            raise Problem(f"{part!r} is not a {name} of a schedule: use *, a number, a range or a step.")
        span, step = found[1], int(found[2] or 1)
        first, _, last = span.partition("-")
        start = low if span == "*" else _number(first, name)
        end = high if span == "*" or (found[2] and not last) else _number(last or first, name)
        if not low <= start <= end <= high or step < 1:
            raise Problem(f"{part!r} is not a {name} of a schedule: it goes from {low} to {high}.")
        values.update(range(start, end + 1, step))
    return frozenset(values)


def _number(text: str, name: str) -> int:
    if text.isdecimal():
        return int(text)
    if text.lower()[:3] in NAMES:
        return NAMES[text.lower()[:3]]
    raise Problem(f"{text!r} is not a {name} of a schedule.")
