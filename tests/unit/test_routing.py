"""From policy and directory to people: separation of duties, chains, and who is passed over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from approvals.directory import Delegation, Directory
from approvals.model import Draft, Route
from approvals.policy import Policy, Rule, StageRule
from approvals.refusals import Refusal, RefusalKind
from approvals.routing import holder_on, route
from approvals.selectors import parse_selector
from tests.fakes import example_directory, example_policy


def draft(**changes: object) -> Draft:
    plain = Draft("t", "software-design", "engineering", Decimal(1000), "low", "s", {})
    return replace(plain, **changes)  # type: ignore[arg-type]  # replace() checks names at run time


def people(found: Route) -> dict[str, list[list[str]]]:
    return {
        stage.name: [[holder.person for holder in seat.chain] for seat in stage.seats]
        for stage in found.stages
    }


def without(*names: str) -> Directory:
    directory = example_directory()
    changed = (
        replace(person, active=person.active and person.id not in names) for person in directory.people
    )
    return replace(directory, people=tuple(changed))


def with_stage(**changes: object) -> Policy:
    """The example policy with one rule of one stage."""
    policy = example_policy()
    stage: StageRule = replace(policy.rules[0].stages[2], **changes)  # type: ignore[arg-type]  # as above
    return replace(policy, rules=(Rule("only", policy.rules[2].when, (stage,)),))


def test_a_proposal_is_routed_to_people_with_chains_and_reasons() -> None:
    found = route(example_policy(), example_directory(), draft(), "ana")
    assert people(found) == {
        "line": [["ben", "dora", "greta"]],
        "review": [["fay", "eli"], ["carl", "dora", "eli"]],
    }
    assert found.stages[0].seats[0].chain[1].why == "manager of ben"


def test_the_author_and_preparers_never_hold_a_task() -> None:
    found = route(example_policy(), example_directory(), draft(prepared_by=("ben", "carl")), "ana")
    everybody = {name for seats in people(found).values() for chain in seats for name in chain}
    assert not everybody & {"ana", "ben", "carl"}
    assert people(found)["line"] == [["dora", "greta"]]
    assert found.stages[0].seats[0].passed_over == ("ben is the author or prepared the documents",)


def test_an_approver_who_is_the_author_is_replaced_by_the_chain() -> None:
    found = route(example_policy(), example_directory(), draft(), "carl")
    assert people(found)["review"] == [["fay", "eli"], ["dora", "eli"]]


def test_inactive_people_are_passed_over_and_it_is_said() -> None:
    found = route(example_policy(), without("ben"), draft(), "ana")
    assert people(found)["line"] == [["dora", "greta"]]
    assert found.stages[0].seats[0].passed_over == ("ben is not active",)


def test_nobody_sits_twice_in_a_stage() -> None:
    approvers = (parse_selector('group("board")'), parse_selector('person("ines")'))
    found = route(with_stage(approvers=approvers), example_directory(), draft(), "ana")
    firsts = [chain[0] for chain in people(found)["board"]]
    assert firsts == ["hugo", "ines", "jon"]


def test_a_seat_that_nobody_can_take_is_dropped_while_the_quorum_can_be_reached() -> None:
    policy = with_stage(escalate_to=())
    found = route(policy, without("jon"), draft(), "ana")
    assert people(found)["board"] == [["hugo"], ["ines"]]
    with pytest.raises(Refusal, match="needs 2") as refused:
        route(policy, without("jon", "ines"), draft(), "ana")
    assert refused.value.kind is RefusalKind.NOBODY_CAN_APPROVE
    assert refused.value.detail == {"rule": "only", "stage": "board"}


def test_an_unknown_person_and_an_empty_selector_are_told() -> None:
    for text, said in (
        ('person("zoe")', "zoe is not in the directory"),
        ('role("none")', "is not in the directory"),
    ):
        with pytest.raises(Refusal, match=said):
            route(
                with_stage(approvers=(parse_selector(text),), escalate_to=()),
                example_directory(),
                draft(),
                "ana",
            )


def test_a_proposal_that_no_rule_covers_is_refused() -> None:
    policy = replace(example_policy(), rules=())
    with pytest.raises(Refusal, match="No rule"):
        route(policy, example_directory(), draft(), "ana")


DAY = date(2026, 12, 24)


@pytest.mark.parametrize(
    ("to", "excluded", "holder"),
    [
        ("olga", frozenset(), ("olga", "kim")),
        ("olga", frozenset({"olga"}), ("kim", None)),
        ("pete", frozenset(), ("kim", None)),  # not active
        ("zoe", frozenset(), ("kim", None)),  # nobody
    ],
)
def test_a_delegation_is_followed_where_it_widens_nothing(
    to: str, excluded: frozenset[str], holder: tuple[str, str | None]
) -> None:
    directory = replace(example_directory(), delegations=(Delegation("kim", to, DAY, DAY),))
    assert holder_on(DAY, directory, "kim", excluded) == holder
    assert holder_on(date(2026, 12, 25), directory, "kim", excluded) == ("kim", None)
