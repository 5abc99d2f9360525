"""Who may: every registered function has a rule, and every route answers every kind of person as expected."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import azure.durable_functions as df
import azure.functions as func
import pytest

from adapters.settings import IdentityMode
from approvals.stored import ids, layout
from http_api import discovery
from http_api.service.page import site
from tests.unit.http_api.api import PDF, ROUTES, Api, draft

# ana submitted, with a document; ben, her manager, handed his task over to dora; olga is an operator.
PEOPLE = {
    "anonymous": None,
    "stranger": "hugo",
    "author": "ana",
    "approver": "dora",
    "former approver": "ben",
    "operator": "olga",
}


@pytest.fixture
def proposal(api: Api) -> str:
    form = {k: v for k, v in draft().items() if k != "fields"} | {"fields.reason": "Things get lost."}
    files = {"document:description": ("why.pdf", PDF)}
    answer = api.post("/api/proposals", "ana", form=form, files=files)
    made = str(answer.json["proposal"])
    api.open(made)
    assert api.hand_over("ben", made, "dora").status == 200
    api.settle(made)
    assert api.ask("dora", made, "line-1.2").status == 200
    api.store.create(layout.record(made, 1, "html"), b"<p>sealed</p>")
    return made


READ = (401, 404, 200, 200, 200, 200)
OWN = (401, 200, 200, 200, 200, 200)
# The order of PEOPLE. 409: the person may, the proposal is not there yet.
EXPECTED: dict[str, tuple[int, ...]] = {
    "submit_proposal": (401, 202, 202, 202, 202, 202),
    "list_proposals": OWN,
    "show_proposal": READ,
    "show_status": (401, 404, 202, 202, 202, 202),
    "show_audit": READ,
    "show_record": READ,
    "show_document": READ,
    "record_decision": (401, 404, 403, 200, 403, 403),
    "change_assignee": (401, 404, 403, 200, 403, 200),
    "ask_question": (401, 404, 403, 200, 403, 403),
    "answer_question": (401, 404, 200, 403, 403, 403),
    "submit_revision": (401, 404, 409, 403, 403, 403),
    "withdraw_proposal": (401, 404, 202, 403, 403, 403),
    "evidence": (401, 404, 409, 409, 409, 409),
    "run_publication_again": (401, 403, 403, 403, 403, 409),
    "show_inbox": OWN,
    "who_am_i": OWN,
    "start": OWN,
    "show_outbox": OWN,
    "show_policy": OWN,
    "preview_policy": OWN,
    "show_session": (200, 200, 200, 200, 200, 200),
    "describe_api": (200, 200, 200, 200, 200, 200),
    "health": (200, 200, 200, 200, 200, 200),
    "page": (200, 200, 200, 200, 200, 200),
    "asset": (200, 200, 200, 200, 200, 200),
    "follow_link": (303, 303, 303, 303, 303, 303),
}
ABOUT = {
    "revision": 1,
    "task": "line-1.2",
    "question": "r1-line-1.2-q1",
    "token": "x",
    "version": site().version,
    "room": "core",
    "file": "page.js",
    "sha256": ids.sha256(PDF),
}
BODIES: dict[str, Any] = {
    "submit_proposal": draft(),
    "preview_policy": draft(),
    "record_decision": {"verdict": "approve"},
    "change_assignee": {"to": "greta", "reason": "away"},
    "ask_question": {"text": "Why now?"},
    "answer_question": {"text": "It is cheap now."},
    "submit_revision": draft(from_revision=1),
    "withdraw_proposal": {},
    "evidence": {"condition": "line-1-c1"},
}


def test_every_function_has_a_row_here() -> None:
    assert {route.function for route in ROUTES} == set(EXPECTED)


@pytest.mark.parametrize("kind", PEOPLE)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.id)
def test_each_route_and_each_kind_of_person(api: Api, proposal: str, route: Any, kind: str) -> None:
    address = route.address(**ABOUT, proposal=proposal)
    sent = {"json": BODIES[route.function]} if route.function in BODIES else {}
    headers = {"If-Match": api.version(proposal, "line-1.2")}
    before = dict(api.store.blobs)
    answer = api.call(route.method, address, PEOPLE[kind], headers=headers, **sent)
    assert answer.status == EXPECTED[route.function][list(PEOPLE).index(kind)], answer.content
    if answer.status in (401, 403, 404):
        assert api.store.blobs == before


@pytest.mark.parametrize("kind", [kind for kind in PEOPLE if kind != "operator"])
def test_everything_open_is_for_operators(api: Api, proposal: str, kind: str) -> None:
    assert api.get("/api/proposals?scope=open", PEOPLE[kind]).status == (401 if kind == "anonymous" else 403)
    [item] = api.get("/api/proposals?scope=open", PEOPLE["operator"]).json["items"]
    assert item["proposal"] == proposal


@pytest.mark.parametrize("who", ["ana", "olga", "hugo"])
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.id)
def test_where_no_identity_is_set_up_nothing_answers_but_health(api: Api, route: Any, who: str) -> None:
    api.identity = IdentityMode.NONE
    address = route.address(**ABOUT, proposal="p-aaaaaaaaaaaa")
    answer = api.call(route.method, address, who)
    assert answer.status == (503 if route.function == "health" else 401)


def test_what_a_stranger_may_not_see_looks_like_what_does_not_exist(api: Api, proposal: str) -> None:
    hidden = api.get(f"/api/proposals/{proposal}", "hugo").content
    missing = api.get("/api/proposals/p-aaaaaaaaaaaa", "hugo").content
    assert hidden.replace(proposal.encode(), b"p-aaaaaaaaaaaa") == missing


def test_who_is_no_operator_does_not_learn_what_exists(api: Api, proposal: str) -> None:
    for about in (proposal, "p-aaaaaaaaaaaa"):
        assert api.post(f"/api/proposals/{about}/publication", "hugo").status == 403
    assert api.post("/api/proposals/p-aaaaaaaaaaaa/publication", "olga").status == 404


def test_a_function_that_declares_nothing_does_not_become_part_of_the_app(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody would have said who may call it."""
    bp = df.Blueprint()

    @bp.route(route="api/brand-new", methods=["GET"])
    async def brand_new(req: func.HttpRequest) -> func.HttpResponse:
        raise AssertionError(req)

    forgotten = SimpleNamespace(bp=bp, brand_new=brand_new)
    monkeypatch.setattr(discovery, "modules", lambda: (forgotten,))
    discovery.routes.cache_clear()
    with pytest.raises(AttributeError, match="declared"):
        discovery.blueprints()


def test_what_is_for_everybody() -> None:
    found = {route.declared.name for route in discovery.routes() if not route.declared.who.is_known}
    assert found == {"show_session", "describe_api", "health", "page", "asset", "follow_link"}
