"""The inbox: everything that waits for a person, kept up to date, and what a link in a message leads to."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor
from tests.e2e.greenlight import Greenlight, eventually


def test_what_is_new_appears_by_itself(page: Page, greenlight: Greenlight) -> None:
    eli = Visitor(page, greenlight).be("eli").open("/", "Inbox")
    entry = page.get_by_role("listitem").filter(has_text="Fay asks")
    expect(entry).to_have_count(0)
    greenlight.submit("fay", title="Fay asks")
    page.evaluate(
        "document.dispatchEvent(new Event('visibilitychange'))"
    )  # as when the tab is looked at again
    expect(entry).to_contain_text("Due")
    expect(entry).to_contain_text("Asked because: manager of Fay Morel")
    entry.get_by_role("link").click()
    expect(eli.heading("Fay asks")).to_be_visible()


def test_changes_wait_for_the_author(page: Page, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="Once more, please")
    assert greenlight.decide("ben", proposal, "line-1", "request_changes", "again").status_code == 200
    greenlight.wait_for_state("ana", proposal, "changes_requested")
    Visitor(page, greenlight).be("ana").open("/", "Inbox")
    entry = page.get_by_role("listitem").filter(has_text="Once more, please")
    expect(entry).to_contain_text("Changes are requested")


def test_a_link_that_was_cut_off_leads_to_the_inbox(page: Page, greenlight: Greenlight) -> None:
    Visitor(page, greenlight).be("ben").open("/?note=bad-link", "Inbox").sees("That link is not one of")


def test_a_link_of_somebody_else_makes_nobody_an_approver(page: Page, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="Forwarded")
    visitor = Visitor(page, greenlight).be("olga")
    visitor.open(f"/proposals/{proposal}?task=line-1&note=not-yours", "Forwarded")
    visitor.sees("This link was made for somebody else.")
    expect(page.locator("form.decide")).to_have_count(0)


def links_to(greenlight: Greenlight, proposal: str) -> list[str]:
    messages = greenlight.get("ben", "/api/outbox").json()["items"]
    return [message["path"] for message in messages if message["proposal"] == proposal]


def test_who_follows_every_link_in_a_browser_decides_nothing(page: Page, greenlight: Greenlight) -> None:
    """A mail scanner may run the page, as the receiver even, twice."""
    proposal = greenlight.submit(title="Scanned")
    greenlight.wait_for_task("ben", "line-1", proposal)
    eventually(
        lambda: "assigned" in {entry["action"] for entry in greenlight.trail("ana", proposal)},
        "what was opened is in the trail",
    )
    before = greenlight.trail("ana", proposal)
    links = eventually(lambda: links_to(greenlight, proposal), "the message to Ben")
    ben = Visitor(page, greenlight).be("ben")
    for link in links * 2:
        assert link.startswith("/link/")
        page.goto(link)
        expect(ben.heading("Scanned")).to_be_visible()
        expect(page.locator("form.decide")).to_be_visible()
        page.goto("about:blank")
    assert greenlight.trail("ana", proposal) == before
    assert greenlight.task("ana", proposal, "line-1")["task"]["state"] == "open"
