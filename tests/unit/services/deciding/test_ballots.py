"""A ballot means the same, and is refused with the same words, whichever door it comes through."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.files.catalogue import english
from approvals.refusals import FieldError, Refusal
from approvals.verdicts import Verdict
from services.deciding.ballots import DecisionBody, parse_decision
from services.deciding.decide import MAX_COMMENT, Ballot, ConditionDraft
from services.validation import parse

WHO = {"task": "line-1", "by": "ben"}


def errors_of_the_route(fields: dict[str, Any]) -> tuple[FieldError, ...]:
    with pytest.raises(Refusal) as caught:
        parse(DecisionBody, fields)
    return caught.value.errors


def errors_of_the_event(fields: dict[str, Any]) -> tuple[FieldError, ...]:
    with pytest.raises(Refusal) as caught:
        parse_decision(fields | WHO)
    return caught.value.errors


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"verdict": "veto"},
        {"verdict": ["approve"]},
        {"verdict": "approve", "comment": 5},
        {"verdict": "approve", "comment": "x" * (MAX_COMMENT + 1)},
        {"verdict": "approve", "reason": "misspelt"},
        {"verdict": "approve", "conditions": "none"},
        {"verdict": "approve_with_conditions", "conditions": [{"text": 5, "due": "tomorrow"}, {}, 3]},
        {
            "verdict": "approve_with_conditions",
            "conditions": [{"text": " ", "due": "9999-12-31T23:59:59-23:59"}],
        },
    ],
    ids=str,
)
def test_both_doors_refuse_the_same_with_the_same_words(fields: dict[str, Any]) -> None:
    found = errors_of_the_route(fields)
    assert found == errors_of_the_event(fields)
    assert all(error.field and error.message for error in found)


def test_both_doors_read_the_same_ballot() -> None:
    fields = {
        "verdict": "approve_with_conditions",
        "comment": "half \ud83d",
        "conditions": [{"text": " Show the permit. ", "due": "2026-12-01T13:00:00+01:00"}],
    }
    wanted = ConditionDraft("Show the permit.", datetime(2026, 12, 1, 12, tzinfo=UTC))
    expected = Ballot(Verdict.APPROVE_WITH_CONDITIONS, "half ?", (wanted,))
    assert parse(DecisionBody, fields).ballot() == expected
    assert parse_decision(fields | WHO) == ("ben", "line-1", expected)


@pytest.mark.parametrize(
    ("part", "value"), [("task", "../x"), ("task", ["line-1"]), ("by", 3), ("by", "Ben!")]
)
def test_an_event_says_who_decides_about_what(part: str, value: object) -> None:
    with pytest.raises(Refusal) as caught:
        parse_decision({"verdict": "approve"} | WHO | {part: value})
    assert [error.field for error in caught.value.errors] == [part]


@pytest.mark.parametrize("payload", [None, 3, "approve", ["approve"]])
def test_what_is_not_an_object_is_shown_one(payload: object) -> None:
    with pytest.raises(Refusal) as refused:
        parse_decision(payload)
    assert 'must be a JSON object like {"task": ...' in refused.value.words(english())
