"""What our loggers say while something happens, with the attributes that Application Insights would be sent; and a
proposal's way on which nearly everything happens that can be told.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from adapters import log_lines
from adapters.log_lines import LOGGER, Attributes
from approvals.model import Need, Route
from approvals.ports import Meter
from approvals.verdicts import Verdict
from services.deciding.decide import MAX_COMMENT
from tests.fakes import ListNotifier
from tests.orchestrators.world import World, stage, world

# Something personal, written wherever people can write.
SECRET = "Zanzibar"
ADDRESS = "eve.moneypenny@example.com"

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


@dataclass
class Eventful:
    """Two are asked: one decides by telephone, one is silent, so that the next is asked and rejects."""

    world: World

    def play(self) -> None:
        made = self.world
        made.submit()
        self._pass(timedelta(minutes=1))
        made.raise_event({"task": SECRET, "verdict": "approve", "by": ADDRESS, "comment": SECRET})
        made.raise_event({"task": "line-1", "verdict": "reject", "by": "p1", "comment": SECRET * MAX_COMMENT})
        made.raise_event(SECRET, name=ADDRESS)
        made.raise_event({"task": "line-2", "verdict": "approve", "by": "p3", "comment": SECRET})
        self._pass(timedelta(days=2, hours=1))
        made.decide("p2", "line-1.2", Verdict.REJECT, SECRET)
        made.host.run()
        made.sweep()

    def _pass(self, time: timedelta) -> None:
        self.world.host.run(until=self.world.clock.now() + time)


@contextmanager
def eventful(meter: Meter | None = None, notifier: ListNotifier | None = None) -> Iterator[Eventful]:
    """The way, not played yet."""
    route = Route("rule", "why", (stage("line", Need.ALL, [["p1", "p2"], ["p3"]]),))
    with world(route) as made:
        ports = made.ports
        made.ports = replace(
            ports,
            meter=meter or ports.meter,
            notifiers=(notifier,) if notifier else (),
        )
        yield Eventful(made)
