"""From submission to an ending, every ending, over HTTP on devhost."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.e2e.greenlight import PDF, Greenlight, eventually


def test_a_proposal_is_approved_and_its_record_published(greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="Approved whole")
    greenlight.approve_all(proposal)
    over = greenlight.wait_for_state("ana", proposal, "closed")
    assert over["outcome"] == "approved"
    assert greenlight.get("ana", f"/api/proposals/{proposal}/status").status_code == 200
    page = greenlight.get("ana", f"/api/proposals/{proposal}/record")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "style-src 'sha256-" in page.headers["Content-Security-Policy"]
    assert "Approved whole" in page.text
    sealed = greenlight.get("fay", f"/api/proposals/{proposal}/record?format=json").json()
    assert (sealed["outcome"], sealed["proposal"]) == ("approved", proposal)
    actions = [entry["action"] for entry in greenlight.trail("ana", proposal)]
    assert actions[0] == "submitted"
    assert actions[-1] == "closed"
    assert actions.count("decided") == actions.count("applied") == 3
    subjects = [message["subject"] for message in greenlight.get("carl", "/api/outbox").json()["items"]]
    assert "Approved: Approved whole" in subjects


def test_every_answer_of_a_decision_is_a_receipt_that_becomes_applied(greenlight: Greenlight) -> None:
    proposal = greenlight.submit()
    receipt = greenlight.decide("ben", proposal, "line-1")
    assert (receipt.status_code, receipt.json()["state"]) == (200, "recorded")
    eventually(lambda: greenlight.task("ben", proposal, "line-1")["task"]["state"] == "applied", "applied")


def test_a_rejection_ends_it(greenlight: Greenlight) -> None:
    proposal = greenlight.submit()
    assert greenlight.decide("ben", proposal, "line-1", "reject", "no budget this year").status_code == 200
    assert greenlight.wait_for_state("ana", proposal, "closed")["outcome"] == "rejected"
    assert greenlight.get("ben", f"/api/proposals/{proposal}/record").status_code == 200


def test_a_failing_check_rejects_before_anybody_is_asked(greenlight: Greenlight) -> None:
    answer = greenlight.submit_request(design=b"\x00\x01 this is no PDF", path="/api/proposals?wait=20")
    assert answer.status_code == 200, answer.text
    assert answer.json()["outcome"] == "rejected"
    picture = greenlight.picture("ana", answer.json()["proposal"])
    failed = [f for f in picture["revisions"][0]["screening"]["findings"] if f["result"] == "failed"]
    assert [finding["check"] for finding in failed] == ["document_types"]
    assert all(not stage["tasks"] for stage in picture["revisions"][0]["stages"])


def test_the_same_document_before_is_a_warning_for_the_approvers(greenlight: Greenlight) -> None:
    design = PDF + b"% seen before\n"
    first = greenlight.submit(design=design)
    second = greenlight.submit(design=design)
    findings = greenlight.picture("ben", second)["revisions"][0]["screening"]["findings"]
    seen = next(finding for finding in findings if finding["check"] == "seen_before")
    assert (seen["result"], seen["severity"]) == ("failed", "warn")
    assert first in seen["message"]


def test_silence_reminds_escalates_and_lapses_but_never_approves(greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="Nobody answers")
    greenlight.host.advance_to(deadline(greenlight, "ben", "line-1", proposal) - timedelta(minutes=1))
    ben = [
        m["subject"]
        for m in greenlight.get("ben", "/api/outbox").json()["items"]
        if proposal in (m["proposal"], *m["others"])
    ]
    assert any(subject.startswith("Reminder") for subject in ben), ben
    for holder, task in (("ben", "line-1"), ("dora", "line-1.2"), ("greta", "line-1.3")):
        greenlight.host.advance_to(deadline(greenlight, holder, task, proposal))
    over = greenlight.wait_for_state("ana", proposal, "closed")
    assert over["outcome"] == "lapsed"
    actions = [entry["action"] for entry in greenlight.trail("ana", proposal)]
    assert actions.count("escalated") == 2  # ben -> dora -> greta
    assert "expired" in actions
    assert "decided" not in actions


def deadline(greenlight: Greenlight, who: str, task: str, proposal: str) -> datetime:
    """When an open task is due: it depends on the day, the hour and the holder's holidays."""
    return datetime.fromisoformat(greenlight.wait_for_task(who, task, proposal)["due_at"])


def test_after_an_escalation_only_the_new_holder_decides(greenlight: Greenlight) -> None:
    proposal = greenlight.submit()
    shown = greenlight.wait_for_task("ben", "line-1", proposal)
    greenlight.host.advance_to(datetime.fromisoformat(shown["due_at"]))
    path = f"/api/proposals/{proposal}/revisions/1/tasks/line-1/decision"
    late = greenlight.post("ben", path, json={"verdict": "approve"}, headers={"If-Match": shown["etag"]})
    assert late.status_code == 409
    assert late.json()["type"] == "/problems/task-over"
    assert (late.json()["successor"], late.json()["held_by"]) == ("line-1.2", "dora")
    assert greenlight.decide("dora", proposal, "line-1.2").status_code == 200
    greenlight.wait_for_task("fay", "review-1", proposal)


def test_changes_are_requested_and_a_revision_answers(greenlight: Greenlight) -> None:
    proposal = greenlight.submit()
    assert greenlight.decide("ben", proposal, "line-1").status_code == 200
    old = greenlight.wait_for_task("carl", "review-2", proposal)
    assert (
        greenlight.decide("fay", proposal, "review-1", "request_changes", "cheaper, please").status_code
        == 200
    )
    greenlight.wait_for_state("ana", proposal, "changes_requested")
    documents = greenlight.picture("ana", proposal)["revisions"][0]["submission"]["documents"]
    body = greenlight.body(
        budget="9000", from_revision=1, keep=[d["sha256"] for d in documents], note="cheaper"
    )
    answer = greenlight.post("ana", f"/api/proposals/{proposal}/revisions", json=body)
    assert (answer.status_code, answer.json()["revision"]) == (202, 2)
    assert (
        greenlight.post("ana", f"/api/proposals/{proposal}/revisions", json=body).status_code == 202
    )  # once more
    greenlight.wait_for_state("ana", proposal, "deciding")
    path = f"/api/proposals/{proposal}/revisions/1/tasks/review-2/decision"
    mistaken = greenlight.post("carl", path, json={"verdict": "approve"}, headers={"If-Match": old["etag"]})
    assert mistaken.status_code == 409
    assert mistaken.json()["type"] == "/problems/superseded-revision"
    eventually(
        lambda: (greenlight.host.instance(f"{proposal}-r1") or {})["runtimeStatus"] == "Completed", "r1 ends"
    )
    assert (greenlight.host.instance(f"{proposal}-r1") or {})["output"] == {"outcome": "superseded"}
    greenlight.approve_all(proposal)
    assert greenlight.wait_for_state("ana", proposal, "closed")["outcome"] == "approved"


def test_no_revision_in_time_lapses(greenlight: Greenlight) -> None:
    proposal = greenlight.submit()
    assert greenlight.decide("ben", proposal, "line-1", "request_changes", "again").status_code == 200
    waiting = greenlight.wait_for_state("ana", proposal, "changes_requested")
    greenlight.host.advance_to(datetime.fromisoformat(waiting["revise_by"]))
    assert greenlight.wait_for_state("ana", proposal, "closed")["outcome"] == "lapsed"


def test_the_author_withdraws_at_any_time(greenlight: Greenlight) -> None:
    proposal = greenlight.submit()
    address = f"/api/proposals/{proposal}/withdrawal"
    assert greenlight.post("ben", address, json={}).status_code == 403
    assert greenlight.post("ana", address, json={"reason": "not needed"}).status_code == 202
    assert greenlight.post("ana", address, json={"reason": "not needed"}).status_code == 202  # once more
    assert greenlight.wait_for_state("ana", proposal, "closed")["outcome"] == "withdrawn"
    task = greenlight.task("ana", proposal, "line-1")["task"]
    assert task["state"] == "cancelled"
    assert not [i for i in greenlight.get("ben", "/api/inbox").json()["items"] if i["proposal"] == proposal]


def approve_with_condition(greenlight: Greenlight, days: int) -> str:
    proposal = greenlight.submit()
    assert greenlight.decide("ben", proposal, "line-1").status_code == 200
    assert greenlight.decide("carl", proposal, "review-2").status_code == 200
    due = (greenlight.host.now() + timedelta(days=days)).isoformat()
    condition = {"text": "Show the load test", "due": due}
    answer = greenlight.decide(
        "fay", proposal, "review-1", "approve_with_conditions", "if it is fast", conditions=[condition]
    )
    assert answer.status_code == 200, answer.text
    greenlight.wait_for_state("ana", proposal, "conditions")
    return proposal


def test_a_condition_is_met_when_who_set_it_says_so(greenlight: Greenlight) -> None:
    proposal = approve_with_condition(greenlight, 10)
    address = f"/api/proposals/{proposal}/evidence"
    given = {"condition": "review-1-c1", "action": "give", "note": "see the report"}
    assert (
        greenlight.post("ana", address, data=given, files={"document:report": ("r.pdf", PDF)}).status_code
        == 200
    )
    greenlight.host.advance("P2D")
    assert greenlight.status("ana", proposal)["state"] == "conditions"  # a file proves nothing by being there
    refused = {"condition": "review-1-c1", "action": "refuse", "note": "no figures"}
    assert greenlight.post("ana", address, json=refused).status_code == 403
    assert greenlight.post("fay", address, json=refused).status_code == 200
    assert greenlight.post("ana", address, json=given | {"note": "with figures"}).status_code == 200
    assert (
        greenlight.post("kim", address, json={"condition": "review-1-c1", "action": "confirm"}).status_code
        == 200
    )
    assert greenlight.wait_for_state("ana", proposal, "closed")["outcome"] == "approved"


def test_a_condition_that_is_not_met_in_time_lapses(greenlight: Greenlight) -> None:
    proposal = approve_with_condition(greenlight, 5)
    greenlight.host.advance("P6D")
    assert greenlight.wait_for_state("ana", proposal, "closed")["outcome"] == "lapsed"


def test_a_withdrawal_is_heard_while_conditions_are_waited_for(greenlight: Greenlight) -> None:
    proposal = approve_with_condition(greenlight, 30)
    assert greenlight.post("ana", f"/api/proposals/{proposal}/withdrawal", json={}).status_code == 202
    assert greenlight.wait_for_state("ana", proposal, "closed")["outcome"] == "withdrawn"


def test_a_task_is_handed_over_and_stepped_back_from(greenlight: Greenlight) -> None:
    proposal = greenlight.submit()
    shown = greenlight.wait_for_task("ben", "line-1", proposal)
    address = f"/api/proposals/{proposal}/revisions/1/tasks/line-1/assignee"
    match = {"If-Match": shown["etag"]}
    to_author = greenlight.post("ben", address, json={"to": "ana"}, headers=match)
    assert (to_author.status_code, to_author.json()["errors"][0]["field"]) == (422, "to")
    assert (
        greenlight.post("ben", address, json={"to": "carl", "reason": "knows it"}, headers=match).status_code
        == 200
    )
    second = greenlight.wait_for_task("carl", "line-1.2", proposal)
    address = f"/api/proposals/{proposal}/revisions/1/tasks/line-1.2/assignee"
    body = {"recuse": True, "reason": "I sold it to them"}
    assert (
        greenlight.post("carl", address, json=body, headers={"If-Match": second["etag"]}).status_code == 200
    )
    greenlight.wait_for_task("dora", "line-1.3", proposal)
    assert greenlight.decide("dora", proposal, "line-1.3").status_code == 200
    greenlight.wait_for_task("fay", "review-1", proposal)


def test_waiting_for_the_outcome_answers_with_it(greenlight: Greenlight) -> None:
    answer = greenlight.submit_request(path="/api/proposals?wait=1")
    assert answer.status_code == 202  # nobody has decided within a second
    assert answer.headers["Location"].endswith("/status")
    assert answer.headers["Retry-After"]
