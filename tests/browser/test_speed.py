"""How soon the first inbox is there on a slow line: how much is asked for, and that it is asked for at once."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, Request, expect

from tests.browser.visitor import Visitor
from tests.e2e.greenlight import Greenlight

KILOBYTES = 70  # of everything, compressed: at 1.44 Mbit/s half a second


@pytest.fixture
def asked(page: Page) -> list[Request]:
    found: list[Request] = []

    def heard(request: Request) -> None:
        found.append(request)

    page.on("request", heard)
    return found


def names(asked: list[Request]) -> list[str]:
    return ["/" + request.url.split("/", 3)[3] for request in asked]


def test_everything_is_asked_for_at_once_and_the_api_once(
    page: Page, greenlight: Greenlight, asked: list[Request]
) -> None:
    proposal = greenlight.submit(title="Soon there")
    greenlight.wait_for_task("ben", "line-1", proposal)
    Visitor(page, greenlight).be("ben").open("/", "Inbox")
    expect(page.get_by_role("link", name="Soon there").first).to_be_visible()
    api = [name for name in names(asked) if name.startswith("/api/")]
    assert api == ["/api/start"], "one request, which the start page itself asked for"
    assets = [name for name in names(asked) if name.startswith("/assets/")]
    assert len(assets) == len(set(assets)) == 4, "script, style, texts, icons: each once"
    sizes = [request.sizes()["responseBodySize"] for request in asked]
    assert sum(sizes) < KILOBYTES * 1000


def test_a_second_visit_asks_for_the_start_page_and_the_data_alone(
    page: Page, greenlight: Greenlight
) -> None:
    ben = Visitor(page, greenlight).be("ben").open("/", "Inbox")
    session: CDPSession = page.context.new_cdp_session(page)
    session.send("Network.enable")
    urls: dict[str, str] = {}
    kept: set[str] = set()

    def sent(event: dict[str, Any]) -> None:
        urls[event["requestId"]] = event["request"]["url"]

    def received(event: dict[str, Any]) -> None:
        if event["response"].get("fromDiskCache"):
            kept.add(event["requestId"])

    session.on("Network.requestWillBeSent", sent)
    session.on("Network.requestServedFromCache", lambda event: kept.add(event["requestId"]))
    session.on("Network.responseReceived", received)
    page.reload()
    expect(ben.heading("Inbox")).to_be_visible()
    over_the_line = [url for request, url in urls.items() if request not in kept]
    assert any("/assets/" in url for url in urls.values())
    assert [url for url in over_the_line if "/assets/" in url] == []
    assert any("/api/start" in url for url in over_the_line)
