"""What time it is: the machine's, or what a test's clock answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests

from adapters.clock import RemoteClock, SystemClock


@contextmanager
def clock_that_answers(status: int, body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/clock"
        server.shutdown()
        thread.join()


def test_the_machines_time_is_aware_and_utc() -> None:
    before, now, after = datetime.now(UTC), SystemClock().now(), datetime.now(UTC)
    assert before <= now <= after
    assert now.utcoffset() == timedelta(0)


def test_a_remote_clock_is_asked_each_time_and_told_in_utc() -> None:
    with clock_that_answers(200, b'{"now": "2026-12-24T18:00:00+02:00", "mode": "virtual"}') as url:
        clock = RemoteClock(url)
        assert clock.now() == clock.now() == datetime(2026, 12, 24, 16, tzinfo=UTC)
        assert clock.now().utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (500, b"", requests.HTTPError),
        (200, b"not JSON", ValueError),
        (200, b"{}", KeyError),
        (200, b'{"now": "2026-12-24T18:00:00"}', ValueError),
    ],
)
def test_a_remote_clock_that_does_not_know_the_time_is_no_clock(
    status: int, body: bytes, error: type[Exception]
) -> None:
    with clock_that_answers(status, body) as url, pytest.raises(error):
        RemoteClock(url).now()
