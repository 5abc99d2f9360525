"""Questions to the author: asked and answered once, told to who waits, and nothing of them lost by a crash."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest

from approvals.model import Message, Outcome, ProposalState, QuestionFile
from approvals.refusals import Refusal, RefusalKind
from approvals.stored import layout
from approvals.writing.audit import verify_trail
from approvals.writing.record import from_json
from services.answering import questions
from services.closing import publishing
from services.reading import lists
from services.reading.inbox import Matter, inbox
from services.reading.views import picture, trail
from services.store.cases import TaskRef, load
from services.submitting import revising
from services.upkeep import sweeping
from tests.unit.http_api.api import Api, draft

TEXT = "Who pays for the labels?"
ANSWER = "The depot does."


class Killed(Exception):
    """The process is gone."""


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    made = Api()
    made.install(monkeypatch)
    return made


@pytest.fixture
def proposal(api: Api) -> str:
    made = api.submit(prepared_by=["carl"])
    api.open(made)
    return made


def ask(api: Api, proposal: str, who: str = "ben", text: str = TEXT, task: str = "line-1") -> QuestionFile:
    ref, etag = TaskRef(proposal, 1, task), api.version(proposal, "line-1")
    return questions.ask(api.ports, who, ref, text, etag)[0]


def answer(api: Api, proposal: str, who: str = "ana", text: str = ANSWER) -> QuestionFile:
    return questions.answer(api.ports, who, proposal, "r1-line-1-q1", text)


def told(api: Api, who: str) -> list[Message]:
    return [message for message in lists.outbox(api.ports, who).items if message.kind == "question"]


def said(api: Api, proposal: str) -> list[tuple[str, str, str]]:
    """What the trail says about questions: who did what, in which words."""
    entries = [line.entry for line in trail(api.ports, proposal)]
    words = [entry for entry in entries if entry.action in ("asked", "answered")]
    return [(entry.actor, entry.action, entry.detail["text"]) for entry in words]


def refusal(call: Callable[..., object], *given: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        call(*given)
    return caught.value


def test_a_question_goes_to_the_author_and_its_answer_back_and_both_into_the_trail(
    api: Api, proposal: str
) -> None:
    asked = ask(api, proposal)
    assert (asked.question, asked.task, asked.unaudited) == ("r1-line-1-q1", "line-1", ())
    [message] = told(api, "ana")
    assert (message.subject, message.kind) == ("Ben Okafor asks: Label the racks", "question")
    assert TEXT in message.text
    assert (
        "A question does not move the deadline: the decision is still due by Thu 26 Nov 2026" in message.text
    )
    answered = answer(api, proposal)
    assert (answered.answer, answered.answered_by, answered.answered_at) == (ANSWER, "ana", api.clock.now())
    [back] = told(api, "ben")
    assert all(words in back.text for words in (TEXT, ANSWER, "The question did not move the deadline"))
    assert said(api, proposal) == [("ben", "asked", TEXT), ("ana", "answered", ANSWER)]


def test_asking_changes_neither_the_task_nor_its_deadline(api: Api, proposal: str) -> None:
    name, version = layout.task(proposal, 1, "line-1"), api.version(proposal, "line-1")
    before = api.store.blobs[name]
    ask(api, proposal)
    answer(api, proposal)
    assert (api.store.blobs[name], api.version(proposal, "line-1")) == (before, version)
    assert api.decide("ben", proposal, "approve").status == 200


def test_the_same_question_and_the_same_answer_twice_are_one(api: Api, proposal: str) -> None:
    first = ask(api, proposal)
    before = dict(api.store.blobs)
    assert ask(api, proposal) == first
    assert api.store.blobs == before
    done = answer(api, proposal)
    before = dict(api.store.blobs)
    assert answer(api, proposal) == done
    assert ask(api, proposal) == done
    assert api.store.blobs == before
    api.decide("ben", proposal, "approve")
    api.publish(proposal, Outcome.APPROVED)
    assert answer(api, proposal) == done
    assert ask(api, proposal) == done


def test_questions_are_numbered_for_each_task(api: Api, proposal: str) -> None:
    ids = [ask(api, proposal, text=f"{TEXT} {n}").question for n in range(12)]
    assert ids == [f"r1-line-1-q{n}" for n in range(1, 13)]
    api.hand_over("ben", proposal, "dora")
    api.settle(proposal)
    ref, etag = TaskRef(proposal, 1, "line-1.2"), api.version(proposal, "line-1.2")
    assert questions.ask(api.ports, "dora", ref, TEXT, etag)[0].question == "r1-line-1.2-q1"
    shown = [file.question for file in questions.load_questions(api.ports, proposal, 1, "line-1")]
    assert sorted(shown) == sorted(ids)


def test_of_two_requests_at_once_each_gets_its_own_number(api: Api, proposal: str) -> None:
    name, others = layout.question(proposal, 1, "r1-line-1-q1"), iter([True])

    def faster(operation: str, written: str) -> None:
        if (operation, written) == ("create", name):
            for _ in others:
                ask(api, proposal, text="And who prints them?")

    api.store.before = faster
    assert ask(api, proposal).question == "r1-line-1-q2"
    assert sorted(text for _, _, text in said(api, proposal)) == ["And who prints them?", TEXT]


def test_who_may_not_ask(api: Api, proposal: str) -> None:
    for who in ("ana", "carl", "olga", "hugo"):
        assert refusal(ask, api, proposal, who).kind is RefusalKind.NOT_YOUR_TASK
    for task in ("line-2", "../x"):
        assert refusal(ask, api, proposal, "ben", TEXT, task).kind is RefusalKind.NOT_FOUND
    ref = TaskRef(proposal, 1, "line-1")
    stale = refusal(questions.ask, api.ports, "ben", ref, TEXT, '"old"')
    assert stale.kind is RefusalKind.STALE
    api.decide("ben", proposal, "approve")
    assert refusal(ask, api, proposal).kind is RefusalKind.TASK_OVER
    assert told(api, "ana") == []
    assert list(api.store.names(layout.questions(proposal, 1))) == []


def test_a_task_takes_so_many_questions_and_no_more(api: Api, proposal: str) -> None:
    for n in range(questions.MAX_QUESTIONS):
        ask(api, proposal, text=f"question {n}")
    assert refusal(ask, api, proposal).kind is RefusalKind.CONFLICT
    assert ask(api, proposal, text="question 3").question == "r1-line-1-q4"


def test_who_may_not_answer(api: Api, proposal: str) -> None:
    ask(api, proposal)
    for who in ("ben", "olga", "hugo"):
        assert refusal(answer, api, proposal, who).kind is RefusalKind.NOT_ALLOWED
    for question in ("r1-line-1-q2", "r2-line-1-q1", "line-1-q1", "../r1-line-1-q1", ""):
        found = refusal(questions.answer, api.ports, "ana", proposal, question, ANSWER)
        assert found.kind is RefusalKind.NOT_FOUND


def test_who_prepared_it_may_answer_and_the_second_is_told_who_was_first(api: Api, proposal: str) -> None:
    ask(api, proposal)
    assert answer(api, proposal, "carl").answered_by == "carl"
    second = refusal(answer, api, proposal, "ana", "Nobody does.")
    assert (second.kind, second.detail["answered_by"]) == (RefusalKind.CONFLICT, "carl")
    assert [actor for actor, action, _ in said(api, proposal) if action == "answered"] == ["carl"]


def test_when_nothing_is_to_be_decided_nobody_asks_or_answers(api: Api, proposal: str) -> None:
    ask(api, proposal)
    api.decide("ben", proposal, "request_changes")
    api.settle(proposal)
    revising.request_changes(api.ports, proposal, 1)
    assert refusal(answer, api, proposal).kind is RefusalKind.WRONG_STATE
    assert refusal(ask, api, proposal, "ben", "More?").kind is RefusalKind.WRONG_STATE
    assert api.post(f"/api/proposals/{proposal}/revisions", "ana", json=draft(from_revision=1)).status == 202
    api.open(proposal, 2)
    assert refusal(answer, api, proposal).kind is RefusalKind.SUPERSEDED_REVISION
    ref, etag = TaskRef(proposal, 2, "line-1"), api.version(proposal, "line-1", 2)
    assert questions.ask(api.ports, "ben", ref, TEXT, etag)[0].question == "r2-line-1-q1"
    api.publish(proposal, Outcome.WITHDRAWN, 2)
    over = refusal(questions.answer, api.ports, "ana", proposal, "r2-line-1-q1", ANSWER)
    assert over.kind is RefusalKind.PROPOSAL_OVER


def test_what_people_are_shown(api: Api, proposal: str) -> None:
    ask(api, proposal)
    seen = picture(api.ports, "ana", proposal)
    [question] = seen.revisions[0].questions
    assert (question.id, question.task, question.asked_by, question.text) == (
        "r1-line-1-q1",
        "line-1",
        "ben",
        TEXT,
    )
    assert (question.answer, question.answered_by, question.answered_at) == (None, None, None)
    assert [who for who in ("ana", "carl", "ben", "olga") if "answer" in can(api, who, proposal)] == [
        "ana",
        "carl",
    ]
    assert "ask" in can(api, "ben", proposal)
    answer(api, proposal)
    [question] = picture(api.ports, "ben", proposal).revisions[0].questions
    assert (question.answer, question.answered_by) == (ANSWER, "ana")
    assert "answer" not in can(api, "ana", proposal)


def can(api: Api, who: str, proposal: str) -> tuple[str, ...]:
    return picture(api.ports, who, proposal).can


def test_the_record_holds_questions_and_the_trail_is_anchored(api: Api, proposal: str) -> None:
    ask(api, proposal)
    answer(api, proposal)
    ask(api, proposal, text="When?")
    api.decide("ben", proposal, "approve")
    api.settle(proposal)
    api.publish(proposal, Outcome.APPROVED)
    sealed = from_json(api.store.blobs[layout.record(proposal, 1, "json")].data)
    kept = sealed.revisions[0].questions
    assert [(file.text, file.answer, file.unaudited) for file in kept] == [
        (TEXT, ANSWER, ()),
        ("When?", None, ()),
    ]
    assert verify_trail(api.store.blobs[layout.audit(proposal)].data).problem is None
    assert (
        len([line for line in trail(api.ports, proposal)[: sealed.trail_lines] if "q" in line.entry.subject])
        == 3
    )
    page = api.store.blobs[layout.record(proposal, 1, "html")].data.decode()
    assert all(words in page for words in (TEXT, ANSWER, "When?"))


# -- crashes ---------------------------------------------------------------------------------------------


def killed_at(api: Api, write: int, call: Callable[[], object]) -> bool:
    """Kill ``call`` right before its write of that number, counted from 0. False where it has no such write."""
    writes = iter(range(write + 1))

    def before(_operation: str, _name: str) -> None:
        if next(writes, None) == write:
            raise Killed

    api.store.before = before
    try:
        call()
    except Killed:
        return True
    finally:
        api.store.before = lambda _operation, _name: None
    return False


def swept(api: Api) -> None:
    for _ in range(2):
        api.clock.advance(timedelta(minutes=2))
        list(sweeping.walk(api.ports))


def complete(api: Api, proposal: str) -> bool:
    """Is the question stored, with everything that follows from it?"""
    found = load(api.store, layout.question(proposal, 1, "r1-line-1-q1"), QuestionFile)
    if found is None:
        return False
    assert found[0].unaudited == ()
    assert (len(told(api, "ana")), len(told(api, "ben"))) == (1, 1 if found[0].answer else 0)
    actions = [action for _, action, _ in said(api, proposal)]
    assert actions == ["asked", "answered"][: 2 if found[0].answer else 1]
    assert all(later.n == line.n + 1 for line, later in pairwise(trail(api.ports, proposal)))
    asked = [item.task for item in inbox(api.ports, "ana").items if item.kind is Matter.ANSWER]
    current = api.stored(proposal)
    waits = current.revision == 1 and current.state is ProposalState.DECIDING and found[0].answer is None
    assert asked == (["r1-line-1-q1"] if waits else [])
    return True


@pytest.mark.parametrize("repeated", [True, False])
@pytest.mark.parametrize("write", range(5))
def test_a_crash_while_asking_loses_nothing_that_was_stored(
    api: Api, proposal: str, write: int, repeated: bool
) -> None:
    """Writes of asking: the question, the message, the inbox entry, the trail's line, the debt paid."""
    assert killed_at(api, write, lambda: ask(api, proposal))
    if repeated:
        ask(api, proposal)
    else:
        swept(api)
    assert complete(api, proposal) == (repeated or write > 0)


@pytest.mark.parametrize("repeated", [True, False])
@pytest.mark.parametrize("write", range(4))
@pytest.mark.parametrize("asked", range(1, 6))
def test_a_crash_while_answering_loses_nothing_either(
    api: Api, proposal: str, write: int, repeated: bool, asked: int
) -> None:
    """Also where asking had crashed before: ``asked`` writes of it were made."""
    killed_at(api, asked, lambda: ask(api, proposal))
    assert killed_at(api, write, lambda: answer(api, proposal))
    if repeated:
        answer(api, proposal)
    else:
        swept(api)
    assert complete(api, proposal)


def test_asking_has_five_writes(api: Api, proposal: str) -> None:
    assert not killed_at(api, 5, lambda: ask(api, proposal))


def test_what_a_former_revision_owes_is_paid_by_the_sweep(api: Api, proposal: str) -> None:
    killed_at(api, 1, lambda: ask(api, proposal))
    api.decide("ben", proposal, "request_changes")
    api.settle(proposal)
    revising.request_changes(api.ports, proposal, 1)
    api.post(f"/api/proposals/{proposal}/revisions", "ana", json=draft(from_revision=1))
    api.open(proposal, 2)
    swept(api)
    assert complete(api, proposal)


def test_what_is_owed_is_in_the_trail_before_the_record_is_sealed(api: Api, proposal: str) -> None:
    killed_at(api, 1, lambda: ask(api, proposal))
    publishing.settle_outcome(api.ports, proposal, 1, Outcome.LAPSED, "silence")
    publishing.seal_record(api.ports, proposal, 1)
    sealed = from_json(api.store.blobs[layout.record(proposal, 1, "json")].data)
    assert "asked" in [line.entry.action for line in trail(api.ports, proposal)[: sealed.trail_lines]]
    assert complete(api, proposal)
