"""The one codec: what goes in comes out, and what is malformed is named by its path."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest

from approvals.stored.codec import CodecError, canonical, decode, dumps, encode, loads, parse_utc, utc_text

NOON = datetime(2026, 11, 24, 12, 0, 0, 5, tzinfo=UTC)


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Part:
    name: str
    weight: Decimal


@dataclass(frozen=True)
class Whole:
    parts: tuple[Part, ...]
    colour: Colour
    made: datetime
    day: date
    count: int
    by_name: dict[str, Part]
    anything: Any
    label: str | None = None
    tags: tuple[str, ...] = field(default_factory=tuple)


WHOLE = Whole(
    (Part("wheel", Decimal("1.50")),),
    Colour.BLUE,
    NOON,
    NOON.date(),
    3,
    {"x": Part("x", Decimal(0))},
    [1, {}],
    "l",
    ("a",),
)


def test_what_goes_in_comes_out() -> None:
    assert loads(Whole, dumps(WHOLE)) == WHOLE


def test_plain_data_is_readable() -> None:
    plain = encode(WHOLE)
    assert plain["made"] == "2026-11-24T12:00:00.000005Z"
    assert plain["day"] == "2026-11-24"
    assert plain["colour"] == "blue"
    assert plain["parts"] == [{"name": "wheel", "weight": "1.50"}]


def test_canonical_bytes_do_not_depend_on_the_order_of_keys() -> None:
    assert canonical({"b": 1, "a": "é"}) == canonical({"a": "é", "b": 1}) == '{"a":"é","b":1}'.encode()


@pytest.mark.parametrize("write", [dumps, canonical])
def test_half_a_character_comes_out_as_it_went_in(write: Callable[[Any], bytes]) -> None:
    """An event may hold it; it must not break whoever stores that."""
    assert json.loads(write({"\ud800": "a\udfffb"})) == {"\ud800": "a\udfffb"}


def test_defaults_fill_what_older_blobs_lack_and_unknown_keys_are_ignored() -> None:
    plain = encode(WHOLE)
    del plain["label"], plain["tags"]
    plain["new"] = 1
    decoded = decode(Whole, plain)
    assert (decoded.label, decoded.tags) == (None, ())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"parts": {}}, "Whole.parts is dict, not a list"),
        ({"parts": [{"name": "w"}]}, r"Whole.parts\[0\].weight is missing"),
        ({"parts": [{"name": 1, "weight": "1"}]}, r"Whole.parts\[0\].name is int, not str"),
        ({"parts": [{"name": "w", "weight": "x"}]}, "is 'x', not a Decimal"),
        ({"parts": [3]}, r"Whole.parts\[0\] is int, not an object"),
        ({"colour": "green"}, "Whole.colour is 'green', not one of: red, blue"),
        ({"made": "2026-11-24T12:00:00"}, "not a datetime"),
        ({"made": 3}, "Whole.made is int, not a datetime as text"),
        ({"day": "soon"}, "Whole.day is 'soon', not a date"),
        ({"count": True}, "Whole.count is bool, not int"),
        ({"by_name": []}, "Whole.by_name is list, not an object"),
    ],
)
def test_malformed_data_is_named_by_its_path(change: dict[str, Any], message: str) -> None:
    with pytest.raises(CodecError, match=message):
        decode(Whole, encode(WHOLE) | change)


def test_what_is_not_json_is_said_to_be() -> None:
    with pytest.raises(CodecError, match="not JSON"):
        loads(Whole, b"{")


def test_moments_are_utc_whatever_zone_they_came_in() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=-7)))
    assert utc_text(there) == utc_text(NOON)
    assert parse_utc("2026-11-24T13:00:00+01:00") == datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        utc_text(NOON.replace(tzinfo=None))
    with pytest.raises(ValueError, match="no offset"):
        parse_utc("2026-11-24T13:00:00")


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00"])
def test_a_moment_that_utc_does_not_have_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="outside the calendar"):
        parse_utc(text)
