"""Sending messages: none is lost and hardly one repeated, whatever fails on the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from approvals.model import Message
from approvals.ports import Ports
from approvals.stored import codec, layout
from approvals.writing.links import Link, sign
from services.store.outbox import GRACE, post, retry_undelivered
from tests.fakes import MONDAY, FixedClock, ListNotifier, MemoryStore, fake_ports

PROPOSAL = "p-abcdefghijkl"
NAME = f"{PROPOSAL}-r2-line-1-assigned"
MESSAGE = Message(
    id=NAME,
    to="ben",
    subject="Please decide: New sorting hall",
    text="You are asked.",
    path=f"/#/proposals/{PROPOSAL}",
    proposal=PROPOSAL,
    kind="assigned",
    at=MONDAY,
)
OUTBOX = layout.message("ben", MESSAGE.id)
MARKER = layout.undelivered("ben", MESSAGE.id)


class Crash(BaseException):
    """The process ends here."""


class Webhook(ListNotifier):
    """Another kind of notifier."""


def world(*notifiers: ListNotifier) -> tuple[Ports, MemoryStore]:
    store = MemoryStore()
    return fake_ports(clock=FixedClock(MONDAY), store=store, notifiers=notifiers), store


def later(ports: Ports) -> Ports:
    """The next sweep, a while after."""
    return replace(ports, clock=FixedClock(MONDAY + GRACE))


def stored(store: MemoryStore) -> Message:
    return codec.loads(Message, store.blobs[OUTBOX].data)


def test_a_message_goes_to_the_outbox_and_to_every_notifier() -> None:
    one, two, three = ListNotifier(), Webhook(), ListNotifier()
    ports, store = world(one, two, three)
    post(ports, MESSAGE)
    assert stored(store) == MESSAGE
    assert one.sent == two.sent == three.sent == [MESSAGE]
    assert MARKER not in store.blobs


KEY = b"k" * 32
TASK_MESSAGE = replace(MESSAGE, revision=2, task="line-1", due_at=MONDAY + timedelta(days=3))


def test_with_a_key_a_message_carries_a_signed_link_and_a_repeat_is_the_same() -> None:
    notifier = ListNotifier()
    ports, store = world(notifier)
    ports = replace(ports, link_keys=(KEY,))
    notifier.broken = True
    post(ports, TASK_MESSAGE)
    link = Link(PROPOSAL, 2, "line-1", "ben", MONDAY + timedelta(days=33))
    assert stored(store) == replace(TASK_MESSAGE, path=f"/link/{sign(KEY, link)}")
    notifier.broken = False
    rotated = replace(later(ports), link_keys=(b"n" * 32, KEY))
    post(rotated, replace(TASK_MESSAGE, at=MONDAY + timedelta(days=9)))
    assert retry_undelivered(rotated, 10) == 1
    assert notifier.sent == [stored(store)]


def test_without_notifiers_the_outbox_is_all() -> None:
    ports, store = world()
    post(ports, MESSAGE)
    assert store.writes() == [("create", OUTBOX)]


def test_a_message_that_was_posted_before_is_not_sent_again() -> None:
    notifier = ListNotifier()
    ports, store = world(notifier)
    post(ports, MESSAGE)
    post(ports, replace(MESSAGE, at=MONDAY + timedelta(hours=1)))
    assert notifier.sent == [MESSAGE]
    assert stored(store) == MESSAGE


def test_of_two_who_post_at_once_one_delivers() -> None:
    notifier = ListNotifier()
    ports, store = world(notifier)
    others = iter([True])

    def faster(operation: str, name: str) -> None:
        if name == OUTBOX:
            for _ in others:
                post(ports, MESSAGE)

    store.before = faster
    post(ports, MESSAGE)
    assert notifier.sent == [MESSAGE]


def test_a_notifier_that_fails_stops_nobody() -> None:
    one, two = ListNotifier(), Webhook()
    one.broken = True
    ports, store = world(one, two)
    post(ports, MESSAGE)
    assert two.sent == [MESSAGE]
    assert json.loads(store.blobs[MARKER].data) == ["ListNotifier"]


def test_what_failed_is_tried_again_and_only_that() -> None:
    one, two, three = ListNotifier(), Webhook(), Webhook()
    one.broken = three.broken = True
    ports, store = world(one, two, three)
    post(ports, MESSAGE)
    one.broken = False
    assert retry_undelivered(later(ports), 10) == 0
    assert json.loads(store.blobs[MARKER].data) == ["Webhook-2"]
    three.broken = False
    assert retry_undelivered(later(ports), 10) == 1
    assert one.sent == two.sent == three.sent == [MESSAGE]
    assert MARKER not in store.blobs
    assert retry_undelivered(later(ports), 10) == 0


def test_what_fails_again_stays_for_the_next_time() -> None:
    notifier = ListNotifier()
    notifier.broken = True
    ports, store = world(notifier)
    post(ports, MESSAGE)
    before = store.blobs[MARKER]
    assert retry_undelivered(later(ports), 10) == 0
    assert store.blobs[MARKER] == before


def test_a_notifier_that_is_no_longer_there_owes_nothing() -> None:
    notifier = Webhook()
    notifier.broken = True
    ports, store = world(notifier)
    post(ports, MESSAGE)
    assert retry_undelivered(replace(later(ports), notifiers=(ListNotifier(),)), 10) == 1
    assert MARKER not in store.blobs


def test_what_is_being_delivered_right_now_is_left_alone() -> None:
    notifier = ListNotifier()
    notifier.broken = True
    ports, _ = world(notifier)
    post(ports, MESSAGE)
    notifier.broken = False
    assert retry_undelivered(ports, 10) == 0
    assert notifier.sent == []


def test_a_retry_is_limited_and_what_never_gets_through_does_not_starve_the_rest() -> None:
    broken, store = ListNotifier(), MemoryStore()
    broken.broken = True
    for n in range(20):
        post(fake_ports(store=store, notifiers=(broken,)), replace(MESSAGE, id=f"a{n:02}"))
    webhook = Webhook()
    webhook.broken = True
    ports = fake_ports(store=store, notifiers=(webhook, broken))
    post(ports, replace(MESSAGE, id="z"))
    webhook.broken = False
    store.log.clear()
    retry_undelivered(later(ports), 5)
    assert sum(operation == "read" and "undelivered/" in name for operation, name in store.log) <= 6
    for _ in range(200):
        if webhook.sent:
            break
        retry_undelivered(later(ports), 5)
    assert [message.id for message in webhook.sent] == ["z"]


def everywhere(notifiers: Callable[[], tuple[ListNotifier, ...]]) -> list[tuple[str, int]]:
    """Every point before and after a write of a delivery in which one notifier fails."""
    ports, store = world(*notifiers())
    post(ports, MESSAGE)
    return [(when, n) for when in ("before", "after") for n in range(len(store.writes()))]


def half_broken() -> tuple[ListNotifier, ...]:
    broken = Webhook()
    broken.broken = True
    return (ListNotifier(), broken)


@pytest.mark.parametrize(("when", "n"), everywhere(half_broken))
def test_a_crash_between_any_two_writes_loses_no_message(when: str, n: int) -> None:
    """Whoever posts it comes again, as activities do, and so does the sweep."""
    notifiers = half_broken()
    ports, store = world(*notifiers)
    writes = 0

    def crash(operation: str, name: str) -> None:
        nonlocal writes
        writes += 1
        if writes == n + 1:
            raise Crash

    setattr(store, when, crash)
    with pytest.raises(Crash):
        post(ports, MESSAGE)
    setattr(store, when, lambda *_: None)
    post(ports, MESSAGE)
    notifiers[1].broken = False
    retry_undelivered(later(ports), 10)
    one, two = ([message.id for message in notifier.sent] for notifier in notifiers)
    assert stored(store) == MESSAGE
    assert two == [MESSAGE.id]
    assert one in ([MESSAGE.id], [MESSAGE.id] * 2)
    assert MARKER not in store.blobs


def test_there_are_three_writes_to_crash_at() -> None:
    assert len(everywhere(half_broken)) == 2 * 3


def test_a_crash_while_sending_is_made_good_by_the_sweep() -> None:
    class Crashing(ListNotifier):
        crashes = True

        def send(self, message: Message) -> None:
            if self.crashes:
                raise Crash
            super().send(message)

    notifier = Crashing()
    ports, _ = world(notifier)
    with pytest.raises(Crash):
        post(ports, MESSAGE)
    notifier.crashes = False
    post(ports, MESSAGE)
    assert notifier.sent == []
    assert retry_undelivered(later(ports), 10) == 1
    assert notifier.sent == [MESSAGE]


def test_a_marker_without_a_message_waits_for_whoever_posts_it() -> None:
    notifier = ListNotifier()
    ports, store = world(notifier)
    store.create(MARKER, b'["ListNotifier"]')
    assert retry_undelivered(later(ports), 10) == 0
    post(ports, MESSAGE)
    assert notifier.sent == [MESSAGE]
    assert MARKER not in store.blobs


@pytest.mark.parametrize("gone", [True, False], ids=["gone", "changed"])
def test_somebody_who_delivers_the_same_message_meanwhile_does_no_harm(gone: bool) -> None:
    notifiers = half_broken()
    ports, store = world(*notifiers)

    class Other(ListNotifier):
        def send(self, message: Message) -> None:
            if gone:
                store.delete(MARKER)
            super().send(message)

    def faster(operation: str, name: str) -> None:
        if operation == "replace":
            store.before = lambda *_: None
            store.replace(name, b'["Webhook"]', store.blobs[name].etag)

    store.before = faster
    post(replace(ports, notifiers=(Other(), notifiers[1])), MESSAGE)
    assert (MARKER in store.blobs) is not gone
