"""Both doors lead to the same checks, the same stored decision and the same audit line; races lose nothing."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.e2e.greenlight import Greenlight, eventually


def event_entries(greenlight: Greenlight, proposal: str, action: str) -> list[dict[str, Any]]:
    return [entry for entry in greenlight.trail("ana", proposal) if entry["action"] == action]


def at_review(greenlight: Greenlight) -> str:
    """A proposal whose stage of two, finance and architecture, is open."""
    proposal = greenlight.submit()
    assert greenlight.decide("ben", proposal, "line-1").status_code == 200
    greenlight.wait_for_task("fay", "review-1", proposal)
    greenlight.wait_for_task("carl", "review-2", proposal)
    return proposal


@pytest.mark.parametrize("encode", [lambda payload: payload, json.dumps], ids=["webhook", "the SDK's client"])
def test_a_decision_through_raise_event_is_stored_alike_but_for_its_source(
    greenlight: Greenlight, encode: Any
) -> None:
    proposal = at_review(greenlight)
    assert greenlight.decide("carl", proposal, "review-2", comment="same words").status_code == 200
    payload = {"task": "review-1", "verdict": "approve", "by": "fay", "comment": "same words"}
    assert greenlight.raise_event(f"{proposal}-r1", encode(payload)).status_code == 202
    assert greenlight.wait_for_state("ana", proposal, "closed")["outcome"] == "approved"
    one = greenlight.task("ana", proposal, "review-1")["task"]["decision"]
    other = greenlight.task("ana", proposal, "review-2")["task"]["decision"]
    assert (one["source"], one["authenticated"]) == ("raise-event", False)
    assert (other["source"], other["authenticated"]) == ("api", True)
    assert one.keys() == other.keys()
    lines = {entry["subject"]: entry for entry in event_entries(greenlight, proposal, "decided")}
    assert lines["review-1"]["detail"] == lines["review-2"]["detail"]
    assert (lines["review-1"]["authenticated"], lines["review-2"]["authenticated"]) == (False, True)
    page = greenlight.get("ana", f"/api/proposals/{proposal}/record").text
    assert page.count("not authenticated") == 1


POISON: list[Any] = [
    {"__class__": "Popen", "__module__": "subprocess", "__data__": "true"},
    {"__class__": "x", "__module__": "no.such.module", "__data__": {}},
    "approve",
    None,
    [1, 2],
    {"task": "review-1", "verdict": "approve"},
    {"task": "review-1", "verdict": "maybe", "by": "fay"},
    {"task": "review-1", "verdict": "approve", "by": "nobody-here"},
    {"task": "review-1", "verdict": "approve", "by": "ana"},
    {"task": "review-1", "verdict": "approve", "by": "carl"},
    {"task": "review-9", "verdict": "approve", "by": "fay"},
    {"task": "review-1", "verdict": "reject", "by": "fay"},
    {"task": "review-1", "verdict": "approve", "by": "fay", "extra": 1},
    {"ring": "review-1", "verdict": "approve", "by": "fay"},
]


def test_poison_is_refused_audited_once_and_never_counts_later(greenlight: Greenlight) -> None:
    proposal = at_review(greenlight)
    for payload in POISON:
        assert greenlight.raise_event(f"{proposal}-r1", payload).status_code == 202
    assert greenlight.raise_event(f"{proposal}-r1", {"any": 1}, name="Decision2").status_code == 202
    assert greenlight.raise_event(f"{proposal}-r1", {"ring": "x"}).status_code == 202

    def all_refused() -> bool:
        return len(event_entries(greenlight, proposal, "event_refused")) == len(POISON) + 1

    eventually(all_refused, "every bad event is refused and audited")
    assert greenlight.task("ana", proposal, "review-1")["task"]["state"] == "open"
    shown = greenlight.wait_for_task("fay", "review-1", proposal)
    address = f"/api/proposals/{proposal}/revisions/1/tasks/review-1/assignee"
    match = {"If-Match": shown["etag"]}
    # carl's refused approval must not count when the task becomes his ... which it cannot, he holds a seat; eli's may
    assert (
        greenlight.raise_event(
            f"{proposal}-r1", {"task": "review-1.2", "verdict": "approve", "by": "eli", "comment": ""}
        ).status_code
        == 202
    )
    eventually(
        lambda: len(event_entries(greenlight, proposal, "event_refused")) == len(POISON) + 2, "refused"
    )
    assert greenlight.post("fay", address, json={"to": "eli"}, headers=match).status_code == 200
    greenlight.wait_for_task("eli", "review-1.2", proposal)
    greenlight.host.advance("PT1H")
    assert greenlight.task("ana", proposal, "review-1.2")["task"]["state"] == "open"
    assert greenlight.decide("eli", proposal, "review-1.2").status_code == 200
    assert greenlight.decide("carl", proposal, "review-2").status_code == 200
    assert greenlight.wait_for_state("ana", proposal, "closed")["outcome"] == "approved"
    assert len(event_entries(greenlight, proposal, "event_refused")) == len(POISON) + 2


def test_a_burst_on_one_stage_loses_nothing(greenlight: Greenlight) -> None:
    proposal = at_review(greenlight)
    payloads = [
        {"task": task, "verdict": "approve", "by": by}
        for task, by in (("review-1", "fay"), ("review-2", "carl"))
    ]
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda payload: greenlight.raise_event(f"{proposal}-r1", payload), payloads * 5)
        )
    assert all(answer.status_code in (202, 410) for answer in answers)
    assert greenlight.wait_for_state("ana", proposal, "closed")["outcome"] == "approved"
    assert len(event_entries(greenlight, proposal, "decided")) == 3


def test_two_people_at_once_and_one_twice(greenlight: Greenlight) -> None:
    proposal = at_review(greenlight)
    with ThreadPoolExecutor(4) as pool:
        fay = [pool.submit(greenlight.decide, "fay", proposal, "review-1") for _ in range(2)]
        carl = pool.submit(greenlight.decide, "carl", proposal, "review-2")
        codes = sorted(future.result().status_code for future in fay)
    assert codes == [200, 200]
    assert carl.result().status_code == 200
    assert greenlight.wait_for_state("ana", proposal, "closed")["outcome"] == "approved"
    assert len(event_entries(greenlight, proposal, "decided")) == 3


def test_two_different_decisions_on_one_task_one_wins_the_other_is_told(greenlight: Greenlight) -> None:
    proposal = at_review(greenlight)
    item = greenlight.wait_for_task("fay", "review-1", proposal)
    path = f"/api/proposals/{proposal}/revisions/1/tasks/review-1/decision"

    def send(verdict: str) -> Any:
        body = {"verdict": verdict, "comment": "said"}
        return greenlight.post("fay", path, json=body, headers={"If-Match": item["etag"]})

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(send, ("approve", "reject")))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    loser = next(answer for answer in answers if answer.status_code == 409).json()
    assert loser["decided_by"] == "fay"


def test_versions_are_asked_for_and_compared(greenlight: Greenlight) -> None:
    proposal = greenlight.submit()
    path = f"/api/proposals/{proposal}/revisions/1/tasks/line-1/decision"
    assert greenlight.post("ben", path, json={"verdict": "approve"}).status_code == 428
    stale = greenlight.post("ben", path, json={"verdict": "approve"}, headers={"If-Match": '"old"'})
    assert (stale.status_code, stale.json()["type"]) == (412, "/problems/stale")
    shown = greenlight.wait_for_task("ben", "line-1", proposal)
    match = {"If-Match": shown["etag"]}
    assert greenlight.post("dora", path, json={"verdict": "approve"}, headers=match).status_code == 404
    own = greenlight.post("ana", path, json={"verdict": "approve"}, headers=match)
    assert (own.status_code, own.json()["type"]) == (403, "/problems/not-allowed")
    assert greenlight.task("ana", proposal, "line-1")["task"]["state"] == "open"


def test_the_board_decides_on_the_page_alone(greenlight: Greenlight) -> None:
    proposal = greenlight.submit(budget="80000")
    assert greenlight.decide("ben", proposal, "line-1").status_code == 200
    assert greenlight.decide("fay", proposal, "finance-1").status_code == 200
    greenlight.wait_for_task("hugo", "board-1", proposal)
    payload = {"task": "board-1", "verdict": "approve", "by": "hugo"}
    assert greenlight.raise_event(f"{proposal}-r1", payload).status_code == 202
    eventually(lambda: event_entries(greenlight, proposal, "event_refused"), "refused")
    for who, task in (("hugo", "board-1"), ("ines", "board-2")):
        assert greenlight.decide(who, proposal, task).status_code == 200
    assert greenlight.wait_for_state("ana", proposal, "closed")["outcome"] == "approved"
    assert greenlight.task("ana", proposal, "board-3")["task"]["state"] == "cancelled"


def test_an_event_after_the_end_changes_nothing(greenlight: Greenlight) -> None:
    proposal = greenlight.submit()
    assert greenlight.decide("ben", proposal, "line-1", "reject", "no").status_code == 200
    greenlight.wait_for_state("ana", proposal, "closed")
    eventually(
        lambda: (greenlight.host.instance(f"{proposal}-r1") or {})["runtimeStatus"] == "Completed", "ends"
    )
    late = {"task": "line-1", "verdict": "approve", "by": "ben"}
    assert greenlight.raise_event(f"{proposal}-r1", late).status_code == 410
    assert greenlight.status("ana", proposal)["outcome"] == "rejected"


def test_submitting_twice_at_the_same_moment_makes_one_proposal(greenlight: Greenlight) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: greenlight.submit_request(key="same-moment"), range(6)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["proposal"] for answer in answers}) == 1
    other = greenlight.submit_request(key="same-moment", title="Something else")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    proposal = answers[0].json()["proposal"]
    greenlight.wait_for_state("ana", proposal, "deciding")
    assert [entry["action"] for entry in greenlight.trail("ana", proposal)].count("submitted") == 1


def ended(greenlight: Greenlight, instance: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = greenlight.host.instance(instance)
        return found if found and found["runtimeStatus"] == "Completed" else None

    return eventually(look, f"{instance} ends")


def test_an_orchestration_started_by_hand_has_no_effect(greenlight: Greenlight) -> None:
    proposal = greenlight.submit()
    for instance, body in (
        ("by-hand", {"proposal": proposal, "revision": 1, "version": 1}),
        ("garbage", {"proposal": "p-aaaaaaaaaaaa", "revision": 1, "version": 1}),
        ("nothing", None),
        ("future", {"proposal": proposal, "revision": 1, "version": 99}),
    ):
        address = f"{greenlight.host.management}/orchestrators/approval/{instance}-{proposal}"
        assert requests.post(address, json=body, timeout=30).status_code == 202
        over = ended(greenlight, f"{instance}-{proposal}")
        assert over["output"]["ended"] == "without effect"
    greenlight.approve_all(proposal)
    assert greenlight.wait_for_state("ana", proposal, "closed")["outcome"] == "approved"


@pytest.mark.parametrize("path", ["p%0A", "p-aaaaaaaaaaaa%0A/status", "p/revisions/x/tasks/line-1/decision"])
def test_a_path_that_names_nothing_is_answered_by_the_app(greenlight: Greenlight, path: str) -> None:
    method = "POST" if path.endswith("decision") else "GET"
    answer = greenlight.call(method, "ana", f"/api/proposals/{path}", json={})
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
