"""Every text on the page comes from the catalogue: shown in a language that does not exist, nothing English is left.

What is left between the marks must be data: words that the API answered with, or that `Intl` writes by itself.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Response, Route, expect

from tests.browser.visitor import Visitor
from tests.e2e.greenlight import Greenlight
from tests.hosts import ROOT

CATALOGUE = ROOT / "locales" / "en" / "page.ftl"
MARKED = re.compile(r"⟦[^⟧]*⟧", re.DOTALL)
WORD = re.compile(r"[A-Za-z]{2,}")
# Days, months, zones, units and lists as Intl writes them, and the name of the product.
BY_INTL = set(
    WORD.findall(
        "mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday jan feb mar apr may jun"
        " jul aug sep sept oct nov dec january february march april june july august september october november"
        " december cet cest gmt byte bytes kb mb now yesterday ago in second seconds minute minutes hour hours day days"
        " and greenlight"
    )
)
SHOWN = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let node = walker.currentNode; node; node = walker.nextNode()) {
    if (node.nodeType === Node.TEXT_NODE) {
      if (!node.parentElement.closest("noscript, .code, .avatar, kbd")) found.push(node.textContent);
    } else for (const name of ["aria-label", "title", "placeholder", "alt"]) found.push(node.getAttribute(name) ?? "");
  }
  return found.filter((text) => text.trim());
}"""


@pytest.fixture
def answers(page: Page) -> list[Response]:
    """Everything that the API answered, and the page in a language that does not exist."""
    found: list[Response] = []

    def heard(response: Response) -> None:
        if "/api/" in response.url:
            found.append(response)

    def other(route: Route) -> None:
        route.fulfill(body=pseudo(CATALOGUE), content_type="text/plain; charset=utf-8")

    page.on("response", heard)
    page.route("**/en/page.ftl", other)
    return found


def pseudo(path: Path) -> str:
    told = subprocess.run(
        ["node", "tests/browser/pseudo.js", path], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return told.stdout


def left_over(page: Page, answers: list[Response]) -> list[str]:
    """Texts on the page with words that are neither marked nor data."""
    told = (re.sub(r"\\.", " ", answer.text()) for answer in answers)
    data = {word.lower() for text in told for word in WORD.findall(text)}
    texts: list[str] = page.evaluate(SHOWN)
    known = data | BY_INTL
    return [text for text in texts if {word.lower() for word in WORD.findall(MARKED.sub(" ", text))} - known]


def unfold(page: Page) -> None:
    for summary in page.locator("main summary").all():
        summary.click()


def refuse(page: Page) -> None:
    page.locator("select[name=category]").select_option("software-design")
    page.locator("button[form=proposal]").click()
    expect(page.locator("form .problem")).to_be_visible()


def choose(page: Page) -> None:
    page.locator("form.decide input[value=reject]").check()
    page.locator("form.decide .bar button").click()
    expect(page.locator("form.decide .problem")).to_be_visible()
    unfold(page)


VIEWS: list[tuple[str, str, Callable[[Page], None]]] = [
    ("ben", "/", lambda page: page.keyboard.press("?")),
    ("vera", "/", unfold),
    ("ben", "/proposals/{waiting}", choose),
    ("ana", "/proposals/{revised}", unfold),
    ("ana", "/proposals/{closed}", unfold),
    ("ana", "/proposals/{closed}/record", unfold),
    ("ben", "/proposals/{waiting}/record", unfold),
    ("hugo", "/proposals/{waiting}?note=not-yours&for=ben", unfold),
    ("ana", "/submit", refuse),
    ("ana", "/mine", unfold),
    ("olga", "/mine?scope=open", unfold),
    ("ana", "/messages", unfold),
    ("ana", "/nowhere", unfold),
]


@pytest.fixture(scope="module")
def proposals(greenlight: Greenlight) -> dict[str, str]:
    closed = greenlight.submit(title="Sorting hall")
    assert greenlight.decide("ben", closed, "line-1", "reject", "no").status_code == 200
    greenlight.wait_for_state("ana", closed, "closed")
    revised = greenlight.submit(title="Canteen")
    assert greenlight.decide("ben", revised, "line-1", "request_changes", "shorter").status_code == 200
    greenlight.wait_for_state("ana", revised, "changes_requested")
    documents = greenlight.picture("ana", revised)["revisions"][0]["submission"]["documents"]
    body = greenlight.body(title="Canteen", budget="900", note="Shorter.", from_revision=1)
    body["keep"] = [document["sha256"] for document in documents]
    assert greenlight.post("ana", f"/api/proposals/{revised}/revisions", json=body).status_code == 202
    greenlight.wait_for_state("ana", revised, "deciding")
    waiting = greenlight.submit(title="Racks")
    greenlight.wait_for_task("ben", "line-1", waiting)
    return {"closed": closed, "revised": revised, "waiting": waiting}


@pytest.mark.parametrize(
    ("person", "place", "prepare"), VIEWS, ids=[f"{person} at {place}" for person, place, _ in VIEWS]
)
def test_nothing_is_shown_that_is_not_in_the_catalogue(
    page: Page,
    greenlight: Greenlight,
    answers: list[Response],
    proposals: dict[str, str],
    person: str,
    place: str,
    prepare: Callable[[Page], None],
) -> None:
    Visitor(page, greenlight).be(person)
    page.goto(f"/#{place.format_map(proposals)}")
    expect(page.locator("main h1")).to_be_visible()
    prepare(page)
    assert left_over(page, answers) == []


def test_a_text_outside_the_catalogue_is_found(
    page: Page, greenlight: Greenlight, answers: list[Response]
) -> None:
    Visitor(page, greenlight).be("vera")
    page.goto("/#/")
    expect(page.locator("main h1")).to_contain_text("⟦")
    page.evaluate("document.querySelector('main').append('Written in the code')")
    assert left_over(page, answers) == ["Written in the code"]
