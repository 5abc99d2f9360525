"""Deadlines in somebody's working time: their zone, their hours, their holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.model import Duration
from approvals.policy.directory import Person
from approvals.policy.working_time import (
    WorkingHours,
    add,
    parse_duration,
    reminders_due,
    working_days_between,
)
from tests.fakes import NoHolidays

HOURS = WorkingHours("09:00", "17:00")
unhurried = settings(deadline=None)  # a busy machine is not a finding
FRIDAY = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)  # 16:00 in Berlin


def person(zone: str = "Europe/Berlin") -> Person:
    return Person("p", "P", "p@example.com", None, "it", (), zone, "DE", None, active=True, object_id=None)


class Off:
    """Holidays on the days given."""

    def __init__(self, *days: date) -> None:
        self.days = days

    def is_holiday(self, day: date, country: str, subdivision: str | None) -> bool:
        return country == "DE" and subdivision is None and day in self.days


class Always:
    def is_holiday(self, day: date, country: str, subdivision: str | None) -> bool:
        return True


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("3 working days", Duration(3, "working days")),
        ("1 working day", Duration(1, "working days")),
        (" 8  working hours ".replace("  ", " "), Duration(8, "working hours")),
        ("90 minutes", Duration(90, "minutes")),
        ("1 second", Duration(1, "seconds")),
    ],
)
def test_durations_are_read(text: str, duration: Duration) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text", ["", "days", "0 days", "-1 days", "1.5 days", "3 weeks", "3 working minutes"]
)
def test_what_is_no_duration_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("duration", "local"),
    [
        (Duration(1, "working days"), datetime(2026, 11, 30, 16)),  # over the weekend
        (Duration(1, "working hours"), datetime(2026, 11, 27, 17)),
        (Duration(2, "working hours"), datetime(2026, 11, 30, 10)),
        (Duration(10, "working hours"), datetime(2026, 12, 1, 10)),
        (Duration(2, "days"), datetime(2026, 11, 29, 16)),
        (Duration(90, "minutes"), datetime(2026, 11, 27, 17, 30)),
    ],
)
def test_time_is_added_in_the_persons_own_time(duration: Duration, local: datetime) -> None:
    expected = local.replace(tzinfo=ZoneInfo("Europe/Berlin"))
    assert add(FRIDAY, duration, person(), HOURS, NoHolidays()) == expected


@pytest.mark.parametrize(
    ("start", "opening"),
    [
        (datetime(2026, 11, 27, 3, 0), datetime(2026, 11, 27, 9, 0)),  # before opening
        (datetime(2026, 11, 27, 17, 0), datetime(2026, 11, 30, 9, 0)),  # after closing
        (datetime(2026, 11, 28, 12, 0), datetime(2026, 11, 30, 9, 0)),  # on a Saturday
    ],
)
def test_outside_working_hours_time_counts_from_the_next_opening(start: datetime, opening: datetime) -> None:
    zone = ZoneInfo("Europe/Berlin")
    due = add(start.replace(tzinfo=zone), Duration(1, "working hours"), person(), HOURS, NoHolidays())
    assert due == (opening + timedelta(hours=1)).replace(tzinfo=zone)


def test_holidays_are_no_working_days() -> None:
    monday = date(2026, 11, 30)
    due = add(FRIDAY, Duration(1, "working days"), person(), HOURS, Off(monday))
    assert due.date() == date(2026, 12, 1)
    assert add(FRIDAY, Duration(1, "days"), person(), HOURS, Off(monday)) == FRIDAY + timedelta(days=1)


def test_working_days_keep_the_time_of_day_when_the_clocks_change() -> None:
    before = datetime(2026, 10, 23, 12, 0, tzinfo=ZoneInfo("Europe/Berlin"))  # summer time until the 25th
    due = add(before.astimezone(UTC), Duration(1, "working days"), person(), HOURS, NoHolidays())
    assert due.astimezone(ZoneInfo("Europe/Berlin")).replace(tzinfo=None) == datetime(2026, 10, 26, 12, 0)


def test_a_calendar_without_working_days_is_told_instead_of_searched_for_ever() -> None:
    with pytest.raises(ValueError, match="no working day"):
        add(FRIDAY, Duration(1, "working days"), person(), HOURS, Always())


@unhurried
@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.integers(1, 40),
    st.sampled_from(["working days", "working hours"]),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"]),
)
def test_working_time_ends_in_working_time_and_more_of_it_ends_later(
    start: datetime, amount: int, unit: str, zone: str
) -> None:
    holidays = Off(*(date(2026, 1, 1) + timedelta(days=7 * n) for n in range(300)))
    due = add(start, Duration(amount, unit), person(zone), HOURS, holidays)
    local = due.astimezone(ZoneInfo(zone))
    assert start < due < add(start, Duration(amount + 1, unit), person(zone), HOURS, holidays)
    assert time(9) <= local.time() <= time(17)
    assert local.weekday() < 5
    assert not holidays.is_holiday(local.date(), "DE", None)


def test_the_last_reminder_and_the_next_one_are_named() -> None:
    every = Duration(1, "days")
    for days, count in ((0.5, 0), (1, 1), (2.5, 2)):
        until = FRIDAY + timedelta(days=days)
        latest, following = reminders_due(FRIDAY, every, until, person(), HOURS, NoHolidays())
        assert latest == (FRIDAY + timedelta(days=count) if count else None)
        assert following == FRIDAY + timedelta(days=count + 1)


# -- clocks that change, calendars with holes -------------------------------------------------------------

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
# Half an hour of summer time, two hours of it, clocks that change on a Friday: what zones do besides Europe's rule.
ZONES = st.sampled_from(
    [
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kolkata",
        "Africa/Cairo",
        "Australia/Lord_Howe",
        "Antarctica/Troll",
    ]
)
OFFICES = st.sampled_from([("09:00", "17:00"), ("06:30", "07:15"), ("00:00", "23:59"), ("22:00", "23:30")])
CALENDARS = st.builds(
    lambda days: Off(*days), st.sets(st.dates(date(2026, 1, 1), date(2030, 6, 1)), max_size=60)
)


@unhurried
@given(
    MOMENTS, st.integers(1, 40), st.sampled_from(["working days", "working hours"]), ZONES, OFFICES, CALENDARS
)
def test_more_time_ends_later_whatever_clocks_and_calendars_do(
    start: datetime, amount: int, unit: str, zone: str, office: tuple[str, str], holidays: Off
) -> None:
    less, more = (
        add(start, Duration(n, unit), person(zone), WorkingHours(*office), holidays)
        for n in (amount, amount + 1)
    )
    assert start < less < more


@unhurried
@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=9)), st.integers(1, 12), ZONES, CALENDARS)
def test_who_was_asked_later_is_never_due_earlier(
    start: datetime, later: timedelta, amount: int, zone: str, holidays: Off
) -> None:
    for unit in ("working days", "working hours"):
        first, second = (
            add(moment, Duration(amount, unit), person(zone), HOURS, holidays)
            for moment in (start, start + later)
        )
        assert first <= second


@unhurried
@given(MOMENTS, st.integers(1, 30), ZONES, CALENDARS)
def test_working_days_are_counted_back_as_they_were_added(
    start: datetime, amount: int, zone: str, holidays: Off
) -> None:
    due = add(start, Duration(amount, "working days"), person(zone), HOURS, holidays)
    assert working_days_between(start, due, person(zone), HOURS, holidays) == amount
    assert working_days_between(due, start, person(zone), HOURS, holidays) == 0


@unhurried
@given(MOMENTS, st.integers(1, 30), ZONES, CALENDARS)
def test_working_hours_are_the_minutes_in_which_somebody_works(
    start: datetime, amount: int, zone: str, holidays: Off
) -> None:
    """Counted one by one, in UTC, on quarters of an hour."""
    start = start.replace(minute=start.minute // 15 * 15, second=0, microsecond=0)
    due = add(start, Duration(amount, "working hours"), person(zone), HOURS, holidays)
    quarters = int((due - start) / timedelta(minutes=15))
    worked = sum(is_at_work(start + timedelta(minutes=15 * n), zone, holidays) for n in range(quarters))
    assert worked == amount * 4


def is_at_work(moment: datetime, zone: str, holidays: Off) -> bool:
    local = moment.astimezone(ZoneInfo(zone))
    free = local.weekday() >= 5 or holidays.is_holiday(local.date(), "DE", None)
    return not free and time(9) <= local.time() < time(17)


def test_an_hour_that_the_clock_skips_is_not_worked() -> None:
    """In Cairo midnight of Friday 24 April 2026 is followed by one o'clock at once."""
    night = WorkingHours("00:00", "23:59")
    start = datetime(2026, 4, 23, 23, 0, tzinfo=ZoneInfo("Africa/Cairo"))
    dues = [
        add(start.astimezone(UTC), Duration(n, "working hours"), person("Africa/Cairo"), night, NoHolidays())
        for n in (1, 2)
    ]
    assert [due.astimezone(ZoneInfo("Africa/Cairo")).time() for due in dues] == [time(1, 1), time(2, 1)]


@pytest.mark.parametrize(
    ("end", "days"),
    [
        (FRIDAY, 0),
        (FRIDAY + timedelta(hours=5), 0),
        (FRIDAY + timedelta(days=2), 0),  # Sunday
        (FRIDAY + timedelta(days=3), 1),
        (FRIDAY - timedelta(days=3), 0),
    ],
)
def test_working_days_between_do_not_count_the_weekend(end: datetime, days: int) -> None:
    assert working_days_between(FRIDAY, end, person(), HOURS, NoHolidays()) == days


@unhurried
@given(MOMENTS, st.integers(1, 9), st.integers(1, 400), ZONES)
def test_the_last_reminder_is_in_time_and_the_next_one_is_later(
    opened: datetime, every: int, hours: int, zone: str
) -> None:
    until, step = opened + timedelta(hours=hours), Duration(every, "working hours")
    latest, following = reminders_due(opened, step, until, person(zone), HOURS, NoHolidays())
    moments = [opened]
    while moments[-1] <= until:
        moments.append(add(moments[-1], step, person(zone), HOURS, NoHolidays()))
    *_, before, after = moments
    assert following == after
    assert latest == (None if before == opened else before)
