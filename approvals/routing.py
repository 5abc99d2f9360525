"""Routing: from policy and directory to the people who are asked, in which order, and whom silence leads to.

Separation of duties is kept here: the author and whoever prepared the documents never hold a task for it, and
nobody holds two seats of one stage.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from approvals import ids
from approvals.directory import Directory
from approvals.model import Draft, Holder, Need, Route, Seat, Stage
from approvals.policy import Policy, StageRule
from approvals.refusals import Refusal, RefusalKind
from approvals.selectors import Asked, Selector, in_words, people_of


@dataclass(frozen=True)
class _Routing:
    directory: Directory
    asked: Asked
    barred: frozenset[str]

    def unfit(self, person_id: str) -> str | None:
        """Why this person cannot hold a task, or None."""
        person = self.directory.person(person_id)
        if person is None:
            return f"{person_id} is not in the directory"
        if not person.active:
            return f"{person_id} is not active"
        if person_id in self.barred:
            return f"{person_id} is the author or prepared the documents"
        return None


def route(policy: Policy, directory: Directory, draft: Draft, author: str) -> Route:
    """Who is asked about ``draft``. Raises Refusal (NOBODY_CAN_APPROVE), naming rule and stage."""
    rule = policy.rule_for(draft)
    if rule is None:
        raise Refusal(RefusalKind.NOBODY_CAN_APPROVE, "No rule of the approval policy covers this proposal.")
    asked = Asked(author, draft.department)
    routing = _Routing(directory, asked, frozenset({author, *draft.prepared_by}))
    stages = tuple(_stage(routing, rule.name, stage) for stage in rule.stages)
    return Route(rule.name, str(rule.when), stages)


def _stage(routing: _Routing, rule_name: str, rule: StageRule) -> Stage:
    seats: list[Seat] = []
    firsts = _firsts(routing, rule.approvers)
    taken = {person for person, _ in firsts if routing.unfit(person) is None}
    unseated: list[str] = []
    for person, why in firsts:
        chain, passed_over = _chain(routing, rule.escalate_to, person, why, taken)
        if chain:
            taken.add(chain[0].person)
            seats.append(Seat(ids.seat_name(rule.name, len(seats) + 1), chain, passed_over))
        else:
            unseated += passed_over
    quorum = {Need.ANY: 1, Need.ALL: len(firsts), Need.QUORUM: rule.quorum}[rule.need]
    if not seats or len(seats) < quorum:
        reasons = "; ".join(unseated) or "its approvers are nobody"
        text = f"Nobody can approve this: stage {rule.name} of rule {rule_name} needs {max(quorum, 1)}, but {reasons}."
        raise Refusal(RefusalKind.NOBODY_CAN_APPROVE, text, detail={"rule": rule_name, "stage": rule.name})
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


def _firsts(routing: _Routing, approvers: tuple[Selector, ...]) -> list[tuple[str, str]]:
    """The approvers, each person once, with why; a selector that yields nobody leaves an empty name."""
    found: dict[str, str] = {}
    for selector in approvers:
        people = people_of(selector, routing.directory, routing.asked)
        for person in people or (f"({selector})",):
            found.setdefault(person, in_words(selector, routing.asked))
    return list(found.items())


def _chain(
    routing: _Routing, escalate_to: tuple[Selector, ...], first: str, why: str, taken: set[str]
) -> tuple[tuple[Holder, ...], tuple[str, ...]]:
    """The seat's chain: the approver, then whom the policy escalates to; and who was passed over, and why."""
    chain: list[Holder] = []
    passed_over: list[str] = []
    seen = set(taken) - {first}
    stops = [(first, why)]
    holder = first
    for selector in escalate_to:
        asked = Asked(routing.asked.author, routing.asked.department, holder)
        people = people_of(selector, routing.directory, asked)
        stops += [(person, in_words(selector, asked)) for person in people[:1] or ()]
        holder = people[0] if people else holder
    for person, reason in stops:
        problem = routing.unfit(person)
        if problem is None and person not in seen:
            chain.append(Holder(person, reason))
            seen.add(person)
        elif problem is not None:
            passed_over.append(problem)
    return tuple(chain), tuple(dict.fromkeys(passed_over))


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
