"""Lists and messages: in order, in pages, without what is over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from approvals.model import Outcome
from approvals.stored import layout
from services.reading import lists
from services.reading.lists import ListItem, Page, everything_open, mine, outbox
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


def names(page: Page[ListItem]) -> list[str]:
    return [item.proposal for item in page.items]


def test_a_page_that_is_just_full_is_the_last(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    for _ in range(2):
        waiting(api)
    assert mine(api.ports, "ana", None).continuation is None


def test_lists_come_in_pages_that_miss_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    whole = sorted(api.submit() for _ in range(5))
    found, continuation = [], None
    while True:
        page = mine(api.ports, "ana", continuation)
        assert len(page.items) <= 2
        found += names(page)
        continuation = page.continuation
        if continuation is None:
            break
    assert found == whole


def test_a_list_says_where_each_stands(api: Api) -> None:
    open_, over = api.submit(title="Open"), waiting(api)
    api.publish(over, Outcome.REJECTED)
    items = {item.proposal: item for item in mine(api.ports, "ana", None).items}
    assert set(items) == {open_, over}
    shown = items[over]
    assert (shown.state, shown.outcome, shown.author, shown.revision) == ("closed", "rejected", "ana", 1)
    assert (items[open_].title, mine(api.ports, "ben", None)) == ("Open", Page((), None))
    assert names(everything_open(api.ports, None)) == [open_]


def test_a_submission_that_never_became_a_proposal_is_not_listed(api: Api) -> None:
    api.store.create(layout.open_marker("p-aaaaaaaaaaaa"), b"{}")
    assert everything_open(api.ports, None) == Page((), None)


def test_messages_come_in_pages_that_miss_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of the same moment among them."""
    for hours in (0, 1, 0, 1, 1):
        api.clock.advance(timedelta(hours=hours))
        waiting(api)
    whole = [message.id for message in outbox(api.ports, "ben").items]
    monkeypatch.setattr(lists, "PAGE", 2)
    pages, continuation = [], None
    for _ in range(3):
        page = outbox(api.ports, "ben", continuation)
        pages.append([message.id for message in page.items])
        continuation = page.continuation
    assert pages == [whole[:2], whole[2:4], whole[4:]]
    assert continuation is None


def test_messages_come_newest_first_and_only_to_whom_they_are_for(api: Api) -> None:
    first = waiting(api)
    api.clock.advance(timedelta(hours=1))
    second = waiting(api)
    assert [message.proposal for message in outbox(api.ports, "ben").items] == [second, first]
    assert outbox(api.ports, "hugo") == Page((), None)
