"""What waits for a person: decisions, questions, revisions, evidence, confirmations; and nothing that is over."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from approvals.stored import layout
from approvals.stored.codec import utc_text
from services.answering import questions
from services.answering.fulfillment import confirm, give_evidence, open_conditions, refuse
from services.deciding import stages
from services.deciding.stages import settle_stage
from services.reading import inbox as inboxes
from services.reading.inbox import InboxItem, Matter, inbox
from services.reading.lists import Page
from services.store import cases
from services.store.cases import TaskRef, load_case
from services.submitting import revising
from services.upkeep import sweeping
from tests.unit.http_api.api import Api


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    made = Api()
    made.install(monkeypatch)
    return made


def waiting(api: Api) -> str:
    proposal = api.submit()
    api.open(proposal)
    return proposal


def kinds(api: Api, person: str) -> list[Matter]:
    return [item.kind for item in inbox(api.ports, person).items]


def entries(api: Api, person: str) -> list[str]:
    return [name for name in api.store.blobs if name.startswith(layout.inbox(person))]


def titles(page: Page[InboxItem]) -> list[str]:
    return [item.proposal for item in page.items]


def test_the_inbox_has_the_most_urgent_first(api: Api) -> None:
    days = [timedelta(days=1), timedelta(0), timedelta(days=2)]
    made = []
    for offset in days:
        api.clock.advance(offset)
        made.append(waiting(api))
        api.clock.advance(-offset)
    assert titles(inbox(api.ports, "ben")) == [made[1], made[0], made[2]]
    assert inbox(api.ports, "ana") == Page((), None)


def test_an_inbox_item_says_what_is_asked_and_with_which_version_to_answer(api: Api) -> None:
    proposal = waiting(api)
    [item] = inbox(api.ports, "ben").items
    assert item.kind is Matter.DECIDE
    assert (item.proposal, item.revision, item.task, item.stage) == (proposal, 1, "line-1", "line")
    assert (item.title, item.author) == ("Label the racks", "ana")
    assert item.etag == api.version(proposal, "line-1")
    assert (str(item.budget), item.currency) == ("900", "EUR")
    assert (item.category, item.risk) == ("Process change", "low")
    assert (item.opened_at, item.escalated_from) == (api.clock.now(), None)
    assert item.why
    assert item.due_at > api.clock.now()


def test_an_item_says_whose_silence_brought_it_and_nobodys_where_it_was_handed_over(api: Api) -> None:
    silent, handed = waiting(api), waiting(api)
    api.hand_over("ben", handed, "dora")
    api.settle(handed)
    [before] = inbox(api.ports, "ben").items
    api.clock.advance(before.due_at - api.clock.now())
    stages.escalate(api.ports, silent, 1, "line", ["line-1"], 0, api.clock.now())
    found = {item.proposal: item for item in inbox(api.ports, "dora").items}
    assert found[silent].escalated_from == "ben"
    assert found[silent].opened_at == api.clock.now()
    assert found[handed].escalated_from is None


def test_hints_of_what_is_over_or_somebody_elses_or_nowhere_are_dropped(api: Api) -> None:
    over, others, live = waiting(api), waiting(api), waiting(api)
    api.decide("ben", over, "approve")
    api.hand_over("ben", others, "dora")
    nowhere = layout.inbox_entry("ben", live, 1, "line-1.7")
    foreign = layout.inbox_entry("hugo", live, 1, "line-1")
    for name in (nowhere, foreign):
        api.store.create(name, b"")
    assert layout.inbox_entry("ben", over, 1, "line-1") in api.store.blobs
    assert titles(inbox(api.ports, "ben")) == [live]
    assert inbox(api.ports, "hugo").items == ()
    kept = [name for name in api.store.blobs if name.startswith("inbox/")]
    assert kept == [layout.inbox_entry("ben", live, 1, "line-1")]


@pytest.mark.parametrize("broken", ["policy", "task"])
def test_one_broken_proposal_does_not_close_the_inbox(
    api: Api, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    torn, live = waiting(api), waiting(api)
    if broken == "task":
        name = layout.task(torn, 1, "line-1")
        api.store.replace(name, b'{"state": "secret', api.store.blobs[name].etag)
    else:
        name = layout.submission(torn, 1)
        plain = json.loads(api.store.blobs[name].data)
        data = json.dumps({**plain, "policy": "0" * 64}).encode()
        api.store.replace(name, data, api.store.blobs[name].etag)
        cases._kept.clear()  # another process
    assert titles(inbox(api.ports, "ben")) == [live]
    assert layout.inbox_entry("ben", torn, 1, "line-1") in entries(api, "ben"), "it may be mended"
    [line] = [record.getMessage() for record in caplog.records if "inbox" in record.getMessage()]
    assert torn in line
    assert "secret" not in line


def test_a_long_inbox_comes_in_pages(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inboxes, "INBOX_PAGE", 2)
    whole = sorted(waiting(api) for _ in range(5))  # due at the same moment: by name
    pages, continuation = [], None
    while True:
        page = inbox(api.ports, "ben", continuation)
        pages.append(titles(page))
        continuation = page.continuation
        if continuation is None:
            break
    assert pages == [whole[:2], whole[2:4], whole[4:]]


def test_a_page_that_is_just_full_is_the_last(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inboxes, "INBOX_PAGE", 2)
    for _ in range(2):
        waiting(api)
    assert inbox(api.ports, "ben").continuation is None


def test_a_question_waits_for_the_author_until_it_is_answered(api: Api) -> None:
    proposal = waiting(api)
    questions.ask(
        api.ports, "ben", TaskRef(proposal, 1, "line-1"), "How many?", api.version(proposal, "line-1")
    )
    [item] = inbox(api.ports, "ana").items
    assert (item.kind, item.why, item.task) == (Matter.ANSWER, "How many?", "r1-line-1-q1")
    assert item.due_at == inbox(api.ports, "ben").items[0].due_at
    assert (item.stage, item.etag) == (None, None)
    questions.answer(api.ports, "ana", proposal, "r1-line-1-q1", "Three")
    assert kinds(api, "ana") == []
    assert entries(api, "ana") == []


def test_a_question_follows_a_task_that_is_handed_over_and_goes_with_its_decision(api: Api) -> None:
    proposal = waiting(api)
    questions.ask(
        api.ports, "ben", TaskRef(proposal, 1, "line-1"), "How many?", api.version(proposal, "line-1")
    )
    api.clock.advance(timedelta(hours=2))
    api.hand_over("ben", proposal, "dora")
    [item] = inbox(api.ports, "ana").items
    api.settle(proposal)
    assert item.due_at == inbox(api.ports, "dora").items[0].due_at
    other = waiting(api)
    questions.ask(api.ports, "ben", TaskRef(other, 1, "line-1"), "Why?", api.version(other, "line-1"))
    api.decide("ben", other, "approve")
    assert [found.proposal for found in inbox(api.ports, "ana").items] == [proposal]


def test_changes_wait_for_the_author_until_a_revision_or_the_end(api: Api) -> None:
    proposal = waiting(api)
    api.decide("ben", proposal, "request_changes", comment="cheaper")
    settle_stage(api.ports, proposal, 1, "line", 0, (), api.clock.now())
    revising.request_changes(api.ports, proposal, 1)
    [item] = inbox(api.ports, "ana").items
    assert (item.kind, item.due_at) == (Matter.REVISE, api.stored(proposal).revise_by)
    revising.withdraw(api.ports, "ana", proposal, "")
    assert kinds(api, "ana") == []
    assert entries(api, "ana") == []


def on_condition(api: Api) -> tuple[str, str]:
    """Approved if ana shows that it fits, which ben and kim may confirm. Returns the proposal, and by when."""
    proposal = waiting(api)
    due = utc_text(api.clock.now() + timedelta(days=9))
    conditions = [{"text": "Show that it fits", "due": due}]
    api.decide("ben", proposal, "approve_with_conditions", comment="if", conditions=conditions)
    settle_stage(api.ports, proposal, 1, "line", 0, (), api.clock.now())
    open_conditions(api.ports, proposal, 1)
    return proposal, due


class Killed(BaseException):
    """The process is gone."""


def killed_after_each_write(api: Api, request: Callable[[], object], recover: Callable[[], object]) -> int:
    """Kill ``request`` after each of its writes; what ``recover`` makes of it must be what there is without a kill."""
    begin, left = dict(api.store.blobs), 0

    def kill(_operation: str, _name: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed

    api.store.after = kill
    request()
    total, end = -left, set(api.store.blobs)
    for point in range(1, total + 1):
        api.store.blobs, left = dict(begin), point
        with pytest.raises(Killed):
            request()
        recover()
        assert set(api.store.blobs) == end, point
        assert [name for name, blob in api.store.blobs.items() if b'"unaudited": [\n' in blob.data] == [], (
            point
        )
    api.store.after = lambda *_: None
    return total


def test_what_is_said_about_a_condition_reaches_people_wherever_it_is_killed(api: Api) -> None:
    """Nobody repeats the request: the sweep has to do it."""
    proposal, _ = on_condition(api)
    for request in (
        lambda: give_evidence(api.ports, "ana", proposal, "line-1-c1", "measured", ()),
        lambda: refuse(api.ports, "kim", proposal, "line-1-c1", "twice, please"),
        lambda: give_evidence(api.ports, "ana", proposal, "line-1-c1", "measured twice", ()),
        lambda: confirm(api.ports, "kim", proposal, "line-1-c1"),
    ):
        assert killed_after_each_write(api, request, lambda: list(sweeping.walk(api.ports))) >= 4


def test_conditions_go_to_and_fro_between_author_and_who_confirms(api: Api) -> None:
    proposal, due = on_condition(api)
    [item] = inbox(api.ports, "ana").items
    assert (item.kind, item.why, utc_text(item.due_at)) == (Matter.EVIDENCE, "Show that it fits", due)
    give_evidence(api.ports, "ana", proposal, "line-1-c1", "measured", ())
    assert (kinds(api, "ana"), kinds(api, "ben"), kinds(api, "kim")) == (
        [],
        [Matter.CONFIRM],
        [Matter.CONFIRM],
    )
    refuse(api.ports, "kim", proposal, "line-1-c1", "twice, please")
    assert (kinds(api, "ana"), kinds(api, "ben"), kinds(api, "kim")) == ([Matter.EVIDENCE], [], [])
    give_evidence(api.ports, "ana", proposal, "line-1-c1", "measured twice", ())
    assert kinds(api, "kim") == [Matter.CONFIRM]
    confirm(api.ports, "kim", proposal, "line-1-c1")
    assert (kinds(api, "ana"), kinds(api, "ben"), kinds(api, "kim")) == ([], [], [])
    assert entries(api, "kim") == []


@pytest.mark.parametrize("name", [layout.REVISE, "line-1-c9", "r1-line-1-q9", "line-9", "r2-line-1-q1"])
def test_a_hint_of_nothing_is_dropped(api: Api, name: str) -> None:
    proposal = waiting(api)
    for revision in (1, 2):
        api.store.create(layout.inbox_entry("kim", proposal, revision, name), b"")
    api.store.create(layout.inbox_entry("kim", "p-aaaaaaaaaaaa", 1, name), b"")
    assert kinds(api, "kim") == []
    assert entries(api, "kim") == []


def test_who_did_not_prepare_it_is_not_asked_to_answer(api: Api) -> None:
    proposal = waiting(api)
    questions.ask(
        api.ports, "ben", TaskRef(proposal, 1, "line-1"), "How many?", api.version(proposal, "line-1")
    )
    api.store.create(layout.inbox_entry("kim", proposal, 1, "r1-line-1-q1"), b"")
    assert kinds(api, "kim") == []
    assert load_case(api.ports, proposal, 1).barred == {"ana"}
