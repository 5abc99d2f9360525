"""The raise-event door takes whatever somebody raises: it is judged, stored, and stops nothing."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from approvals.model import EventFate
from approvals.stored import layout
from approvals.stored.codec import utc_text
from approvals.wire import Raised
from services.answering import fulfillment
from services.deciding import events
from services.deciding.events import MAX_PAYLOAD, Listener
from services.store.cases import load
from services.store.trail import append
from tests.unit.http_api.api import Api


def decision(**parts: object) -> str:
    return json.dumps({"task": "line-1", "verdict": "approve", "by": "ben", "comment": "c"} | parts)


def conditional(due: object) -> str:
    return decision(verdict="approve_with_conditions", conditions=[{"text": "t", "due": due}])


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


HOSTILE = {
    "a due date that is a number": conditional(5),
    "a due date that UTC does not have": conditional("9999-12-31T23:59:59-23:59"),
    "a due date before the calendar": conditional("0001-01-01T00:00:00+23:59"),
    "a due date at the end of the calendar": conditional("9999-12-31T23:00:00Z"),
    "conditions that are none": decision(conditions=["x", 5, None, [], {}]),
    "a verdict that is a list": decision(verdict=[]),
    "a person who is a list": decision(by=["ben"]),
    "half a character as a key": json.dumps({"\ud800": 1}),
    "deep": nested(5000),
    "not quite as deep": nested(900),
    "no number": "NaN",
    "ten thousand unknown fields": json.dumps({f"field-{n}": n for n in range(10_000)}),
    "ten thousand wrong conditions": decision(verdict="approve_with_conditions", conditions=[5] * 10_000),
}


@pytest.fixture
def waiting(api: Api) -> str:
    proposal = api.submit()
    api.open(proposal)
    return proposal


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("name", ["decision", "\ud800" * 5000])
def test_what_is_no_decision_is_refused_in_a_few_words(
    api: Api, waiting: str, payload: str, name: str
) -> None:
    assert events.judge(api.ports, Listener(waiting, 1, "approval"), 0, [Raised(name, payload)]) == 1
    found = load(api.store, layout.event(waiting, 1, "approval", 0), EventFate)
    assert found is not None
    fate = found[0]
    assert not fate.accepted
    assert 0 < len(fate.reason) <= MAX_PAYLOAD + 2
    assert append(api.store, waiting, fate.unaudited) == []
    assert len(api.store.blobs[layout.audit(waiting)].data) < 10 * MAX_PAYLOAD
    shown = api.get(f"/api/proposals/{waiting}", "ana")
    assert shown.status == 200
    entry = shown.json["timeline"][-1]["entry"]
    assert (entry["action"], entry["source"]) == ("event_refused", "raise-event")
    assert entry["authenticated"] is False, "who raises an event says who they are, and nobody checks it"


def test_half_a_character_in_a_comment_hides_nothing(api: Api, waiting: str) -> None:
    """JSON can say it, UTF-8 cannot: it is shown as a question mark."""
    raised = [Raised("decision", decision(comment="half \ud83d"))]
    events.judge(api.ports, Listener(waiting, 1, "approval"), 0, raised)
    api.settle(waiting)
    shown = api.get(f"/api/proposals/{waiting}", "ana")
    [stage] = shown.json["revisions"][0]["stages"]
    made = stage["tasks"][0]["task"]["decision"]
    assert (made["comment"], made["source"], made["authenticated"]) == ("half ?", "raise-event", False)
    assert "half ?" in api.get("/api/outbox", "ana").json["items"][0]["text"]


def test_a_condition_can_be_due_in_ten_years_and_not_later(api: Api, waiting: str) -> None:
    """What it leads to must have a moment: messages, links that outlive it, other time zones."""
    for days, status in ((3654, 422), (3653, 200)):
        due = utc_text(api.clock.now() + timedelta(days=days))
        wanted = [{"text": "t", "due": due}]
        sent = api.decide("ben", waiting, "approve_with_conditions", comment="if", conditions=wanted)
        assert sent.status == status
    api.settle(waiting)
    assert fulfillment.open_conditions(api.ports, waiting, 1).result == "pending"
