"""Links in messages: they lead to the page, say what is wrong with them, and change nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.settings import IdentityMode
from approvals.writing.links import VALID_AFTER, sign, verify
from services.reading import lists
from tests.unit.http_api.api import Api

KEY, OLD_KEY = b"k" * 32, b"o" * 32


@pytest.fixture
def proposal(api: Api) -> str:
    """Ben is asked."""
    api.ports = replace(api.ports, link_keys=(KEY, OLD_KEY))
    made = api.submit()
    api.open(made)
    return made


def link(api: Api, who: str = "ben") -> str:
    [message] = lists.outbox(api.ports, who).items
    return message.path


def test_the_link_in_a_message_names_task_person_and_expiry(api: Api, proposal: str) -> None:
    [message] = lists.outbox(api.ports, "ben").items
    named = verify([KEY], message.path.removeprefix("/link/"))
    assert (named.proposal, named.revision, named.task, named.person) == (proposal, 1, "line-1", "ben")
    assert message.due_at is not None
    assert named.expires_at == message.due_at + VALID_AFTER


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("who", "note"), [("ben", ""), (None, ""), ("pete", ""), ("dora", "&note=not-yours&for=ben")]
)
def test_it_leads_whoever_opens_it_to_the_page(
    api: Api, proposal: str, method: str, who: str | None, note: str
) -> None:
    """Pete has left: nobody knows who that is."""
    answer = api.call(method, link(api), who)
    assert (answer.status, answer.content) == (303, b"")
    assert answer.headers["Location"] == f"/#/proposals/{proposal}?task=line-1{note}"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"


def test_where_nobody_can_be_known_it_leads_nowhere(api: Api, proposal: str) -> None:
    path, api.identity = link(api), IdentityMode.NONE
    assert (api.get(path, "ben").status, "Location" in api.get(path, "ben").headers) == (401, False)


def test_an_old_link_says_so(api: Api, proposal: str) -> None:
    path = link(api)
    named = verify([KEY], path.removeprefix("/link/"))
    api.clock.set(named.expires_at)
    assert "note" not in api.get(path, "ben").headers["Location"]
    api.clock.advance(VALID_AFTER)
    for who in ("ben", "dora", None):
        assert api.get(path, who).headers["Location"] == f"/#/proposals/{proposal}?task=line-1&note=expired"


def test_a_link_that_was_made_up_leads_to_the_front_page(api: Api, proposal: str) -> None:
    named = verify([KEY], link(api).removeprefix("/link/"))
    for path in ("/link/x", f"/link/{sign(b'x' * 32, named)}", link(api)[:-1]):
        assert api.get(path, "ben").headers["Location"] == "/#/?note=bad-link"
    assert api.get(f"/link/{sign(OLD_KEY, named)}", "ben").headers["Location"].endswith("?task=line-1")


def test_without_a_key_no_link_is_believed(api: Api, proposal: str) -> None:
    path = link(api)
    api.ports = replace(api.ports, link_keys=())
    assert api.get(path, "ben").headers["Location"] == "/#/?note=bad-link"


def test_a_forwarded_link_makes_nobody_an_approver(api: Api, proposal: str) -> None:
    path = link(api)
    for who in ("ana", "hugo"):
        assert api.get(path, who).headers["Location"].endswith("note=not-yours&for=ben")
        assert api.decide(who, proposal, "approve").status in (403, 404)


def test_following_every_link_twice_changes_nothing(api: Api, proposal: str) -> None:
    """As a scanner of mail does; also as somebody else."""
    assert api.ask("ben", proposal).status == 200
    api.decide("ben", proposal, "approve")
    api.settle(proposal)
    people = [person.id for person in api.ports.directory.current().people]
    paths = [message.path for who in people for message in lists.outbox(api.ports, who).items]
    assert len(paths) == 3
    before, rung = dict(api.store.blobs), list(api.client.rung)
    for path in paths * 2:
        for method in ("HEAD", "GET"):
            for who in (None, "ben", "hugo"):
                assert api.call(method, path, who).status == 303
    assert (api.store.blobs, api.client.rung) == (before, rung)
