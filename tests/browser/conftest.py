"""One app on devhost and one Chromium for the whole folder; every test gets windows of its own.

``page`` is a window, ``open_page`` makes more of them (two people at once). Both look like ``look``, which a test
chooses with ``@pytest.mark.parametrize("look", [Look(320), Look(320, "dark")])``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.browser.chromium import Look, NoChromium, find_chromium, may_sandbox
from tests.e2e.greenlight import Greenlight, greenlight_host
from tests.hosts import ROOT, running_host

ARTEFACTS = ROOT / "build" / "browser"
LIMIT_MILLISECONDS = 20_000
expect.set_options(timeout=LIMIT_MILLISECONDS)
OpenPage = Callable[[], Page]
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tells the fixtures, while they end, whether their test failed."""
    report = yield
    if call.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture(scope="session")
def greenlight(azurite: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Greenlight]:
    """The app with a virtual clock, and signed links."""
    folder = tmp_path_factory.mktemp("host")
    with running_host(greenlight_host(azurite, folder, LINK_SIGNING_KEYS="k" * 40)) as host:
        yield Greenlight(host)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    try:
        path = find_chromium(os.environ)
    except NoChromium as problem:
        pytest.exit(str(problem), returncode=1)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, chromium_sandbox=may_sandbox())
        yield found
        found.close()


@pytest.fixture
def look() -> Look:
    return Look()


@pytest.fixture
def browser_context(browser: Browser, greenlight: Greenlight, look: Look) -> Iterator[BrowserContext]:
    """A browser that nobody used before, at the app's address."""
    context = new_context(browser, greenlight, look)
    yield context
    context.close()


@pytest.fixture
def open_page(
    browser: Browser, greenlight: Greenlight, look: Look, request: pytest.FixtureRequest
) -> Iterator[OpenPage]:
    """Opens windows, each in a browser of its own. What goes wrong inside them fails the test."""
    pages: list[Page] = []
    wrong: list[str] = []

    def open_one() -> Page:
        page = new_context(browser, greenlight, look).new_page()
        watch(page, wrong)
        pages.append(page)
        return page

    yield open_one
    name = re.sub(r"[^\w.-]+", "-", request.node.name)
    for number, page in enumerate(pages, start=1):
        if request.node.stash.get(FAILED, False) and not page.is_closed():
            page.screenshot(path=ARTEFACTS / "failed" / f"{name}-{number}.png", full_page=True)
        page.context.close()
    assert wrong == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page()


def new_context(browser: Browser, greenlight: Greenlight, look: Look) -> BrowserContext:
    context = browser.new_context(
        base_url=greenlight.host.url,
        viewport={"width": look.width, "height": look.height},
        color_scheme=look.scheme,
        locale="en-GB",
        timezone_id="Europe/Berlin",
        reduced_motion="reduce",
    )
    context.set_default_timeout(LIMIT_MILLISECONDS)
    return context


def watch(page: Page, wrong: list[str]) -> None:
    """Notes errors that no test would see: uncaught ones, and what the Content-Security-Policy stopped."""

    def told(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            wrong.append(message.text)

    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", told)
