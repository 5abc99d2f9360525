"""Log lines say what they are about: the borders name it once, every line of ours within carries it.

To people the dimensions are ``key=value`` at the end of a line; to OpenTelemetry, attributes, which Application
Insights shows as customDimensions. What comes from outside and does not look like an id of ours is left out.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

from approvals.stored import ids

# Every logger of ours is below this one.
LOGGER = "greenlight"
# The dimensions of a line, in the order in which they are written, and what each may look like.
DIMENSIONS: Mapping[str, re.Pattern[str]] = {
    "function": re.compile(r"[a-z_]{1,64}\Z"),
    "proposal": ids.PROPOSAL_PATTERN,
    "revision": re.compile(r"[0-9]{1,6}\Z"),
    "task": ids.TASK_PATTERN,
    "instance": ids.INSTANCE_PATTERN,
}

_about: ContextVar[Mapping[str, str]] = ContextVar("about", default=MappingProxyType({}))


@contextmanager
def within(**about: object) -> Iterator[None]:
    """Let every line of ours inside carry these dimensions, beside those around. Raises KeyError for another name."""
    known = {name: str(value) for name, value in about.items() if DIMENSIONS[name].match(str(value))}
    token = _about.set({**_about.get(), **known})
    try:
        yield
    finally:
        _about.reset(token)


class Line(logging.LogRecord):
    """A record of ours. What it is about is kept beside its attributes, so that ``extra`` may name it, too."""

    __slots__ = ("about",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.about = _about.get()

    def dimensions(self) -> dict[str, str]:
        """What the line is about; the line itself knows better than the border around it."""
        said = {**self.about, **{name: str(vars(self)[name]) for name in DIMENSIONS if name in vars(self)}}
        return {name: said[name] for name in DIMENSIONS if name in said}

    def getMessage(self) -> str:  # noqa: N802 - logging's name
        return " ".join([self.text(), *(f"{name}={value}" for name, value in self.dimensions().items())])

    def text(self) -> str:
        """The message alone."""
        return super().getMessage()


class Records:
    """logging's record factory: ours for our loggers, whatever there was before for the others."""

    def __init__(self, before: Callable[..., logging.LogRecord]) -> None:
        self._before = before

    def __call__(self, name: str, *args: Any, **kwargs: Any) -> logging.LogRecord:
        ours = name == LOGGER or name.startswith(f"{LOGGER}.")
        return (Line if ours else self._before)(name, *args, **kwargs)


class Attributes(logging.Filter):
    """For handlers that send attributes: the dimensions become attributes of the record."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record, Line):
            vars(record).update(record.dimensions())
        return True


class Text(logging.Formatter):
    """For handlers that send attributes: the message without them."""

    def format(self, record: logging.LogRecord) -> str:
        return record.text() if isinstance(record, Line) else record.getMessage()


def install() -> None:
    """Let our loggers make such lines, from INFO on; harmless when they do. Azure's client tells of failures only."""
    before = logging.getLogRecordFactory()
    if not isinstance(before, Records):
        logging.setLogRecordFactory(Records(before))
    logging.getLogger(LOGGER).setLevel(logging.INFO)
    logging.getLogger("azure").setLevel(logging.WARNING)  # INFO is a dozen lines for every blob that is read
