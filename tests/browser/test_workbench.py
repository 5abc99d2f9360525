"""Working through many: rows in groups, sorted, filtered and searched, by keyboard, with a look beside the list."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import Look
from tests.browser.visitor import Visitor
from tests.e2e.greenlight import Greenlight

TITLES = {"Queue alpha": "900", "Queue beta": "12000", "Queue gamma": "4000"}


@pytest.fixture(scope="module")
def queue(greenlight: Greenlight) -> dict[str, str]:
    """Three proposals that wait for Carl, whose inbox nobody else fills here."""
    made = {}
    for title, budget in TITLES.items():
        proposal = greenlight.submit_without_documents("kim", title=title, budget=budget, risk="low")
        made[title] = proposal
    for proposal in made.values():
        greenlight.wait_for_task("dora", "line-1", proposal)
    return made


@pytest.fixture
def dora(page: Page, greenlight: Greenlight, queue: dict[str, str]) -> Visitor:
    assert queue
    visitor = Visitor(page, greenlight).be("dora").open("/", "Inbox")
    page.get_by_role("searchbox").fill("Queue")
    return visitor


def shown(visitor: Visitor) -> list[str]:
    return [title for title in visitor.page.locator(".rows .title").all_inner_texts() if title in TITLES]


def test_a_row_says_what_it_takes_to_decide(dora: Visitor) -> None:
    row = dora.page.get_by_role("listitem").filter(has_text="Queue beta")
    for text in ("Kim Sato", "€12,000", "Process change", "Low", "Due", "manager of Kim Sato"):
        expect(row).to_contain_text(text)
    assert row.locator(".amount").evaluate("e => getComputedStyle(e).textAlign") == "end"
    expect(dora.page.get_by_role("heading", name="This week")).to_be_visible()


def test_rows_are_sorted_filtered_and_searched_and_the_wish_outlives_a_look_elsewhere(dora: Visitor) -> None:
    dora.page.get_by_label("Sort by").select_option("Largest first")
    expect(dora.page.locator(".rows .title").first).to_have_text("Queue beta")
    assert shown(dora) == ["Queue beta", "Queue gamma", "Queue alpha"]
    dora.page.get_by_role("searchbox").fill("queue gam")
    expect(dora.page.locator(".rows li")).to_have_count(1)
    dora.page.get_by_role("link", name="Messages").click()
    expect(dora.heading("Messages")).to_be_visible()
    dora.page.get_by_role("link", name="Inbox").click()
    expect(dora.page.locator(".rows li")).to_have_count(1)
    dora.page.get_by_label("Show", exact=True).select_option("To answer")
    dora.sees("Nothing in your inbox fits.")


def test_the_list_is_worked_through_by_keyboard(dora: Visitor, queue: dict[str, str]) -> None:
    page = dora.page
    page.get_by_label("Sort by").select_option("By title")
    page.locator("h1").click()
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Queue alpha")).to_be_focused()
    expect(page.get_by_role("complementary", name="Preview")).to_contain_text("Queue alpha")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("k")
    expect(page.get_by_role("link", name="Queue beta")).to_be_focused()
    dora.sees("2 selected, €4,900 together")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type(" j")  # while somebody writes no key is a shortcut
    expect(page.get_by_role("searchbox")).to_have_value("Queue j")
    page.get_by_role("searchbox").fill("")
    page.get_by_role("link", name="Work through them").click()
    expect(dora.heading("Queue alpha")).to_be_visible()
    dora.choose("Approve")
    dora.decide()
    dora.sees_receipt("You approved")
    page.get_by_role(
        "link", name="Next: Queue gamma"
    ).click()  # selected before, so it comes before the more urgent
    expect(dora.heading("Queue gamma")).to_be_visible()


def test_shortcuts_can_be_switched_off(dora: Visitor) -> None:
    dora.page.get_by_role("button", name="Keyboard shortcuts").click()
    dora.page.get_by_label("Use these shortcuts").uncheck()
    dora.page.get_by_role("button", name="Close").click()
    dora.page.locator("h1").click()
    dora.page.keyboard.press("j")
    expect(dora.page.locator(".rows .title:focus")).to_have_count(0)


def test_sixty_tasks_fit_on_four_screens(dora: Visitor) -> None:
    row = dora.page.locator(".rows li").first
    box = row.bounding_box()
    assert box is not None
    assert box["height"] * 60 + 4 * 40 <= 4 * 800


@pytest.mark.parametrize("look", [Look(390)], ids=["390"])
def test_on_a_phone_the_whole_card_reacts_and_the_decision_stays_at_the_bottom(
    dora: Visitor, look: Look
) -> None:
    row = dora.page.get_by_role("listitem").filter(has_text="Queue gamma")
    row.scroll_into_view_if_needed()
    box = row.bounding_box()
    assert box is not None
    row.click(position={"x": box["width"] - 6, "y": box["height"] - 6})
    expect(dora.heading("Queue gamma")).to_be_visible()
    act = dora.page.locator("form.decide .bar button")
    for place in ("0", "document.body.scrollHeight"):
        dora.page.evaluate(f"scrollTo(0, {place})")
        expect(act).to_be_in_viewport()
        found = act.bounding_box()
        assert found is not None
        assert found["y"] > look.height - 100


def test_who_comes_for_the_first_time_is_welcomed_once(page: Page, greenlight: Greenlight) -> None:
    jon = Visitor(page, greenlight).be("jon").open("/", "Inbox")
    jon.sees("Welcome to Greenlight")
    jon.button("Got it").click()
    page.reload()
    expect(jon.heading("Inbox")).to_be_visible()
    expect(page.get_by_text("Welcome to Greenlight")).to_have_count(0)


def test_what_is_new_since_the_last_look_is_said(page: Page, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="Meanwhile")
    greenlight.wait_for_task("ben", "line-1", proposal)
    ana = Visitor(page, greenlight).be("ana").open(f"/proposals/{proposal}", "Meanwhile")
    expect(page.get_by_text("since you last looked")).to_have_count(0)
    ana.page.get_by_role("link", name="Messages").click()
    expect(ana.heading("Messages")).to_be_visible()
    assert greenlight.decide("ben", proposal, "line-1").status_code == 200
    greenlight.wait_for_task("carl", "review-2", proposal)
    ana.open(f"/proposals/{proposal}", "Meanwhile")
    ana.sees("events since you last looked.")
    ana.sees("Ben Okafor approved.")


def test_a_proposal_is_copied_as_a_new_one(page: Page, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="Every year")
    ana = Visitor(page, greenlight).be("ana").open(f"/proposals/{proposal}", "Every year")
    ana.button("Copy as a new proposal").click()
    expect(ana.heading("Submit a proposal")).to_be_visible()
    expect(ana.field("Title")).to_have_value("Every year")
    expect(ana.field("Summary")).not_to_have_value("")
    page.get_by_role("link", name="Proposals").click()
    ana.sees("You have a draft: Every year")
    ana.button("Discard").click()
    expect(page.get_by_text("You have a draft")).to_have_count(0)
