"""The rest: inbox, me, outbox, preview, publication, health."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from approvals.model import Outcome
from approvals.policy import Policy
from services import publication
from tests.unit.http_api.api import Api, draft


def test_the_inbox_is_not_sent_again_while_nothing_changes(api: Api) -> None:
    proposal = api.submit()
    api.open(proposal)
    first = api.get("/api/inbox", "ben")
    [item] = first.json["items"]
    assert (item["proposal"], item["task"], item["title"]) == (proposal, "line-1", "Label the racks")
    assert item["etag"] == api.version(proposal, "line-1")
    etag = first.headers["ETag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}'):
        same = api.get("/api/inbox", "ben", headers={"If-None-Match": known})
        assert (same.status, same.content, same.headers["ETag"]) == (304, b"", etag)
    assert api.get("/api/inbox", "ben", headers={"If-None-Match": '"other"'}).status == 200
    assert "private" in first.headers["Cache-Control"]
    api.decide("ben", proposal, "approve")
    changed = api.get("/api/inbox", "ben", headers={"If-None-Match": etag})
    assert (changed.status, changed.json["items"]) == (200, [])


@pytest.mark.parametrize(("who", "operator"), [("ana", False), ("olga", True)])
def test_who_am_i(api: Api, who: str, operator: bool) -> None:
    found = api.get("/api/me", who).json
    assert (found["person"]["id"], found["operator"]) == (who, operator)


def test_messages_are_read_by_whom_they_are_for(api: Api) -> None:
    api.open(api.submit())
    [message] = api.get("/api/outbox", "ben").json["items"]
    assert (message["to"], message["kind"]) == ("ben", "assigned")
    assert api.get("/api/outbox", "dora").json == {"items": []}


def test_a_preview_says_who_and_why_and_stores_nothing(api: Api) -> None:
    found = api.post("/api/policy/preview", "ana", json=draft()).json
    [stage] = found["stages"]
    [seat] = stage["seats"]
    assert (found["rule"], stage["title"], stage["need"]) == (
        "everything else",
        "Line management",
        "Ben Okafor",
    )
    first = seat["chain"][0]
    assert (first["person"], first["name"], first["due_at"]) == ("ben", "Ben Okafor", stage["due_at"])
    assert first["why"]
    assert (found["due_at"], found["working_days"]) == (stage["due_at"], 3)
    assert (api.store.blobs, api.client.started) == ({}, [])
    assert list(api.post("/api/policy/preview", "ana", json=draft(category="x")).fields) == ["category"]


def test_a_preview_needs_no_more_than_the_way_depends_on(api: Api) -> None:
    known = {name: draft()[name] for name in ("category", "department", "budget", "risk")}
    answer = api.post("/api/policy/preview", "ana", json={**known, "title": " ", "summary": ""})
    assert (answer.status, answer.json["rule"]) == (200, "everything else")
    assert list(api.post("/api/policy/preview", "ana", json={"title": ""}).fields) == list(known)


def test_a_failed_publication_is_run_again_by_operators(api: Api) -> None:
    proposal = api.submit()
    api.open(proposal)
    address = f"/api/proposals/{proposal}/publication"
    early = api.post(address, "olga")
    assert (early.status, early.json["type"]) == (409, "/problems/wrong-state")
    publication.settle_outcome(api.ports, proposal, 1, Outcome.APPROVED, "")
    publication.report_failure(api.ports, proposal, "publish_record", "the archive is full")
    pending = api.get(f"/api/proposals/{proposal}/status", "ana").json
    assert (pending["state"], pending["over"]) == ("decided, publication pending", False)
    assert "publish_again" in api.get(f"/api/proposals/{proposal}", "olga").json["can"]
    answers = [api.post(address, "olga") for _ in range(2)]
    assert [answer.status for answer in answers] == [202, 202]
    assert answers[0].headers["Location"] == f"/api/proposals/{proposal}/status"
    about = {"proposal": proposal, "revision": 1}
    assert api.client.started[1:] == [("publication", f"{proposal}-r1-publication", about)]


def test_health_tells_what_works(api: Api) -> None:
    answer = api.get("/api/health")
    assert answer.status == 200
    assert answer.json["status"] == "healthy"
    assert answer.json["checks"] == dict.fromkeys(("storage", "policy", "directory"), "ok")
    assert answer.json["versions"] == {"orchestration": 1}


class Broken:
    def read(self, name: str) -> None:
        raise ConnectionError("account key abc")

    def current(self) -> Policy:
        raise OSError("no such file")


@pytest.mark.parametrize(
    ("port", "check", "error"),
    [
        ("store", "storage", "ConnectionError"),
        ("policy", "policy", "OSError"),
        ("directory", "directory", "OSError"),
    ],
)
def test_health_tells_what_does_not(api: Api, port: str, check: str, error: str) -> None:
    broken: dict[str, Any] = {port: Broken()}
    api.ports = replace(api.ports, **broken)
    answer = api.get("/api/health")
    assert (answer.status, answer.json["status"]) == (503, "unhealthy")
    wrong = {name: text for name, text in answer.json["checks"].items() if text != "ok"}
    assert wrong == {check: f"fails: {error}"}
    assert b"abc" not in answer.content
