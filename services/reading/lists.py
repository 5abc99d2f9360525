"""What people are shown of many proposals: lists and messages. Reading only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from approvals.model import Message, Proposal
from approvals.ports import Ports
from approvals.stored import layout
from approvals.stored.codec import utc_text
from services.reading.views import shown_state
from services.store.cases import load

Item = TypeVar("Item")
PAGE = 50


@dataclass(frozen=True)
class ListItem:
    proposal: str
    title: str
    author: str
    revision: int
    state: str
    outcome: str | None
    changed_at: datetime


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Items, and the token that asks for more."""

    items: tuple[Item, ...]
    continuation: str | None


def mine(ports: Ports, person: str, continuation: str | None) -> Page[ListItem]:
    """What a person submitted."""
    return _listed(ports, layout.by_author(person), continuation)


def everything_open(ports: Ports, continuation: str | None) -> Page[ListItem]:
    """What is open, for operators."""
    return _listed(ports, layout.OPEN, continuation)


def _listed(ports: Ports, prefix: str, continuation: str | None) -> Page[ListItem]:
    """A page of the proposals under a prefix, by name; the token is the last name of the page before."""
    items: list[ListItem] = []
    for name in ports.store.names(prefix):
        proposal = name.removeprefix(prefix)
        if continuation is not None and proposal <= continuation:
            continue
        if len(items) == PAGE:
            return Page(tuple(items), items[-1].proposal)
        found = load(ports.store, layout.proposal(proposal), Proposal)
        if found is not None:
            items.append(_list_item(found[0]))
    return Page(tuple(items), None)


def _list_item(proposal: Proposal) -> ListItem:
    return ListItem(
        proposal=proposal.proposal,
        title=proposal.title,
        author=proposal.author,
        revision=proposal.revision,
        state=shown_state(proposal),
        outcome=proposal.outcome.value if proposal.outcome else None,
        changed_at=proposal.changed_at,
    )


def outbox(ports: Ports, person: str, continuation: str | None = None) -> Page[Message]:
    """The messages to a person, newest first. Their names say nothing of time, so all are read for every page."""
    found = [load(ports.store, name, Message) for name in ports.store.names(layout.outbox(person))]
    items = sorted((pair[0] for pair in found if pair), key=_moment, reverse=True)
    rest = [item for item in items if continuation is None or _moment(item) < continuation]
    shown = tuple(rest[:PAGE])
    return Page(shown, _moment(shown[-1]) if len(rest) > PAGE else None)


def _moment(message: Message) -> str:
    """Sorts by time, and names where a page ended."""
    return f"{utc_text(message.at)} {message.id}"
