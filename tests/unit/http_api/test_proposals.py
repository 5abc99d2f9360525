"""Submitting, looking, downloading."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from approvals.model import Outcome
from approvals.stored import ids, layout
from approvals.writing.audit import verify_trail
from approvals.writing.record import from_json
from http_api.proposal import proposals
from tests.fakes import PolicyToday
from tests.unit.http_api.api import PDF, Api, draft

# -- submit ----------------------------------------------------------------------------------------------


def test_submitting_is_accepted_with_where_to_look(api: Api) -> None:
    answer = api.post("/api/proposals", "ana", json=draft())
    assert answer.status == 202
    body, proposal = answer.json, answer.json["proposal"]
    assert answer.headers["Location"] == body["links"]["status"] == f"/api/proposals/{proposal}/status"
    assert int(answer.headers["Retry-After"]) > 0
    assert (body["revision"], body["state"], body["outcome"]) == (1, "starting", None)
    assert body["instance"] == f"{proposal}-r1"
    assert body["links"]["self"] == f"/api/proposals/{proposal}"
    assert api.client.started == [
        ("approval", f"{proposal}-r1", {"proposal": proposal, "revision": 1, "version": 2})
    ]
    assert b"runtime/webhooks" not in answer.content
    assert b"code=" not in answer.content


def test_multipart_with_a_document(api: Api) -> None:
    form = {k: v for k, v in draft().items() if k != "fields"} | {"fields.reason": "Things get lost."}
    files = {"document:description": ("why.pdf", PDF)}
    proposal = api.post("/api/proposals", "ana", form=form, files=files).json["proposal"]
    [document] = api.get(f"/api/proposals/{proposal}", "ana").json["revisions"][0]["submission"]["documents"]
    assert (document["name"], document["kind"], document["size"]) == ("why.pdf", "description", len(PDF))


def test_the_same_key_twice_is_one_proposal_and_one_instance(api: Api) -> None:
    first, second = (
        api.post("/api/proposals", "ana", json=draft(), headers={"Idempotency-Key": "k-1"}) for _ in range(2)
    )
    assert (first.status, second.status) == (202, 202)
    assert first.json == second.json
    assert len(api.client.started) == 1
    other = api.post("/api/proposals", "ana", json=draft(title="Else"), headers={"Idempotency-Key": "k-1"})
    assert (other.status, other.json["type"]) == (422, "/problems/idempotency-key-reused")
    assert other.json["proposal"] == first.json["proposal"]
    somebody_elses = api.post("/api/proposals", "ben", json=draft(), headers={"Idempotency-Key": "k-1"})
    assert somebody_elses.json["proposal"] != first.json["proposal"]


UNASKED = ["goal", "constructor", "__proto__", "Reason", "reason.1"]


@pytest.mark.parametrize("name", UNASKED)
def test_an_answer_to_what_the_category_does_not_ask_is_refused(api: Api, name: str) -> None:
    fields = draft()["fields"] | {name: "x"}
    form = {key: value for key, value in draft().items() if key != "fields"}
    form |= {f"fields.{key}": value for key, value in fields.items()}
    sendings: list[dict[str, Any]] = [{"json": draft(fields=fields)}, {"form": form}]
    for sent in sendings:
        found = api.post("/api/proposals", "ana", **sent)
        assert (found.status, found.json["type"]) == (422, "/problems/invalid")
        assert found.fields == {f"fields.{name}": "is not a question of process-change; use reason"}
    assert (api.store.blobs, api.client.started) == ({}, [])
    assert api.post("/api/policy/preview", "ana", json=draft(fields=fields)).status == 200


def test_every_answer_too_many_is_named_beside_what_else_is_wrong(api: Api) -> None:
    policy = api.ports.policy.current()
    bare = replace(policy.categories["process-change"], fields={})
    policy = replace(policy, categories={**policy.categories, "process-change": bare})
    api.ports = replace(api.ports, policy=PolicyToday(policy))
    found = api.post("/api/proposals", "ana", json=draft(fields={"a": "", "b": "x"}, prepared_by=["zoe"]))
    assert list(found.fields) == ["fields.a", "fields.b", "prepared_by"]
    assert found.fields["fields.a"] == "is not a question of process-change, which asks none; leave it out"
    assert list(api.post("/api/proposals", "ana", json=draft(category="x")).fields) == ["category"]


def test_without_a_key_each_request_is_a_proposal(api: Api) -> None:
    assert api.submit() != api.submit()


@pytest.mark.parametrize("key", ["!", "~" * 128])
def test_a_key_is_visible_ascii(api: Api, key: str) -> None:
    headers = {"Idempotency-Key": key}
    assert api.post("/api/proposals", "ana", json=draft(), headers=headers).status == 202


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 129, "a\n"])
def test_other_keys_are_told(api: Api, key: str) -> None:
    answer = api.post("/api/proposals", "ana", json=draft(), headers={"Idempotency-Key": key})
    assert (answer.status, list(answer.fields)) == (422, ["Idempotency-Key"])
    assert api.store.blobs == {}


def test_a_hub_that_does_not_answer_loses_no_proposal(api: Api) -> None:
    api.client.broken = True
    answer = api.post("/api/proposals", "ana", json=draft())
    assert answer.status == 202
    assert api.stored(answer.json["proposal"]).author == "ana"


@pytest.mark.parametrize(
    ("sent", "status", "kind"),
    [
        ({"body": b"{}"}, 415, "unsupported-media-type"),
        ({"json": [1]}, 400, "not-json"),
        ({"json": draft(budget="-1")}, 422, "invalid"),
        ({"json": draft(category="poetry")}, 422, "invalid"),
        ({"json": draft(prepared_by=["nobody-here"])}, 422, "invalid"),
        ({"form": {"proposal": "{"}}, 400, "not-json"),
    ],
)
def test_bad_input_stores_and_starts_nothing(
    api: Api, sent: dict[str, object], status: int, kind: str
) -> None:
    answer = api.post("/api/proposals", "ana", **sent)
    assert (answer.status, answer.json["type"]) == (status, f"/problems/{kind}")
    assert answer.response.mimetype == "application/problem+json"
    assert answer.json["instance"] == "/api/proposals"
    assert (api.store.blobs, api.client.started) == ({}, [])


def test_who_has_nobody_to_approve_is_told_before_anything_is_stored(api: Api) -> None:
    """Her manager prepared it with her, and the only director is herself."""
    answer = api.post("/api/proposals", "greta", json=draft(prepared_by=["vera"]))
    assert (answer.status, answer.json["type"]) == (422, "/problems/nobody-can-approve")
    assert answer.json["rule"] == "everything else"
    assert api.store.blobs == {}


# -- waiting for the outcome -----------------------------------------------------------------------------


def test_the_outcome_comes_with_the_answer_if_it_comes_in_time(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposals, "POLL_SECONDS", 0.001)

    def reject() -> None:
        proposal = api.client.started[0][2]["proposal"]
        api.open(proposal)
        api.publish(proposal, Outcome.REJECTED, reason="a check failed")

    api.client.on_start = reject
    answer = api.post("/api/proposals?wait=30", "ana", json=draft())
    assert (answer.status, answer.json["state"], answer.json["outcome"]) == (200, "closed", "rejected")
    assert "Location" not in answer.headers


def test_otherwise_it_is_accepted_when_the_time_is_up(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposals, "POLL_SECONDS", 0.01)
    answer = api.post("/api/proposals?wait=1", "ana", json=draft())
    assert (answer.status, answer.json["outcome"]) == (202, None)
    looks = api.store.log.count(("read", layout.proposal(answer.json["proposal"])))
    assert looks > 2


@pytest.mark.parametrize("wait", ["31", "-1", "1.5", "x", "", "²", "9" * 5000])
def test_how_long_to_wait_is_checked_before_anything_is_stored(api: Api, wait: str) -> None:
    answer = api.post(f"/api/proposals?wait={wait}", "ana", json=draft())
    assert (answer.status, list(answer.fields)) == (422, ["wait"])
    assert api.store.blobs == {}


# -- looking ---------------------------------------------------------------------------------------------


def test_my_proposals_are_mine(api: Api) -> None:
    mine = {api.submit("ana") for _ in range(2)}
    api.submit("ben")
    page = api.get("/api/proposals", "ana").json
    assert {item["proposal"] for item in page["items"]} == mine
    assert page["continuation"] is None
    assert api.get("/api/proposals?scope=mine", "ana").json == page


def test_lists_go_on_where_the_page_ended(api: Api) -> None:
    made = sorted(api.submit("ana") for _ in range(3))
    page = api.get(f"/api/proposals?continuation={made[0]}", "ana").json
    assert [item["proposal"] for item in page["items"]] == made[1:]


def test_another_scope_is_told(api: Api) -> None:
    assert list(api.get("/api/proposals?scope=all", "olga").fields) == ["scope"]


def test_the_status_says_who_is_waited_for_until_it_is_over(api: Api) -> None:
    proposal = api.submit()
    api.open(proposal)
    running = api.get(f"/api/proposals/{proposal}/status", "ana")
    assert (running.status, int(running.headers["Retry-After"]) > 0) == (202, True)
    assert (running.json["instance"], running.json["event"]) == (f"{proposal}-r1", "decision")
    [task] = running.json["tasks"]
    assert (task["task"], task["assignee"]) == ("line-1", "ben")
    api.publish(proposal, Outcome.LAPSED)
    over = api.get(f"/api/proposals/{proposal}/status", "ana")
    assert (over.status, over.json["over"], over.json["outcome"]) == (200, True, "lapsed")
    assert "Retry-After" not in over.headers


def test_the_trail_is_served_as_it_lies(api: Api) -> None:
    proposal = api.submit()
    missing = api.get(f"/api/proposals/{proposal}/audit", "ana")
    assert (missing.status, "in a moment" in missing.json["detail"]) == (404, True)
    api.open(proposal)
    answer = api.get(f"/api/proposals/{proposal}/audit", "ana")
    assert answer.content == api.store.blobs[layout.audit(proposal)].data
    assert verify_trail(answer.content).problem is None
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert f"{proposal}-audit.jsonl" in answer.headers["Content-Disposition"]


def test_the_record_prints_or_is_the_sealed_bytes(api: Api) -> None:
    proposal = api.submit()
    api.open(proposal)
    missing = api.get(f"/api/proposals/{proposal}/record", "ana")
    assert (missing.status, "when the proposal is decided" in missing.json["detail"]) == (404, True)
    api.publish(proposal, Outcome.REJECTED)
    page = api.get(f"/api/proposals/{proposal}/record", "ana")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "Content-Disposition" not in page.headers
    sealed = api.get(f"/api/proposals/{proposal}/record?format=json", "ana")
    assert sealed.content == api.store.blobs[layout.record(proposal, 1, "json")].data
    assert from_json(sealed.content).proposal == proposal
    assert "attachment" in sealed.headers["Content-Disposition"]
    assert list(api.get(f"/api/proposals/{proposal}/record?format=pdf", "ana").fields) == ["format"]


def test_a_document_can_do_nothing_in_a_browser(api: Api) -> None:
    form = {k: v for k, v in draft().items() if k != "fields"} | {"fields.reason": "r"}
    hostile = b"<script>alert(1)</script>"
    files = {"document:description": ('Größe; x="1".html', hostile)}
    proposal = api.post("/api/proposals", "ana", form=form, files=files).json["proposal"]
    answer = api.get(f"/api/proposals/{proposal}/documents/{ids.sha256(hostile)}", "ana")
    assert (answer.status, answer.content) == (200, hostile)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe%3B%20x%3D")
    assert '"' not in disposition


def test_documents_of_other_proposals_are_not_served(api: Api) -> None:
    form = {k: v for k, v in draft().items() if k != "fields"} | {"fields.reason": "r"}
    api.post("/api/proposals", "ben", form=form, files={"document:description": ("a.pdf", PDF)})
    mine = api.submit("ana")
    for digest in (ids.sha256(PDF), "0" * 64, "..", "x"):
        assert api.get(f"/api/proposals/{mine}/documents/{digest}", "ana").status == 404
