"""The table of verdicts: every member has its row, and what this release does not know stays what it is."""

from __future__ import annotations

import pytest

from approvals import verdicts
from approvals.model import Decision
from approvals.stored import codec
from approvals.verdicts import RULES, Allowed, Counts, Verdict, named, names, rule_of
from tests.records import DECISION


def test_every_verdict_has_its_row() -> None:
    assert set(RULES) == set(Verdict)
    assert all(rule.counts is not Counts.UNKNOWN for rule in RULES.values())


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_all_its_words(verdict: Verdict) -> None:
    rule = rule_of(verdict)
    words = (rule.title, rule.act, rule.said, rule.says, rule.consequence)
    assert all(word and word == word.strip() for word in words)


def test_a_verdict_is_found_by_its_name_alone() -> None:
    assert [named(name) for name in names()] == list(RULES)
    for nonsense in ("veto", "Approve", "", None, 3, ["approve"], {"approve": 1}):
        assert named(nonsense) is None


def test_names_are_those_that_are_allowed_so() -> None:
    assert names(Allowed.ALWAYS) == ("approve", "reject")
    assert names(Allowed.ALWAYS, Allowed.BY_DEFAULT) == ("approve", "reject", "request_changes")


def test_a_verdict_of_another_release_is_stored_as_it_was() -> None:
    stored = codec.encode(DECISION) | {"verdict": "veto"}
    decision = codec.decode(Decision, stored)
    assert codec.encode(decision) == stored
    assert decision == codec.decode(Decision, stored)
    assert decision != DECISION
    assert rule_of(decision.verdict).counts is Counts.UNKNOWN
    assert "veto" in rule_of(decision.verdict).said
    assert decision.verdict not in set(Verdict)
    assert named("veto") is None


@pytest.mark.parametrize("value", ["", "Approve it!", "x" * 40, 3, None])
def test_what_is_no_name_of_a_verdict_is_refused(value: object) -> None:
    stored = codec.encode(DECISION) | {"verdict": value}
    with pytest.raises(codec.CodecError, match="verdict"):
        codec.decode(Decision, stored)


def test_a_member_without_a_row_counts_as_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    without = {verdict: rule for verdict, rule in RULES.items() if verdict is not Verdict.APPROVE}
    monkeypatch.setattr(verdicts, "RULES", without)
    assert rule_of(Verdict.APPROVE).counts is Counts.UNKNOWN
    assert "approve" not in names()
