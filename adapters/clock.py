"""What time it is: the machine's, or, in tests, that of a clock that can jump."""

from __future__ import annotations

from datetime import UTC, datetime

import requests

from approvals.stored.codec import parse_utc

TIMEOUT_SECONDS = 5


class SystemClock:
    """`Clock`: the machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class RemoteClock:
    """`Clock` that asks an address which answers ``{"now": "2026-11-24T12:00:00Z"}``."""

    def __init__(self, url: str) -> None:
        self._url = url

    def now(self) -> datetime:
        answer = requests.get(self._url, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        return parse_utc(answer.json()["now"])
