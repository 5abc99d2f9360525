"""The directory of a whole tenant: nested groups, app roles, managers outside the group, guests, who has left."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from adapters.graph import reader
from adapters.graph.client import GraphClient, GraphError
from adapters.graph.people import Malformed
from adapters.graph.reader import read_directory
from adapters.graph.supplement import parse_supplement
from adapters.settings import IdentityMode
from approvals.policy.directory import Directory
from http_api.identity import MAIL_CLAIMS, OBJECT_ID_CLAIMS, identify
from http_api.problems import HttpProblem
from tests.graph import APP_ID, Answer, Credential, Json, Tenant, instead, oid, serving, user

BOARD, INNER, APP_GROUP, MEMBERS, DEVICE = oid(101), oid(102), oid(103), oid(104), oid(105)
OPERATOR, VIEWER, RETIRED = oid(201), oid(202), oid(203)
ANA, BEN, DORA, PETE, GUEST = oid(1), oid(2), oid(3), oid(4), oid(5)
GUEST_NAME = "eve_partner.example#EXT#"
NAMES = "".join(
    f'[people.{name}]\nobject_id = "{object_id}"\n'
    for name, object_id in {"ana": ANA, "ben": BEN, "dora": DORA, "pete": PETE, "eve": GUEST}.items()
)
TEXT = f"""
[place]
time_zone = "Europe/Berlin"
country = "DE"
{NAMES}
[groups]
board = "{BOARD}"
[roles]
operator = {{ app_roles = ["Greenlight.Operator"] }}
finance = {{ groups = ["{INNER}"] }}
"""


def assignment(principal: str, role: str, kind: str = "User") -> Json:
    return {"id": "x", "principalId": principal, "principalType": kind, "appRoleId": role}


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    """Ana reports to ben, ben to dora, who has no manager; pete's account is disabled, eve is a guest without mail."""
    found = Tenant()
    found.add(
        user(1, "ana", manager=BEN),
        user(2, "ben", manager=DORA),
        user(3, "dora"),
        user(4, "pete", accountEnabled=False, manager=BEN),
        user(
            5,
            "eve",
            mail=None,
            mailNickname=GUEST_NAME,
            userPrincipalName=f"{GUEST_NAME}@tenant.example",
            usageLocation=None,
        ),
    )
    found.members = {
        BOARD: [DORA, INNER, DEVICE],
        INNER: [GUEST],
        APP_GROUP: [BEN, INNER],
        MEMBERS: [ANA, INNER],
    }
    found.app_roles = [
        {"id": OPERATOR.upper(), "value": "Greenlight.Operator", "isEnabled": True},
        {"id": VIEWER, "value": "Greenlight.Viewer", "isEnabled": True},
        {"id": RETIRED, "value": "Greenlight.Old", "isEnabled": False},
    ]
    found.assignments = [
        assignment(DORA, OPERATOR),
        assignment(APP_GROUP, OPERATOR, "Group"),
        assignment(oid(900), OPERATOR, "ServicePrincipal"),
        assignment(ANA, VIEWER),
        assignment(PETE, oid(0)),
    ]
    with serving(found) as served:
        yield served


def read(tenant: Tenant, text: str = TEXT, app_id: str | None = APP_ID) -> Directory:
    client = GraphClient(tenant.address, Credential(), patience_seconds=60, sleep=lambda _: None)
    try:
        return read_directory(client, parse_supplement(text), app_id)
    finally:
        client.close()


def everybody(directory: Directory) -> set[str]:
    return {person.id for person in directory.people}


def test_everybody_of_the_tenant_with_their_managers(tenant: Tenant) -> None:
    tenant.page_size = 2
    found = read(tenant)
    assert {person.id: person.manager for person in found.people} == {
        "ana": "ben",
        "ben": "dora",
        "dora": None,
        "eve": None,
        "pete": "ben",
    }
    assert {person.id for person in found.people if not person.active} == {"pete"}
    assert tenant.asked.count("GET /users") == 3
    assert tenant.batches == []


def test_a_guest_without_mail_is_somebody(tenant: Tenant) -> None:
    eve = read(tenant).person("eve")
    assert eve is not None
    assert (eve.mail, eve.country, eve.active) == (f"{GUEST_NAME}@tenant.example", "DE", True)


def test_a_group_holds_the_people_of_nested_groups_and_nothing_else(tenant: Tenant) -> None:
    assert read(tenant).groups == {"board": ("dora", "eve")}


def test_an_app_role_goes_to_users_and_to_a_groups_own_members(tenant: Tenant) -> None:
    found = read(tenant)
    assert [person.id for person in found.in_role("operator")] == ["ben", "dora"]
    assert [person.id for person in found.in_role("finance")] == ["eve"]


def test_only_who_takes_part_is_read_and_whom_that_needs(tenant: Tenant) -> None:
    """Ana and eve are members; ben and dora are managers above ana; pete is nobody's business."""
    text = f'members = "{MEMBERS}"\n{TEXT}'.replace(
        'operator = { app_roles = ["Greenlight.Operator"] }\n', ""
    )
    found = read(tenant, text.replace(f'board = "{BOARD}"\n', ""))
    assert everybody(found) == {"ana", "ben", "dora", "eve"}
    assert tenant.batches == [2, 1, 1]
    assert "GET /users" not in tenant.asked


def test_who_is_read_by_id_is_as_who_is_read_from_the_list(tenant: Tenant) -> None:
    whole, part = read(tenant), read(tenant, f'members = "{MEMBERS}"\n{TEXT}')
    assert part.people == tuple(person for person in whole.people if person.id != "pete")
    assert (part.groups, part.delegations) == (whole.groups, whole.delegations)


def test_who_is_deleted_between_two_requests_is_left_out(tenant: Tenant) -> None:
    def vanish(_method: str, path: str) -> Answer | None:
        if path == "/$batch":
            tenant.users.pop(BEN, None)
        return None

    tenant.faults.append(vanish)
    found = read(tenant, f'members = "{MEMBERS}"\n{TEXT}')
    assert everybody(found) == {"ana", "dora", "eve"}
    ana = found.person("ana")
    assert ana is not None
    assert ana.manager is None


def test_many_people_are_read_in_batches(tenant: Tenant) -> None:
    tenant.add(*(user(n, f"user{n}") for n in range(300, 350)))
    tenant.members[MEMBERS] = [oid(n) for n in range(300, 350)]
    tenant.page_size = 7
    least = '[place]\ntime_zone = "UTC"\ncountry = "DE"\n'
    assert len(read(tenant, f'members = "{MEMBERS}"\n{least}').people) == 50
    assert tenant.batches == [20, 20, 10]


# -- what is wrong is said -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "right", "problem"),
    [
        (BOARD, oid(77), "groups.board names a group that Graph does not have; correct it"),
        (INNER, oid(77), "roles.finance names a group that Graph does not have; correct it"),
        (
            "Greenlight.Operator",
            "Operator",
            "has no app role Operator; it has Greenlight.Operator, Greenlight.Viewer: add or correct",
        ),
        ("Greenlight.Operator", "Greenlight.Old", "has no app role Greenlight.Old"),
    ],
)
def test_a_name_that_graph_does_not_know(tenant: Tenant, wrong: str, right: str, problem: str) -> None:
    with pytest.raises(GraphError, match=problem):
        read(tenant, TEXT.replace(wrong, right))


def test_members_that_graph_does_not_know(tenant: Tenant) -> None:
    with pytest.raises(GraphError, match=r"^members names a group that Graph does not have"):
        read(tenant, f'members = "{oid(77)}"\n{TEXT}')


def test_app_roles_need_to_know_of_which_application(tenant: Tenant) -> None:
    with pytest.raises(GraphError, match="set GRAPH_APP_ID to the client id"):
        read(tenant, app_id=None)
    with pytest.raises(GraphError, match="GRAPH_APP_ID names no application of this tenant"):
        read(tenant, app_id=oid(77))


def test_without_app_roles_no_application_is_asked_about(tenant: Tenant) -> None:
    read(tenant, TEXT.replace('operator = { app_roles = ["Greenlight.Operator"] }', ""), app_id=None)
    assert not [path for path in tenant.asked if "servicePrincipals" in path]


def test_an_application_without_app_roles(tenant: Tenant) -> None:
    tenant.app_roles = []
    with pytest.raises(GraphError, match=r"has no app role Greenlight.Operator; it has none"):
        read(tenant)


def test_a_tenant_without_people_is_no_directory(tenant: Tenant) -> None:
    tenant.members[MEMBERS] = [DEVICE]
    with pytest.raises(GraphError, match="no people"):
        read(tenant, f'members = "{MEMBERS}"\n[place]\ntime_zone = "UTC"\ncountry = "DE"\n')


def test_more_people_than_a_revision_can_freeze(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_PEOPLE", 4)
    with pytest.raises(GraphError, match="more than 4 people; name a group of fewer by members"):
        read(tenant)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/users", {"value": [{"id": "ana"}]}),
        (f"/groups/{BOARD}", {"value": [{"@odata.type": "#microsoft.graph.user"}]}),
        (
            f"/servicePrincipals(appId='{APP_ID}')/appRoleAssignedTo",
            {"value": [{"appRoleId": OPERATOR, "principalType": "User"}]},
        ),
    ],
)
def test_what_is_malformed_is_no_directory(tenant: Tenant, path: str, body: Json) -> None:
    tenant.faults.append(instead(path, Answer(200, body)))
    with pytest.raises(Malformed):
        read(tenant)


# -- signing in ------------------------------------------------------------------------------------------


def principal(kind: str, value: str) -> dict[str, str]:
    content = json.dumps({"claims": [{"typ": kind, "val": value}]}).encode()
    return {"X-MS-CLIENT-PRINCIPAL": base64.b64encode(content).decode()}


@pytest.mark.parametrize("kind", OBJECT_ID_CLAIMS)
@pytest.mark.parametrize(("object_id", "person"), [(ANA, "ana"), (GUEST, "eve")])
def test_who_signs_in_is_found_by_object_id(tenant: Tenant, kind: str, object_id: str, person: str) -> None:
    assert identify(IdentityMode.EASYAUTH, principal(kind, object_id), read(tenant)).id == person


def test_whose_account_is_disabled_does_not_get_in(tenant: Tenant) -> None:
    with pytest.raises(HttpProblem, match="You are not active in the directory"):
        identify(IdentityMode.EASYAUTH, principal("oid", PETE), read(tenant))


def test_a_mail_that_somebody_else_may_have_now_lets_nobody_in(tenant: Tenant) -> None:
    with pytest.raises(HttpProblem, match="You are not in the directory"):
        identify(IdentityMode.EASYAUTH, principal(MAIL_CLAIMS[0], "ana@example.com"), read(tenant))
