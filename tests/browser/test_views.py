"""Every view, narrow and wide, light and dark: nothing that axe finds, no sideways scrolling, a focus that is seen.

The screenshots under build/browser/views are there to be looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import Look
from tests.browser.conftest import ARTEFACTS
from tests.browser.visitor import Visitor
from tests.e2e.greenlight import Greenlight
from tests.hosts import ROOT

LOOKS = [Look(width, scheme) for width in (320, 1280) for scheme in ("light", "dark")]
AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()


FORM = {
    "Title": "New sorting hall",
    "Budget": "12,500.00",
    "Summary": "Replace the sorting software of hall 2.",
    "What shall be better afterwards?": "Half the errors.",
    "What else was considered?": "Keeping it; buying one.",
}


@dataclass(frozen=True)
class View:
    name: str
    person: str | None
    place: str
    heading: str
    prepare: Callable[[Page], object] = lambda page: None


def refuse(page: Page) -> None:
    page.get_by_label("Category").select_option("software-design")
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="Nothing was sent yet.")).to_be_visible()


def fill_in(page: Page) -> None:
    page.get_by_label("Category").select_option("software-design")
    page.get_by_label("Risk").select_option("low")
    for label, text in FORM.items():
        page.get_by_label(label).first.fill(text)
    expect(page.locator(".preview")).to_contain_text("working days")


def set_conditions(page: Page) -> None:
    page.get_by_role("radio", name="Approve on conditions").check()
    for summary in page.locator(".move summary").all():
        summary.click()


VIEWS = [
    View("inbox", "carl", "/", "Inbox"),
    View("inbox-empty", "vera", "/", "Inbox"),
    View("proposal-to-decide", "carl", "/proposals/{waiting}", "Warehouse scanners", set_conditions),
    View("proposal-of-the-author", "ana", "/proposals/{revised}", "Lunch room rules"),
    View("proposal-on-conditions", "kim", "/proposals/{conditional}", "Label printer"),
    View("proposal-closed", "fay", "/proposals/{closed}", "New sorting hall"),
    View("proposal-missing", "ana", "/proposals/p-aaaaaaaaaaaa", "Nothing here"),
    View("revise", "ana", "/proposals/{requested}/revise", "Revise “Canteen”"),
    View("submit", "ana", "/submit", "Submit a proposal", fill_in),
    View("submit-refused", "ana", "/submit", "Submit a proposal", refuse),
    View("mine", "ana", "/mine", "My proposals"),
    View("mine-empty", "vera", "/mine", "My proposals"),
    View("everything-open", "olga", "/mine?scope=open", "Everything open"),
    View("messages", "ana", "/messages", "Messages", lambda page: page.locator("summary").first.click()),
    View("record", "ana", "/proposals/{closed}/record", "New sorting hall"),
    View("record-missing", "carl", "/proposals/{waiting}/record", "No record yet"),
    View("who-are-you", None, "/", "Who are you?"),
]


@pytest.fixture(scope="module")
def proposals(greenlight: Greenlight) -> dict[str, str]:
    """One in each state that looks different."""
    closed = greenlight.submit(title="New sorting hall")
    greenlight.approve_all(closed)
    greenlight.wait_for_state("ana", closed, "closed")
    waiting = greenlight.submit(title="Warehouse scanners")
    assert greenlight.decide("ben", waiting, "line-1", comment="Long overdue.").status_code == 200
    greenlight.wait_for_task("carl", "review-2", waiting)
    revised = greenlight.submit(title="Lunch room rules")
    assert greenlight.decide("ben", revised, "line-1", "request_changes", "shorter").status_code == 200
    greenlight.wait_for_state("ana", revised, "changes_requested")
    documents = greenlight.picture("ana", revised)["revisions"][0]["submission"]["documents"]
    body = greenlight.body(title="Lunch room rules", budget="900", note="Shorter now.", from_revision=1)
    body["keep"] = [document["sha256"] for document in documents]
    assert greenlight.post("ana", f"/api/proposals/{revised}/revisions", json=body).status_code == 202
    greenlight.wait_for_state("ana", revised, "deciding")
    requested = greenlight.submit(title="Canteen")
    assert greenlight.decide("ben", requested, "line-1", "request_changes", "say why").status_code == 200
    greenlight.wait_for_state("ana", requested, "changes_requested")
    conditional = greenlight.submit_without_documents(title="Label printer")
    due = (greenlight.host.now() + timedelta(days=900)).isoformat()
    conditions = [{"text": "Show that it fits", "due": due}]
    approved = greenlight.decide(
        "ben", conditional, "line-1", "approve_with_conditions", "if it fits", conditions=conditions
    )
    assert approved.status_code == 200
    greenlight.wait_for_state("ana", conditional, "conditions")
    return {
        "closed": closed,
        "waiting": waiting,
        "revised": revised,
        "requested": requested,
        "conditional": conditional,
    }


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look.width}-{look.scheme}")
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_every_view(
    page: Page, greenlight: Greenlight, proposals: dict[str, str], look: Look, view: View
) -> None:
    visitor = Visitor(page, greenlight)
    if view.person:
        visitor.be(view.person)
    visitor.open(view.place.format_map(proposals), view.heading)
    view.prepare(page)
    page.screenshot(path=ARTEFACTS / "views" / f"{view.name}-{look.width}-{look.scheme}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= look.width
    assert violations(page) == []


def violations(page: Page) -> list[Any]:
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        (each["id"], each["help"], [node["html"][:200] for node in each["nodes"]])
        for each in found["violations"]
    ]


def test_axe_finds_what_is_wrong(page: Page, greenlight: Greenlight) -> None:
    Visitor(page, greenlight).be("ana").open("/", "Inbox")
    page.evaluate("document.querySelector('main').append(document.createElement('img'))")
    assert [found[0] for found in violations(page)] == ["image-alt"]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look.width}-{look.scheme}")
def test_the_focus_is_seen_wherever_the_keyboard_leads(
    page: Page, greenlight: Greenlight, proposals: dict[str, str]
) -> None:
    Visitor(page, greenlight).be("carl").open(f"/proposals/{proposals['waiting']}", "Warehouse scanners")
    seen: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        name, outline, width = page.evaluate(
            "() => { const e = document.activeElement, s = getComputedStyle(e);"
            " return [e.tagName + ':' + (e.textContent || e.name).slice(0, 30), s.outlineStyle, s.outlineWidth]; }"
        )
        if name.startswith("BODY"):
            break
        assert (outline, width) == ("solid", "2px"), name
        seen.append(name)
    assert len(seen) > 10


def test_the_skip_link_leads_past_the_navigation(page: Page, greenlight: Greenlight) -> None:
    Visitor(page, greenlight).be("carl").open("/", "Inbox")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    expect(page).to_have_url(f"{greenlight.host.url}/#/")
