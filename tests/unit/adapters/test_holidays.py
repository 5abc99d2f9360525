"""Public holidays by country and subdivision."""

from __future__ import annotations

from datetime import date

import pytest

from adapters.holidays import PublicHolidays

CORPUS_CHRISTI = date(2026, 6, 4)
WOMENS_DAY = date(2026, 3, 8)


@pytest.mark.parametrize(
    ("day", "country", "subdivision", "expected"),
    [
        (date(2026, 12, 25), "DE", None, True),
        (date(2026, 12, 25), "DE", "BE", True),
        (date(2026, 12, 28), "DE", "BE", False),
        (WOMENS_DAY, "DE", "BE", True),
        (WOMENS_DAY, "DE", "BY", False),
        (CORPUS_CHRISTI, "DE", "BY", True),
        (CORPUS_CHRISTI, "DE", "BE", False),
        (date(2026, 7, 4), "US", "NY", True),
        (date(2026, 7, 14), "FR", None, True),
        (date(2026, 7, 14), "DE", None, False),
        (date(2031, 12, 25), "PT", None, True),
    ],
)
def test_a_holiday_is_one_where_it_is_kept(
    day: date, country: str, subdivision: str | None, expected: bool
) -> None:
    assert PublicHolidays().is_holiday(day, country, subdivision) is expected


@pytest.mark.parametrize(
    ("country", "subdivision"), [("ZZ", None), ("", None), ("DE", "XX"), ("nowhere", "BE")]
)
def test_what_nobody_knows_has_no_holidays(country: str, subdivision: str | None) -> None:
    assert PublicHolidays().is_holiday(date(2026, 12, 27), country, subdivision) is False


def test_an_unknown_subdivision_keeps_the_holidays_of_its_country() -> None:
    assert PublicHolidays().is_holiday(date(2026, 12, 25), "DE", "XX") is True
