"""Who is who: read from TOML, every problem told at once."""

from __future__ import annotations

from datetime import date

import pytest

from approvals.policy.directory import Directory, DirectoryError, parse_directory
from approvals.stored import codec
from tests.fakes import example_directory

GOOD = """
[people]
ana = { name = "Ana", mail = "ana@example.com", manager = "ben", department = "it", \
  time_zone = "Europe/Lisbon", country = "PT" }
ben = { name = "Ben", mail = "ben@example.com", department = "it", roles = ["lead"], time_zone = "UTC", country = "DE" }
cy = { name = "Cy", mail = "cy@example.com", department = "hr", roles = "lead", time_zone = "UTC", country = "DE", \
  active = false }
[groups]
board = ["ben", "cy"]
[[delegations]]
of = "ana"
to = "ben"
start = 2026-12-01
end = 2026-12-05
"""


def problems(text: str) -> str:
    with pytest.raises(DirectoryError) as refused:
        parse_directory(text)
    return "\n".join(refused.value.problems)


def test_a_directory_round_trips_and_its_digest_is_of_its_content() -> None:
    directory = parse_directory(GOOD)
    assert codec.loads(Directory, codec.dumps(directory)) == directory
    assert directory.digest() == parse_directory(GOOD + "\n# a comment\n").digest()
    assert directory.digest() != parse_directory(GOOD.replace("Lisbon", "Berlin")).digest()


def test_people_are_found_by_id_role_and_group_and_inactive_ones_are_left_out() -> None:
    directory = parse_directory(GOOD)
    ana = directory.person("ana")
    assert ana is not None
    assert (ana.manager, ana.active) == ("ben", True)
    assert directory.person("nobody") is None
    assert [person.id for person in directory.in_role("lead")] == ["ben"]
    assert directory.in_role("lead", "hr") == ()
    assert [person.id for person in directory.group("board")] == ["ben"]
    assert directory.group("none") == ()


@pytest.mark.parametrize(
    ("day", "to"),
    [
        (date(2026, 11, 30), None),
        (date(2026, 12, 1), "ben"),
        (date(2026, 12, 5), "ben"),
        (date(2026, 12, 6), None),
    ],
)
def test_a_delegation_holds_from_its_first_day_to_its_last(day: date, to: str | None) -> None:
    assert parse_directory(GOOD).delegate_of("ana", day) == to
    assert parse_directory(GOOD).delegate_of("ben", day) is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('manager = "ben"', 'manager = "zoe"', "people.ana.manager: 'zoe' is nobody"),
        ('"Europe/Lisbon"', '"Europe/Nowhere"', "people.ana.time_zone: 'Europe/Nowhere' is not a time zone"),
        ('"Europe/Lisbon"', '"../etc"', "not a time zone"),
        ('mail = "ana@example.com"', 'mail = "ana"', "people.ana.mail: 'ana' is not a mail address"),
        ('board = ["ben", "cy"]', 'board = ["ben", "zoe"]', "groups.board: 'zoe' is nobody"),
        ('to = "ben"', 'to = "zoe"', "delegations[0].to: 'zoe' is nobody"),
        ("end = 2026-12-05", "end = 2026-11-05", "delegations[0].end: lies before start"),
        ("end = 2026-12-05", 'end = "soon"', "must be a date"),
        ('department = "hr"', "department = 3", "people.cy.department: is 3; must be text"),
        ("active = false", 'active = "no"', "must be true or false"),
        ('roles = "lead"', "rolls = 1", "people.cy.rolls: is not known; did you mean roles?"),
        ('roles = "lead"', "roles = [1]", "must be a list of texts"),
        ("ana = {", "Ana = {", "must be lower-case"),
        ("[groups]", "[something]", "something: is not known"),
        ("ana = {", "greenlight = {", "people.greenlight: is how the audit trail calls Greenlight itself"),
        ('name = "Ana"', 'name = " "', "people.ana.name: is empty; give text"),
        ('mail = "ana@example.com"', 'mail = "ana@x\\nBcc: y@z"', "not a mail address; write one like"),
        ('country = "PT"', 'country = "Portugal"', "'Portugal' is not a country; write two capital letters"),
        ('board = ["ben", "cy"]', 'board = ["ben", "cy", "ben"]', "groups.board: has 'ben' twice"),
        ('to = "ben"', 'to = "ana"', "delegations[0].to: is who delegates"),
        ('to = "ben"', 'to = ""', "delegations[0].to: is empty; give text"),
        ("end = 2026-12-05", "end = 2026-12-05T12:00:00", "delegations[0].end: is a date with a time"),
        (
            "[[delegations]]",
            '[[delegations]]\nof = "ana"\nto = "cy"\nstart = 2026-12-05\nend = 2026-12-09\n[[delegations]]',
            "delegations[1]: overlaps delegations[0]",
        ),
    ],
)
def test_every_problem_is_told_with_its_path_and_mend(old: str, new: str, said: str) -> None:
    assert old in GOOD
    assert said in problems(GOOD.replace(old, new))


def test_all_problems_are_told_together() -> None:
    text = GOOD.replace("ana@example.com", "ana").replace('manager = "ben"', 'manager = "zoe"')
    assert len(problems(text).splitlines()) == 2


def test_what_is_missing_or_no_table_or_no_toml_is_told() -> None:
    assert "people.ana.name: is missing; give text" in problems('[people]\nana = { mail = "a@b" }')
    assert "people.ana: must be a table" in problems("[people]\nana = 3")
    assert "delegations: must be a list of tables" in problems("delegations = 3")
    assert "not TOML" in problems("[people")


def test_one_sign_in_is_one_person() -> None:
    text = GOOD.replace('department = "it"', 'department = "it", object_id = "1"')
    assert problems(text) == "people.ben.object_id: is that of ana too; one sign-in cannot be two people"


def test_delegations_may_follow_each_other_and_be_of_several_people_on_one_day() -> None:
    more = """
        [[delegations]]
        of = "ana"
        to = "cy"
        start = 2026-12-06
        end = 2026-12-06
        [[delegations]]
        of = "cy"
        to = "ben"
        start = 2026-12-01
        end = 2026-12-31
    """
    directory = parse_directory(GOOD + more)
    assert [directory.delegate_of("ana", date(2026, 12, day)) for day in (5, 6, 7)] == ["ben", "cy", None]


@pytest.mark.parametrize(("start", "end"), [("2026-11-01", "2026-12-01"), ("2026-12-05", "2026-12-31")])
def test_delegations_that_share_one_day_overlap(start: str, end: str) -> None:
    more = f'[[delegations]]\nof = "ana"\nto = "cy"\nstart = {start}\nend = {end}\n'
    assert "delegations[1]: overlaps delegations[0]; on each day one person" in problems(GOOD + more)


def test_unknown_keys_are_told_in_the_order_of_the_file() -> None:
    words = ("zeta", "alpha", "midst")
    text = GOOD + "".join(f"[{word}]\n" for word in words)
    assert [line.partition(":")[0] for line in problems(text).splitlines()] == list(words)


def test_the_example_directory_has_an_inactive_person_and_several_time_zones() -> None:
    people = example_directory().people
    assert any(not person.active for person in people)
    assert len({person.time_zone for person in people}) >= 3
