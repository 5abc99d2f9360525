"""Users of Graph as people of the directory: ids, mails, places, and what is left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.graph.people import Malformed, Profile, assemble, person_id, read_id, read_profile
from adapters.graph.supplement import Supplement, parse_supplement
from approvals.policy.directory import Directory, DirectoryError, Person, _check
from approvals.policy.toml_tables import Problems
from approvals.stored import ids
from tests.graph import oid, user

LEAST = '[place]\ntime_zone = "Europe/Berlin"\ncountry = "DE"\nsubdivision = "BE"\n'


def supplement(text: str = "") -> Supplement:
    return parse_supplement(LEAST + text)


def profile(n: int, name: str, **properties: Any) -> Profile:
    return read_profile(user(n, name, **properties))


def directory(*profiles: Profile, text: str = "", **named: dict[str, list[str]]) -> Directory:
    found = assemble(profiles, named.get("groups", {}), named.get("roles", {}), supplement(text))
    problems = Problems()
    _check(found, problems)  # what a file would be held to
    assert problems.found == []
    return found


def only(*arguments: Profile, text: str = "") -> Person:
    (person,) = directory(*arguments, text=text).people
    return person


# -- reading ---------------------------------------------------------------------------------------------


def test_a_user_with_everything() -> None:
    sent = user(7, "ana", officeLocation="Lisbon", usageLocation="pt", manager={"id": oid(8).upper()})
    assert read_profile(sent) == Profile(
        oid(7), "Ana", "ana@example.com", "ana", True, "engineering", "Lisbon", "PT", oid(8)
    )


def test_a_user_with_as_little_as_graph_allows() -> None:
    sent = user(
        7,
        "ana",
        displayName=None,
        mail=None,
        otherMails=None,
        mailNickname=None,
        department=None,
        usageLocation=None,
    )
    found = read_profile(sent)
    assert (found.name, found.mail, found.nickname) == ("ana", "ana@example.com", "ana")
    assert (found.department, found.office, found.country, found.manager) == ("", "", "", None)


@pytest.mark.parametrize(
    ("properties", "mail"),
    [
        ({}, "ana@example.com"),
        ({"mail": None, "otherMails": ["ana@home.example"]}, "ana@home.example"),
        ({"mail": "", "otherMails": [None, "nonsense", "b@home.example"]}, "b@home.example"),
        ({"mail": None, "userPrincipalName": "ana@tenant.example"}, "ana@tenant.example"),
    ],
)
def test_messages_go_to_the_best_address_there_is(properties: dict[str, Any], mail: str) -> None:
    assert read_profile(user(7, "ana", **properties)).mail == mail


@pytest.mark.parametrize(
    "manager",
    [
        None,
        {"@odata.type": "#microsoft.graph.orgContact", "id": oid(8)},
        {"@odata.type": "#microsoft.graph.user", "id": oid(7)},
    ],
    ids=["nobody", "a contact", "themselves"],
)
def test_who_is_no_manager(manager: Any) -> None:
    assert read_profile(user(7, "ana", manager=manager)).manager is None


@pytest.mark.parametrize(
    ("properties", "problem"),
    [
        ({"id": None}, "None is not an object id"),
        ({"id": "ana"}, "'ana' is not an object id"),
        ({"userPrincipalName": None}, "has no userPrincipalName"),
        ({"accountEnabled": None}, "needs the permission User.Read.All"),
        ({"department": 1}, "department is 1, which is not text"),
        ({"manager": "dora"}, "None is not an object id"),
        ({"manager": {"id": 1}}, "1 is not an object id"),
    ],
)
def test_what_the_documentation_does_not_describe_is_no_user(
    properties: dict[str, Any], problem: str
) -> None:
    with pytest.raises(Malformed, match=problem):
        read_profile(user(7, "ana", **properties))


def test_an_object_id_is_read_in_lower_case() -> None:
    assert read_id({"id": "ABCDEF00-0000-0000-0000-000000000001"}) == "abcdef00-0000-0000-0000-000000000001"


# -- ids -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nickname", "readable"),
    [
        ("ana.ferreira", "ana.ferreira"),
        ("Ana_Ferreira", "ana_ferreira"),
        ("josé.núñez", "jose.nunez"),
        ("o'neill", "o-neill"),
        ("-._ana._-", "ana"),
        ("ana_example.com#EXT#", "ana_example.com"),
        ("王小明", "user"),
        ("", "user"),
        ("a" * 64, "a" * 54),
    ],
)
def test_an_id_is_the_nickname_and_a_mark_of_its_own(nickname: str, readable: str) -> None:
    found = person_id(nickname, oid(7))
    assert found == f"{readable}-{ids.sha256(oid(7).encode())[:8]}"
    assert ids.PERSON_PATTERN.match(found)


@given(st.text(max_size=80), st.uuids())
def test_every_nickname_gives_an_id_that_the_directory_takes(nickname: str, object_id: Any) -> None:
    found = person_id(nickname, str(object_id))
    assert ids.PERSON_PATTERN.match(found)
    assert found != ids.SYSTEM


def test_a_nickname_that_somebody_new_gets_does_not_make_them_who_had_it() -> None:
    before, after = only(profile(7, "ana")), only(profile(8, "ana"))
    assert before.id != after.id
    assert {person.id for person in directory(profile(7, "ana"), profile(8, "ana")).people} == {
        before.id,
        after.id,
    }


def test_an_id_does_not_depend_on_who_else_there_is() -> None:
    alone = only(profile(7, "ana"))
    among = directory(profile(8, "ana"), profile(9, "ben"), profile(7, "ana"))
    assert alone in among.people


def test_an_id_can_be_pinned() -> None:
    text = f'[people.ana]\nobject_id = "{oid(7)}"\n'
    assert only(profile(7, "ana.was.somebody.else"), text=text).id == "ana"


def test_two_people_with_one_id_are_refused_with_a_way_out() -> None:
    taken = person_id("ben", oid(8))
    with pytest.raises(DirectoryError) as caught:
        directory(profile(7, "ana"), profile(8, "ben"), text=f'[people."{taken}"]\nobject_id = "{oid(7)}"\n')
    assert f"is the id of {oid(7)} and of {oid(8)}; give one of them another by [people.ID]" in str(
        caught.value
    )


# -- people ----------------------------------------------------------------------------------------------


def test_a_person_has_the_object_id_to_sign_in_with() -> None:
    assert only(profile(7, "ana")).object_id == oid(7)


def test_a_disabled_account_is_somebody_inactive() -> None:
    assert only(profile(7, "ana", accountEnabled=False)).active is False


def test_managers_are_ids_and_who_is_not_there_is_nobodys_manager() -> None:
    found = directory(profile(7, "ana", manager={"id": oid(8)}), profile(8, "ben", manager={"id": oid(99)}))
    ana, ben = found.people
    assert (ana.manager, ben.manager) == (ben.id, None)


def test_departments_are_called_as_the_policy_calls_them() -> None:
    text = '[departments."R & D"]\nname = "engineering"\n'
    assert only(profile(7, "ana", department="R & D"), text=text).department == "engineering"
    assert only(profile(7, "ana", department="Legal"), text=text).department == "Legal"


PLACES = f"""
[countries.PT]
time_zone = "Europe/Lisbon"
[countries.US]
time_zone = "America/New_York"
subdivision = "NY"
[departments.sales]
time_zone = "Europe/Paris"
[offices.Munich]
country = "DE"
subdivision = "BY"
[offices.Porto]
country = "PT"
[people.ana]
object_id = "{oid(7)}"
time_zone = "Atlantic/Azores"
[people.eve]
object_id = "{oid(8)}"
country = "AT"
subdivision = "9"
"""


@pytest.mark.parametrize(
    ("who", "place"),
    [
        (profile(1, "x"), ("Europe/Berlin", "DE", "BE")),
        (profile(1, "x", usageLocation=None), ("Europe/Berlin", "DE", "BE")),
        (profile(1, "x", usageLocation="Germany"), ("Europe/Berlin", "DE", "BE")),
        (profile(1, "x", usageLocation="FR"), ("Europe/Berlin", "FR", None)),
        (profile(1, "x", usageLocation="PT"), ("Europe/Lisbon", "PT", None)),
        (profile(1, "x", usageLocation="US"), ("America/New_York", "US", "NY")),
        (profile(1, "x", department="sales"), ("Europe/Paris", "DE", "BE")),
        (profile(1, "x", usageLocation="US", department="sales"), ("Europe/Paris", "US", "NY")),
        (profile(1, "x", officeLocation="Munich"), ("Europe/Berlin", "DE", "BY")),
        (profile(1, "x", officeLocation="Porto"), ("Europe/Lisbon", "PT", None)),
        (profile(1, "x", officeLocation="Porto", department="sales"), ("Europe/Paris", "PT", None)),
        (profile(7, "x", usageLocation="PT"), ("Atlantic/Azores", "PT", None)),
        (profile(8, "x", officeLocation="Munich"), ("Europe/Berlin", "AT", "9")),
    ],
)
def test_the_more_particular_place_wins(who: Profile, place: tuple[str, str, str | None]) -> None:
    found = only(who, text=PLACES)
    assert (found.time_zone, found.country, found.subdivision) == place


# -- groups, roles, delegations --------------------------------------------------------------------------


def test_groups_and_roles_hold_who_is_there() -> None:
    found = directory(
        profile(8, "ben"),
        profile(7, "ana"),
        groups={"safety": [oid(8), oid(99)], "board": [oid(8), oid(7), oid(8)], "empty": []},
        roles={"operator": [oid(7)], "lead": [oid(7)], "finance": [oid(99)]},
    )
    ana, ben = found.people
    assert found.groups == {"board": (ana.id, ben.id), "empty": (), "safety": (ben.id,)}
    assert (ana.roles, ben.roles) == (("lead", "operator"), ())


def test_the_same_content_has_the_same_digest_in_whatever_order_it_came() -> None:
    ana, ben = profile(7, "ana"), profile(8, "ben")
    one = directory(ana, ben, groups={"a": [oid(7), oid(8)], "b": []}, roles={"x": [oid(7)], "y": [oid(7)]})
    other = directory(ben, ana, groups={"b": [], "a": [oid(8), oid(7)]}, roles={"y": [oid(7)], "x": [oid(7)]})
    assert one.digest() == other.digest()
    assert one.digest() != directory(ana, replace(ben, active=False)).digest()


def test_a_delegation_of_somebody_who_is_not_there_is_left_out_and_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    names = f'[people.ana]\nobject_id = "{oid(7)}"\n[people.ben]\nobject_id = "{oid(8)}"\n'
    days = "start = 2026-12-21\nend = 2027-01-04\n"
    text = f'{names}[[delegations]]\nof = "ana"\nto = "ben"\n{days}[[delegations]]\nof = "ben"\nto = "eve"\n{days}'
    found = directory(profile(7, "x"), profile(8, "y"), text=text)
    assert [(each.of, each.to) for each in found.delegations] == [("ana", "ben")]
    [line] = [record.getMessage() for record in caplog.records]
    assert line == "the delegation of ben to eve is left out: Graph has no eve"
