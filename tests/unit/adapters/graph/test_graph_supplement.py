"""What Graph does not know, from TOML: read whole, and every mistake said with its path and its mend."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from adapters.graph.supplement import GRAPH, Department, Place, Role, parse_supplement
from approvals.policy.directory import Delegation, DirectoryError
from approvals.policy.parse import parse_policy
from tests.fakes import CONFIG
from tests.graph import oid

LEAST = '[place]\ntime_zone = "Europe/Berlin"\ncountry = "DE"\n'
WHOLE = f"""
graph = "https://graph.microsoft.us/"
members = "{oid(1)}"
refresh_minutes = 5
usable_minutes = 60

[place]
time_zone = "Europe/Berlin"
country = "DE"
subdivision = "BE"

[countries.PT]
time_zone = "Europe/Lisbon"

[departments."R & D"]
name = "engineering"

[departments.sales]
time_zone = "Europe/Paris"

[offices.Munich]
country = "DE"
subdivision = "BY"

[people.ana]
object_id = "{oid(7).upper()}"
time_zone = "Atlantic/Azores"

[groups]
board = "{oid(2)}"

[roles.operator]
app_roles = "Greenlight.Operator"

[roles.finance]
groups = ["{oid(3)}"]

[[delegations]]
of = "ana"
to = "ben"
start = 2026-12-21
end = 2027-01-04
"""


def test_the_least_is_a_place() -> None:
    found = parse_supplement(LEAST)
    assert (found.graph, found.members) == (GRAPH, None)
    assert (found.refresh_after, found.usable_for) == (timedelta(minutes=10), timedelta(hours=12))
    assert found.place == Place("Europe/Berlin", "DE")
    assert (found.groups, found.roles, found.people, found.delegations) == ({}, {}, {}, ())


def test_everything_can_be_said() -> None:
    found = parse_supplement(WHOLE)
    assert (found.graph, found.members) == ("https://graph.microsoft.us", oid(1))
    assert (found.refresh_after, found.usable_for) == (timedelta(minutes=5), timedelta(hours=1))
    assert found.countries == {"PT": Place("Europe/Lisbon", "PT")}
    assert found.departments == {
        "R & D": Department("engineering", Place()),
        "sales": Department("sales", Place("Europe/Paris")),
    }
    assert found.offices == {"Munich": Place(None, "DE", "BY")}
    assert found.people == {oid(7): "ana"}
    assert found.exceptions == {oid(7): Place("Atlantic/Azores")}
    assert found.groups == {"board": oid(2)}
    assert found.roles == {
        "operator": Role(("Greenlight.Operator",), ()),
        "finance": Role((), (oid(3),)),
    }
    assert found.delegations == (Delegation("ana", "ben", date(2026, 12, 21), date(2027, 1, 4)),)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("graph = 1\n" + LEAST, "graph: is 1; must be text"),
        (
            'graph = "http://graph.microsoft.com"\n' + LEAST,
            "write scheme and host alone, like https://graph.",
        ),
        ('graph = "https://graph.microsoft.com/v1.0"\n' + LEAST, "graph: is"),
        ('graph = "https://me@graph.microsoft.com"\n' + LEAST, "graph: is"),
        ('graph = "https://"\n' + LEAST, "graph: is"),
        ('graph = "https://[::1"\n' + LEAST, "graph: is"),
        ('graph = "https://graph:no"\n' + LEAST, "graph: is"),
        ("refresh_minutes = 0\n" + LEAST, "refresh_minutes: must be 1 or more"),
        ("usable_minutes = 10\n" + LEAST, "usable_minutes: must be more than refresh_minutes, which is 10"),
        (
            'members = "everybody"\n' + LEAST,
            "members: 'everybody' is not an object id of Entra; write one like",
        ),
        ('members = ""\n' + LEAST, "members: is empty"),
        ("", "place.time_zone: is missing"),
        ("", "place.country: is missing"),
        (
            '[place]\ntime_zone = "Mars/Base"\ncountry = "DE"',
            "place.time_zone: 'Mars/Base' is not a time zone",
        ),
        ('[place]\ntime_zone = "UTC"\ncountry = "Germany"', "place.country: 'Germany' is not a country"),
        (LEAST + "[countries.Portugal]", "countries.Portugal: is not a country; write two capital letters"),
        (LEAST + '[countries.PT]\ncountry = "PT"', "countries.PT.country: is not known"),
        (LEAST + '[offices.Munich]\nsubdivision = "BY"', "offices.Munich.subdivision: belongs to a country"),
        (
            LEAST + '[departments.sales]\nzone = "UTC"',
            "departments.sales.zone: is not known; did you mean time_zone?",
        ),
        (LEAST + "[people.ana]", "people.ana.object_id: is missing"),
        (LEAST + f'[people.Ana]\nobject_id = "{oid(1)}"', "people.Ana: must be lower-case letters"),
        (LEAST + f'[people.greenlight]\nobject_id = "{oid(1)}"', "and not greenlight"),
        (
            LEAST + f'[people.a]\nobject_id = "{oid(1)}"\n[people.b]\nobject_id = "{oid(1)}"',
            "people.b.object_id: is that of a too; one person has one id",
        ),
        (LEAST + "[groups]\nboard = 1", "groups.board: is 1; must be text"),
        (LEAST + '[groups]\nboard = "x"', "groups.board: 'x' is not an object id"),
        (LEAST + "[roles.operator]", "roles.operator: names nobody; give app_roles or groups"),
        (LEAST + '[roles.operator]\ngroups = ["x"]', "roles.operator.groups: 'x' is not an object id"),
        (LEAST + "[[delegations]]", "delegations[0].of: is missing"),
        (
            LEAST + '[[delegations]]\nof = "a"\nto = "a"\nstart = 2026-01-01\nend = 2026-01-02',
            "delegations[0].to: is who delegates",
        ),
        ("surprise = 1\n" + LEAST, "surprise: is not known"),
        ("[", "not TOML"),
    ],
)
def test_a_mistake_is_said_with_its_path(text: str, problem: str) -> None:
    with pytest.raises(DirectoryError) as caught:
        parse_supplement(text)
    assert problem in str(caught.value)


def test_every_mistake_is_said_at_once() -> None:
    with pytest.raises(DirectoryError) as caught:
        parse_supplement('members = "x"\n[groups]\nboard = "y"\n[people.ana]\n[people.ben]\n')
    paths = [problem.partition(":")[0] for problem in caught.value.problems]
    assert paths == [
        "people.ana.object_id",
        "people.ben.object_id",
        "members",
        "place.time_zone",
        "place.country",
        "groups.board",
    ]


@pytest.mark.parametrize("address", ["http://127.0.0.1:80", "http://[::1]:80", "http://localhost"])
def test_a_graph_of_this_machine_needs_no_encryption(address: str) -> None:
    assert parse_supplement(f'graph = "{address}"\n{LEAST}').graph == address


# -- the example -----------------------------------------------------------------------------------------


def test_the_example_has_every_role_and_group_that_the_policy_names() -> None:
    policy = (CONFIG / "policy.toml").read_text(encoding="utf-8")
    found = parse_supplement((CONFIG / "graph.toml").read_text(encoding="utf-8"))
    named = {kind: set(re.findall(rf"\b{kind}\(\"(\w+)\"", policy)) for kind in ("role", "group")}
    assert named["role"] | {parse_policy(policy).operator_role} == set(found.roles)
    assert named["group"] == set(found.groups)


def test_what_the_example_shows_is_what_the_defaults_are() -> None:
    found = parse_supplement((CONFIG / "graph.toml").read_text(encoding="utf-8"))
    default = parse_supplement(LEAST)
    assert (found.refresh_after, found.usable_for) == (default.refresh_after, default.usable_for)
