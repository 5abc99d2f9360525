"""The lint: what is wrong with a policy and a directory together, each found in an example with that one mistake."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from approvals.policy.directory import Delegation, Directory, Person, parse_directory
from approvals.policy.lint import SHOWN_NAMES, Level, lint
from approvals.policy.parse import parse_policy
from approvals.policy.rules import Policy
from tests.fakes import CONFIG, example_directory, example_policy

HEAD = """
currency = "EUR"
revise_within = "10 working days"
operator_role = "boss"
[envelopes]
it = 1000
[categories.thing]
title = "Thing"
[categories.idea]
title = "Idea"
"""
LINE = """
[[rules.stages]]
name = "line"
approvers = ["manager_of(author)"]
respond_within = "1 working day"
escalate_to = ['role("boss")', 'role("deputy")', 'role("chair")']
"""
REST = f"""
[[rules]]
name = "rest"
{LINE}
"""
PEOPLE = """
[people]
ann = { name = "A", mail = "a@x", manager = "bob", department = "it", HERE }
bob = { name = "B", mail = "b@x", manager = "cat", department = "it", roles = ["deputy"], HERE }
cat = { name = "C", mail = "c@x", department = "it", roles = ["boss"], HERE }
dan = { name = "D", mail = "d@x", manager = "cat", department = "hr", roles = ["chair"], HERE }
[people.eve]
name = "E"
mail = "e@x"
manager = "cat"
department = "hr"
roles = ["spare"]
time_zone = "UTC"
country = "DE"
active = false
[groups]
board = ["ann", "dan"]
gone = ["eve"]
""".replace("HERE", 'time_zone = "UTC", country = "DE"')


def policy(rules: str = REST, head: str = HEAD) -> Policy:
    return parse_policy(head + rules)


def directory(text: str = PEOPLE) -> Directory:
    return parse_directory(text)


def stage(**keys: str) -> str:
    """The rule for everything with one stage, some of its keys replaced, as TOML."""
    plain = {
        "name": '"line"',
        "approvers": "['manager_of(author)']",
        "respond_within": '"1 day"',
        "escalate_to": "['role(\"boss\")', 'role(\"chair\")', 'role(\"deputy\")']",
    }
    lines = "\n".join(f"{key} = {value}" for key, value in (plain | keys).items())
    return f'[[rules]]\nname = "rest"\n[[rules.stages]]\n{lines}\n'


def rule(name: str, when: str) -> str:
    return f'[[rules]]\nname = "{name}"\nwhen = {{ {when} }}\n{LINE}'


def remarks(rules: str = REST, people: str = PEOPLE, head: str = HEAD) -> list[str]:
    return [str(remark) for remark in lint(policy(rules, head), directory(people))]


def test_the_example_has_nothing_to_remark() -> None:
    assert lint(example_policy(), example_directory()) == ()
    assert remarks() == []
    assert remarks(stage()) == []


def test_a_remark_says_how_bad_it_is_where_and_what() -> None:
    [found] = lint(policy(head=HEAD.replace('"boss"', '"bos"')), directory())
    assert (found.level, found.path) == (Level.ERROR, "operator_role")
    assert str(found) == "error: operator_role: the directory has no role 'bos'; did you mean boss?"


# -- the directory -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("manager", "said"),
    [
        ("bob", "error: people.bob.manager: leads in a circle, bob -> cat -> bob; somebody in it"),
        ("cat", "error: people.cat.manager: leads in a circle, cat -> cat; somebody in it"),
    ],
)
def test_managers_in_a_circle(manager: str, said: str) -> None:
    text = PEOPLE.replace('mail = "c@x"', f'mail = "c@x", manager = "{manager}"')
    [found] = [remark for remark in remarks(people=text) if "circle" in remark]
    assert found.startswith(said)


def test_people_without_a_time_zone() -> None:
    """A file with such people is refused; a directory from elsewhere may have them."""
    staff = tuple(
        replace(person, time_zone="" if person.id == "bob" else "UTC") for person in directory().people
    )
    [found] = lint(policy(), replace(directory(), people=staff))
    assert (found.level, found.path) == (Level.ERROR, "people.bob.time_zone")


def test_a_manager_who_is_not_in_a_directory_from_elsewhere_is_no_circle() -> None:
    people = tuple(replace(person, manager="zoe") for person in directory().people)
    assert lint(policy(), replace(directory(), people=people)) == ()


@pytest.mark.parametrize("to", ["eve", "zoe"])
def test_a_delegation_to_somebody_who_is_not_there(to: str) -> None:
    day = date(2026, 12, 24)
    changed = replace(
        directory(), delegations=(Delegation("ann", "dan", day, day), Delegation("bob", to, day, day))
    )
    [found] = map(str, lint(policy(), changed))
    assert found == f"warning: delegations[1].to: {to} is not active: bob keeps the tasks"


# -- names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("approver", "said"),
    [
        (
            'person("anne")',
            "error: rules[0].stages[0].approvers[1]: the directory has no person 'anne'; did you mean ann?",
        ),
        (
            'group("xyz")',
            "error: rules[0].stages[0].approvers[1]: the directory has no group 'xyz'; it knows: board, gone",
        ),
        ('role("chef")', "has no role 'chef'; it knows: boss, chair, deputy, spare"),
        ('role("boss", "hr")', "has no role 'boss' of hr; it knows: chair, spare"),
        ('role("boss", "law")', "has no role 'boss' of law; it knows: none"),
        ('person("eve")', 'warning: rules[0].stages[0].approvers[1]: nobody of person("eve") is active'),
        ('role("spare")', 'nobody of role("spare") is active; whoever follows on the chain is asked instead'),
        ('group("gone")', 'nobody of group("gone") is active'),
    ],
)
def test_names_that_nobody_active_answers_to(approver: str, said: str) -> None:
    text = stage(approvers=f"['manager_of(author)', '{approver}']", quorum="1")
    found = [remark for remark in remarks(text) if "quorum" not in remark]
    assert said in found[0]


def test_names_on_chains_and_of_the_confirming_role_are_looked_up_too() -> None:
    head = HEAD.replace("[envelopes]", "condition_role = 'role(\"pmo\")'\n[envelopes]")
    assert remarks(head=head)[0].startswith("error: condition_role: the directory has no role 'pmo'")
    chain = "['role(\"boss\")', 'role(\"chair\")', 'role(\"deputi\")', 'role(\"deputy\")']"
    assert remarks(stage(escalate_to=chain)) == [
        "error: rules[0].stages[0].escalate_to[2]: the directory has no role 'deputi'; did you mean deputy?"
    ]


def test_a_confirming_role_that_somebody_holds_is_fine() -> None:
    assert remarks(head=HEAD.replace("[envelopes]", "condition_role = 'role(\"chair\")'\n[envelopes]")) == []


# -- rules -------------------------------------------------------------------------------------------------


def test_the_last_rule_must_match_everything() -> None:
    [found] = remarks(rule("some", 'category = "thing"'))
    assert found.startswith("error: rules[0].when: matches only some proposals; end with a rule without when")


@pytest.mark.parametrize(
    ("whens", "unreachable"),
    [
        (["budget_from = 10", "budget_from = 20"], ["two"]),
        (["budget_from = 20", "budget_from = 10"], []),
        (["budget_below = 20", "budget_below = 20, risk = 'high'"], ["two"]),
        (["budget_below = 20", "budget_below = 21, risk = 'high'"], []),
        (["budget_below = 10", "budget_from = 10", "risk = 'low'"], ["three"]),
        (["category = 'thing'", "category = 'idea'", "department = 'it'"], ["three"]),
        (["category = 'thing'", "category = ['thing', 'idea']"], []),
        (["risk = ['low', 'medium']", "risk = 'high', category = 'idea'", "category = 'idea'"], ["three"]),
        (["department = 'it'", "department = ['hr', 'it']"], []),
        (["department = ['hr', 'it']", "department = 'it'"], ["two"]),
        (["category = 'thing'", "", "category = 'idea'"], ["three", "rest"]),
    ],
)
def test_rules_that_are_never_reached(whens: list[str], unreachable: list[str]) -> None:
    names = ("one", "two", "three", "rest")
    text = "".join(map(rule, names, whens)) + REST
    assert [names[int(remark.partition("[")[2][0])] for remark in remarks(text)] == unreachable
    assert all("is never reached, the rules before it (one" in remark for remark in remarks(text))


@pytest.mark.parametrize("when", ["budget_from = 20, budget_below = 20", "budget_below = 0"])
def test_a_rule_without_a_budget_that_it_could_match(when: str) -> None:
    [found] = remarks(rule("none", when) + REST)
    assert found.startswith("error: rules[0]: matches no budget: none is ")


def test_a_department_that_nobody_knows() -> None:
    [found] = remarks(rule("law", "department = ['it', 'law']") + REST)
    assert found == (
        "warning: rules[0].when.department: 'law' has neither people nor an envelope; known are: hr, it"
    )


# -- stages ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chain", "named"),
    [
        ("[]", False),
        ("['role(\"boss\")', 'role(\"chair\")', 'manager_of(holder)']", False),
        ("['role(\"boss\")', 'role(\"chair\")', 'group(\"board\")']", False),
        ("['role(\"boss\")', 'role(\"chair\")', 'person(\"bob\")']", True),
        ("['role(\"boss\")', 'role(\"chair\")', 'role(\"deputy\")']", True),
    ],
)
def test_a_chain_must_end_with_somebody_named(chain: str, named: bool) -> None:
    said = "error: rules[0].stages[0].escalate_to: must end with a named role"
    assert any(remark.startswith(said) for remark in remarks(stage(escalate_to=chain))) is not named


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (
            {"escalate_to": "['role(\"boss\")', 'role(\"boss\")', 'role(\"chair\")']"},
            'warning: rules[0].stages[0].escalate_to[1]: role("boss") was asked before',
        ),
        (
            {"approvers": "['role(\"boss\")']"},
            'warning: rules[0].stages[0].escalate_to[0]: role("boss") was asked before',
        ),
    ],
)
def test_a_chain_that_asks_the_same_again(keys: dict[str, str], said: str) -> None:
    [found] = remarks(stage(**keys))
    assert found.startswith(said)


def test_managers_may_follow_managers() -> None:
    chain = "['manager_of(holder)', 'manager_of(holder)', 'role(\"boss\")', 'role(\"chair\")']"
    assert remarks(stage(escalate_to=chain)) == []


def test_a_chain_that_leads_to_nobody_else() -> None:
    """The boss is asked and nobody but the boss follows; only where the boss submits does the chair stand in."""
    text = stage(
        approvers="['role(\"boss\")', 'role(\"chair\")']", escalate_to="['person(\"cat\")']", quorum="1"
    )
    [found] = remarks(text)
    assert found.startswith("warning: rules[0].stages[0].escalate_to: leads from some seat to nobody else")


def test_a_quorum_that_is_larger_than_the_seats() -> None:
    text = stage(approvers="['group(\"board\")', 'person(\"dan\")']", quorum="3")
    assert remarks(text) == [
        "error: rules[0].stages[0].quorum: is 3, but there are 2 approvers at most; lower it, or name more"
    ]


def test_a_quorum_that_its_seats_reach_for_some_authors_only() -> None:
    text = stage(approvers="['group(\"board\")', 'manager_of(author)']", quorum="3")
    assert not any("quorum" in remark for remark in remarks(text))


def test_a_stage_that_nobody_can_satisfy() -> None:
    text = stage(approvers="['person(\"eve\")', 'group(\"gone\")']", escalate_to="['role(\"spare\")']")
    assert (
        "error: rules[0].stages[0]: nobody can satisfy it, whoever submits. Nobody can approve this: stage line of "
        "rule rest needs 1 to approve it and finds 0; a seat stays empty: eve is not active."
    ) in remarks(text)


def test_a_stage_that_cannot_be_satisfied_for_some_authors() -> None:
    text = stage(approvers="['role(\"boss\")']", escalate_to="['person(\"cat\")']")
    assert (
        "warning: rules[0].stages[0]: cannot be satisfied when cat submits; name more people on the chain"
        in remarks(text)
    )


def test_a_stage_that_cannot_be_satisfied_in_some_departments() -> None:
    text = stage(approvers="['role(\"deputy\", department)']", escalate_to="['person(\"cat\")']")
    [found] = [remark for remark in remarks(text) if "satisfied" in remark]
    assert "cannot be satisfied when cat submits for hr, another department; name more people" in found


def test_many_authors_are_told_by_a_few() -> None:
    """Whoever has no manager finds nobody on this chain."""
    ann = directory().people[0]
    crowd = tuple(replace(ann, id=f"p{n}", manager=None) for n in range(SHOWN_NAMES + 2))
    text = stage(escalate_to="['manager_of(holder)']")
    remarked = map(str, lint(policy(text), replace(directory(), people=(*directory().people, *crowd))))
    [found] = [remark for remark in remarked if "satisfied" in remark]
    assert "cannot be satisfied when cat, p0, p1, p2, p3 and 3 more submits; name more people" in found


def test_a_person_who_would_approve_their_own() -> None:
    [found] = remarks(stage(approvers="['person(\"ann\")']"))
    assert found.startswith(
        "warning: rules[0].stages[0].approvers: would let ann approve ann's own proposals"
    )
    assert remarks(stage(approvers="['person(\"ann\")', 'manager_of(author)']", quorum="1")) == []


def test_a_directory_in_which_nobody_is_active_has_no_authors() -> None:
    gone: tuple[Person, ...] = tuple(replace(person, active=False) for person in directory().people)
    found = lint(policy(), replace(directory(), people=gone))
    assert {remark.level for remark in found} == {Level.WARNING}
    assert "nobody of role" in found[0].text


def test_the_example_files_are_those_that_are_checked() -> None:
    """A mistake in config/ would be found."""
    text = (CONFIG / "policy.toml").read_text(encoding="utf-8")
    broken = parse_policy(
        text.replace("escalate_to = ['role(\"cfo\")']", "escalate_to = ['manager_of(holder)']")
    )
    assert [remark.level for remark in lint(broken, example_directory())] == [Level.ERROR]
