"""The browser is a real one, looks as it is told, and tells what went wrong inside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.chromium import Look, NoChromium, find_chromium
from tests.browser.conftest import watch


def test_it_reaches_the_app(page: Page) -> None:
    answer = page.goto("/api/health")
    assert answer is not None
    assert (answer.status, answer.json()["status"]) == (200, "healthy")


@pytest.mark.parametrize("look", [Look(320, "dark"), Look(1280, "light")])
def test_it_looks_as_it_is_told(browser_context: BrowserContext, look: Look) -> None:
    page = browser_context.new_page()
    found = page.evaluate("[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]")
    assert found == [look.width, look.scheme == "dark"]


def test_errors_inside_it_are_noticed(browser_context: BrowserContext) -> None:
    page, wrong = browser_context.new_page(), list[str]()
    watch(page, wrong)
    with page.expect_console_message():
        page.set_content(
            "<meta http-equiv='Content-Security-Policy' content=\"img-src 'none'\"><img src='data:,'>"
        )
    with page.expect_event("pageerror"):
        page.evaluate("setTimeout(() => { throw new Error('nobody catches this') })")
    assert any("Content Security Policy" in text for text in wrong)
    assert any("nobody catches this" in text for text in wrong)


@pytest.mark.parametrize("path", ["/nowhere/chromium", "/"])
def test_without_a_chromium_one_sentence_says_so(path: str) -> None:
    with pytest.raises(NoChromium) as told:
        find_chromium({"CHROMIUM": path})
    assert f"there is none at {path}: install it" in str(told.value)
    assert "\n" not in str(told.value)


def test_the_systems_chromium_is_taken_unless_another_is_named(tmp_path: Path) -> None:
    mine = tmp_path / "chromium"
    mine.write_text("#!/bin/sh\n")
    mine.chmod(0o755)
    assert find_chromium({"CHROMIUM": str(mine)}) == str(mine)
