"""What is final takes a deliberate act; what is wrong is said before it is sent; nothing untrue stays on the page."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor
from tests.e2e.greenlight import Greenlight


@pytest.fixture
def ben(page: Page, greenlight: Greenlight) -> Visitor:
    return Visitor(page, greenlight).be("ben")


def test_enter_on_a_choice_or_in_a_field_decides_nothing(ben: Visitor, greenlight: Greenlight) -> None:
    proposal = greenlight.submit_without_documents(title="Slip of a finger")
    ben.open(f"/proposals/{proposal}", "Slip of a finger")
    radio = ben.page.get_by_role("radio", name="Approve", exact=True)
    radio.focus()
    ben.page.keyboard.press("Space")
    expect(radio).to_be_checked()
    ben.page.keyboard.press("Enter")
    ben.choose("Approve on conditions", "if it fits")
    ben.field("What must be shown").fill("It fits")
    ben.page.locator("form.decide input[type=date]").press("Enter")
    asked = ben.unfold("Hand over to somebody else").get_by_label("To")
    asked.fill("Dora Novak (dora)")
    asked.press("Enter")
    ben.page.get_by_role("link", name="Messages").click()  # nor does leaving
    expect(ben.heading("Messages")).to_be_visible()
    task = greenlight.task("ana", proposal, "line-1")["task"]
    assert (task["state"], task["assignee"], task["decision"]) == ("open", "ben", None)


def test_the_button_names_the_verdict_and_what_follows(ben: Visitor, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="What follows?")
    ben.open(f"/proposals/{proposal}", "What follows?")
    act = ben.page.locator("form.decide .bar button")
    expect(act).to_have_text("Choose a decision")
    for verdict, text in (
        ("Approve", "Approve and pass on"),
        ("Request changes", "Request changes and return to the author"),
        ("Reject", "Reject and close"),
    ):
        ben.choose(verdict)
        expect(act).to_have_text(text)
    assert greenlight.decide("ben", proposal, "line-1").status_code == 200
    greenlight.wait_for_task("fay", "review-1", proposal)
    ben.be("fay").page.reload()
    ben.choose("Approve")
    expect(act).to_have_text("Approve")  # of two, the first
    assert greenlight.decide("carl", proposal, "review-2").status_code == 200
    expect(act).to_have_text("Approve and finish")  # without a reload, as soon as it is true


def test_a_question_that_was_sent_leaves_an_empty_form(ben: Visitor, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="Two questions")
    ben.open(f"/proposals/{proposal}", "Two questions")
    for text in ("How many?", "And when?"):
        form = ben.unfold("Ask the author a question")
        expect(form.get_by_label("Question")).to_have_value("")
        form.get_by_label("Question").fill(text)
        form.get_by_role("button", name="Ask").click()
        ben.sees(text)
        expect(form).to_be_hidden()
    expect(ben.page.get_by_text("Sending…")).to_have_count(0)


def test_a_document_of_another_type_is_refused_before_it_is_sent(
    page: Page, greenlight: Greenlight, tmp_path: Path
) -> None:
    ana = Visitor(page, greenlight).be("ana").open("/submit", "Submit a proposal")
    ana.fill_form(tmp_path, Title="Plain text")
    page.get_by_role("button", name="Remove design.pdf").click()
    for name, data in (("design.txt", b"text"), ("renamed.pdf", b"not a PDF")):
        path = tmp_path / name
        path.write_bytes(data)
        ana.field("Design document").set_input_files(path)
        ana.sees(f"{name} is not one of the accepted types (PDF, Markdown and Word)")
        ana.button("Submit").click()
        expect(ana.field("Design document")).to_have_attribute("aria-invalid", "true")
        expect(ana.heading("Submit a proposal")).to_be_visible()
        page.get_by_role("button", name=f"Remove {name}").click()
    titles = [item["title"] for item in greenlight.get("ana", "/api/proposals").json()["items"]]
    assert "Plain text" not in titles


def test_what_was_missing_is_no_longer_said_once_it_is_there(page: Page, greenlight: Greenlight) -> None:
    ana = Visitor(page, greenlight).be("ana").open("/submit", "Submit a proposal")
    page.get_by_label("Category").select_option("software-design")
    ana.button("Submit").click()
    title = ana.field("Title")
    expect(title).to_have_attribute("aria-invalid", "true")
    title.fill("A title")
    expect(title).not_to_have_attribute("aria-invalid", "true")
    expect(page.locator(".field", has=title).get_by_text("is missing")).to_have_count(0)
    expect(ana.field("Summary")).to_have_attribute("aria-invalid", "true")


def test_a_forwarded_link_says_for_whom_it_is_and_what_to_do(page: Page, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="Not for everybody")
    hugo = Visitor(page, greenlight).be("hugo")
    told = []
    for name in (proposal, "p-aaaaaaaaaaaa"):  # nothing is given away: not even that it exists
        hugo.open(
            f"/proposals/{name}?task=line-1&note=not-yours&for=ben", "This link was made for somebody else"
        )
        hugo.sees("It was sent to Ben Okafor")
        hugo.sees("Hand over to somebody else")
        told.append(page.locator("main").inner_text())
    assert told[0] == told[1]
    assert "Not for everybody" not in told[0]


def test_what_is_over_asks_nobody_any_more(page: Page, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="Refused at once")
    assert greenlight.decide("ben", proposal, "line-1", "reject", "no").status_code == 200
    greenlight.wait_for_state("ana", proposal, "closed")
    ana = Visitor(page, greenlight).be("ana").open(f"/proposals/{proposal}", "Refused at once")
    ana.sees("Was not needed: Fay Morel and Carl Lindqvist")
    expect(page.get_by_text("Next to be asked")).to_have_count(0)
    expect(page.locator("header.head")).to_contain_text("In the stage “Line management”.")
    expect(page.get_by_text("stage line", exact=False)).to_have_count(0)


def test_an_escalated_task_says_from_whom_it_came(page: Page, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="Unanswered")
    due = datetime.fromisoformat(greenlight.wait_for_task("ben", "line-1", proposal)["due_at"])
    greenlight.host.advance_to(due + timedelta(minutes=1))
    greenlight.wait_for_task("dora", "line-1.2", proposal)
    dora = Visitor(page, greenlight).be("dora").open("/", "Inbox")
    row = page.get_by_role("listitem").filter(has_text="Unanswered")
    expect(row).to_contain_text("Escalated")
    expect(row).to_contain_text("no answer from Ben Okafor")
    expect(row.locator("time").first).to_have_attribute("datetime", re.compile("^20"))
    row.get_by_role("link").click()
    dora.sees("Ben Okafor did not answer in time; now you")


def test_the_time_zone_is_named_where_it_is_not_the_readers(page: Page, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="Whose time?")
    greenlight.wait_for_task("ben", "line-1", proposal)
    ana = (
        Visitor(page, greenlight).be("ana").open(f"/proposals/{proposal}", "Whose time?")
    )  # of Lisbon, in Berlin
    expect(page.locator("main .due").first).to_contain_text("CET")
    ana.be("ben").page.reload()  # of Berlin
    expect(page.locator("form.decide .due")).to_contain_text("Due")
    expect(page.locator("form.decide .due")).not_to_contain_text("CET")
