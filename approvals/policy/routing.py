"""Routing: from policy and directory to the people who are asked, in which order, and whom silence leads to.

Separation of duties is kept here: the author and whoever prepared the documents never hold a task for it, and
nobody holds two seats of one stage. A revision is routed once, and its route is kept (``route.json``): a change here
changes the routes of what is submitted from then on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from approvals.draft import Draft
from approvals.model import Holder, Need, Route, Seat, Stage
from approvals.policy.directory import Directory
from approvals.policy.rules import Policy, StageRule
from approvals.policy.selectors import Asked, Selector, in_words, people_of
from approvals.refusals import Refusal, RefusalKind
from approvals.stored import ids


@dataclass(frozen=True)
class _Stop:
    """Somebody whom a selector names, and why; ``person`` is empty where it yields nobody."""

    person: str
    why: str


@dataclass(frozen=True)
class _Routing:
    directory: Directory
    asked: Asked
    barred: frozenset[str]

    def problem(self, stop: _Stop) -> str | None:
        """Why this stop cannot hold a task, or None."""
        if not stop.person:
            return f"nobody {stop.why}" if stop.why.startswith("holds ") else f"nobody is {stop.why}"
        person = self.directory.person(stop.person)
        if person is None:
            return f"{stop.person} is not in the directory"
        if not person.active:
            return f"{stop.person} is not active"
        if stop.person in self.barred:
            return f"{stop.person} is the author or prepared the documents"
        return None


def route(policy: Policy, directory: Directory, draft: Draft, author: str) -> Route:
    """Who is asked about ``draft``. Raises Refusal (NOBODY_CAN_APPROVE), naming rule and stage."""
    rule = policy.rule_for(draft)
    if rule is None:
        raise Refusal(RefusalKind.NOBODY_CAN_APPROVE, "No rule of the approval policy covers this proposal.")
    stages = tuple(route_stage(directory, rule.name, stage, draft, author) for stage in rule.stages)
    return Route(rule.name, str(rule.when), stages)


def route_stage(directory: Directory, rule_name: str, rule: StageRule, draft: Draft, author: str) -> Stage:
    """One stage with its people. Raises Refusal (NOBODY_CAN_APPROVE), naming rule and stage.

    A seat that nobody can take is left out where the others can still settle the stage, and the first of them says
    so; with ``all`` every seat must be taken.
    """
    asked = Asked(author, draft.department)
    routing = _Routing(directory, asked, frozenset({author, *draft.prepared_by}))
    seats: list[Seat] = []
    empty: list[str] = []
    places = _firsts(routing, rule.approvers)
    for chain, passed_over in _chains(routing, rule.escalate_to, places):
        if chain:
            seats.append(Seat(ids.seat_name(rule.name, len(seats) + 1), chain, passed_over))
        else:
            empty.append(f"a seat stays empty: {', '.join(passed_over)}")
    quorum = {Need.ANY: 1, Need.ALL: len(places), Need.QUORUM: rule.quorum}[rule.need]
    if len(seats) < quorum:
        found = f"needs {quorum} to approve it and finds {len(seats)}"
        text = f"Nobody can approve this: stage {rule.name} of rule {rule_name} {found}"
        what = "; ".join([text, *empty]) + "."
        raise Refusal(RefusalKind.NOBODY_CAN_APPROVE, what, detail={"rule": rule_name, "stage": rule.name})
    seats[0] = replace(seats[0], passed_over=(*seats[0].passed_over, *empty))
    return Stage(
        name=rule.name,
        title=rule.title,
        need=rule.need,
        quorum=quorum,
        seats=tuple(seats),
        respond_within=rule.respond_within,
        remind_every=rule.remind_every,
        verdicts=rule.verdicts,
        again_when=rule.again_when,
        raise_event=rule.raise_event,
    )


def seats_asked(directory: Directory, rule: StageRule, author: str, department: str) -> int:
    """How many seats the approvers of a stage make, whether anybody can take them or not."""
    return len(_firsts(_Routing(directory, Asked(author, department), frozenset()), rule.approvers))


def _firsts(routing: _Routing, approvers: Sequence[Selector]) -> list[_Stop]:
    """Whom the approvers name, each person once; a selector that yields nobody still makes a place."""
    found: dict[str, _Stop] = {}
    for selector in approvers:
        nobody = _Stop("", in_words(selector, routing.asked))
        for stop in _named(routing, selector, routing.asked) or [nobody]:
            found.setdefault(stop.person or str(selector), stop)
    return list(found.values())


def _named(routing: _Routing, selector: Selector, asked: Asked) -> list[_Stop]:
    """Everybody whom a selector yields, in order."""
    why = in_words(selector, asked)
    return [_Stop(person, why) for person in people_of(selector, routing.directory, asked)]


def _chains(
    routing: _Routing, escalate_to: Sequence[Selector], firsts: Sequence[_Stop]
) -> list[tuple[tuple[Holder, ...], tuple[str, ...]]]:
    """The chain of each place, with who is passed over and why.

    First it is settled who is asked first at every place, approvers at their own, so that nobody follows on a chain
    who sits elsewhere from the beginning.
    """
    heads = {first.person for first in firsts if routing.problem(first) is None}
    own: list[set[str]] = []
    for first in firsts:
        chain, _ = _walk(routing, escalate_to, first, heads - {first.person})
        own.append({holder.person for holder in chain[:1]})
        heads |= own[-1]
    return [_walk(routing, escalate_to, first, heads - head) for first, head in zip(firsts, own, strict=True)]


def _walk(
    routing: _Routing, escalate_to: Sequence[Selector], first: _Stop, taken: set[str]
) -> tuple[tuple[Holder, ...], tuple[str, ...]]:
    """One place's chain: the approver, then for each selector of ``escalate_to`` the first whom it names and who may.

    Each person is there once. ``manager_of(holder)`` speaks of the stop before, also where that person is passed over.
    """
    chain: dict[str, Holder] = {}
    passed_over: dict[str, None] = {}
    holder = first.person
    for selector in (None, *escalate_to):
        asked = replace(routing.asked, holder=holder)
        for stop in [first] if selector is None else _named(routing, selector, asked):
            holder = stop.person
            problem = routing.problem(stop)
            if problem is None and stop.person in taken and not chain:
                problem = f"{stop.person} has another seat of this stage"
            if problem is not None:
                passed_over[problem] = None
            elif stop.person not in taken and stop.person not in chain:
                chain[stop.person] = Holder(stop.person, stop.why)
                break
    return tuple(chain.values()), tuple(passed_over)


def holder_on(
    day: date, directory: Directory, assignee: str, excluded: frozenset[str]
) -> tuple[str, str | None]:
    """Who gets a task of ``assignee`` on ``day``, and on whose behalf. A delegation is followed once, and only to
    somebody active who may hold it: it never widens authority.
    """
    to = directory.delegate_of(assignee, day)
    person = directory.person(to) if to else None
    if person is None or not person.active or person.id in excluded:
        return assignee, None
    return person.id, assignee
