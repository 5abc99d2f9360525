"""Questions to the author over HTTP; what they do is told in tests/unit/services/answering/test_questions.py."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.http_api.api import Api


@pytest.fixture
def proposal(api: Api) -> str:
    made = api.submit()
    api.open(made)
    return made


def test_asking_and_answering(api: Api, proposal: str) -> None:
    asked = api.ask("ben", proposal, text=" How many racks? ")
    question = asked.json["question"]
    assert (asked.status, question["id"], question["text"]) == (200, "r1-line-1-q1", "How many racks?")
    assert "does not move the deadline" in asked.json["note"]
    picture = api.get(f"/api/proposals/{proposal}", "ben").json
    assert asked.json["due_at"] == picture["revisions"][0]["stages"][0]["tasks"][0]["task"]["due_at"]
    address = f"/api/proposals/{proposal}/questions/{question['id']}/answer"
    answered = api.post(address, "ana", json={"text": "Forty."}).json["question"]
    assert (answered["answer"], answered["answered_by"]) == ("Forty.", "ana")
    assert api.get(f"/api/proposals/{proposal}", "ben").json["revisions"][0]["questions"] == [answered]
    late = api.post(address, "ana", json={"text": "Fifty."})
    assert (late.status, late.json["answered_by"]) == (409, "ana")
    assert api.client.rung == []


def test_a_question_is_about_what_was_seen(api: Api, proposal: str) -> None:
    address = f"/api/proposals/{proposal}/revisions/1/tasks/line-1/question"
    blind = api.post(address, "ben", json={"text": "How many?"})
    assert (blind.status, blind.json["type"]) == (428, "/problems/precondition-required")
    stale = api.post(address, "ben", json={"text": "How many?"}, headers={"If-Match": '"old"'})
    assert (stale.status, stale.json["type"]) == (412, "/problems/stale")


@pytest.mark.parametrize("body", [{}, {"text": " "}, {"text": "x" * 4001}, {"text": 1}])
def test_what_is_no_text_is_refused(api: Api, proposal: str, body: dict[str, Any]) -> None:
    headers = {"If-Match": api.version(proposal, "line-1")}
    address = f"/api/proposals/{proposal}/revisions/1/tasks/line-1/question"
    assert list(api.post(address, "ben", json=body, headers=headers).fields) == ["text"]
    address = f"/api/proposals/{proposal}/questions/r1-line-1-q1/answer"
    assert list(api.post(address, "ana", json=body).fields) == ["text"]
