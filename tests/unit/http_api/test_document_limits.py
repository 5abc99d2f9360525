"""Documents that are too large, too many or empty: refused at the door, by the name of the part that they came in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from approvals.stored.codec import utc_text
from services.answering import fulfillment
from tests.fakes import MONDAY, PolicyToday
from tests.unit.http_api.api import PDF, Answer, Api, draft

FORM = {name: value for name, value in draft().items() if name != "fields"} | {"fields.reason": "r"}


def limit(api: Api, **changes: Any) -> None:
    policy = api.ports.policy.current()
    limited = replace(policy, limits=replace(policy.limits, **changes))
    api.ports = replace(api.ports, policy=PolicyToday(limited))


def submit(api: Api, **files: bytes) -> Answer:
    sent = {f"document:{kind}": (f"{kind}.pdf", data) for kind, data in files.items()}
    return api.post("/api/proposals", "ana", form=FORM, files=sent)


def give(api: Api, proposal: str, **files: bytes) -> Answer:
    sent = {f"document:{kind}": (f"{kind}.pdf", data) for kind, data in files.items()}
    form = {"condition": "line-1-c1", "note": "here"}
    return api.post(f"/api/proposals/{proposal}/evidence", "ana", form=form, files=sent)


@pytest.fixture
def conditional(api: Api) -> str:
    """Approved on a condition."""
    proposal = api.submit()
    api.open(proposal)
    wanted = [{"text": "show it", "due": utc_text(MONDAY + timedelta(days=5))}]
    assert api.decide("ben", proposal, "approve_with_conditions", conditions=wanted).status == 200
    api.settle(proposal)
    fulfillment.open_conditions(api.ports, proposal, 1)
    return proposal


def test_a_document_over_the_limit_is_413_and_named(api: Api) -> None:
    limit(api, max_document_bytes=len(PDF))
    answer = submit(api, description=PDF, plan=PDF + b"x")
    assert (answer.status, answer.json["type"]) == (413, "/problems/too-large")
    assert answer.json["errors"] == [
        {"field": "document:plan", "message": f"plan.pdf: at most {len(PDF)} bytes, not {len(PDF) + 1}"}
    ]
    assert api.store.blobs == {}
    assert submit(api, description=PDF).status == 202


def test_documents_that_are_too_large_together_are_413(api: Api) -> None:
    limit(api, max_total_bytes=2 * len(PDF))
    answer = submit(api, description=PDF, plan=PDF + b"x")
    assert (answer.status, list(answer.fields)) == (413, ["documents"])
    assert submit(api, description=PDF, plan=PDF).status == 202


def test_what_is_wrong_otherwise_is_422(api: Api) -> None:
    limit(api, max_documents=1)
    many, empty = submit(api, description=PDF, plan=PDF), submit(api, description=b"")
    assert (many.status, list(many.fields)) == (422, ["documents"])
    assert (empty.status, list(empty.fields)) == (422, ["document:description"])


def test_evidence_has_the_same_limits(api: Api, conditional: str) -> None:
    limit(api, max_document_bytes=len(PDF), max_documents=1)
    large = give(api, conditional, photo=PDF + b"x")
    assert (large.status, list(large.fields)) == (413, ["document:photo"])
    empty, many = give(api, conditional, photo=b""), give(api, conditional, photo=PDF, plan=PDF)
    assert (empty.status, list(empty.fields)) == (422, ["document:photo"])
    assert (many.status, list(many.fields)) == (422, ["documents"])
    assert give(api, conditional, photo=PDF).status == 200
