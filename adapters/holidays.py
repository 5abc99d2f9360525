"""Public holidays, from the holidays package."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import holidays


class PublicHolidays:
    """`Holidays` for every country that the package knows; one it does not know has none.

    An unknown subdivision has those of its country.
    """

    def is_holiday(self, day: date, country: str, subdivision: str | None) -> bool:
        return day in _calendar(country, subdivision)


@lru_cache(maxsize=256)
def _calendar(country: str, subdivision: str | None) -> holidays.HolidayBase:
    try:
        return holidays.country_holidays(country, subdiv=subdivision)
    except NotImplementedError:
        return _calendar(country, None) if subdivision else holidays.HolidayBase()
