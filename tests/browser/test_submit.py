"""Submitting: the form, who would have to approve, documents, errors at their fields, nothing twice, nothing lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.visitor import LOSE_NEXT_ANSWER, Visitor
from tests.e2e.greenlight import PDF, Greenlight


@pytest.fixture
def ana(page: Page, greenlight: Greenlight) -> Visitor:
    return Visitor(page, greenlight).be("ana").open("/submit", "Submit a proposal")


def test_a_proposal_with_a_document_is_submitted(ana: Visitor, tmp_path: Path) -> None:
    ana.fill_form(tmp_path, Title="By hand, with a document")
    preview = ana.page.locator(".preview")
    expect(preview).to_contain_text("Ben Okafor")
    expect(preview).to_contain_text("Fay Morel and Carl Lindqvist")
    expect(preview).to_contain_text("working days")
    ana.button("Submit").click()
    expect(ana.heading("By hand, with a document")).to_be_visible()
    ana.sees("Waiting for decisions")
    ana.sees("Ben Okafor is asked")
    with ana.page.expect_download() as saved:
        ana.page.get_by_role("link", name="design.pdf").click()
    assert saved.value.suggested_filename == "design.pdf"


def test_what_is_missing_is_said_at_its_field_and_nothing_is_sent(ana: Visitor) -> None:
    ana.page.get_by_label("Category").select_option("software-design")
    ana.button("Submit").click()
    problem = ana.page.get_by_role("alert").filter(has_text="Nothing was sent yet.")
    expect(problem).to_be_focused()
    problem.get_by_role("link", name="Title").click()
    title = ana.field("Title")
    expect(title).to_be_focused()
    expect(title).to_have_attribute("aria-invalid", "true")
    expect(ana.field("Design document")).to_have_attribute("aria-invalid", "true")
    assert not [i for i in ana.greenlight.get("ana", "/api/proposals").json()["items"] if not i["title"]]


def test_what_the_server_refuses_is_said_at_its_field(ana: Visitor, tmp_path: Path) -> None:
    ana.fill_form(tmp_path, Budget="5000000000000")
    ana.button("Submit").click()
    budget = ana.field("Budget")
    expect(budget).to_have_attribute("aria-invalid", "true")
    expect(ana.page.locator("p.error")).to_contain_text("less than or equal")
    budget.fill("12 000,50")
    ana.button("Submit").click()
    expect(ana.heading("New sorting hall")).to_be_visible()
    ana.sees("€12,000.50")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("€ 500", "€500"),
        ("0,5", "€0.50"),
        ("12.500,50", "€12,500.50"),
        ("12,500.50", "€12,500.50"),
        ("1 250", "€1,250"),
        ("1.250.000", "€1,250,000"),
    ],
)
def test_an_amount_is_read_as_it_is_meant(ana: Visitor, written: str, read: str) -> None:
    ana.page.get_by_label("Category").select_option("process-change")
    ana.page.get_by_label("Risk").select_option("low")
    ana.field("Budget").fill(written)
    expect(ana.page.locator(".preview")).to_contain_text(f"For {read},")


def test_an_amount_with_two_readings_is_not_taken(ana: Visitor, tmp_path: Path) -> None:
    ana.fill_form(tmp_path, Budget="12.500")
    expect(ana.page.locator(".preview")).to_contain_text(
        "has two readings: write 12500, or the decimals as in 12.50"
    )
    ana.button("Submit").click()
    expect(ana.field("Budget")).to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize("written", ["12 50", "1'2", "12_5", "1.2 3", "0.125", "1.234.56", "twelve", "-5"])
def test_what_is_no_amount_is_not_taken(ana: Visitor, written: str) -> None:
    ana.field("Budget").fill(written)
    expect(ana.page.locator(".preview")).to_contain_text("write an amount like 12500")


def test_another_category_and_back_loses_nothing(ana: Visitor, tmp_path: Path) -> None:
    ana.fill_form(tmp_path)
    category = ana.page.get_by_label("Category")
    category.select_option("process-change")
    ana.field("Why now?").fill("It smokes")
    category.select_option("software-design")
    expect(ana.field("What shall be better afterwards?")).to_have_value("Half the errors")
    expect(ana.page.locator(".drop", has_text="Design document")).to_contain_text("design.pdf")


def test_a_file_that_is_dropped_is_taken(ana: Visitor, tmp_path: Path) -> None:
    ana.fill_form(tmp_path)
    data = ana.page.evaluate_handle(
        "() => { const given = new DataTransfer();"
        " given.items.add(new File(['x'], 'plan.png', {type: 'image/png'})); return given; }"
    )
    zone = ana.page.locator(".drop", has_text="Diagram")
    zone.dispatch_event("drop", {"dataTransfer": data})
    expect(zone).to_contain_text("plan.png")
    zone.get_by_role("button", name="Remove plan.png").click()
    expect(zone).not_to_contain_text("plan.png")


def test_a_lost_connection_loses_nothing_and_doubles_nothing(ana: Visitor, tmp_path: Path) -> None:
    ana.fill_form(tmp_path, Title="Sent twice over a bad line")
    ana.page.evaluate(LOSE_NEXT_ANSWER)
    ana.button("Submit").click()
    ana.sees("The connection was lost, so it is not known whether your proposal arrived.")
    ana.button("Submit").click()
    expect(ana.heading("Sent twice over a bad line")).to_be_visible()
    mine = ana.greenlight.get("ana", "/api/proposals").json()["items"]
    assert [item["title"] for item in mine].count("Sent twice over a bad line") == 1


def test_what_was_written_outlives_a_reload_and_is_nobody_elses(ana: Visitor) -> None:
    ana.field("Title").fill("Half written")
    ana.page.reload()
    expect(ana.field("Title")).to_have_value("Half written")
    ana.page.get_by_label("You are").select_option("ben")
    expect(ana.field("Title")).to_have_value("")
    ana.page.get_by_label("You are").select_option("ana")
    expect(ana.field("Title")).to_have_value("Half written")
    ana.page.once("dialog", lambda dialog: dialog.accept())
    ana.button("Start over").click()
    expect(ana.field("Title")).to_have_value("")


def test_a_file_that_was_changed_since_it_was_chosen_is_named(ana: Visitor, tmp_path: Path) -> None:
    ana.fill_form(tmp_path, Title="Changed under way")
    (tmp_path / "design.pdf").write_bytes(PDF + b"changed since")
    ana.button("Submit").click()
    expect(ana.field("Design document")).to_have_attribute("aria-invalid", "true")
    expect(ana.page.locator("p.error")).to_contain_text("was changed or moved since you chose it")


def test_too_many_documents_are_not_sent_first(ana: Visitor, tmp_path: Path) -> None:
    ana.fill_form(tmp_path)
    ana.field("Diagram").set_input_files([tmp_path / "design.pdf"] * 20)
    ana.button("Submit").click()
    ana.sees("21 documents are more than the limit of 20")


def test_nothing_can_be_changed_while_it_is_sent(ana: Visitor, tmp_path: Path) -> None:
    ana.fill_form(tmp_path, Title="Slow line")
    ana.page.route("**/api/proposals", lambda _: None)  # no answer comes
    ana.button("Submit").click()
    expect(ana.page.locator("form#proposal")).to_have_attribute("inert", "")
    expect(ana.button("Submit")).to_be_disabled()


def test_who_left_while_it_was_sent_is_told_that_it_was_not_taken(ana: Visitor, tmp_path: Path) -> None:
    ana.fill_form(tmp_path, Title="In a hurry")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    ana.page.route("**/api/proposals", hold)
    with ana.page.expect_request("**/api/proposals"):
        ana.button("Submit").click()
    ana.page.get_by_role("link", name="Messages").click()
    expect(ana.heading("Messages")).to_be_visible()
    held[0].abort()
    ana.sees("Your proposal was not taken")
    ana.page.get_by_role("link", name="Back to it").click()
    expect(ana.field("Title")).to_have_value("In a hurry")


def test_what_was_sent_and_then_changed_is_not_a_dead_end(ana: Visitor, tmp_path: Path) -> None:
    ana.fill_form(tmp_path, Title="First words")
    ana.page.evaluate(LOSE_NEXT_ANSWER)
    ana.button("Submit").click()
    ana.sees("The connection was lost")
    ana.field("Title").fill("Second words")
    ana.button("Submit").click()
    ana.sees("It was sent and taken before you changed it.")
    ana.page.get_by_role("link", name="Open what was sent").click()
    expect(ana.heading("First words")).to_be_visible()


def test_who_was_typed_but_not_added_counts_too(ana: Visitor, tmp_path: Path) -> None:
    ana.fill_form(tmp_path, Title="Typed only")
    ana.field("Prepared by").fill("nobody there")
    ana.button("Submit").click()
    expect(ana.field("Prepared by")).to_have_attribute("aria-invalid", "true")
    ana.field("Prepared by").fill("carl")
    ana.button("Submit").click()
    ana.sees("Carl Lindqvist is now among those who prepared it")
    expect(ana.page.locator(".preview")).not_to_contain_text("Carl Lindqvist")
    ana.button("Submit").click()
    expect(ana.heading("Typed only")).to_be_visible()
    ana.sees("Prepared by")


def test_who_prepared_it_is_not_asked(ana: Visitor, tmp_path: Path) -> None:
    ana.fill_form(tmp_path, Title="With help")
    ana.field("Prepared by").fill("Carl Lindqvist (carl)")  # as the list of suggestions does
    expect(ana.page.locator(".preview")).not_to_contain_text("Carl Lindqvist")
    ana.button("Submit").click()
    expect(ana.heading("With help")).to_be_visible()
    ana.sees("Prepared by")
    ana.sees("Carl Lindqvist")
