"""Approver expressions: what can be said, whom it yields, and how it is told."""

from __future__ import annotations

import pytest

from approvals.selectors import Asked, in_words, parse_selector, people_of
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
    directory = example_directory()
    selector = parse_selector("manager_of(holder)")
    assert people_of(selector, directory, Asked("ana", "engineering", "greta")) == ()
    assert people_of(selector, directory, Asked("ana", "engineering", None)) == ()
    assert people_of(selector, directory, Asked("ana", "engineering", "nobody")) == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ben",
        "manager_of(ben)",
        'manager_of("author")',
        "role(finance)",
        'role("finance", somewhere)',
        'role("a", "b", "c")',
        'group("board") or person("ana")',
        'person("")',
        "boss(author)",
    ],
)
def test_what_is_no_expression_is_told_with_what_is(text: str) -> None:
    with pytest.raises(ValueError, match=r"no approver|no argument"):
        parse_selector(text)
