"""Deciding and everything around it, by two and more people, with races, lost connections and sessions that end."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import OpenPage
from tests.browser.visitor import Visitor
from tests.e2e.greenlight import Greenlight


@pytest.fixture
def visit(open_page: OpenPage, greenlight: Greenlight) -> VisitAs:
    return VisitAs(open_page, greenlight)


class VisitAs:
    """Opens a window for a person, at a proposal."""

    def __init__(self, open_page: OpenPage, greenlight: Greenlight) -> None:
        self.open_page, self.greenlight = open_page, greenlight

    def __call__(self, person: str, proposal: str, title: str) -> Visitor:
        visitor = Visitor(self.open_page(), self.greenlight).be(person)
        return visitor.open(f"/proposals/{proposal}", title)


def test_a_decision_is_recorded_then_applied_and_everybody_sees_it(
    visit: VisitAs, greenlight: Greenlight
) -> None:
    proposal = greenlight.submit(title="From hand to hand")
    author = visit("ana", proposal, "From hand to hand")
    ben = visit("ben", proposal, "From hand to hand")
    ben.sees("Asked because: manager of Ana Ferreira")
    ben.sees("A decision is final once it is recorded.")
    ben.choose("Approve", "good")
    ben.decide()
    ben.sees_receipt("You approved")
    author.sees("Ben Okafor approved")  # without a reload
    for person in ("fay", "carl"):
        other = visit(person, proposal, "From hand to hand")
        other.choose("Approve")
        other.decide()
        other.sees_receipt("You approved")
    author.page.get_by_role("link", name="Open the record").click()
    author.sees("Who decided")
    author.sees("asked because: manager of Ana Ferreira")
    with author.page.expect_download() as saved:
        author.page.get_by_role("link", name="Audit trail").click()
    assert saved.value.suggested_filename == f"{proposal}-audit.jsonl"


def test_the_inbox_leads_to_it_by_keyboard_alone(page: Page, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="By keys alone")
    ben = Visitor(page, greenlight).be("ben").open("/", "Inbox")
    entry = page.get_by_role("link", name="By keys alone")
    expect(entry).to_be_visible()
    for _ in range(60):
        if entry.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(ben.heading("By keys alone")).to_be_focused()
    radio = page.get_by_role("radio", name="Approve", exact=True)
    for _ in range(60):
        if radio.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("typed")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    ben.sees_receipt("You approved")
    assert greenlight.task("ana", proposal, "line-1")["task"]["decision"]["comment"] == "typed"


def test_a_rejection_without_a_reason_is_not_sent(visit: VisitAs, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="No without why")
    ben = visit("ben", proposal, "No without why")
    ben.choose("Reject")
    ben.decide()
    expect(ben.field("Comment")).to_have_attribute("aria-invalid", "true")
    ben.field("Comment").fill("too dear")
    ben.decide()
    ben.sees_receipt("You rejected")
    ben.sees("Rejected")


def test_changes_are_requested_and_a_revision_answers(visit: VisitAs, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="Too dear")
    ben = visit("ben", proposal, "Too dear")
    ben.choose("Request changes", "cheaper, please")
    ben.decide()
    ben.sees_receipt("You asked for changes")
    author = visit("ana", proposal, "Too dear")
    author.sees("Changes are requested")
    author.page.get_by_role("link", name="Revise").click()
    expect(author.heading("Revise “Too dear”")).to_be_visible()
    author.sees("cheaper, please")
    author.field("Budget").fill("9000")
    author.field("What changed").fill("Half the licences")
    author.button("Submit the revision").click()
    expect(author.heading("Too dear")).to_be_visible()
    expect(author.page.locator(".changes del")).to_contain_text("12,000")
    expect(author.page.locator(".changes ins")).to_contain_text("9,000")
    author.sees("Half the licences")
    author.sees("Ben Okafor is asked")
    expect(author.page.get_by_role("link", name="design.pdf").first).to_be_visible()  # kept


def test_the_author_withdraws(visit: VisitAs, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="Second thoughts")
    ben = visit("ben", proposal, "Second thoughts")
    author = visit("ana", proposal, "Second thoughts")
    form = author.unfold("Withdraw the proposal")
    form.get_by_label("Why").fill("not needed")
    form.get_by_role("button", name="Withdraw").click()
    author.sees("Withdrawn")
    expect(ben.page.locator("form.decide")).to_have_count(0)


def test_silence_escalates_under_the_eyes_of_who_was_silent(visit: VisitAs, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="Nobody answers")
    due = datetime.fromisoformat(greenlight.wait_for_task("ben", "line-1", proposal)["due_at"])
    greenlight.host.advance_to(due - timedelta(minutes=40))
    ben = visit("ben", proposal, "Nobody answers")
    ben.sees("Due in 40 minutes")
    ben.choose("Approve", "on my way")
    greenlight.host.advance_to(due)
    ben.sees("This proposal changed while you were writing")
    ben.sees("No answer from you: escalated to Dora Novak")
    ben.decide()
    ben.sees("You now see the current state")
    ben.sees("on my way")  # what was written is there to be copied
    heir = greenlight.wait_for_task("dora", "line-1.2", proposal)
    address = f"/api/proposals/{proposal}/revisions/1/tasks/line-1.2/question"
    asked = greenlight.post("dora", address, json={"text": "?"}, headers={"If-Match": heir["etag"]})
    assert asked.status_code == 200
    ben.sees("Dora Novak asked the author a question")
    ben.sees("on my way")  # and stays, whatever happens next
    ben.sees("Dora Novak is asked")
    dora = visit("dora", proposal, "Nobody answers")
    dora.choose("Approve")
    dora.decide()
    dora.sees_receipt("You approved")


def test_two_people_race_and_the_loser_is_told_what_happened(visit: VisitAs, greenlight: Greenlight) -> None:
    proposal = greenlight.submit_without_documents(title="A race", risk="high")
    assert greenlight.decide("ben", proposal, "line-1").status_code == 200
    greenlight.wait_for_task("carl", "safety-2", proposal)
    kim, carl = visit("kim", proposal, "A race"), visit("carl", proposal, "A race")
    carl.page.route("**/api/proposals/*", lambda route: route.abort())  # carl does not hear of it by himself
    carl.choose("Reject", "unsafe")
    kim.choose("Approve", "safe")
    kim.decide()
    kim.sees_receipt("You approved")
    carl.page.unroute("**/api/proposals/*")
    carl.decide()
    carl.sees("You now see the current state")
    carl.sees("Kim Sato approved")
    assert greenlight.wait_for_state("ana", proposal, "closed")["outcome"] == "approved"


def test_a_decision_over_a_lost_connection_is_counted_once(visit: VisitAs, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="A bad line")
    ben = visit("ben", proposal, "A bad line")
    ben.choose("Approve", "fine")
    ben.page.route("**/decision", lambda route: route.abort(), times=1)
    ben.decide()
    ben.sees("The connection was lost, so it is not known whether your decision arrived.")
    expect(ben.page.locator(".receipt")).to_have_count(0)

    def lost_on_the_way_back(route: Route) -> None:
        route.fetch()
        route.abort()

    ben.page.route("**/decision", lost_on_the_way_back, times=1)
    ben.button("Send again").click()
    ben.sees_receipt("You approved")
    actions = [entry["action"] for entry in greenlight.trail("ana", proposal)]
    assert actions.count("decided") == 1


def test_a_session_that_ended_keeps_what_was_written(visit: VisitAs, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="Signed out")
    ben = visit("ben", proposal, "Signed out")
    ben.choose("Approve", "a long comment")
    ben.sign_out()
    ben.decide()
    ben.sees("You are signed out. What you wrote is kept")
    ben.be("ben").page.reload()
    expect(ben.field("Comment")).to_have_value("a long comment")
    ben.decide()
    ben.sees_receipt("You approved")


def test_a_task_is_handed_over_and_stepped_back_from(visit: VisitAs, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="Not mine")
    ben = visit("ben", proposal, "Not mine")
    form = ben.unfold("Hand over to somebody else")
    form.get_by_label("To").fill("nobody there")
    form.get_by_role("button", name="Hand over").click()
    ben.sees("Choose somebody from the list.")
    form.get_by_label("To").fill("Carl Lindqvist (carl)")
    form.get_by_role("button", name="Hand over").click()
    ben.sees("Carl Lindqvist is asked")
    carl = visit("carl", proposal, "Not mine")
    form = carl.unfold("Step back")
    form.get_by_label("Why").fill("I sold it to them")
    form.get_by_role("button", name="Step back").click()
    carl.sees("Dora Novak is asked")


def test_a_question_is_asked_and_answered(visit: VisitAs, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="What for?")
    ben, author = visit("ben", proposal, "What for?"), visit("ana", proposal, "What for?")
    form = ben.unfold("Ask the author a question")
    form.get_by_label("Question").fill("What about hall 3?")
    form.get_by_role("button", name="Ask").click()
    author.sees("What about hall 3?")
    form = author.unfold("Answer")
    form.get_by_label("Your answer").fill("Next year")
    form.get_by_role("button", name="Send the answer").click()
    ben.sees("Next year")
    expect(ben.page.locator("form.decide")).to_be_visible()  # still to be decided


def test_conditions_are_set_shown_and_confirmed(visit: VisitAs, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="If it is fast")
    assert greenlight.decide("ben", proposal, "line-1").status_code == 200
    assert greenlight.decide("carl", proposal, "review-2").status_code == 200
    greenlight.wait_for_task("fay", "review-1", proposal)
    fay = visit("fay", proposal, "If it is fast")
    fay.choose("Approve on conditions", "if it is fast")
    fay.field("What must be shown").fill("The load test")
    fay.decide()
    fay.sees_receipt("You approved on conditions")
    author = visit("ana", proposal, "If it is fast")
    author.sees("Approved on conditions")
    form = author.unfold("Give evidence")
    form.get_by_label("What shows it").fill("10,000 a second")
    form.get_by_role("button", name="Send").click()
    fay.sees("10,000 a second")
    fay.unfold("Confirm that it is met").get_by_role("button", name="Confirm").click()
    author.sees("Open the record")


def test_an_operator_reassigns(visit: VisitAs, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="Ben is ill")
    olga = visit("olga", proposal, "Ben is ill")
    form = olga.unfold("Reassign the task of Ben Okafor")
    form.get_by_label("To").fill("dora")
    form.get_by_role("button", name="Hand over").click()
    olga.sees("Dora Novak is asked")


def test_what_others_do_leaves_a_form_in_work_alone(visit: VisitAs, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="Side by side")
    assert greenlight.decide("ben", proposal, "line-1").status_code == 200
    greenlight.wait_for_task("fay", "review-1", proposal)
    fay = visit("fay", proposal, "Side by side")
    form = fay.unfold("Hand over to somebody else")
    form.get_by_label("Why").fill("half a sentence")
    assert greenlight.decide("carl", proposal, "review-2").status_code == 200
    fay.sees("While you were writing: Carl Lindqvist approved.")
    expect(form.get_by_label("Why")).to_be_focused()
    expect(form.get_by_label("Why")).to_have_value("half a sentence")
    fay.page.reload()
    expect(fay.page.get_by_label("Why").first).to_have_value("half a sentence")


def test_two_windows_of_two_people_do_not_mix(visit: VisitAs, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="Two windows")
    ben = visit("ben", proposal, "Two windows")
    other = Visitor(ben.page.context.new_page(), greenlight).be("ana")
    other.open("/mine", "My proposals")
    ben.choose("Approve", "as ben")
    ben.decide()
    ben.sees("You are Ana Ferreira now")
    assert greenlight.task("ana", proposal, "line-1")["task"]["state"] == "open"
    other.page.close()


def test_a_link_to_a_task_that_is_over_says_what_became_of_it(page: Page, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="Too late")
    assert greenlight.decide("ben", proposal, "line-1").status_code == 200
    greenlight.wait_for_task("carl", "review-2", proposal)
    visitor = Visitor(page, greenlight).be("olga").open(f"/proposals/{proposal}?task=line-1", "Too late")
    visitor.sees("The task in your message is over: Ben Okafor approved on")


def test_the_focus_stays_with_the_receipt(visit: VisitAs, greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="Where was I?")
    ben = visit("ben", proposal, "Where was I?")
    ben.choose("Approve")
    ben.decide()
    ben.sees_receipt("You approved")
    expect(ben.page.locator(".receipt")).to_be_focused()


def test_who_left_while_a_decision_was_sent_is_told_that_it_was_not_taken(
    visit: VisitAs, greenlight: Greenlight
) -> None:
    proposal = greenlight.submit(title="Gone on")
    ben = visit("ben", proposal, "Gone on")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    ben.page.route("**/decision", hold)
    ben.choose("Approve")
    with ben.page.expect_request("**/decision"):
        ben.decide()
    ben.page.get_by_role("link", name="Messages").click()
    expect(ben.heading("Messages")).to_be_visible()
    held[0].abort()
    ben.sees("What you sent about “Gone on” was not taken")
    expect(ben.page).to_have_title(re.compile("^Messages"))
    ben.page.get_by_role("link", name="Open it").click()
    expect(ben.heading("Gone on")).to_be_visible()


def test_evidence_for_one_condition_leaves_the_form_of_another_alone(
    visit: VisitAs, greenlight: Greenlight, tmp_path: Path
) -> None:
    proposal = greenlight.submit_without_documents(title="Two conditions")
    due = (greenlight.host.now() + timedelta(days=30)).isoformat()
    conditions = [{"text": text, "due": due} for text in ("It fits", "It lasts")]
    answer = greenlight.decide(
        "ben", proposal, "line-1", "approve_with_conditions", "if", conditions=conditions
    )
    assert answer.status_code == 200
    greenlight.wait_for_state("ana", proposal, "conditions")
    author = visit("ana", proposal, "Two conditions")
    first, second = (author.page.locator("article", has_text=text) for text in ("It fits", "It lasts"))
    second.locator("summary").click()
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"png")
    second.get_by_label("Documents").set_input_files(photo)
    first.locator("summary").click()
    first.get_by_label("What shows it").fill("measured")
    first.get_by_role("button", name="Send").click()
    expect(first).to_contain_text("To be confirmed")
    assert second.get_by_label("Documents").evaluate("input => input.files.length") == 1
