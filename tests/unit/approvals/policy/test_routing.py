"""From policy and directory to people: separation of duties, chains, and who is passed over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.draft import Draft
from approvals.model import Need, Route
from approvals.policy.directory import Delegation, Directory, Person
from approvals.policy.routing import holder_on, route
from approvals.policy.rules import Policy, Rule, StageRule
from approvals.policy.selectors import parse_selector
from approvals.refusals import Refusal, RefusalKind
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
    return replace(policy, rules=(Rule("only", policy.rules[-1].when, (stage,)),))


def test_a_proposal_is_routed_to_people_with_chains_and_reasons() -> None:
    found = route(example_policy(), example_directory(), draft(), "ana")
    assert people(found) == {
        "line": [["ben", "dora", "greta"]],
        "review": [["fay", "eli", "greta"], ["carl", "dora", "eli", "greta"]],
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
    assert people(found)["review"] == [["fay", "eli", "greta"], ["dora", "eli", "greta"]]


def test_inactive_people_are_passed_over_and_it_is_said() -> None:
    found = route(example_policy(), without("ben"), draft(), "ana")
    assert people(found)["line"] == [["dora", "greta"]]
    assert found.stages[0].seats[0].passed_over == ("ben is not active",)


def with_directors(*names: str) -> Directory:
    """The example directory with these people holding the role at the end of most chains, in its order."""
    directory = example_directory()
    changed = (
        replace(person, roles=("director",) if person.id in names else person.roles)
        for person in directory.people
    )
    return replace(directory, people=tuple(changed))


def test_a_role_on_the_chain_is_answered_by_its_first_holder_who_may() -> None:
    directory = with_directors("eli", "greta")
    found = route(example_policy(), directory, draft(category="process-change"), "ana")
    assert people(found)["line"] == [["ben", "dora", "eli"]]
    found = route(example_policy(), directory, draft(category="process-change", prepared_by=("eli",)), "ana")
    assert people(found)["line"] == [["ben", "dora", "greta"]]
    assert found.stages[0].seats[0].passed_over == ("eli is the author or prepared the documents",)


def test_a_role_on_the_chain_never_leads_back_to_who_was_silent() -> None:
    found = route(example_policy(), with_directors("dora", "greta"), draft(category="process-change"), "ana")
    assert people(found)["line"] == [["ben", "dora", "greta"]]
    assert found.stages[0].seats[0].passed_over == ()


def test_silence_leads_past_a_manager_who_is_not_there_to_theirs() -> None:
    escalate_to = (parse_selector("manager_of(holder)"), parse_selector("manager_of(holder)"))
    policy = with_stage(approvers=(parse_selector("manager_of(author)"),), quorum=1, escalate_to=escalate_to)
    found = route(policy, without("dora"), draft(), "ana")
    assert people(found)["board"] == [["ben", "greta"]]
    assert found.stages[0].seats[0].chain[1].why == "manager of dora"


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
        ('role("none")', "nobody holds the role none"),
        ('role("architect", "sales")', "nobody is architect for sales"),
        ('group("none")', "nobody is member of the group none"),
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


def test_a_quorum_that_is_larger_than_the_seats_is_refused() -> None:
    with pytest.raises(Refusal, match="stage board of rule only needs 4 to approve it and finds 3"):
        route(with_stage(quorum=4), example_directory(), draft(), "ana")


def test_a_seat_that_stays_empty_is_said_by_the_first_that_does_not() -> None:
    found = route(with_stage(escalate_to=()), without("ines"), draft(), "ana")
    first, second = found.stages[0].seats
    assert (first.name, first.chain[0].person, second.name) == ("board-1", "hugo", "board-2")
    assert first.passed_over == ("a seat stays empty: ines is not active",)
    assert second.passed_over == ()


def test_all_means_every_seat_so_none_may_stay_empty() -> None:
    policy = with_stage(need=Need.ALL, escalate_to=())
    assert route(policy, example_directory(), draft(), "ana").stages[0].quorum == 3
    with pytest.raises(
        Refusal, match="needs 3 to approve it and finds 2; a seat stays empty: jon is not active"
    ):
        route(policy, without("jon"), draft(), "ana")


def test_any_is_settled_by_one() -> None:
    stage = route(with_stage(need=Need.ANY), example_directory(), draft(), "ana").stages[0]
    assert (stage.quorum, len(stage.seats)) == (1, 3)


def test_who_stands_in_at_one_seat_is_not_asked_at_another() -> None:
    """Two of three are away and the chain has one director: she takes the first empty seat, the other stays empty."""
    found = route(with_stage(), without("hugo", "jon"), draft(), "ana")
    assert people(found)["board"] == [["greta"], ["ines"]]
    assert found.stages[0].seats[0].passed_over == (
        "hugo is not active",
        "a seat stays empty: jon is not active, greta has another seat of this stage",
    )


def test_an_approver_keeps_their_own_seat_and_stands_in_nowhere() -> None:
    approvers = (parse_selector('person("pete")'), parse_selector('person("greta")'))
    found = route(with_stage(approvers=approvers, quorum=1), example_directory(), draft(), "ana")
    assert people(found)["board"] == [["greta"]]


def test_the_second_holder_of_a_role_stands_in_where_the_first_has_a_seat() -> None:
    found = route(with_stage(), with_directors("eli", "hugo"), draft(), "ana")
    assert people(found)["board"] == [["hugo", "eli"], ["ines", "eli"], ["jon", "eli"]]


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


# -- whoever they are, whatever the policy says -----------------------------------------------------------

NAMES = ("a", "b", "c", "d", "e", "f")
PICKED = st.sampled_from(NAMES)
SELECTORS = st.sampled_from(
    [
        "manager_of(author)",
        'role("x")',
        'role("y", department)',
        'group("g")',
        'person("a")',
        'person("gone")',
    ]
)
ESCALATIONS = st.sampled_from(["manager_of(holder)", 'role("x")', 'role("y")', 'group("g")', 'person("b")'])


@st.composite
def directories(draw: st.DrawFn) -> Directory:
    staff = tuple(
        Person(
            id=name,
            name=name,
            mail=f"{name}@example.com",
            manager=draw(st.none() | PICKED),
            department=draw(st.sampled_from(["it", "hr"])),
            roles=draw(st.sampled_from([(), ("x",), ("y",), ("x", "y")])),
            time_zone="UTC",
            country="DE",
            subdivision=None,
            active=draw(st.sampled_from([True, True, True, False])),
            object_id=None,
        )
        for name in NAMES
    )
    return Directory(staff, {"g": tuple(draw(st.lists(PICKED, unique=True)))}, ())


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    return with_stage(
        approvers=tuple(map(parse_selector, draw(st.lists(SELECTORS, min_size=1, max_size=3)))),
        escalate_to=tuple(map(parse_selector, draw(st.lists(ESCALATIONS, max_size=3)))),
        need=draw(st.sampled_from(Need)),
        quorum=draw(st.integers(1, 3)),
    )


@settings(deadline=None, max_examples=500)  # a busy machine is not a finding
@given(policies(), directories(), PICKED, st.sets(PICKED, max_size=2))
def test_nobody_decides_alone_twice_or_on_their_own_behalf(
    policy: Policy, directory: Directory, author: str, prepared_by: set[str]
) -> None:
    given_draft = draft(department="it", prepared_by=tuple(sorted(prepared_by)))
    try:
        [stage] = route(policy, directory, given_draft, author).stages
    except Refusal:
        return
    chains = [[holder.person for holder in seat.chain] for seat in stage.seats]
    heads = [chain[0] for chain in chains]
    everybody = {person for chain in chains for person in chain}
    assert not everybody & {author, *prepared_by, "gone"}
    assert all(found is not None and found.active for found in map(directory.person, everybody))
    assert len(set(heads)) == len(heads)
    assert all(len(set(chain)) == len(chain) and not set(chain[1:]) & set(heads) for chain in chains)
    assert 1 <= stage.quorum <= len(stage.seats)
    assert stage.need is not Need.ALL or stage.quorum == len(stage.seats)
    assert [seat.name for seat in stage.seats] == [f"board-{n}" for n in range(1, len(chains) + 1)]
    assert route(policy, directory, given_draft, author).stages == (stage,)
