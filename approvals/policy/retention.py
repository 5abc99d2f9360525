"""How long what people wrote is kept: the policy's ``[retention]``."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta

from approvals.model import Duration
from approvals.policy.toml_tables import Table

_AGE = re.compile(r"\s*([1-9][0-9]{0,2})\s+(year|month|day)s?\s*\Z")
MONTHS_A_YEAR = 12
NEVER = "never"


@dataclass(frozen=True)
class Retention:
    """``erase_after`` the end of a proposal it is erased by itself; None: never. ``erase_on_request``: earlier, too."""

    erase_after: Duration | None = None
    erase_on_request: bool = False

    def erasable_at(self, closed_at: datetime) -> datetime | None:
        """When a proposal that was closed then is erased by itself, if ever."""
        return None if self.erase_after is None else later(closed_at, self.erase_after)


# Nothing is erased, as long as the policy does not say so.
KEEP = Retention()


def parse_retention(table: Table) -> Retention:
    """The policy's table, which need not be there."""
    age = table.try_parse(table.at("erase_after"), table.text("erase_after", NEVER), parse_age, None)
    retention = Retention(age, table.flag("erase_on_request", default=False))
    table.done()
    return retention


def parse_age(text: str) -> Duration | None:
    """``5 years``, ``18 months``, ``90 days``; None for ``never``. Raises ValueError with the forms."""
    if text == NEVER:
        return None
    found = _AGE.match(text)
    if not found:
        raise ValueError(
            f"{text!r} is not an age; write a number up to 999 and years, months or days, like 5 years, or never"
        )
    return Duration(int(found[1]), f"{found[2]}s")


def later(moment: datetime, age: Duration) -> datetime:
    """``moment`` plus ``age`` by the calendar: the same day of the month, or its last one."""
    if age.unit == "days":
        return moment + timedelta(days=age.amount)
    months = moment.month - 1 + age.amount * (MONTHS_A_YEAR if age.unit == "years" else 1)
    year, month = moment.year + months // MONTHS_A_YEAR, months % MONTHS_A_YEAR + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))
