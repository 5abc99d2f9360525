"""What people are shown of a proposal, and who is shown it at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from approvals.model import Outcome, Proposal, ProposalState
from approvals.refusals import Refusal, RefusalKind
from approvals.stored import ids, layout
from approvals.stored.codec import utc_text
from services.answering import fulfillment
from services.closing import publishing
from services.deciding import stages
from services.reading.views import StatusView, find_document, picture, require_sight, shown_state, status
from services.store.cases import load_case
from services.store.outbox import GRACE, UndeliveredView, retry_undelivered
from services.submitting import revising
from tests.fakes import MONDAY, DirectoryToday, ListNotifier, example_directory
from tests.unit.http_api.api import PDF, Api, draft

EVERYBODY = sorted(person.id for person in example_directory().people)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    made = Api()
    made.install(monkeypatch)
    return made


def who_sees(api: Api, proposal: str) -> set[str]:
    """By both ways of asking, which must agree."""
    seen = set()
    for person in EVERYBODY:
        asked: list[RefusalKind | None] = []
        for ask in (require_sight, picture):
            try:
                ask(api.ports, person, proposal)
                asked.append(None)
            except Refusal as refusal:
                asked.append(refusal.kind)
        assert asked in ([None, None], [RefusalKind.NOT_FOUND] * 2)
        if asked[0] is None:
            seen.add(person)
    return seen


def in_conditions(api: Api) -> str:
    """Approved by ben if ana shows the labels within five days."""
    proposal = api.submit()
    api.open(proposal)
    due = utc_text(MONDAY + timedelta(days=5))
    wanted = [{"text": "show the labels", "due": due}]
    assert api.decide("ben", proposal, "approve_with_conditions", conditions=wanted).status == 200
    api.settle(proposal)
    fulfillment.open_conditions(api.ports, proposal, 1)
    return proposal


def changes_requested(api: Api) -> str:
    proposal = api.submit()
    api.open(proposal)
    assert api.decide("ben", proposal, "request_changes").status == 200
    api.settle(proposal)
    revising.request_changes(api.ports, proposal, 1)
    return proposal


# -- who sees it -----------------------------------------------------------------------------------------


def test_before_anybody_is_asked_it_is_its_authors_and_operators(api: Api) -> None:
    assert who_sees(api, api.submit()) == {"ana", "olga"}


def test_who_prepared_it_sees_it(api: Api) -> None:
    assert who_sees(api, api.submit(prepared_by=["carl"])) == {"ana", "olga", "carl"}


def test_who_holds_or_held_a_task_sees_it(api: Api) -> None:
    proposal = api.submit()
    api.open(proposal)
    assert who_sees(api, proposal) == {"ana", "olga", "ben"}
    api.hand_over("ben", proposal, "dora")
    assert who_sees(api, proposal) == {"ana", "olga", "ben", "dora"}


def test_who_delegated_sees_what_is_decided_on_their_behalf(api: Api) -> None:
    """Dora's tasks go to greta while she is away."""
    directory = example_directory()
    away = replace(directory.delegations[0], of="dora", to="greta", start=MONDAY.date(), end=MONDAY.date())
    api.ports = replace(api.ports, directory=DirectoryToday(replace(directory, delegations=(away,))))
    proposal = api.submit("ben")
    api.open(proposal)
    assert status(api.ports, proposal).tasks[0].assignee == "greta"
    assert who_sees(api, proposal) == {"ben", "olga", "dora", "greta"}


def test_who_may_confirm_a_condition_sees_it(api: Api) -> None:
    assert who_sees(api, in_conditions(api)) == {"ana", "olga", "ben", "kim"}


def test_who_was_asked_about_a_former_revision_still_sees_it(api: Api) -> None:
    proposal = changes_requested(api)
    directory = example_directory()
    people = tuple(replace(p, manager="hugo") if p.id == "ana" else p for p in directory.people)
    api.ports = replace(api.ports, directory=DirectoryToday(replace(directory, people=people)))
    assert api.post(f"/api/proposals/{proposal}/revisions", "ana", json=draft(from_revision=1)).status == 202
    api.open(proposal, 2)
    assert who_sees(api, proposal) == {"ana", "olga", "ben", "hugo"}


@pytest.mark.parametrize("proposal", ["p-aaaaaaaaaaaa", "", "../../x", "p-aaaaaaaaaaaa/r1"])
def test_what_does_not_exist_is_seen_by_nobody(api: Api, proposal: str) -> None:
    assert who_sees(api, proposal) == set()


def test_seeing_costs_an_author_one_read_and_an_approver_no_trail(api: Api) -> None:
    proposal = api.submit()
    api.open(proposal)
    api.store.log.clear()
    require_sight(api.ports, "ana", proposal)
    assert api.store.log == [("read", layout.proposal(proposal))]
    require_sight(api.ports, "ben", proposal)
    assert ("read", layout.audit(proposal)) not in api.store.log


# -- the picture -----------------------------------------------------------------------------------------


def test_the_picture_of_a_stage_under_way(api: Api) -> None:
    proposal = api.submit()
    api.open(proposal)
    shown = picture(api.ports, "ben", proposal)
    [revision] = shown.revisions
    [stage] = revision.stages
    [view] = stage.tasks
    assert (shown.state, revision.rule, stage.state, stage.need, stage.quorum) == (
        "deciding",
        "everything else",
        "pending",
        "any",
        1,
    )
    assert view.yours
    assert view.task.why
    assert view.etag == api.version(proposal, "line-1")
    assert revision.screening is not None
    actions = [line.entry.action for line in shown.timeline]
    assert actions == ["submitted", "opened", "screened", "assigned"]
    assert not picture(api.ports, "ana", proposal).revisions[0].stages[0].tasks[0].yours


def test_before_the_screening_there_is_nothing_to_show_but_the_proposal(api: Api) -> None:
    shown = picture(api.ports, "ana", api.submit())
    assert shown.timeline == ()
    assert shown.revisions[0].screening is None
    assert [stage.state for stage in shown.revisions[0].stages] == ["waiting"]


@pytest.mark.parametrize(
    ("verdict", "state"),
    [("approve", "approved"), ("reject", "rejected"), ("request_changes", "changes_requested")],
)
def test_a_stage_shows_its_result(api: Api, verdict: str, state: str) -> None:
    proposal = api.submit()
    api.open(proposal)
    api.decide("ben", proposal, verdict)
    api.settle(proposal)
    [stage] = picture(api.ports, "ana", proposal).revisions[0].stages
    assert (stage.state, stage.tasks[0].task.state.value, stage.tasks[0].yours) == (state, "applied", False)


def test_a_stage_of_a_withdrawn_proposal_is_cancelled_it_did_not_lapse(api: Api) -> None:
    proposal = api.submit()
    api.open(proposal)
    revising.withdraw(api.ports, "ana", proposal, "")
    api.settle(proposal)
    assert picture(api.ports, "ana", proposal).revisions[0].stages[0].state == "cancelled"


def test_a_stage_that_nobody_answered_lapsed(api: Api) -> None:
    proposal = api.submit()
    api.open(proposal)
    for task in ("line-1", "line-1.2", "line-1.3"):
        api.clock.advance(timedelta(days=14))
        stages.escalate(api.ports, proposal, 1, "line", [task], 0, api.clock.now())
    stage = picture(api.ports, "ana", proposal).revisions[0].stages[0]
    assert stage.state == "lapsed"
    assert [(view.task.task, view.task.state.value) for view in stage.tasks] == [
        ("line-1", "superseded"),
        ("line-1.2", "superseded"),
        ("line-1.3", "expired"),
    ]


def moves(api: Api, proposal: str) -> dict[str, tuple[str, ...]]:
    """Who may do what next; people who may do nothing are left out."""
    found = {who: picture(api.ports, who, proposal).can for who in sorted(who_sees(api, proposal))}
    return {who: can for who, can in found.items() if can}


def test_what_each_may_do_next(api: Api) -> None:
    proposal = api.submit()
    assert moves(api, proposal) == {"ana": ("withdraw",)}
    api.open(proposal)
    holder = ("decide", "hand_over", "recuse", "ask")
    assert moves(api, proposal) == {"ana": ("withdraw",), "ben": holder, "olga": ("reassign",)}
    api.hand_over("ben", proposal, "dora")
    api.settle(proposal)
    assert moves(api, proposal) == {"ana": ("withdraw",), "dora": holder, "olga": ("reassign",)}


def test_what_each_may_do_when_changes_are_requested(api: Api) -> None:
    assert moves(api, changes_requested(api)) == {"ana": ("withdraw", "revise")}


def test_what_each_may_do_about_conditions(api: Api) -> None:
    proposal = in_conditions(api)
    assert moves(api, proposal) == {
        "ana": ("withdraw", "give_evidence"),
        "ben": ("confirm",),
        "kim": ("confirm",),
    }
    fulfillment.confirm(api.ports, "kim", proposal, "line-1-c1")
    assert moves(api, proposal) == {"ana": ("withdraw", "give_evidence")}


def test_what_each_may_do_when_publication_failed_and_when_it_is_over(api: Api) -> None:
    proposal = api.submit()
    api.open(proposal)
    publishing.settle_outcome(api.ports, proposal, 1, Outcome.APPROVED, "")
    stages.close_tasks(api.ports, load_case(api.ports, proposal, 1), "settled", MONDAY)
    assert moves(api, proposal) == {}
    publishing.report_failure(api.ports, proposal, "seal_record", "full")
    assert moves(api, proposal) == {"olga": ("publish_again",)}
    assert picture(api.ports, "ana", proposal).state == "decided, publication pending"
    api.publish(proposal, Outcome.APPROVED)
    assert moves(api, proposal) == {}


# -- messages that are owed ------------------------------------------------------------------------------


def owed(api: Api, proposal: str, who: str = "ana") -> tuple[UndeliveredView, ...]:
    return picture(api.ports, who, proposal).undelivered


def with_broken_mail(api: Api) -> ListNotifier:
    notifier = ListNotifier()
    notifier.broken = True
    api.ports = replace(api.ports, notifiers=(notifier,))
    return notifier


def test_a_message_that_fails_is_shown_to_all_who_see_the_proposal_until_it_is_delivered(api: Api) -> None:
    notifier = with_broken_mail(api)
    proposal, other = api.submit(), api.submit()
    api.open(proposal)
    api.clock.set(MONDAY + GRACE - timedelta(microseconds=1))
    assert owed(api, proposal) == (), "it may be on its way"
    api.clock.set(MONDAY + GRACE)
    [view] = owed(api, proposal)
    assert (view.to, view.kind, view.at, view.notifiers) == ("ben", "assigned", MONDAY, ("ListNotifier",))
    assert view.subject.startswith("Please decide by")
    for who in who_sees(api, proposal):
        assert owed(api, proposal, who) == (view,)
        assert picture(api.ports, who, proposal).people["ben"] == "Ben Okafor"
    assert owed(api, other) == ()
    assert api.decide("ben", proposal, "approve").status == 200, "it holds up no decision"
    notifier.broken = False
    retry_undelivered(api.ports, 10)
    api.clock.advance(GRACE)
    retry_undelivered(api.ports, 10)
    assert owed(api, proposal) == ()


def test_the_oldest_message_that_is_owed_comes_first_and_its_receiver_is_named(api: Api) -> None:
    with_broken_mail(api)
    proposal = api.submit()
    api.open(proposal)
    api.clock.advance(timedelta(minutes=1))
    publishing.settle_outcome(api.ports, proposal, 1, Outcome.APPROVED, "")
    publishing.report_failure(api.ports, proposal, "seal_record", "full")
    api.clock.advance(timedelta(days=1))
    assert [(view.to, view.kind) for view in owed(api, proposal)] == [
        ("ben", "assigned"),
        ("olga", "publication"),
    ]
    assert picture(api.ports, "ana", proposal).people["olga"]


def test_a_notifier_that_is_no_longer_there_owes_nothing(api: Api) -> None:
    with_broken_mail(api)
    proposal = api.submit()
    api.open(proposal)
    api.clock.advance(timedelta(hours=1))
    assert len(owed(api, proposal)) == 1
    api.ports = replace(api.ports, notifiers=())
    assert owed(api, proposal) == ()


def test_a_reminder_of_several_is_owed_to_each_of_them_and_tells_no_title(api: Api) -> None:
    first, second, third = api.submit(title="One"), api.submit(title="Two"), api.submit(title="Three")
    api.open(first)
    api.open(second)
    with_broken_mail(api)
    api.clock.advance(timedelta(days=1))
    api.settle(first)
    api.clock.advance(GRACE)
    views = {name: owed(api, name) for name in (first, second, third)}
    assert views[third] == ()
    assert views[first] == views[second]
    [view] = views[first]
    assert view.kind == "reminder"
    assert "One" not in view.subject
    assert "Two" not in view.subject


def test_a_marker_without_its_message_is_not_shown(api: Api) -> None:
    """Whoever crashed while posting it posts it again."""
    with_broken_mail(api)
    proposal = api.submit()
    api.store.create(layout.undelivered("ben", f"{proposal}-r1-line-1-assigned"), b'["ListNotifier"]')
    api.clock.advance(timedelta(hours=1))
    assert owed(api, proposal) == ()


# -- status ----------------------------------------------------------------------------------------------


def stand(api: Api, proposal: str) -> StatusView:
    return status(api.ports, proposal)


def test_the_status_while_people_decide(api: Api) -> None:
    proposal = api.submit()
    starting = stand(api, proposal)
    assert (starting.state, starting.stage, starting.tasks, starting.next_due) == ("starting", None, (), None)
    api.open(proposal)
    deciding = stand(api, proposal)
    [task] = deciding.tasks
    assert (deciding.state, deciding.stage, deciding.over) == ("deciding", "line", False)
    assert (deciding.instance, deciding.event) == (f"{proposal}-r1", "decision")
    assert (task.assignee, task.state, task.due_at) == ("ben", "open", deciding.next_due)
    api.decide("ben", proposal, "approve")
    assert [task.state for task in stand(api, proposal).tasks] == ["recorded"]
    api.settle(proposal)
    assert stand(api, proposal).tasks == ()


def test_the_status_while_the_author_is_waited_for(api: Api) -> None:
    proposal = changes_requested(api)
    found = stand(api, proposal)
    assert found.state == "changes_requested"
    assert found.revise_by is not None
    assert found.next_due == found.revise_by
    revising.withdraw(api.ports, "ana", proposal, "no time")
    gone = stand(api, proposal)
    assert (gone.outcome, gone.reason, gone.over, gone.next_due) == ("withdrawn", "no time", False, None)


def test_the_status_while_evidence_is_waited_for(api: Api) -> None:
    proposal = in_conditions(api)
    found = stand(api, proposal)
    [condition] = found.conditions
    assert (found.state, found.instance) == ("conditions", f"{proposal}-r1-conditions")
    assert (condition.condition, condition.text, condition.state) == ("line-1-c1", "show the labels", "open")
    assert condition.due_at == found.next_due == MONDAY + timedelta(days=5)
    fulfillment.give_evidence(api.ports, "ana", proposal, "line-1-c1", "there", ())
    assert [view.state for view in stand(api, proposal).conditions] == ["evidence"]
    fulfillment.confirm(api.ports, "ben", proposal, "line-1-c1")
    assert (stand(api, proposal).conditions, stand(api, proposal).next_due) == ((), None)


def test_the_status_when_it_is_over(api: Api) -> None:
    proposal = api.submit()
    api.open(proposal)
    api.publish(proposal, Outcome.LAPSED, reason="nobody answered")
    found = stand(api, proposal)
    assert (found.over, found.state, found.outcome, found.reason) == (
        True,
        "closed",
        "lapsed",
        "nobody answered",
    )
    assert (found.tasks, found.next_due) == ((), None)


def test_the_status_of_nothing(api: Api) -> None:
    with pytest.raises(Refusal, match="no-proposal"):
        status(api.ports, "p-aaaaaaaaaaaa")


@pytest.mark.parametrize("state", list(ProposalState))
@pytest.mark.parametrize("failed", [None, "seal_record"])
def test_only_a_decided_proposal_is_pending_publication(state: ProposalState, failed: str | None) -> None:
    proposal = Proposal("p", "T", "ana", 1, state, "p-r1", MONDAY, MONDAY, publication=failed)
    pending = state is ProposalState.CLOSING and failed is not None
    assert shown_state(proposal) == ("decided, publication pending" if pending else state.value)


# -- documents -------------------------------------------------------------------------------------------


def test_a_document_is_found_in_the_latest_revision_that_has_it(api: Api) -> None:
    form = {k: v for k, v in draft().items() if k != "fields"} | {"fields.reason": "r"}
    one, two = PDF, PDF + b"%2\n"
    files = {"document:description": ("one.pdf", one)}
    proposal = str(api.post("/api/proposals", "ana", form=form, files=files).json["proposal"])
    api.open(proposal)
    api.decide("ben", proposal, "request_changes")
    api.settle(proposal)
    revising.request_changes(api.ports, proposal, 1)
    second = form | {"from_revision": "1", "keep": ids.sha256(one)}
    files = {"document:description": ("two.pdf", two)}
    assert api.post(f"/api/proposals/{proposal}/revisions", "ana", form=second, files=files).status == 202
    current = api.stored(proposal)
    for data, name in ((one, "one.pdf"), (two, "two.pdf")):
        found = find_document(api.ports, current, ids.sha256(data))
        assert found is not None
        assert found[0] == layout.document(proposal, 2, ids.sha256(data))
        assert found[1].name == name
        assert api.store.blobs[found[0]].data == data
    assert find_document(api.ports, current, ids.sha256(b"other")) is None
