"""The preview of a proposal: what the assignment would do, with dates, before anything is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from approvals.draft import Draft
from approvals.model import ApprovalTask, Duration, Holder, Need, Seat, Stage
from approvals.policy.directory import Delegation
from approvals.policy.rules import Policy, Rule
from approvals.policy.selectors import parse_selector
from approvals.ports import Ports
from approvals.refusals import Refusal, RefusalKind
from approvals.stored import codec, ids
from approvals.verdicts import Verdict
from services.deciding import assignment
from services.store.cases import Case, load_case
from services.submitting.preview import PolicyPreview, PreviewHolder, PreviewStage, need_in_words, preview
from services.submitting.submission import submit
from tests.fakes import MONDAY, FixedClock, example_directory, example_policy, fake_ports

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")


def draft(**changes: Any) -> Draft:
    plain = Draft("t", "software-design", "engineering", Decimal(1000), "low", "s", {"goal": "g"})
    return replace(plain, **changes)


def firsts(stage: PreviewStage) -> list[str]:
    return [seat.chain[0].person for seat in stage.seats]


def with_stage(**changes: Any) -> Policy:
    """The example policy with one rule of one stage, the board's."""
    policy = example_policy()
    stage = replace(policy.rules[0].stages[2], **changes)
    return replace(policy, rules=(Rule("only", policy.rules[-1].when, (stage,)),))


def away(of: str, to: str) -> Ports:
    """Ports of a day on which ``of`` has delegated to ``to``."""
    day = MONDAY.date()
    directory = replace(example_directory(), delegations=(Delegation(of, to, day, day + timedelta(days=30)),))
    return fake_ports(directory=directory)


def test_it_names_rule_reason_stages_and_whom_silence_leads_to() -> None:
    found = preview(fake_ports(), "ana", draft())
    assert (found.rule, found.why) == ("software", "category is software-design")
    assert [(stage.name, stage.title, stage.need) for stage in found.stages] == [
        ("line", "Line management", "Ben Okafor"),
        ("review", "Finance and architecture", "Fay Morel and Carl Lindqvist"),
    ]
    ben, dora, *_ = found.stages[0].seats[0].chain
    assert (ben.person, ben.why, dora.person, dora.why) == ("ben", "manager of ana", "dora", "manager of ben")


def test_each_stage_opens_when_the_one_before_has_used_its_whole_time() -> None:
    """Monday 10:00 in Berlin, three working days, then three more."""
    found = preview(fake_ports(), "ana", draft())
    line, review = found.stages
    assert line.opens_at == MONDAY
    assert line.due_at == datetime(2026, 11, 26, 10, tzinfo=BERLIN)
    assert (review.opens_at, review.due_at) == (line.due_at, datetime(2026, 12, 1, 10, tzinfo=BERLIN))
    assert (found.due_at, found.working_days) == (review.due_at, 6)


def test_silence_is_due_one_after_the_other() -> None:
    chain = preview(fake_ports(), "ana", draft()).stages[0].seats[0].chain
    dues = [holder.due_at.astimezone(BERLIN).date() for holder in chain[:3]]
    assert dues == [date(2026, 11, 26), date(2026, 12, 1), date(2026, 12, 4)]


def test_a_stage_lasts_as_long_as_its_latest_seat_in_that_persons_own_time() -> None:
    """Nine o'clock in London is before nine in New York: hugo's and jon's time begins later than ines's."""
    ports = fake_ports(with_stage(respond_within=Duration(1, "working days")))
    [board] = preview(ports, "ana", draft()).stages
    assert [seat.chain[0].due_at for seat in board.seats] == [
        datetime(2026, 11, 24, 9, tzinfo=NEW_YORK),
        datetime(2026, 11, 24, 9, tzinfo=ZoneInfo("Europe/Lisbon")),
        datetime(2026, 11, 24, 9, tzinfo=NEW_YORK),
    ]
    assert board.due_at == datetime(2026, 11, 24, 9, tzinfo=NEW_YORK)


class NoTuesday:
    """A calendar in which 24 November 2026 is a holiday in Portugal, where the author lives, and nowhere else."""

    def is_holiday(self, day: date, country: str, subdivision: str | None) -> bool:
        return country == "PT" and day == date(2026, 11, 24)


def test_working_days_are_the_authors_and_deadlines_those_of_who_is_asked() -> None:
    ports = replace(fake_ports(), holidays=NoTuesday())
    found = preview(ports, "ana", draft(category="process-change"))
    assert found.due_at == datetime(2026, 11, 26, 10, tzinfo=BERLIN)
    assert found.working_days == 2


def test_an_answer_within_the_day_takes_no_working_day() -> None:
    ports = fake_ports(with_stage(respond_within=Duration(90, "minutes")))
    found = preview(ports, "ana", draft())
    assert (found.due_at, found.working_days) == (MONDAY + timedelta(minutes=90), 0)


def test_who_delegated_is_named_beside_who_is_asked() -> None:
    first, second, *_ = preview(away("ben", "carl"), "ana", draft()).stages[0].seats[0].chain
    assert (first.person, first.name, first.on_behalf_of) == ("carl", "Carl Lindqvist", "ben")
    assert first.why == "manager of ana"
    assert (second.person, second.on_behalf_of) == ("dora", None)


def test_a_delegation_to_the_author_or_a_preparer_is_not_followed() -> None:
    for to, barred in (("ana", ()), ("carl", ("carl",))):
        found = preview(away("ben", to), "ana", draft(category="process-change", prepared_by=barred))
        assert firsts(found.stages[0]) == ["ben"]


def test_a_delegation_ends_and_the_later_stage_is_asked_as_usual() -> None:
    directory = replace(
        example_directory(), delegations=(Delegation("fay", "eli", date(2026, 11, 1), date(2026, 11, 25)),)
    )
    line, review = preview(fake_ports(directory=directory), "ana", draft()).stages
    assert line.due_at.date() == date(2026, 11, 26)
    assert firsts(review)[0] == "fay"


def test_a_delegation_to_somebody_who_has_a_seat_of_the_stage_is_not_followed() -> None:
    """Hugo's task would go to ines, who has a seat of her own: he keeps it, and nobody has two votes."""
    ports = away("hugo", "ines")
    [board] = preview(replace(ports, policy=fake_ports(with_stage()).policy), "ana", draft()).stages
    assert firsts(board) == ["hugo", "ines", "jon"]
    assert board.seats[0].chain[0].on_behalf_of is None


def test_who_was_passed_over_is_said() -> None:
    found = preview(fake_ports(), "ana", draft(prepared_by=("ben",)))
    assert found.stages[0].seats[0].passed_over == ("ben is the author or prepared the documents",)


def held(task: ApprovalTask) -> tuple[str, str, str | None, datetime]:
    return task.assignee, task.why, task.on_behalf_of, task.due_at


def foreseen(holder: PreviewHolder) -> tuple[str, str, str | None, datetime]:
    return holder.person, holder.why, holder.on_behalf_of, holder.due_at


def silence(ports: Ports, case: Case, stage: Stage, seat: str, opens_at: datetime) -> list[ApprovalTask]:
    """The tasks of a seat, one after the other, where its holders stay silent and the other seats' are asked first."""
    tasks = {task.task: task for task in assignment.open_stage(ports, case, stage, opens_at)}
    passed = [tasks[seat]]
    while (
        heir := assignment.escalate(ports, case, passed[-1].task, passed[-1].due_at).successor
    ) is not None:
        tasks = {task.task: task for task in assignment.open_stage(ports, case, stage, opens_at)}
        passed.append(tasks[heir.task])
    return passed


NO_DELEGATION = ("pete", "olga")


@pytest.mark.parametrize(
    ("of", "to"),
    [
        NO_DELEGATION,
        ("ben", "carl"),
        ("fay", "carl"),  # who has a seat of his own, and it comes later
        ("carl", "fay"),  # who has a seat already
        ("hugo", "ines"),
        ("ines", "hugo"),
        ("hugo", "greta"),  # whom all chains of the board lead to
        ("greta", "ines"),
        ("dora", "eli"),
    ],
)
@pytest.mark.parametrize(
    ("author", "budget"), [("ana", 1000), ("carl", 1000), ("ana", 60_000), ("hugo", 60_000)]
)
def test_what_it_says_is_what_the_assignment_does(of: str, to: str, author: str, budget: int) -> None:
    """Each stage opened for real, each seat followed to the end of its chain."""
    ports, given = away(of, to), draft(budget=Decimal(budget))
    for stage in preview(ports, author, given).stages:
        for n, seat in enumerate(stage.seats):
            ports = away(of, to)
            case = load_case(ports, submit(ports, author, given, (), "key").proposal, 1)
            name = ids.seat_name(stage.name, n + 1)
            tasks = silence(ports, case, case.stage(stage.name), name, stage.opens_at)
            assert [held(task) for task in tasks] == [foreseen(holder) for holder in seat.chain]


def test_it_stores_nothing() -> None:
    ports = fake_ports()
    preview(ports, "ana", draft())
    assert ports.store.writes() == []  # type: ignore[attr-defined]  # the memory store of tests/fakes.py


def test_it_begins_now() -> None:
    saturday = FixedClock(MONDAY - timedelta(days=2))
    found = preview(fake_ports(clock=saturday), "ana", draft())
    assert found.stages[0].opens_at == saturday.now()
    assert found.stages[0].due_at == datetime(2026, 11, 26, 9, tzinfo=BERLIN)
    assert found.working_days == 6


@pytest.mark.parametrize(
    ("author", "changes", "kind"),
    [
        ("ana", {"category": "x"}, RefusalKind.INVALID),
        ("ana", {"prepared_by": ("nobody",)}, RefusalKind.INVALID),
        ("nobody", {"category": "process-change", "budget": Decimal(60_000)}, RefusalKind.INVALID),
    ],
)
def test_what_would_not_be_accepted_is_refused_as_it_would_be(
    author: str, changes: dict[str, Any], kind: RefusalKind
) -> None:
    with pytest.raises(Refusal) as refused:
        preview(fake_ports(), author, draft(**changes))
    assert refused.value.kind is kind


def test_where_nobody_can_approve_it_says_so() -> None:
    policy = with_stage(approvers=(parse_selector('person("ana")'),), quorum=1, escalate_to=())
    with pytest.raises(Refusal, match="Nobody can approve this"):
        preview(fake_ports(policy), "ana", draft())


@pytest.mark.parametrize(
    ("need", "quorum", "names", "words"),
    [
        (Need.ANY, 1, ["Ana"], "Ana"),
        (Need.ALL, 1, ["Ana"], "Ana"),
        (Need.ANY, 1, ["Ana", "Ben"], "whoever answers first of Ana and Ben"),
        (Need.ALL, 3, ["Ana", "Ben", "Cy"], "Ana, Ben and Cy"),
        (Need.QUORUM, 2, ["Ana", "Ben", "Cy"], "any 2 of Ana, Ben and Cy"),
        (Need.QUORUM, 2, ["Ana", "Ben"], "Ana and Ben"),
        (Need.QUORUM, 1, ["Ana", "Ben"], "any 1 of Ana and Ben"),
    ],
)
def test_the_need_is_said_by_name(need: Need, quorum: int, names: list[str], words: str) -> None:
    seats = tuple(Seat(f"s-{n + 1}", (Holder(name, "w"),)) for n, name in enumerate(names))
    stage = Stage(
        name="s",
        title="S",
        need=need,
        quorum=quorum,
        seats=seats,
        respond_within=Duration(1, "days"),
        remind_every=None,
        verdicts=tuple(Verdict),
        again_when=None,
        raise_event=True,
    )
    assert need_in_words(stage, names) == words


def test_it_can_be_sent_as_json_and_read_again() -> None:
    found = preview(away("ben", "carl"), "ana", draft())
    assert codec.loads(PolicyPreview, codec.dumps(found)) == found
