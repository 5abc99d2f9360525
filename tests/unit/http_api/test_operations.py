"""The rest: inbox, me, outbox, preview, publication, health."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from adapters.settings import IdentityMode
from approvals import __version__
from approvals.model import Outcome
from approvals.policy.rules import Policy
from services.closing import publishing
from services.reading import lists
from tests.fakes import PolicyToday
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
    assert api.get("/api/outbox", "dora").json == {"items": [], "continuation": None}


def test_messages_come_in_pages(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    for _ in range(3):
        api.open(api.submit())
    first = api.get("/api/outbox", "ben").json
    query = urlencode({"continuation": first["continuation"]})
    second = api.get(f"/api/outbox?{query}", "ben").json
    assert [len(page["items"]) for page in (first, second)] == [2, 1]
    assert second["continuation"] is None
    assert len({message["id"] for message in first["items"] + second["items"]}) == 3


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


def test_the_form_says_what_there_is_to_choose_from(api: Api) -> None:
    form = api.get("/api/policy", "ana").json
    categories = {each["id"]: each for each in form["categories"]}
    assert list(categories) == ["software-design", "building-works", "process-change"]
    software = categories["software-design"]
    assert software["fields"][0] == {
        "id": "goal",
        "title": "What shall be better afterwards?",
        "required": True,
    }
    design, diagram = software["documents"]
    assert (design["id"], design["required"], design["max_bytes"]) == ("design", True, 10_000_000)
    assert (diagram["title"], diagram["required"], diagram["types"][0]) == ("Diagram", False, "image/png")
    assert {"board", "engineering", "finance", "marketing"} <= set(form["departments"])
    assert (form["risks"], form["currency"]) == (["low", "medium", "high"], "EUR")
    assert form["limits"]["max_document_bytes"] == 20_000_000
    verdicts = {verdict["id"]: verdict for verdict in form["verdicts"]}
    assert verdicts["approve"] == {
        "id": "approve",
        "counts": "for",
        "title": "Approve",
        "act": "Record approval",
        "said": "approved",
        "consequence": "It counts towards the approvals that the stage needs.",
        "comment_required": False,
        "takes_conditions": False,
    }
    assert verdicts["request_changes"]["title"] == "Request changes"
    assert [name for name, each in verdicts.items() if each["takes_conditions"]] == [
        "approve_with_conditions"
    ]
    assert form["people"][0] == {"id": "ana", "name": "Ana Ferreira"}
    assert "pete" not in {person["id"] for person in form["people"]}


def test_what_no_check_looks_for_is_not_required_and_no_document_is_larger_than_the_door_takes(
    api: Api,
) -> None:
    policy = api.ports.policy.current()
    api.ports = replace(
        api.ports,
        policy=PolicyToday(replace(policy, checks={}, limits=replace(policy.limits, max_document_bytes=5))),
    )
    software = api.get("/api/policy", "ana").json["categories"][0]
    assert not any(each["required"] for each in software["fields"] + software["documents"])
    assert [each["max_bytes"] for each in software["documents"]] == [5, 5]


@pytest.mark.parametrize("mode", [IdentityMode.LOCAL, IdentityMode.EASYAUTH])
def test_people_are_named_to_everybody_only_where_a_picker_is_the_sign_in(
    api: Api, mode: IdentityMode
) -> None:
    api.identity = mode
    session = api.get("/api/session").json
    names = session.pop("people")
    known = {"identity": mode.value, "sign_in": "/.auth/login/aad", "sign_out": "/.auth/logout"}
    assert session == known
    assert names[:1] == ([{"id": "ana", "name": "Ana Ferreira"}] if mode is IdentityMode.LOCAL else [])


def test_a_session_that_cannot_be_told_is_a_problem_like_any_other(api: Api) -> None:
    broken: Any = Broken()
    api.ports = replace(api.ports, directory=broken)
    answer = api.get("/api/session")
    assert (answer.status, answer.json["type"]) == (500, "/problems/internal")


def test_a_failed_publication_is_run_again_by_operators(api: Api) -> None:
    proposal = api.submit()
    api.open(proposal)
    address = f"/api/proposals/{proposal}/publication"
    early = api.post(address, "olga")
    assert (early.status, early.json["type"]) == (409, "/problems/wrong-state")
    publishing.settle_outcome(api.ports, proposal, 1, Outcome.APPROVED, "")
    publishing.report_failure(api.ports, proposal, "publish_record", "the archive is full")
    pending = api.get(f"/api/proposals/{proposal}/status", "ana").json
    assert (pending["state"], pending["over"]) == ("decided, publication pending", False)
    assert "publish_again" in api.get(f"/api/proposals/{proposal}", "olga").json["can"]
    answers = [api.post(address, "olga") for _ in range(2)]
    assert [answer.status for answer in answers] == [202, 202]
    assert answers[0].headers["Location"] == f"/api/proposals/{proposal}/status"
    about = {"proposal": proposal, "revision": 1, "claim": "claim-1", "version": 2}
    assert api.client.started[1:] == [("publication", f"{proposal}-r1-publication", about)]


def test_health_tells_what_works(api: Api) -> None:
    answer = api.get("/api/health")
    assert answer.status == 200
    assert answer.json["status"] == "healthy"
    assert answer.json["checks"] == dict.fromkeys(("storage", "policy", "directory"), "ok")
    assert answer.json["versions"] == {"app": __version__, "orchestration": 2}


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
