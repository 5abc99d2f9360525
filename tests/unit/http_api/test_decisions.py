"""Decide, hand over, step back: with the version as shown, and a receipt."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.model import TaskState
from services.store.cases import load_tasks
from tests.unit.http_api.api import Api


@pytest.fixture
def proposal(api: Api) -> str:
    """In ben's hands, as line-1."""
    made = api.submit()
    api.open(made)
    return made


def address(proposal: str, move: str = "decision", task: str = "line-1") -> str:
    return f"/api/proposals/{proposal}/revisions/1/tasks/{task}/{move}"


def state(api: Api, proposal: str) -> TaskState:
    return {each.task: each for each in load_tasks(api.store, proposal, 1)}["line-1"].state


def test_a_decision_is_recorded_with_a_receipt_and_a_bell(api: Api, proposal: str) -> None:
    receipt = api.decide("ben", proposal, "reject")
    assert receipt.status == 200
    assert (receipt.json["task"], receipt.json["state"]) == ("line-1", "recorded")
    assert receipt.json["decision"]["verdict"] == "reject"
    assert receipt.json["etag"] == receipt.headers["ETag"] == api.version(proposal, "line-1")
    assert api.client.rung == [(f"{proposal}-r1", "decision", {"ring": "line-1"})]


def test_the_same_decision_twice_is_one_also_with_the_version_of_before(api: Api, proposal: str) -> None:
    headers = {"If-Match": api.version(proposal, "line-1")}
    body = {"verdict": "approve", "comment": "fine"}
    one, other = (api.post(address(proposal), "ben", json=body, headers=headers) for _ in range(2))
    assert (one.status, other.status) == (200, 200)
    assert one.json == other.json


def test_a_bell_that_nobody_hears_does_not_fail_a_decision(api: Api, proposal: str) -> None:
    api.client.broken = True
    assert api.decide("ben", proposal, "approve").status == 200
    assert state(api, proposal) is TaskState.RECORDED


@pytest.mark.parametrize("move", ["decision", "assignee"])
def test_nobody_decides_on_something_unseen(api: Api, proposal: str, move: str) -> None:
    body = {"verdict": "approve"} if move == "decision" else {"to": "dora"}
    unseen = api.post(address(proposal, move), "ben", json=body)
    assert (unseen.status, unseen.json["type"]) == (428, "/problems/precondition-required")
    for version in ('"0"', "*", " * ", "", 'W/"0"', "line-1"):
        stale = api.post(address(proposal, move), "ben", json=body, headers={"If-Match": version})
        assert (stale.status, stale.json["type"]) == (412, "/problems/stale")
    assert state(api, proposal) is TaskState.OPEN
    assert api.client.rung == []


def test_who_was_first_is_told(api: Api, proposal: str) -> None:
    assert api.decide("ben", proposal, "reject").status == 200
    second = api.decide("ben", proposal, "approve")
    assert (second.status, second.json["type"]) == (409, "/problems/task-over")
    assert (second.json["decided_by"], second.json["verdict"]) == ("ben", "reject")
    assert second.json["detail"] == (
        "The decision was made before: Ben Okafor rejected on 23 Nov 2026 at 09:00 UTC."
    )
    assert second.json["decided_at"] == "2026-11-23T09:00:00.000000Z"


@pytest.mark.parametrize(
    ("body", "kind", "fields"),
    [
        ({"verdict": "reject", "comment": " "}, "comment-required", ["comment"]),
        ({"verdict": "maybe"}, "invalid", ["verdict"]),
        ({"verdict": "approve", "by": "dora"}, "invalid", ["by"]),
        ({"verdict": "approve_with_conditions", "comment": "if"}, "invalid", ["conditions"]),
        (
            {
                "verdict": "approve_with_conditions",
                "comment": "if",
                "conditions": [{"text": "t", "due": "2020-01-01T00:00:00Z"}],
            },
            "invalid",
            ["conditions[0].due"],
        ),
    ],
)
def test_a_decision_that_is_none(
    api: Api, proposal: str, body: dict[str, Any], kind: str, fields: list[str]
) -> None:
    headers = {"If-Match": api.version(proposal, "line-1")}
    answer = api.post(address(proposal), "ben", json=body, headers=headers)
    assert (answer.status, answer.json["type"], list(answer.fields)) == (422, f"/problems/{kind}", fields)
    assert state(api, proposal) is TaskState.OPEN


@pytest.mark.parametrize("task", ["line-2", "line-1.2", "nonsense", "..", "Line-1"])
def test_a_task_that_is_none(api: Api, proposal: str, task: str) -> None:
    answer = api.post(
        address(proposal, task=task), "ben", json={"verdict": "approve"}, headers={"If-Match": '"0"'}
    )
    assert (answer.status, answer.json["type"]) == (404, "/problems/not-found")


@pytest.mark.parametrize("revision", ["2", "0", "-1", "x", "1,2"])
def test_a_revision_that_is_none(api: Api, proposal: str, revision: str) -> None:
    path = address(proposal).replace("revisions/1", f"revisions/{revision}")
    answer = api.post(path, "ben", json={"verdict": "approve"}, headers={"If-Match": '"0"'})
    assert answer.status == 404


def test_who_may_not_abstain_is_told_what_they_may(api: Api, proposal: str) -> None:
    refused = api.decide("ben", proposal, "abstain")
    assert (refused.status, refused.json["type"]) == (422, "/problems/verdict-not-allowed")
    assert refused.json["errors"] == [
        {
            "field": "verdict",
            "message": "use one of: approve, reject, request_changes, approve_with_conditions",
        }
    ]


def test_a_task_is_handed_over_and_says_to_whom(api: Api, proposal: str) -> None:
    receipt = api.hand_over("ben", proposal, "dora")
    assert (receipt.status, receipt.json["state"]) == (200, "superseded")
    assert (receipt.json["successor"]["task"], receipt.json["successor"]["assignee"]) == ("line-1.2", "dora")
    assert api.client.rung[-1][2] == {"ring": "line-1"}
    late = api.decide("ben", proposal, "approve")
    assert (late.status, late.json["held_by"], late.json["successor"]) == (409, "dora", "line-1.2")


def test_stepping_back_asks_the_next_of_the_chain(api: Api, proposal: str) -> None:
    headers = {"If-Match": api.version(proposal, "line-1")}
    given = {"recuse": True, "reason": "a relative"}
    receipt = api.post(address(proposal, "assignee"), "ben", json=given, headers=headers)
    assert (receipt.status, receipt.json["successor"]["reason"]) == (200, "recused")
    assert receipt.json["successor"]["assignee"] == "dora"


@pytest.mark.parametrize(
    ("body", "kind", "field"),
    [
        ({}, "invalid", "to"),
        ({"reason": "away"}, "invalid", "to"),
        ({"to": "dora", "recuse": True}, "invalid", "to"),
        ({"to": "ana"}, "invalid", "to"),
        ({"to": "nobody-here"}, "invalid", "to"),
        ({"recuse": True}, "comment-required", "reason"),
    ],
)
def test_an_assignee_that_is_none(
    api: Api, proposal: str, body: dict[str, Any], kind: str, field: str
) -> None:
    headers = {"If-Match": api.version(proposal, "line-1")}
    answer = api.post(address(proposal, "assignee"), "ben", json=body, headers=headers)
    assert (answer.status, answer.json["type"], list(answer.fields)) == (422, f"/problems/{kind}", [field])
    assert state(api, proposal) is TaskState.OPEN


def test_an_operator_reassigns_what_is_nobody_elses_to_give(api: Api) -> None:
    proposal = api.submit()
    api.open(proposal)
    assert "reassign" in api.get(f"/api/proposals/{proposal}", "olga").json["can"]
    moved = api.hand_over("olga", proposal, "dora")
    assert (moved.status, moved.json["state"], moved.json["successor"]["assignee"]) == (
        200,
        "superseded",
        "dora",
    )
    api.settle(proposal)
    [item] = api.get("/api/inbox", "dora").json["items"]
    assert (item["task"], api.get("/api/inbox", "ben").json["items"]) == ("line-1.2", [])
    assert api.get("/api/outbox", "ben").json["items"][0]["kind"] == "superseded"
    entry = next(
        line["entry"]
        for line in api.get(f"/api/proposals/{proposal}", "olga").json["timeline"]
        if line["entry"]["action"] == "reassigned"
    )
    assert (entry["actor"], entry["detail"]["reason"]) == ("olga", "away")
