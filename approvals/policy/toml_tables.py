"""Reading TOML tables carefully: every problem is collected with its path and its mend, none stops the others."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

T = TypeVar("T")


class Problems:
    """Problems found so far, as ``path: what is wrong; how to mend it``."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, path: str, text: str) -> None:
        self.found.append(f"{path}: {text}")


class Table:
    """One TOML table under a path. Every getter returns a usable value and notes a problem where there was none."""

    def __init__(self, data: Any, path: str, problems: Problems) -> None:
        self.path, self.problems = path, problems
        if not isinstance(data, dict):
            problems.add(path, "must be a table")
            data = {}
        self.data: dict[str, Any] = data
        self._read: set[str] = set()

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def has(self, key: str) -> bool:
        return key in self.data

    def text(self, key: str, default: str | None = None) -> str:
        """A text; without a default it must be there and say something."""
        value: str = self._get(key, str, "text", "" if default is None else default, required=default is None)
        if default is None and isinstance(self.data.get(key), str) and not value.strip():
            self.problems.add(self.at(key), "is empty; give text")
            return ""
        return value

    def optional_text(self, key: str) -> str | None:
        return self.text(key, "") or None

    def number(self, key: str, default: int | None = None) -> int:
        """A whole number, 1 or more."""
        value: int = self._get(key, int, "a whole number", default or 1, required=default is None)
        if value < 1:
            self.problems.add(self.at(key), f"must be 1 or more, not {value}")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        value: bool = self._get(key, bool, "true or false", default)
        return value

    def day(self, key: str) -> date:
        value: date = self._get(key, date, "a date like 2026-12-24", date.min, required=True)
        if isinstance(value, datetime):
            self.problems.add(self.at(key), "is a date with a time; write the date alone, like 2026-12-24")
            return value.date()
        return value

    def money(self, key: str) -> Decimal | None:
        """An amount of money, 0 or more; None where there is none, or none that could be read."""
        self._read.add(key)
        value = self.data.get(key)
        if value is None:
            return None
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        if not is_number or value < 0:
            self.problems.add(self.at(key), f"is {value!r}; must be an amount of money like 50000")
            return None
        return Decimal(str(value))

    def texts(self, key: str, default: Iterable[str] | None = None) -> tuple[str, ...]:
        """A list of texts; one text stands for a list of one."""
        value = self._get(key, (str, list), "a list of texts", list(default or ()), required=default is None)
        values = [value] if isinstance(value, str) else value
        if not all(isinstance(item, str) for item in values):
            self.problems.add(self.at(key), "must be a list of texts")
            return ()
        return tuple(values)

    def parsed(self, key: str, parse: Callable[[str], T], default: T) -> T:
        """A text that ``parse`` understands; its ValueError becomes the problem."""
        text = self.text(key)
        if not text:
            return default
        return self.try_parse(self.at(key), text, parse, default)

    def try_parse(self, path: str, text: str, parse: Callable[[str], T], default: T) -> T:
        try:
            return parse(text)
        except ValueError as error:
            self.problems.add(path, str(error))
            return default

    def table(self, key: str) -> Table:
        self._read.add(key)
        return Table(self.data.get(key, {}), self.at(key), self.problems)

    def tables(self, key: str) -> list[Table]:
        """The tables of an array of tables ``[[key]]``."""
        self._read.add(key)
        value = self.data.get(key, [])
        if not isinstance(value, list):
            self.problems.add(self.at(key), f"must be a list of tables: write [[{self.at(key)}]]")
            return []
        return [Table(item, f"{self.at(key)}[{n}]", self.problems) for n, item in enumerate(value)]

    def named(self, key: str) -> dict[str, Table]:
        """The tables ``[key.name]`` by name."""
        table = self.table(key)
        return {name: table.table(name) for name in table.data}

    def done(self) -> None:
        """Note every key that nobody read, with the nearest one that is known."""
        for key in (key for key in self.data if key not in self._read):
            near = difflib.get_close_matches(key, self._read, 1)
            hint = f"did you mean {near[0]}?" if near else f"known are: {', '.join(sorted(self._read))}"
            self.problems.add(self.at(key), f"is not known; {hint}")

    def _get(self, key: str, kind: Any, expected: str, default: Any, *, required: bool = False) -> Any:
        self._read.add(key)
        if key not in self.data:
            if required:
                self.problems.add(self.at(key), f"is missing; give {expected}")
            return default
        value = self.data[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.problems.add(self.at(key), f"is {value!r}; must be {expected}")
            return default
        return value
