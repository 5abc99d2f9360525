"""The catalogue: messages, attributes, plural forms, and what happens where something is missing."""

from __future__ import annotations

import logging

import pytest

from adapters.files.catalogue import Catalogue, english

SOURCE = """
waiting = { $count ->
    [one] { $count } decision is waiting
   *[other] { $count } decisions are waiting
}
asked =
    .text = { $urgent ->
        [yes] { $who } asks now
       *[no] { $who } asks
    }
"""


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (1, "1 decision is waiting"),
        (2, "2 decisions are waiting"),
        (1200, "1,200 decisions are waiting"),
    ],
)
def test_numbers_choose_the_plural_form_and_are_grouped(count: int, text: str) -> None:
    assert Catalogue("en", [SOURCE], strict=True)("waiting", count=count) == text


@pytest.mark.parametrize(("urgent", "text"), [(True, "Ana asks now"), (False, "Ana asks")])
def test_truth_chooses_a_variant(urgent: bool, text: str) -> None:
    assert Catalogue("en", [SOURCE], strict=True)("asked.text", who="Ana", urgent=urgent) == text


def test_what_people_wrote_is_put_in_as_it_is() -> None:
    who = "{ $who } [yes] \\u0041 “x”\n\n.text = y"
    assert Catalogue("en", [SOURCE], strict=True)("asked.text", who=who, urgent=False) == f"{who} asks"


@pytest.mark.parametrize("length", [199, 200, 201, 2_501, 100_000])
def test_what_people_wrote_is_never_cut(length: int) -> None:
    who = "“" + "x\n" * (length // 2) + "”"
    assert Catalogue("en", [SOURCE], strict=True)("asked.text", who=who, urgent=False) == f"{who} asks"


def test_long_texts_do_not_mix() -> None:
    catalogue = Catalogue("en", ["two = { $b }/{ $a }/{ $b }"], strict=True)
    assert catalogue("two", a="a" * 500, b="b" * 500) == "/".join(("b" * 500, "a" * 500, "b" * 500))


MISSING = [("gone", {}), ("waiting.text", {"count": 1}), ("asked", {}), ("asked.text", {"urgent": False})]


@pytest.mark.parametrize(("name", "arguments"), MISSING)
def test_what_is_missing_stops_a_test(name: str, arguments: dict[str, int]) -> None:
    with pytest.raises(LookupError, match=name):
        Catalogue("en", [SOURCE], strict=True)(name, **arguments)


@pytest.mark.parametrize(("name", "arguments"), MISSING)
def test_what_is_missing_stops_no_message_and_is_logged(
    name: str, arguments: dict[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "greenlight.texts"):
        assert Catalogue("en", [SOURCE])(name, **arguments)
    assert f"the text {name} has gaps" in caplog.text


def test_there_is_english() -> None:
    assert english()("silence").startswith("If you do not answer")
