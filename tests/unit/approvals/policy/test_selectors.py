"""Approver expressions: what can be said, whom it yields, and how it is told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.policy.selectors import (
    FORMS,
    Asked,
    Selector,
    SelectorError,
    in_words,
    parse_selector,
    people_of,
)
from tests.fakes import example_directory

ASKED = Asked(author="ana", department="engineering", holder="ben")


@pytest.mark.parametrize(
    ("text", "people", "words"),
    [
        ("manager_of(author)", ("ben",), "manager of ana"),
        ("manager_of( holder )", ("dora",), "manager of ben"),
        ('role("cfo")', ("eli",), "holds the role cfo"),
        ("role('architect', department)", ("carl",), "architect for engineering"),
        ('role("architect", "finance")', (), "architect for finance"),
        ('group("board")', ("hugo", "ines", "jon"), "member of the group board"),
        ('group("nobody")', (), "member of the group nobody"),
        ('person("kim")', ("kim",), "named by the policy"),
    ],
)
def test_an_expression_yields_people_and_says_why(text: str, people: tuple[str, ...], words: str) -> None:
    selector = parse_selector(text)
    assert people_of(selector, example_directory(), ASKED) == people
    assert in_words(selector, ASKED) == words
    assert parse_selector(str(selector)) == selector


def test_who_has_no_manager_yields_nobody() -> None:
    staff = tuple(
        replace(person, manager=None if person.id == "greta" else person.manager)
        for person in example_directory().people
    )
    directory = replace(example_directory(), people=staff)
    selector = parse_selector("manager_of(holder)")
    for holder in ("greta", "nobody", "", None):
        assert people_of(selector, directory, Asked("ana", "engineering", holder)) == ()
    assert in_words(selector, Asked("ana", "engineering")) == "manager of somebody who is not there"


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("", 1, "manager_of or role or group or person"),
        ("   ", 4, "manager_of or role or group or person"),
        ("ben", 1, "manager_of or role or group or person"),
        ("boss(author)", 1, "manager_of or role or group or person"),
        ('"role"("x")', 1, "manager_of or role or group or person"),
        ("role", 5, "("),
        ('role["x"]', 5, "("),
        ("manager_of(ben)", 12, "author or holder"),
        ('manager_of("author")', 12, "author or holder"),
        ("manager_of()", 12, "author or holder"),
        ("manager_of(author", 18, ")"),
        ("role(finance)", 6, "a name in quotes"),
        ("role( finance)", 7, "a name in quotes"),
        ('person("")', 8, "a name in quotes"),
        ("person('  ')", 8, "a name in quotes"),
        ('person("ana)', 8, "a name in quotes"),
        ("person(\"ana')", 8, "a name in quotes"),
        ("person('a\"b')", 8, "a name in quotes"),
        ('role("finance", somewhere)', 17, "department"),
        ('role("a", "b", "c")', 14, ")"),
        ('role("a" "b")', 10, ")"),
        ('group("a", "b")', 10, ")"),
        ('group("board") or person("ana")', 16, "nothing more"),
        ('group("board");', 15, "nothing more"),
    ],
)
def test_what_is_no_expression_is_told_with_the_character_and_what_belongs_there(
    text: str, position: int, expected: str
) -> None:
    with pytest.raises(SelectorError) as refused:
        parse_selector(text)
    assert refused.value.position == position
    where = f"character {position}" if position <= len(text) else "its end"
    assert str(refused.value).startswith(f"{text!r} is not an approver: at {where}, write {expected}")
    assert FORMS in str(refused.value)


NAMES = st.text(st.characters(exclude_characters="\"'", exclude_categories=["Cs"]), min_size=1).filter(
    str.strip
)


@given(
    st.builds(Selector, st.just("manager_of"), st.sampled_from(["author", "holder"]))
    | st.builds(Selector, st.sampled_from(["role", "group", "person"]), NAMES)
    | st.builds(Selector, st.just("role"), NAMES, NAMES)
    | st.builds(Selector, st.just("role"), NAMES, st.none(), st.just(True))
)
def test_every_selector_is_read_as_it_is_written(selector: Selector) -> None:
    assert parse_selector(str(selector)) == selector


def position_of(text: str) -> int | None:
    """Where the text stops being an expression; None where it is one."""
    try:
        parse_selector(text)
    except SelectorError as error:
        return error.position
    return None


@given(st.text(alphabet=st.sampled_from("role(\"x', )department_group")))
def test_any_text_is_read_or_refused_at_a_character_of_it(text: str) -> None:
    assert position_of(text) in (None, *range(1, len(text) + 2))
