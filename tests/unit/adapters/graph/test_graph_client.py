"""Requests to Graph: pages, batches of 20, waiting when it is busy, and giving up in time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from adapters.graph.client import ATTEMPTS, GraphClient, GraphError, NotFound
from tests.graph import Answer, Credential, Tenant, instead, oid, serving, throttled, user

USERS = "/users?$select=id,displayName"


class Hours:
    """A clock that only moves while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with serving(Tenant()) as found:
        found.add(*(user(n, f"user{n}") for n in range(1, 46)))
        yield found


@pytest.fixture
def hours() -> Hours:
    return Hours()


@pytest.fixture
def client(tenant: Tenant, hours: Hours) -> Iterator[GraphClient]:
    found = make(tenant, hours)
    yield found
    found.close()


def make(tenant: Tenant, hours: Hours, credential: Any = None, patience: float = 120) -> GraphClient:
    return GraphClient(
        tenant.address,
        credential or Credential(),
        patience_seconds=patience,
        sleep=hours.sleep,
        monotonic=lambda: hours.now,
    )


def paths(count: int) -> list[str]:
    return [f"/users/{oid(n)}?$select=id" for n in range(1, count + 1)]


# -- one and many ----------------------------------------------------------------------------------------


def test_a_request_carries_the_identitys_token_for_this_graph(tenant: Tenant, hours: Hours) -> None:
    credential = Credential()
    client = make(tenant, hours, credential)
    assert client.get(f"/users/{oid(1)}?$select=id") == {"id": oid(1)}
    client.close()
    assert credential.scopes == [(f"{tenant.address}/.default",)]
    assert tenant.tokens == {"Bearer the-token"}


def test_pages_are_read_to_the_last(client: GraphClient, tenant: Tenant) -> None:
    tenant.page_size = 10
    assert [each["id"] for each in client.pages(USERS)] == [oid(n) for n in range(1, 46)]
    assert tenant.asked == ["GET /users"] * 5


def test_a_page_may_be_empty_and_have_a_next_one(client: GraphClient, tenant: Tenant) -> None:
    empty = {"value": [], "@odata.nextLink": f"{tenant.address}/v1.0/users?$select=id&$skiptoken=44"}
    tenant.faults.append(_once(Answer(200, empty)))
    assert [each["id"] for each in client.pages(USERS)] == [oid(45)]


def _once(answer: Answer) -> Callable[[str, str], Answer | None]:
    left = itertools.chain([answer], itertools.repeat(None))
    return lambda _method, _path: next(left)


@pytest.mark.parametrize("count", [0, 1, 20, 21, 45])
def test_many_are_read_by_twenty_and_stay_in_order(client: GraphClient, tenant: Tenant, count: int) -> None:
    assert client.batch(paths(count)) == [{"id": oid(n)} for n in range(1, count + 1)]
    assert tenant.batches == [20] * (count // 20) + ([count % 20] if count % 20 else [])


def test_who_is_not_there_leaves_a_gap_in_a_batch(client: GraphClient) -> None:
    assert client.batch([*paths(1), f"/users/{oid(99)}?$select=id", *paths(1)]) == [
        {"id": oid(1)},
        None,
        {"id": oid(1)},
    ]


def test_one_that_is_not_there_is_said(client: GraphClient) -> None:
    with pytest.raises(
        NotFound, match=f"GET /users/{oid(99)}: 404 Request_ResourceNotFound Resource '{oid(99)}'"
    ):
        client.get(f"/users/{oid(99)}?$select=id")


# -- never elsewhere -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "link",
    [
        "https://graph.example.com/v1.0/users",
        "{address}.example.com/v1.0/users",
        "http://127.0.0.1@example.com/v1.0/users",
        "{address}/beta/users",
        "/v1.0/users",
        "http://[::1/v1.0/users",
        17,
        "",
    ],
)
def test_a_next_page_elsewhere_is_not_asked_for(client: GraphClient, tenant: Tenant, link: Any) -> None:
    link = link.format(address=tenant.address) if isinstance(link, str) else link
    tenant.faults.append(instead("/users", Answer(200, {"value": [], "@odata.nextLink": link})))
    with pytest.raises(GraphError, match=r"the next page is at .*, which is not http://127"):
        list(client.pages(USERS))
    assert len(tenant.asked) == 1


def test_pages_that_lead_in_a_circle_end(client: GraphClient, tenant: Tenant) -> None:
    link = f"{tenant.address}/v1.0{USERS}"
    tenant.faults.append(instead("/users", Answer(200, {"value": [], "@odata.nextLink": link})))
    with pytest.raises(GraphError, match="in a circle"):
        list(client.pages(USERS))


def test_a_redirect_is_not_followed(client: GraphClient, tenant: Tenant) -> None:
    elsewhere = {"Location": f"{tenant.address}/v1.0/elsewhere"}
    tenant.faults.append(instead("/users", Answer(302, {}, elsewhere)))
    with pytest.raises(GraphError, match="GET /users: 302"):
        client.get(USERS)
    assert tenant.asked == ["GET /users"]


# -- busy ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 503, 504])
def test_a_busy_graph_is_asked_again_when_it_says(
    client: GraphClient, tenant: Tenant, hours: Hours, status: int
) -> None:
    tenant.faults.append(throttled(2, "/users", "7", status))
    assert len(list(client.pages(USERS))) == 45
    assert hours.slept == [7.0, 7.0]


def test_it_may_say_when_by_a_date(client: GraphClient, tenant: Tenant, hours: Hours) -> None:
    tenant.faults.append(
        throttled(1, "/users", format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True))
    )
    client.get(USERS)
    [waited] = hours.slept
    assert 0 < waited <= 60


def test_a_date_that_is_over_means_at_once(client: GraphClient, tenant: Tenant, hours: Hours) -> None:
    tenant.faults.append(throttled(1, "/users", "Wed, 21 Oct 2015 07:28:00 GMT"))
    client.get(USERS)
    assert hours.slept == [0.0]


@pytest.mark.parametrize("after", [None, "", "soon", "-3", "1.5.2"])
def test_where_it_does_not_say_the_waits_grow(
    client: GraphClient, tenant: Tenant, hours: Hours, after: str | None
) -> None:
    tenant.faults.append(throttled(5, "/users", after))
    client.get(USERS)
    for waited, most in zip(hours.slept, [1, 2, 4, 8, 10], strict=True):
        assert most / 2 <= waited <= most


def test_a_graph_that_stays_busy_is_given_up(client: GraphClient, tenant: Tenant) -> None:
    tenant.faults.append(throttled(99, "/users", "1"))
    with pytest.raises(GraphError, match=f"GET /users: 429, {ATTEMPTS} times"):
        client.get(USERS)
    assert len(tenant.asked) == ATTEMPTS


@pytest.mark.parametrize("after", ["121", "9" * 400])
def test_a_wait_that_is_too_long_is_not_begun(
    client: GraphClient, tenant: Tenant, hours: Hours, after: str
) -> None:
    tenant.faults.append(throttled(99, "/users", after))
    with pytest.raises(GraphError, match="for another try would take too long"):
        client.get(USERS)
    assert hours.slept == []


def test_many_short_waits_are_together_bounded(tenant: Tenant, hours: Hours) -> None:
    tenant.page_size = 1
    tenant.faults.append(_every_second(throttled(99, "/users", "10")))
    client = make(tenant, hours, patience=95)
    with pytest.raises(GraphError, match="too long"):
        list(client.pages(USERS))
    client.close()
    assert hours.slept == [10.0] * 9


def _every_second(fault: Callable[[str, str], Answer | None]) -> Callable[[str, str], Answer | None]:
    turns = itertools.cycle([True, False])
    return lambda method, path: fault(method, path) if next(turns) else None


def test_a_slow_graph_is_given_up(tenant: Tenant, hours: Hours) -> None:
    client = make(tenant, hours, patience=-1)
    with pytest.raises(GraphError, match="GET /users: Graph is too slow"):
        client.get(USERS)
    client.close()
    assert tenant.asked == []


def test_what_is_throttled_within_a_batch_is_asked_again_alone(
    client: GraphClient, tenant: Tenant, hours: Hours
) -> None:
    tenant.faults += [throttled(1, f"/users/{oid(3)}", "4"), throttled(2, f"/users/{oid(5)}", "9")]
    assert client.batch(paths(20)) == [{"id": oid(n)} for n in range(1, 21)]
    assert tenant.batches == [20, 2, 1]
    assert hours.slept == [9.0, 9.0]


def test_a_batch_that_is_throttled_as_a_whole_is_sent_again(
    client: GraphClient, tenant: Tenant, hours: Hours
) -> None:
    tenant.faults.append(throttled(1, "/$batch", "3"))
    assert len(client.batch(paths(2))) == 2
    assert hours.slept == [3.0]


@pytest.mark.parametrize("headers", [{}, None, {"retry-after": "2"}])
def test_a_request_within_a_batch_that_never_gets_through_is_given_up(
    client: GraphClient, tenant: Tenant, headers: Any
) -> None:
    answer = Answer(503, None)
    answer.headers = headers
    tenant.faults.append(instead(f"/users/{oid(2)}", answer))
    with pytest.raises(
        GraphError, match=rf"POST /\$batch: 1 of 3 requests did not get through, {ATTEMPTS} times"
    ):
        client.batch(paths(3))


# -- wrong -----------------------------------------------------------------------------------------------


def test_a_graph_that_is_not_there(hours: Hours) -> None:
    nowhere = Tenant()
    nowhere.address = "http://127.0.0.1:9"
    client = make(nowhere, hours)
    with pytest.raises(GraphError, match=f"GET /users: ConnectionError, {ATTEMPTS} times"):
        client.get(USERS)
    client.close()


@pytest.mark.parametrize("status", [401, 403])
def test_a_permission_that_is_missing_is_named(client: GraphClient, tenant: Tenant, status: int) -> None:
    body = {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges."}}
    tenant.faults.append(instead("/users", Answer(status, body)))
    with pytest.raises(GraphError) as caught:
        client.get(USERS)
    assert str(caught.value).startswith(
        f"GET /users: {status} Authorization_RequestDenied Insufficient privileges.;"
    )
    assert "User.Read.All, GroupMember.Read.All and Application.Read.All" in str(caught.value)


def test_a_refusal_within_a_batch_is_one(client: GraphClient, tenant: Tenant) -> None:
    tenant.faults.append(instead(f"/users/{oid(2)}", Answer(403, {"error": {"code": "No"}})))
    with pytest.raises(GraphError, match=f"GET /users/{oid(2)}.*: 403 No; the identity needs"):
        client.batch(paths(3))


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b"null", b'"text"'])
def test_what_is_no_object_is_said(client: GraphClient, tenant: Tenant, raw: bytes) -> None:
    tenant.faults.append(instead("/users", Answer(200, raw=raw)))
    with pytest.raises(
        GraphError, match="GET /users: Graph answered with something that is not a JSON object"
    ):
        client.get(USERS)


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b'{"error": "text"}', b'{"error": {"message": 1}}'])
def test_a_failure_without_its_documented_body_is_still_said(
    client: GraphClient, tenant: Tenant, raw: bytes
) -> None:
    tenant.faults.append(instead("/users", Answer(400, raw=raw)))
    with pytest.raises(GraphError, match="GET /users: 400"):
        client.get(USERS)


@pytest.mark.parametrize("body", [{}, {"value": None}, {"value": {}}, {"value": ["text"]}])
def test_a_page_without_a_list_is_said(client: GraphClient, tenant: Tenant, body: Any) -> None:
    tenant.faults.append(instead("/users", Answer(200, body)))
    with pytest.raises(GraphError, match="no list of objects"):
        list(client.pages(USERS))


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "without a list of responses"),
        ({"responses": [1]}, "without a list of responses"),
        ({"responses": []}, "other requests than those that were sent"),
        ({"responses": [{"id": "7", "status": 200}]}, "other requests than those that were sent"),
        ({"responses": [{"id": "0", "status": 200, "body": "text"}]}, "not a JSON object"),
        ({"responses": [{"id": "0"}]}, "GET /users/.*: None"),
    ],
)
def test_a_batch_that_is_answered_wrongly_is_said(
    client: GraphClient, tenant: Tenant, body: Any, problem: str
) -> None:
    tenant.faults.append(instead("/$batch", Answer(200, body)))
    with pytest.raises(GraphError, match=problem):
        client.batch(paths(1))


def test_an_identity_without_a_token_is_said(tenant: Tenant, hours: Hours) -> None:
    class Nobody:
        def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
            raise ClientAuthenticationError("no identity")

    client = make(tenant, hours, Nobody())
    with pytest.raises(
        GraphError, match=r"no token for http://127.*ClientAuthenticationError; .*GRAPH_CLIENT_ID"
    ):
        client.get(USERS)
    client.close()
    assert tenant.asked == []
