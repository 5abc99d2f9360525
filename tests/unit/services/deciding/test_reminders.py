"""Reminders: one a person and day, of everything that waits for them, however many tasks there are."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from approvals.model import Message
from approvals.stored import layout
from approvals.writing.messages import reminder_id
from services.reading import lists
from tests.fakes import MONDAY, DirectoryToday, example_directory
from tests.unit.http_api.api import Api

# Ben is in Berlin, and is reminded after one working day: on Tuesday at 10:00 of his time of what was asked on Monday.
TUESDAY = MONDAY + timedelta(days=1)
WEDNESDAY = MONDAY + timedelta(days=2)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    made = Api()
    made.install(monkeypatch)
    return made


def ask(api: Api, title: str = "Label the racks", at: datetime = MONDAY) -> str:
    api.clock.set(at)
    proposal = api.submit(title=title)
    api.open(proposal)
    return proposal


def settle(api: Api, *proposals: str, at: datetime) -> None:
    """What timers and bells do."""
    api.clock.set(at)
    for proposal in proposals:
        assert api.settle(proposal) == "pending"


def reminders(api: Api, person: str = "ben") -> list[Message]:
    """The oldest first."""
    found = [message for message in lists.outbox(api.ports, person).items if message.kind == "reminder"]
    return sorted(found, key=lambda message: message.at)


def test_nobody_is_reminded_before_it_is_due(api: Api) -> None:
    proposal = ask(api)
    settle(api, proposal, at=TUESDAY - timedelta(microseconds=1))
    assert reminders(api) == []
    settle(api, proposal, at=TUESDAY)
    [message] = reminders(api)
    assert message.subject.startswith("Reminder, please decide by")
    assert (message.to, message.proposal, message.task, message.others) == ("ben", proposal, "line-1", ())


def test_many_tasks_make_one_reminder_that_lists_them_all(api: Api) -> None:
    second = ask(api, "Second", MONDAY + timedelta(hours=1))
    first = ask(api, "First", MONDAY)
    third = ask(api, "Third", MONDAY + timedelta(hours=2))
    settle(api, second, first, third, at=TUESDAY + timedelta(hours=3))
    [message] = reminders(api)
    assert message.subject.startswith("Reminder: 3 decisions are waiting for you, the first due ")
    places = [message.text.index(f"“{title}”") for title in ("First", "Second", "Third")]
    assert places == sorted(places)
    assert (message.proposal, message.others) == (first, tuple(sorted((second, third))))


def test_what_falls_due_later_on_the_same_day_is_not_told_again(api: Api) -> None:
    first, second = ask(api), ask(api, at=MONDAY + timedelta(hours=4))
    settle(api, first, second, at=TUESDAY)
    settle(api, first, second, at=TUESDAY + timedelta(hours=4))
    assert [message.at for message in reminders(api)] == [TUESDAY]


def test_it_is_told_once_however_often_the_stage_is_settled(api: Api) -> None:
    proposal = ask(api)
    for minutes in range(5):
        settle(api, proposal, at=TUESDAY + timedelta(minutes=minutes))
    assert [message.at for message in reminders(api)] == [TUESDAY]


def test_each_day_has_its_own_reminder(api: Api) -> None:
    proposal = ask(api)
    settle(api, proposal, at=TUESDAY)
    settle(api, proposal, at=WEDNESDAY - timedelta(minutes=1))  # the day, but not yet the hour
    assert len(reminders(api)) == 1
    settle(api, proposal, at=WEDNESDAY)
    assert [message.at for message in reminders(api)] == [TUESDAY, WEDNESDAY]


def test_a_reminder_that_comes_a_day_late_counts_for_both(api: Api) -> None:
    """The app was down on Tuesday."""
    proposal = ask(api)
    early = WEDNESDAY - timedelta(minutes=1)
    settle(api, proposal, at=early)
    settle(api, proposal, at=WEDNESDAY)
    assert [message.at for message in reminders(api)] == [early]


def test_a_day_is_that_of_who_is_reminded(api: Api) -> None:
    """Asked at 22:00 of Monday in Auckland: counted from Tuesday 09:00, due on Wednesday 09:00."""
    directory = example_directory()
    people = tuple(
        replace(person, time_zone="Pacific/Auckland", country="NZ", subdivision=None)
        if person.id == "ben"
        else person
        for person in directory.people
    )
    api.ports = replace(api.ports, directory=DirectoryToday(replace(directory, people=people)))
    proposal = ask(api)
    opening = MONDAY + timedelta(days=1, hours=11)  # Wednesday 09:00 there, Tuesday in UTC
    settle(api, proposal, at=opening - timedelta(microseconds=1))
    assert reminders(api) == []
    settle(api, proposal, at=opening)
    assert [message.id for message in reminders(api)] == ["reminder-ben-2026-11-25"]


def test_what_is_decided_or_with_somebody_else_is_not_listed(api: Api) -> None:
    decided, passed_on, open_ = ask(api, "Decided"), ask(api, "Passed on"), ask(api, "Open")
    api.decide("ben", decided, "approve")
    api.hand_over("ben", passed_on, "dora")
    api.store.create(layout.inbox_entry("ben", open_, 1, "line-1.7"), b"")  # a hint of nothing
    settle(api, open_, at=TUESDAY)
    [message] = reminders(api)
    assert message.others == ()
    assert "“Open”" in message.text
    assert "Decided" not in message.text
    assert "Passed on" not in message.text


def test_a_proposal_that_cannot_be_read_holds_up_neither_the_others_nor_their_reminder(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    broken, whole = ask(api, "Broken"), ask(api, "Whole")
    name = layout.task(broken, 1, "line-1")
    api.store.replace(name, b"{", api.store.blobs[name].etag)
    settle(api, whole, at=TUESDAY)
    assert ["“Whole”" in message.text for message in reminders(api)] == [True]
    assert layout.inbox_entry("ben", broken, 1, "line-1") in caplog.text


def test_without_anything_that_waits_there_is_no_reminder(api: Api) -> None:
    """The inbox entry is gone although the task is open: nothing to list."""
    proposal = ask(api)
    api.store.delete(layout.inbox_entry("ben", proposal, 1, "line-1"))
    settle(api, proposal, at=TUESDAY)
    assert reminders(api) == []


def test_looking_for_the_days_reminder_costs_one_read_once_it_is_sent(api: Api) -> None:
    proposal = ask(api)
    settle(api, proposal, at=TUESDAY)
    api.store.log.clear()
    settle(api, proposal, at=TUESDAY + timedelta(hours=1))
    sent = layout.message("ben", reminder_id("ben", TUESDAY.date()))
    assert [name for operation, name in api.store.log if name.startswith("outbox/")] == [sent]
