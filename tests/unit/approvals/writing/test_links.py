"""Signed links: what was signed is what is read, and nothing else is."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.writing.links import VALID_AFTER, BadLink, Link, expiry, page, sign, verify
from tests.fakes import MONDAY

OLD, NEW = b"o" * 32, b"n" * 32
LINK = Link("p-abcdefghijkl", 2, "line-1.2", "ben", MONDAY)
TOKEN = sign(OLD, LINK)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def is_bad(token: str, *keys: bytes) -> bool:
    try:
        verify(keys or (OLD,), token)
    except BadLink:
        return True
    return False


@pytest.mark.parametrize(
    "link", [LINK, replace(LINK, task=None), replace(LINK, revision=999, person="a.b_c-d")]
)
def test_a_link_is_read_as_it_was_signed(link: Link) -> None:
    assert verify([OLD], sign(OLD, link)) == link


def test_the_same_link_is_the_same_token_and_a_part_of_a_second_is_left_out() -> None:
    assert sign(OLD, replace(LINK, expires_at=MONDAY + timedelta(milliseconds=900))) == TOKEN
    others = [
        replace(LINK, proposal="p-bbbbbbbbbbbb"),
        replace(LINK, revision=1),
        replace(LINK, task="line-1"),
        replace(LINK, person="dora"),
        replace(LINK, expires_at=MONDAY + timedelta(seconds=1)),
    ]
    assert len({TOKEN, *(sign(OLD, other) for other in others)}) == 6
    assert set(TOKEN) <= set(ALPHABET)


def test_keys_are_rotated_with_two() -> None:
    for keys in ([OLD], [NEW, OLD], [OLD, NEW]):
        assert verify(keys, TOKEN) == LINK
    for unknown in ((NEW,), (NEW, b"x" * 32)):
        assert is_bad(TOKEN, *unknown)
    with pytest.raises(BadLink, match="no key"):
        verify([], TOKEN)


def test_no_character_of_a_token_can_be_another() -> None:
    """The last one included, whose low bits say nothing."""
    for place, letter in enumerate(TOKEN):
        changed = [TOKEN[:place] + other + TOKEN[place + 1 :] for other in ALPHABET if other != letter]
        assert all(is_bad(token) for token in changed), place


@given(st.text(max_size=120))
def test_what_is_no_token_is_a_bad_link(text: str) -> None:
    assert is_bad(text)


@given(st.binary(max_size=200))
def test_what_nobody_signed_is_a_bad_link(data: bytes) -> None:
    assert is_bad(base64.urlsafe_b64encode(data).decode().rstrip("="))


@pytest.mark.parametrize(
    "token",
    ["", TOKEN[:-1], TOKEN + "A", TOKEN + "=", TOKEN + "\n", " " + TOKEN, TOKEN * 9, "A" * 45, "../" + TOKEN],
)
def test_a_token_is_whole_and_nothing_more(token: str) -> None:
    assert is_bad(token)


def test_another_version_is_a_bad_link() -> None:
    data = base64.urlsafe_b64decode(TOKEN + "=" * (-len(TOKEN) % 4))
    assert is_bad(base64.urlsafe_b64encode(b"\x02" + data[1:]).decode().rstrip("="))


@pytest.mark.parametrize(
    ("due", "until"),
    [
        (None, MONDAY),
        (MONDAY + timedelta(days=3), MONDAY + timedelta(days=3)),
        (MONDAY - timedelta(days=3), MONDAY),
    ],
)
def test_a_link_outlives_what_is_due(due: datetime | None, until: datetime) -> None:
    assert expiry(MONDAY, due) == until + VALID_AFTER


def test_where_a_link_leads() -> None:
    assert page("p-a") == "/#/proposals/p-a"
    assert page("p-a", "line-1") == "/#/proposals/p-a?task=line-1"
    assert page("p-a", "line-1", "expired") == "/#/proposals/p-a?task=line-1&note=expired"
    assert page("p-a", note="expired") == "/#/proposals/p-a?note=expired"
    assert page("p-a", "line-1", "not-yours", "ben") == "/#/proposals/p-a?task=line-1&note=not-yours&for=ben"
