"""Timer triggers' schedules."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from devhost.functions.schedule import parse
from devhost.problems import Problem


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "moment", "following"),
    [
        ("0 */5 * * * *", "2026-11-24T09:03:00", "2026-11-24T09:05:00"),
        ("0 */5 * * * *", "2026-11-24T09:05:00", "2026-11-24T09:10:00"),
        ("*/5 * * * *", "2026-11-24T09:03:00", "2026-11-24T09:05:00"),  # five fields: seconds are 0
        ("0 30 9 * * Mon-Fri", "2026-11-27T09:30:00", "2026-11-30T09:30:00"),
        ("0 0 0 1 jan *", "2026-11-24T00:00:00", "2027-01-01T00:00:00"),
        ("30 0 12 * * 7", "2026-11-24T00:00:00", "2026-11-29T12:00:30"),  # 7 is Sunday too
        ("0 0 8-10/2,20 * * *", "2026-11-24T08:00:00", "2026-11-24T10:00:00"),
        ("0 0 8-10/2,20 * * *", "2026-11-24T10:00:01", "2026-11-24T20:00:00"),
        ("0 0 0 29 2 *", "2026-03-01T00:00:00", "2028-02-29T00:00:00"),
        ("0 5/20 * * * *", "2026-11-24T09:26:00", "2026-11-24T09:45:00"),
        ("01:30:00", "2026-11-24T09:00:00", "2026-11-24T10:30:00"),
        ("1.00:00:00", "2026-11-24T09:00:00", "2026-11-25T09:00:00"),
    ],
)
def test_the_next_occurrence(schedule: str, moment: str, following: str) -> None:
    assert parse(schedule).after(at(moment)) == at(following)


@pytest.mark.parametrize(
    ("schedule", "says"),
    [
        ("00:00:00", "never pause"),
        ("* * *", "six fields"),
        ("0 60 * * * *", "goes from 0 to 59"),
        ("0 5-1 * * * *", "goes from 0 to 59"),
        ("0 */0 * * * *", "goes from 0 to 59"),
        ("0 ?! * * * *", "is not a minute"),
        ("0 0 0 * noctober *", "is not a month"),
    ],
)
def test_a_schedule_that_cannot_be_read_is_told(schedule: str, says: str) -> None:
    with pytest.raises(Problem, match=says):
        parse(schedule)


def test_a_day_that_never_comes_is_told() -> None:
    with pytest.raises(Problem, match="no occurrence"):
        parse("0 0 0 31 feb *").after(at("2026-11-24T00:00:00"))
