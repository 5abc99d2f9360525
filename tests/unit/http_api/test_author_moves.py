"""Revise, withdraw, evidence; and what is said to approvers of a revision that is history."""

from __future__ import annotations

from datetime import timedelta

import pytest

from approvals.model import Outcome, ProposalState
from approvals.stored import ids
from approvals.stored.codec import utc_text
from services.answering import fulfillment
from services.submitting import revising
from tests.unit.http_api.api import PDF, Api, draft


@pytest.fixture
def changes_requested(api: Api) -> str:
    form = {k: v for k, v in draft().items() if k != "fields"} | {"fields.reason": "r"}
    files = {"document:description": ("why.pdf", PDF)}
    proposal = str(api.post("/api/proposals", "ana", form=form, files=files).json["proposal"])
    api.open(proposal)
    assert api.decide("ben", proposal, "request_changes").status == 200
    api.settle(proposal)
    revising.request_changes(api.ports, proposal, 1)
    return proposal


def test_a_revision_starts_its_own_instance_and_rings_the_one_before(
    api: Api, changes_requested: str
) -> None:
    proposal = changes_requested
    body = draft(title="Label the racks, in two colours", note="colours", from_revision=1)
    answer = api.post(f"/api/proposals/{proposal}/revisions", "ana", json=body | {"keep": [ids.sha256(PDF)]})
    assert (answer.status, answer.json["revision"], answer.json["instance"]) == (202, 2, f"{proposal}-r2")
    assert api.client.started[-1][1:] == (
        f"{proposal}-r2",
        {"proposal": proposal, "revision": 2, "version": 2},
    )
    assert api.client.rung[-1] == (f"{proposal}-r1", "decision", {"ring": ""})
    picture = api.get(f"/api/proposals/{proposal}", "ben").json
    assert [len(revision["submission"]["documents"]) for revision in picture["revisions"]] == [1, 1]
    again = api.post(f"/api/proposals/{proposal}/revisions", "ana", json=body | {"keep": [ids.sha256(PDF)]})
    assert (again.status, again.json["revision"]) == (202, 2)
    assert len([instance for _, instance, _ in api.client.started if instance.endswith("-r2")]) == 1
    document = api.get(f"/api/proposals/{proposal}/documents/{ids.sha256(PDF)}", "ben")
    assert document.content == PDF


def test_approvers_of_a_former_revision_are_told(api: Api, changes_requested: str) -> None:
    proposal = changes_requested
    api.post(f"/api/proposals/{proposal}/revisions", "ana", json=draft(from_revision=1))
    api.open(proposal, 2)
    old = api.decide("ben", proposal, "approve")
    assert (old.status, old.json["type"]) == (409, "/problems/superseded-revision")


def test_a_revision_that_nobody_asked_for(api: Api, changes_requested: str) -> None:
    proposal = changes_requested
    address = f"/api/proposals/{proposal}/revisions"
    api.post(address, "ana", json=draft(from_revision=1))
    early = api.post(address, "ana", json=draft(from_revision=2))
    assert (early.status, early.json["type"]) == (409, "/problems/wrong-state")
    unknown = api.post(address, "ana", json=draft(from_revision=7))
    assert unknown.status == 404
    assert list(api.post(address, "ana", json=draft()).fields) == ["from_revision"]


def test_a_revision_answers_what_the_category_asks_and_nothing_else(api: Api, changes_requested: str) -> None:
    address = f"/api/proposals/{changes_requested}/revisions"
    body = draft(from_revision=1, fields={"reason": "r", "__proto__": "x"})
    refused = api.post(address, "ana", json=body)
    assert (refused.status, list(refused.fields)) == (422, ["fields.__proto__"])
    assert api.post(address, "ana", json=draft(from_revision=1)).json["revision"] == 2


def test_withdrawing_twice_is_once(api: Api) -> None:
    proposal = api.submit()
    api.open(proposal)
    one, other = (
        api.post(f"/api/proposals/{proposal}/withdrawal", "ana", json={"reason": "changed my mind"})
        for _ in range(2)
    )
    assert (one.status, one.json["outcome"]) == (202, "withdrawn")
    assert other.json == one.json
    assert api.client.rung == [(f"{proposal}-r1", "decision", {"ring": ""})] * 2
    late = api.decide("ben", proposal, "approve")
    assert (late.status, late.json["outcome"]) == (409, "withdrawn")


def test_what_is_decided_cannot_be_withdrawn(api: Api) -> None:
    proposal = api.submit()
    api.open(proposal)
    api.publish(proposal, Outcome.APPROVED)
    answer = api.post(f"/api/proposals/{proposal}/withdrawal", "ana", json={})
    assert (answer.status, answer.json["type"], answer.json["outcome"]) == (
        409,
        "/problems/proposal-over",
        "approved",
    )


@pytest.fixture
def conditional(api: Api) -> str:
    """Approved if ana shows the labels: ben set it; kim, of the confirming role, may confirm too."""
    proposal = api.submit()
    api.open(proposal)
    due = utc_text(api.clock.now() + timedelta(days=5))
    wanted = [{"text": "show the labels", "due": due}]
    assert api.decide("ben", proposal, "approve_with_conditions", conditions=wanted).status == 200
    assert api.settle(proposal) == "approved"
    fulfillment.open_conditions(api.ports, proposal, 1)
    assert api.stored(proposal).state is ProposalState.CONDITIONS
    return proposal


def test_evidence_is_given_refused_given_again_and_confirmed(api: Api, conditional: str) -> None:
    address = f"/api/proposals/{conditional}/evidence"
    form = {"condition": "line-1-c1", "note": "see the photo"}
    given = api.post(address, "ana", form=form, files={"document:photo": ("p.pdf", PDF)})
    assert (given.status, given.json["state"]) == (200, "evidence")
    assert api.client.statuses.get(f"{conditional}-r1-conditions") is None
    api.client.statuses[f"{conditional}-r1-conditions"] = "Running"
    photo = api.get(f"/api/proposals/{conditional}/documents/{ids.sha256(PDF)}", "kim")
    assert photo.content == PDF
    refusal = {"condition": "line-1-c1", "action": "refuse", "note": "too dark"}
    refused = api.post(address, "ben", json=refusal)
    assert (refused.json["state"], refused.json["refused"]) == ("open", "too dark")
    assert api.post(address, "ana", json={"condition": "line-1-c1", "note": "brighter"}).status == 200
    own = api.post(address, "ana", json={"condition": "line-1-c1", "action": "confirm"})
    assert (own.status, own.json["type"]) == (403, "/problems/not-allowed")
    confirmed = api.post(address, "kim", json={"condition": "line-1-c1", "action": "confirm"})
    assert (confirmed.json["state"], confirmed.json["confirmed_by"]) == ("confirmed", "kim")
    assert api.client.rung[-1] == (f"{conditional}-r1-conditions", "decision", {"ring": ""})


def test_the_trail_has_every_document_of_the_evidence_whatever_they_are_called(
    api: Api, conditional: str
) -> None:
    form = {"condition": "line-1-c1", "note": "see the photos"}
    files = {
        "document:photo": ("p.pdf", PDF),
        "document:plan": ("p.pdf", PDF + b"2"),
        "document:text": ("note", PDF + b"3"),
    }
    address = f"/api/proposals/{conditional}"
    assert api.post(f"{address}/evidence", "ana", form=form, files=files).status == 200
    timeline = api.get(address, "ana").json["timeline"]
    [detail] = [
        line["entry"]["detail"] for line in timeline if line["entry"]["action"] == "condition_evidence"
    ]
    assert detail == {
        "note": "see the photos",
        "p.pdf": ids.sha256(PDF),
        "p.pdf (2)": ids.sha256(PDF + b"2"),
        "note (2)": ids.sha256(PDF + b"3"),
    }


@pytest.mark.parametrize("condition", ["line-1-c2", "line-1", "../../x", "x"])
def test_a_condition_that_is_none(api: Api, conditional: str, condition: str) -> None:
    body = {"condition": condition, "note": "n"}
    assert api.post(f"/api/proposals/{conditional}/evidence", "ana", json=body).status == 404
