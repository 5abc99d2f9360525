"""The wire between orchestrators and activities: plain data in, plain data out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from approvals.codec import decode, encode, parse_utc
from services.events import Raised

Request = dict[str, Any]


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
