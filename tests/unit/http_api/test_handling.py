"""What holds for every request: whose it is, where it comes from, how large it is, and that it is always answered."""

from __future__ import annotations

import asyncio
import logging
import threading
from dataclasses import replace
from typing import Any

import azure.functions as func
import pytest

from adapters.settings import IdentityMode
from approvals.policy.directory import Directory, DirectoryError
from approvals.refusals import Refusal, RefusalKind
from http_api.access import Who
from http_api.handling import OVERHEAD_BYTES, Call, answer, describes
from tests.fakes import example_policy
from tests.unit.http_api.api import Api, draft

OWN_SITE = [
    {},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "https://localhost"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://localhost"},
    # behind a proxy that rewrites Host
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://front.example", "Host": "localhost:7071"},
]
OTHER_SITE = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://localhost"},
    {"Origin": "https://evil.example"},
    {"Origin": "https://localhost.evil.example"},
    {"Origin": "https://evil.example/localhost"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://["},
    {"Origin": "localhost"},
]


@pytest.mark.parametrize("headers", OWN_SITE)
def test_unsafe_requests_of_the_own_site_and_of_programs_pass(api: Api, headers: dict[str, str]) -> None:
    assert api.post("/api/proposals", "ana", json=draft(), headers=headers).status == 202


@pytest.mark.parametrize("headers", OTHER_SITE)
def test_unsafe_requests_from_elsewhere_are_refused(api: Api, headers: dict[str, str]) -> None:
    found = api.post("/api/proposals", "ana", json=draft(), headers=headers)
    assert (found.status, found.json["type"]) == (403, "/problems/other-origin")
    assert api.store.blobs == {}


@pytest.mark.parametrize("headers", OTHER_SITE)
def test_reading_is_not_asked_where_it_comes_from(api: Api, headers: dict[str, str]) -> None:
    """A browser does not show another site what it reads here."""
    assert api.get("/api/me", "ana", headers=headers).status == 200


class Away:
    """A directory that cannot be read."""

    def current(self) -> Directory:
        raise DirectoryError(["GET /users: 503 of graph.microsoft.com"])


@pytest.mark.parametrize("path", ["/api/me", "/api/inbox", "/api/session"])
def test_while_nobody_can_be_known_nobody_is_let_in(
    api: Api, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    api.ports = replace(api.ports, directory=Away())
    found = api.get(path, "ana")
    assert (found.status, found.json["type"]) == (503, "/problems/no-directory")
    assert found.headers["Retry-After"] == "30"
    assert "graph.microsoft.com" not in found.response.get_body().decode()
    assert "graph.microsoft.com" in caplog.text


def test_the_directory_is_read_beside_the_event_loop(api: Api) -> None:
    """It may be far away: one request that waits for it does not hold up the others."""
    threads: list[threading.Thread] = []
    directory = api.ports.directory.current()

    class Far:
        def current(self) -> Directory:
            threads.append(threading.current_thread())
            return directory

    api.ports = replace(api.ports, directory=Far())
    for path in ("/api/inbox", "/api/session"):
        assert api.get(path, "ana").status == 200
    assert len(threads) == 2
    assert threading.current_thread() not in threads


def test_a_request_larger_than_all_documents_is_refused(api: Api) -> None:
    limit = example_policy().limits.max_total_bytes + OVERHEAD_BYTES
    found = api.post("/api/proposals", "ana", body=bytes(limit + 1))
    assert (found.status, found.json["type"]) == (413, "/problems/too-large")
    assert f"{limit:,}" in found.json["detail"]
    assert api.post("/api/proposals", "ana", body=bytes(limit)).status == 415


def handled(work: Any, **given: Any) -> Any:
    request = func.HttpRequest(
        "GET",
        "https://localhost/api/me?x=1",
        headers={"Host": "localhost", "X-Greenlight-User": "ana"},
        body=b"",
        **given,
    )
    function: Any = describes(Who.KNOWN)(work)
    return asyncio.run(function(request))


def test_a_refusal_becomes_a_problem(api: Api) -> None:
    async def work(call: Call) -> func.HttpResponse:
        raise Refusal(RefusalKind.TASK_OVER, "Too late.", detail={"decided_by": call.person.id})

    response = handled(work)
    assert response.status_code == 409
    assert response.mimetype == "application/problem+json"
    assert b'"decided_by": "ana"' in response.get_body()
    assert b'"instance": "/api/me"' in response.get_body()


def test_a_failure_is_answered_too_and_logged_once(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    async def work(call: Call) -> func.HttpResponse:
        raise ZeroDivisionError("secret")

    with caplog.at_level(logging.ERROR):
        response = handled(work)
    assert response.status_code == 500
    assert response.headers["X-Greenlight-Person"] == "ana"
    assert b"secret" not in response.get_body()
    assert len(caplog.records) == 1


def test_a_route_without_a_proposal_has_none(api: Api) -> None:
    async def work(call: Call) -> func.HttpResponse:
        with pytest.raises(LookupError):
            _ = call.proposal
        return answer({"read": True})

    assert handled(work).status_code == 200


@pytest.mark.parametrize("number", ["1", "000001"])
def test_a_number_of_the_route(api: Api, number: str) -> None:
    async def work(call: Call) -> func.HttpResponse:
        return answer({"n": call.number("n")})

    assert handled(work, route_params={"n": number}).get_body() == b'{"n": 1}'


@pytest.mark.parametrize("number", ["-1", "1.0", "x", "9" * 5000, "²", "1\n"])
def test_a_number_that_is_none_names_nothing(api: Api, number: str) -> None:
    async def work(call: Call) -> func.HttpResponse:
        return answer({"n": call.number("n")})

    assert handled(work, route_params={"n": number}).status_code == 404


def test_answers_are_not_kept_and_not_guessed_at(api: Api) -> None:
    found = api.get("/api/me", "ana")
    assert found.headers["Cache-Control"] == "no-store"
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert found.response.mimetype == "application/json"


@pytest.mark.parametrize(
    ("method", "path", "who", "status"),
    [
        ("GET", "/api/me", "ben", 200),
        ("GET", "/api/proposals?scope=open", "ben", 403),
        ("GET", "/api/proposals/p-aaaaaaaaaaaa", "ana", 404),
        ("POST", "/api/proposals", "carl", 415),
        ("POST", "/api/proposals/p-aaaaaaaaaaaa/publication", "ana", 403),
    ],
)
def test_every_answer_to_a_known_person_says_who_was_answered(
    api: Api, method: str, path: str, who: str, status: int
) -> None:
    found = api.call(method, path, who)
    assert (found.status, found.headers["X-Greenlight-Person"]) == (status, who)


def test_a_file_and_an_answer_without_a_body_say_who_was_answered_too(api: Api) -> None:
    proposal = api.submit()
    api.open(proposal)
    assert api.get(f"/api/proposals/{proposal}/audit", "ana").headers["X-Greenlight-Person"] == "ana"
    first = api.get("/api/inbox", "ben")
    again = api.get("/api/inbox", "ben", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.headers["X-Greenlight-Person"]) == (304, "ben")


@pytest.mark.parametrize("who", [None, "nobody"])
def test_where_nobody_is_known_nobody_is_named(api: Api, who: str | None) -> None:
    assert "X-Greenlight-Person" not in api.get("/api/me", who).headers
    assert "X-Greenlight-Person" not in api.get("/api/session", "ana").headers


# One route of each way in: for known people, for everybody, the page, a link, the probe.
WAYS_IN = ["/api/me", "/api/session", "/api/health", "/", "/link/x.y"]


@pytest.mark.parametrize("path", WAYS_IN)
@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:7071", "localhost.evil.example", "127.0.0.1.nip.io", "10.0.0.4", ""],
)
def test_without_a_sign_in_no_other_name_is_answered_to(api: Api, path: str, host: str) -> None:
    """A site whose name leads to this machine could read along."""
    found = api.get(path, "ana", headers={"Host": host})
    assert (found.status, found.json["type"]) == (421, "/problems/other-host")
    assert "Use one of these names" in found.json["detail"]
    assert repr(host) in found.json["detail"]


@pytest.mark.parametrize("path", WAYS_IN)
@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:7071", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:7071"]
)
def test_this_machines_own_names_are_answered_to(api: Api, path: str, host: str) -> None:
    assert api.get(path, "ana", headers={"Host": host}).status in (200, 303)


@pytest.mark.parametrize("path", ["/api/session", "/api/health", "/", "/link/x.y"])
def test_behind_a_sign_in_the_name_is_the_platforms_business(api: Api, path: str) -> None:
    api.identity = IdentityMode.EASYAUTH
    assert api.get(path, headers={"Host": "greenlight.azurewebsites.net"}).status in (200, 303)


def test_a_window_of_somebody_else_is_told_and_does_nothing(api: Api) -> None:
    before = dict(api.store.blobs)
    found = api.post("/api/proposals", "ben", json=draft(), headers={"X-Greenlight-Person": "ana"})
    assert (found.status, found.json["type"]) == (409, "/problems/other-person")
    assert "You are Ben Okafor now" in found.json["detail"]
    assert api.store.blobs == before
    assert api.get("/api/me", "ben", headers={"X-Greenlight-Person": "ben"}).status == 200


def test_the_pages_cookie_says_who_it_is_where_no_header_does(api: Api) -> None:
    cookie = {"Cookie": "other=1; greenlight-user=ana; more=2"}
    assert api.get("/api/me", None, headers=cookie).json["person"]["id"] == "ana"
    assert api.get("/api/me", "ben", headers=cookie).json["person"]["id"] == "ben"
    assert api.get("/api/me", None, headers={"Cookie": "greenlight-users=ana"}).status == 401
