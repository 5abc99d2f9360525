"""The route of a revision is data: frozen when it is opened, whatever a later release would route."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

import services.store.cases
from approvals.draft import Draft
from approvals.model import Route
from approvals.policy.routing import route
from approvals.ports import Ports
from approvals.stored import codec, layout
from services.store.cases import load_case
from services.submitting.submission import submit
from tests.fakes import MemoryStore, example_directory, example_policy, fake_ports

DRAFT = Draft(
    "Wider shelves",
    "process-change",
    "engineering",
    Decimal(10),
    "low",
    "Make them wider.",
    {"reason": "They are full."},
)
ROUTED = route(example_policy(), example_directory(), DRAFT, "ana")


def submitted() -> tuple[Ports, str]:
    ports = fake_ports()
    return ports, submit(ports, "ana", DRAFT, (), "key").proposal


def another_process(ports: Ports) -> tuple[Ports, MemoryStore]:
    """The same blobs, nothing kept in memory."""
    store = MemoryStore()
    assert isinstance(ports.store, MemoryStore)
    store.blobs = ports.store.blobs
    return replace(ports, store=store), store


def a_release_that_routes_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services.store.cases, "route", lambda *_: replace(ROUTED, rule="another"))


def test_opening_a_revision_freezes_its_route(monkeypatch: pytest.MonkeyPatch) -> None:
    ports, proposal = submitted()
    assert load_case(ports, proposal, 1).route == ROUTED
    a_release_that_routes_otherwise(monkeypatch)
    assert load_case(another_process(ports)[0], proposal, 1).route == ROUTED


def test_a_revision_of_a_release_that_kept_no_route_is_routed_at_the_first_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ports, proposal = submitted()
    ports, store = another_process(ports)
    name = layout.route(proposal, 1)
    assert name not in store.blobs
    assert load_case(ports, proposal, 1).route == ROUTED
    assert codec.loads(Route, store.blobs[name].data) == ROUTED
    a_release_that_routes_otherwise(monkeypatch)
    assert load_case(ports, proposal, 1).route == ROUTED


def test_of_two_who_look_first_one_freezes_it_for_both() -> None:
    ports, proposal = submitted()
    ports, store = another_process(ports)
    name, faster = layout.route(proposal, 1), replace(ROUTED, rule="faster")

    def somebody(_operation: str, blob: str) -> None:
        if blob == name and name not in store.blobs:
            store.before = lambda *_: None
            store.create(name, codec.dumps(faster))

    store.before = somebody
    assert load_case(ports, proposal, 1).route == faster
    assert codec.loads(Route, store.blobs[name].data) == faster
