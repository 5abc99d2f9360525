"""The wire between orchestrators and activities: plain data in, plain data out."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from adapters.log_lines import within
from approvals.stored import ids
from approvals.stored.codec import decode, encode, parse_utc
from services.deciding.events import Raised

Request = dict[str, Any]
T = TypeVar("T")
log = logging.getLogger("greenlight.activities")


def logged(work: Callable[[Request], T]) -> Callable[[Request], T]:
    """Let every line of an activity carry what its request is about."""

    @functools.wraps(work)
    def wrapped(request: Request) -> T:
        with about_the(request, work.__name__):
            return work(request)

    return wrapped


@contextmanager
def about_the(request: Request, function: str) -> Iterator[None]:
    """Lines within carry the ids of ``request``; what fails is logged with them, then raised."""
    proposal, revision = request["proposal"], request.get("revision")
    instance = {} if revision is None else {"instance": ids.instance_id(proposal, revision)}
    with within(function=function, proposal=proposal, revision=revision, **instance):
        try:
            yield
        except Exception:
            log.warning("%s failed", function, exc_info=True)
            raise


def about(request: Request) -> tuple[str, int]:
    """Which revision of which proposal."""
    return request["proposal"], request["revision"]


def raised(request: Request) -> list[Raised]:
    """The events that were raised and not handled yet."""
    return [decode(Raised, event) for event in request["events"]]


def as_of(request: Request) -> datetime:
    """The orchestration's time; at least the due time of a timer that fired."""
    return parse_utc(request["as_of"])


def encoded(report: object) -> dict[str, Any]:
    """A use case's report as plain data."""
    plain: dict[str, Any] = encode(report)
    return plain
