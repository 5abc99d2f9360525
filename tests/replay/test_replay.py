"""Histories of real runs, replayed through the SDK against the code of today: what is under way must go on.

Every episode is replayed as the extension would, and must decide what it decided then. A change of an orchestration
that breaks one of these breaks the instances that are in flight; see "Version what runs" in docs/architecture.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import azure.durable_functions as df
import pytest

from devhost.engine import context_of
from devhost.events import Event, Kind, kind_of, parse_time
from devhost.framework import Decision
from devhost.rows import Instance
from devhost.walk import Execution, Walk
from orchestrators import approval, conditions, publication, screening
from tests.replay.record import HISTORIES

# The SDK warns about events that nobody waits for.
pytestmark = pytest.mark.filterwarnings("ignore:Potential duplicate Task completion")

ORCHESTRATORS = {
    "approval": approval.run,
    "screening": screening.run,
    "conditions": conditions.run,
    "publication": publication.run,
}
RECORDED: dict[str, dict[str, Any]] = {
    f"{path.stem} {instance['name']} {number}": instance
    for path in sorted(HISTORIES.glob("*.json"))
    for number, instance in enumerate(json.loads(path.read_text(encoding="utf-8")))
}
DECISIONS = {
    Kind.TaskScheduled,
    Kind.TimerCreated,
    Kind.SubOrchestrationInstanceCreated,
    Kind.EventSent,
    Kind.ExecutionCompleted,
}


@pytest.fixture(autouse=True)
def _strict_typing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_FUNCTIONS_DURABLE_STRICT_TYPING", "1")


def episodes(history: list[Event]) -> Iterator[tuple[list[Event], list[Event], list[Event]]]:
    """Each episode as (past, new messages, decisions)."""
    starts = [n for n, found in enumerate(history) if kind_of(found) is Kind.OrchestratorStarted]
    for start, end in zip(starts, [*starts[1:], len(history)], strict=True):
        body = history[start:end]
        new = [found for found in body if kind_of(found) not in DECISIONS | {Kind.OrchestratorCompleted}]
        yield history[:start], new, [found for found in body if kind_of(found) in DECISIONS]


def essence(kind: Kind, event_id: int, members: dict[str, Any]) -> tuple[Any, ...]:
    due = members.get("FireAt")
    moment = parse_time(due) if isinstance(due, str) else due
    return kind, event_id, members.get("Name"), members.get("InstanceId"), moment, members.get("Result")


def replayed(instance: dict[str, Any], past: list[Event], new: list[Event]) -> list[Decision]:
    history = json.loads(json.dumps(past + new))
    started = next(found for found in history if kind_of(found) is Kind.ExecutionStarted)
    moment = parse_time(started["Timestamp"])
    about = Instance(instance["id"], instance["name"], instance["execution"], "Running", moment, moment)
    handle = df.Orchestrator.create(ORCHESTRATORS[instance["name"]])
    answer = json.loads(handle(context_of(about, history, started)))
    execution = Execution(instance["id"], instance["execution"], instance["name"], lambda _kind, _name: True)
    return Walk(execution, answer, None).over(history[: len(past)], history[len(past) :]).decisions


@pytest.mark.filterwarnings(
    "ignore:Potential duplicate Task completion"
)  # the SDK, about events nobody waits for
@pytest.mark.parametrize("instance", RECORDED.values(), ids=RECORDED)
def test_the_code_of_today_decides_what_was_decided(instance: dict[str, Any]) -> None:
    for past, new, decided in episodes(instance["history"]):
        ours = [essence(d.kind, d.event_id, d.members) for d in replayed(instance, past, new)]
        theirs = [essence(kind_of(found), found["EventId"], found) for found in decided]
        assert ours == theirs


def test_the_histories_hold_every_orchestrator_and_every_way_to_wait() -> None:
    assert {instance["name"] for instance in RECORDED.values()} == set(ORCHESTRATORS)
    kinds = {kind_of(found) for instance in RECORDED.values() for found in instance["history"]}
    assert {Kind.EventRaised, Kind.TimerFired, Kind.SubOrchestrationInstanceCompleted} <= kinds


def test_a_history_that_today_would_not_make_is_found() -> None:
    instance = json.loads(json.dumps(next(iter(RECORDED.values()))))
    scheduled = next(found for found in instance["history"] if kind_of(found) is Kind.TaskScheduled)
    scheduled["Name"] = "an_activity_of_yesterday"
    past, new, decided = list(episodes(instance["history"]))[-1]
    ours = [essence(d.kind, d.event_id, d.members) for d in replayed(instance, past, new)]
    assert ours != [essence(kind_of(found), found["EventId"], found) for found in decided]
