"""What is suspicious about a policy together with a directory: each is fine by itself, but nobody could approve.

Errors are proposals that would stand still or lapse for everybody; warnings are what somebody should look at.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from itertools import product

from approvals.draft import RISKS, Draft
from approvals.model import Need, Stage
from approvals.policy.directory import Directory, is_zone
from approvals.policy.routing import route_stage, seats_asked
from approvals.policy.rules import Policy, Rule, StageRule, When
from approvals.policy.selectors import Selector
from approvals.refusals import Refusal

# A proposal may name a department that neither policy nor directory knows; only the check of its budget says so.
OTHER_DEPARTMENT = "another department"
NAMED = ("role", "person")
SHOWN_NAMES = 5
EVERYTHING = When((), (), (), None, None)


class Level(Enum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Remark:
    """``path`` is that of the TOML file: ``rules[0].stages[1].escalate_to``, ``people.ana.manager``."""

    level: Level
    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.level.value}: {self.path}: {self.text}"


def lint(policy: Policy, directory: Directory) -> tuple[Remark, ...]:
    """Everything there is to say: the directory first, then the policy from the top."""
    remarks = [*_managers(directory), *_time_zones(directory), *_delegations(directory)]
    remarks += _roles(policy, directory)
    if policy.rules[-1].when != EVERYTHING:
        text = "matches only some proposals; end with a rule without when, so that none is without approvers"
        remarks.append(Remark(Level.ERROR, f"rules[{len(policy.rules) - 1}].when", text))
    reached = _reached(policy, directory)
    for n, rule in enumerate(policy.rules):
        path = f"rules[{n}]"
        remarks += _reachable(policy, n, reached[n])
        remarks += _departments(f"{path}.when.department", policy, rule, directory)
        for m, stage in enumerate(rule.stages):
            at = f"{path}.stages[{m}]"
            remarks += _selectors(at, stage, directory)
            remarks += _chain(at, stage)
            remarks += _people(at, rule, stage, directory, reached[n])
    return tuple(dict.fromkeys(remarks))


# -- the directory -----------------------------------------------------------------------------------------


def _managers(directory: Directory) -> Iterator[Remark]:
    """Circles of managers: silence would lead back to who was silent."""
    seen: set[str] = set()
    for person in directory.people:
        line: list[str] = []
        at: str | None = person.id
        while at is not None and at not in seen:
            seen.add(at)
            line.append(at)
            found = directory.person(at)
            at = found.manager if found is not None else None
        if at in line:
            circle = " -> ".join([*line[line.index(at) :], at])
            text = f"leads in a circle, {circle}; somebody in it must have another manager, or none"
            yield Remark(Level.ERROR, f"people.{at}.manager", text)


def _time_zones(directory: Directory) -> Iterator[Remark]:
    for person in directory.people:
        if not is_zone(person.time_zone):
            text = f"is {person.time_zone!r}; without a time zone nobody knows when they work"
            yield Remark(Level.ERROR, f"people.{person.id}.time_zone", text)


def _delegations(directory: Directory) -> Iterator[Remark]:
    for n, delegation in enumerate(directory.delegations):
        person = directory.person(delegation.to)
        if person is None or not person.active:
            text = f"{delegation.to} is not active: {delegation.of} keeps the tasks"
            yield Remark(Level.WARNING, f"delegations[{n}].to", text)


# -- whom expressions name ---------------------------------------------------------------------------------


def _roles(policy: Policy, directory: Directory) -> Iterator[Remark]:
    if policy.condition_role is not None:
        yield from _selector("condition_role", policy.condition_role, directory)
    yield from _selector("operator_role", Selector("role", policy.operator_role), directory)


def _selectors(path: str, stage: StageRule, directory: Directory) -> Iterator[Remark]:
    for key in ("approvers", "escalate_to"):
        for n, selector in enumerate(getattr(stage, key)):
            yield from _selector(f"{path}.{key}[{n}]", selector, directory)


def _selector(path: str, selector: Selector, directory: Directory) -> Iterator[Remark]:
    """Names that the directory does not know, or only with people who are not active."""
    if selector.kind == "manager_of":
        return
    members = _members(selector, directory)
    named = [directory.person(member) for member in members.get(selector.name, ())]
    if not named:
        near = difflib.get_close_matches(selector.name, members, 1)
        hint = f"did you mean {near[0]}?" if near else f"it knows: {_some(sorted(members)) or 'none'}"
        where = f" of {selector.department}" if selector.department else ""
        text = f"the directory has no {selector.kind} {selector.name!r}{where}; {hint}"
        yield Remark(Level.ERROR, path, text)
    elif not any(person is not None and person.active for person in named):
        text = f"nobody of {selector} is active; whoever follows on the chain is asked instead"
        yield Remark(Level.WARNING, path, text)


def _members(selector: Selector, directory: Directory) -> dict[str, tuple[str, ...]]:
    """Everything of the selector's kind that the directory knows, by name."""
    if selector.kind == "person":
        return {person.id: (person.id,) for person in directory.people}
    if selector.kind == "group":
        return directory.groups
    found: dict[str, tuple[str, ...]] = {}
    for role in sorted({role for person in directory.people for role in person.roles}):
        holders = directory.holders(role, selector.department)
        if holders:
            found[role] = tuple(person.id for person in holders)
    return found


# -- rules -------------------------------------------------------------------------------------------------


def _drafts(policy: Policy, directory: Directory) -> Iterator[Draft]:
    """A draft of every kind that rules can tell apart: budgets where one of them begins or ends."""
    whens = [rule.when for rule in policy.rules]
    budgets = {Decimal(0)}
    for when in whens:
        budgets |= {amount for amount in (when.budget_from, when.budget_below) if amount is not None}
    names = {name for when in whens for name in when.department}
    departments = sorted(names | _known_departments(policy, directory))
    kinds = product(policy.categories, [*departments, OTHER_DEPARTMENT], RISKS, sorted(budgets))
    for category, department, risk, budget in kinds:
        yield Draft("", category, department, budget, risk, "", {})


def _known_departments(policy: Policy, directory: Directory) -> set[str]:
    return {*policy.envelopes, *(person.department for person in directory.people)}


def _reached(policy: Policy, directory: Directory) -> list[dict[str, Draft]]:
    """For each rule a draft that it decides, of each department that has one."""
    reached: list[dict[str, Draft]] = [{} for _ in policy.rules]
    numbers = {id(rule): n for n, rule in enumerate(policy.rules)}
    for draft in _drafts(policy, directory):
        rule = policy.rule_for(draft)
        if rule is not None:
            reached[numbers[id(rule)]].setdefault(draft.department, draft)
    return reached


def _reachable(policy: Policy, n: int, reached: dict[str, Draft]) -> Iterator[Remark]:
    when = policy.rules[n].when
    earlier = policy.rules[:n]
    is_rest = when == EVERYTHING and all(rule.when != EVERYTHING for rule in earlier)
    if reached or is_rest:  # a rest that nothing is left for today takes the category of tomorrow
        return
    if when.budget_below is not None and when.budget_below <= (when.budget_from or 0):
        text = f"matches no budget: none is {when.budget_from or 0:,} or more and below {when.budget_below:,}"
    else:
        names = ", ".join(rule.name for rule in earlier)
        text = f"is never reached, the rules before it ({names}) match all that it does; move it up or take it out"
    yield Remark(Level.ERROR, f"rules[{n}]", text)


def _departments(path: str, policy: Policy, rule: Rule, directory: Directory) -> Iterator[Remark]:
    known = _known_departments(policy, directory)
    for name in rule.when.department:
        if name not in known:
            text = f"{name!r} has neither people nor an envelope; known are: {', '.join(sorted(known))}"
            yield Remark(Level.WARNING, path, text)


# -- stages ------------------------------------------------------------------------------------------------


def _chain(path: str, stage: StageRule) -> Iterator[Remark]:
    """Nothing is approved by silence: the last stop of every chain is a named role."""
    at = f"{path}.escalate_to"
    if not stage.escalate_to or stage.escalate_to[-1].kind not in NAMED:
        text = 'must end with a named role, like role("director"): somebody has to be there when all others are silent'
        yield Remark(Level.ERROR, at, text)
    earlier = set(stage.approvers)
    for n, selector in enumerate(stage.escalate_to):
        if selector in earlier and selector.kind != "manager_of":
            yield Remark(
                Level.WARNING,
                f"{at}[{n}]",
                f"{selector} was asked before; name somebody else, or leave it out",
            )
        earlier.add(selector)


def _people(
    path: str, rule: Rule, stage: StageRule, directory: Directory, reached: dict[str, Draft]
) -> Iterator[Remark]:
    """Route the stage for everybody who may submit and, where it asks in the department, for every department."""
    local = any(selector.own_department for selector in (*stage.approvers, *stage.escalate_to))
    drafts = list(reached.values())[: None if local else 1]
    authors = [person.id for person in directory.people if person.active]
    cases = [(author, draft) for author in authors for draft in drafts]
    if not cases:
        return
    seats = max(seats_asked(directory, stage, author, draft.department) for author, draft in cases)
    if stage.need is Need.QUORUM and stage.quorum > seats:
        text = f"is {stage.quorum}, but there are {seats} approvers at most; lower it, or name more"
        yield Remark(Level.ERROR, f"{path}.quorum", text)
        return
    yield from _own_approval(f"{path}.approvers", stage)
    routed, refused = _routed(rule, stage, directory, cases)
    if not routed:
        first = next(iter(refused.values()))
        yield Remark(Level.ERROR, path, f"nobody can satisfy it, whoever submits. {first}")
        return
    yield from _stuck(path, refused, local=local)
    if stage.escalate_to and all(any(len(seat.chain) == 1 for seat in found.seats) for found in routed):
        text = "leads from some seat to nobody else, whoever submits; silence there lapses at once"
        yield Remark(Level.WARNING, f"{path}.escalate_to", text)


def _routed(
    rule: Rule, stage: StageRule, directory: Directory, cases: Sequence[tuple[str, Draft]]
) -> tuple[list[Stage], dict[tuple[str, str], str]]:
    """The stage with its people for each case, and why there is none: by author and department."""
    routed: list[Stage] = []
    refused: dict[tuple[str, str], str] = {}
    for author, draft in cases:
        try:
            routed.append(route_stage(directory, rule.name, stage, draft, author))
        except Refusal as refusal:
            refused[author, draft.department] = str(refusal.what)
    return routed, refused


def _stuck(path: str, refused: dict[tuple[str, str], str], *, local: bool) -> Iterator[Remark]:
    """One remark for all authors who are in the same position."""
    departments: dict[str, list[str]] = {}
    for author, department in refused:
        departments.setdefault(author, []).append(department)
    authors: dict[str, list[str]] = {}
    for author, names in departments.items():
        authors.setdefault(f" for {_some(names)}" if local else "", []).append(author)
    for where, people in authors.items():
        text = f"cannot be satisfied when {_some(people)} submits{where}; name more people on the chain"
        yield Remark(Level.WARNING, path, text)


def _own_approval(path: str, stage: StageRule) -> Iterator[Remark]:
    """One person alone, by name: the rule would let them approve what they submit; routing does not."""
    named = {selector.name for selector in stage.approvers if selector.kind == "person"}
    if len(named) == len(stage.approvers) == 1:
        name = named.pop()
        text = f"would let {name} approve {name}'s own proposals; there the chain is asked at once. Ask a role instead"
        yield Remark(Level.WARNING, path, text)


def _some(names: Sequence[str]) -> str:
    more = len(names) - SHOWN_NAMES
    return ", ".join(names[:SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")
