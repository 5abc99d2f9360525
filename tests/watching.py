"""What our loggers say while something happens, with the attributes that Application Insights would be sent."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from adapters import log_lines
from adapters.log_lines import LOGGER, Attributes

PLAIN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class Watcher(logging.Handler):
    """Keeps every line of ours."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.addFilter(Attributes())

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def lines(self) -> list[str]:
        """As a person reads them."""
        return [record.getMessage() for record in self.records]

    @property
    def attributes(self) -> list[dict[str, object]]:
        """As they are sent: what each line says beside its text."""
        return [dimensions(record) for record in self.records]


def dimensions(record: logging.LogRecord) -> dict[str, object]:
    """The attributes that a record has beyond logging's own."""
    return {name: value for name, value in vars(record).items() if name not in PLAIN}


@contextmanager
def watching() -> Iterator[Watcher]:
    """Install our lines for as long as the context lasts, and watch them."""
    before, ours, azure = (
        logging.getLogRecordFactory(),
        logging.getLogger(LOGGER),
        logging.getLogger("azure").level,
    )
    watcher, level = Watcher(), ours.level
    log_lines.install()
    ours.addHandler(watcher)
    try:
        yield watcher
    finally:
        ours.removeHandler(watcher)
        ours.setLevel(level)
        logging.getLogger("azure").setLevel(azure)
        logging.setLogRecordFactory(before)
