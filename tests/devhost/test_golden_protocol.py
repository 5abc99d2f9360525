"""Orchestrator calls, as recorded on the official extension: what it sends, what the SDK answers, what it decides."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from devhost.functions.worker import FunctionFailed, Worker
from devhost.protocol.changes import context_of
from devhost.protocol.events import Event, Kind, kind_of, parse_time
from devhost.protocol.messages import Decision
from devhost.protocol.rows import Instance
from tests.devhost.recordings import (
    EXCHANGES,
    GOLDEN,
    HISTORIES,
    SCENARIOS,
    Episode,
    episodes,
    normal,
    workflows_of,
)
from tests.devhost.walks import started, walked


def as_recorded(decision: Decision) -> tuple[Any, ...]:
    members = decision.members
    return (
        decision.kind,
        decision.event_id,
        members.get("Name"),
        members.get("InstanceId"),
        members.get("FireAt"),
        members.get("OrchestrationStatus"),
        members.get("Result"),
        json.loads(members["Input"]) if members.get("Input") else None,
    )


def recorded(found: Event) -> tuple[Any, ...]:
    fire_at = parse_time(found["FireAt"]) if found.get("FireAt") else None
    text = found.get("Input")
    return (
        kind_of(found),
        found["EventId"],
        found.get("Name"),
        found.get("InstanceId"),
        fire_at,
        found.get("OrchestrationStatus"),
        found.get("Result"),
        json.loads(text) if text else None,
    )


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_walk_decides_what_the_extension_decided(scenario: str, workers: dict[Path, Worker]) -> None:
    for episode in episodes(scenario):
        if episode.decisions is not None:
            outcome = walked(episode, workers[workflows_of(scenario)])
            ours = [as_recorded(decision) for decision in outcome.decisions]
            theirs = [recorded(found) for found in episode.decisions]
            assert normal(repr(ours)) == normal(repr(theirs)), episode.name


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_last_episode_ends_the_instance(scenario: str, workers: dict[Path, Worker]) -> None:
    by_instance = {episode.name.rsplit(" ", 1)[0]: episode for episode in episodes(scenario)}
    for episode in by_instance.values():
        outcome = walked(episode, workers[workflows_of(scenario)])
        kinds = [decision.kind for decision in outcome.decisions]
        assert (
            Kind.ExecutionCompleted in kinds or outcome.open_decisions or not (episode.answer or {})["isDone"]
        ), episode.name


def whole(episode: Episode, scenario: str) -> dict[str, Any]:
    """What was sent: of histories/ the history is all that is recorded, the rest is as in every call."""
    if scenario not in HISTORIES:
        return episode.sent
    begun, like = started(episode), next(episodes("chain")).sent
    own = {
        "input": json.loads(begun["Input"] or "null"),
        "instanceId": begun["OrchestrationInstance"]["InstanceId"],
    }
    return {**like, **own, **episode.sent}


@pytest.mark.filterwarnings(
    "ignore:Potential duplicate Task completion"
)  # the SDK about events nobody waits for
@pytest.mark.filterwarnings("ignore:azure.functions df_loads")  # the SDK about loose typing, as recorded
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_sdk_answers_what_it_answered(scenario: str, workers: dict[Path, Worker]) -> None:
    for episode in episodes(scenario):
        worker, name = workers[workflows_of(scenario)], started(episode)["Name"]
        answer, error = asyncio.run(worker.orchestrate(name, json.dumps(whole(episode, scenario))))
        assert (answer, error) == (episode.answer, episode.error), episode.name


@pytest.mark.parametrize("scenario", EXCHANGES)
def test_devhost_sends_what_the_extension_sent(scenario: str) -> None:
    for episode in episodes(scenario):
        begun = started(episode)
        whose = begun["OrchestrationInstance"]
        moment = parse_time(begun["Timestamp"])
        instance = Instance(
            whose["InstanceId"], begun["Name"], whose["ExecutionId"], "Running", moment, moment
        )
        if begun["Input"] is not None and begun["Input"].endswith(" characters)"):
            begun["Input"] = json.dumps(episode.sent["input"])  # the recording shortened it
        assert json.loads(context_of(instance, episode.sent["history"], begun)) == episode.sent, episode.name


CALLS = json.loads((GOLDEN / "exchanges" / "activities-and-entities.json").read_text(encoding="utf-8"))[
    "calls"
]


@pytest.mark.filterwarnings("ignore:azure.functions df_loads")
@pytest.mark.parametrize("call", [call for call in CALLS if call["kind"] == "activity"], ids=str)
async def test_an_activity_gets_and_answers_what_it_did(call: dict[str, Any], worker: Worker) -> None:
    attempts = worker.durable("activity", "flaky").call.__globals__["ATTEMPTS"]  # type: ignore[union-attr]
    attempts.clear()
    if call.get("output") == '"ok after 3"':
        attempts["r15c0"] = 2
    text = json.dumps([call["input"]])
    if "error" in call:
        with pytest.raises(FunctionFailed, match=f"^{call['error']}$"):
            await worker.run_activity(call["name"], text)
    else:
        assert await worker.run_activity(call["name"], text) == call["output"]


@pytest.mark.filterwarnings("ignore:azure.functions df_loads")
async def test_an_entity_gets_and_answers_what_it_did(worker: Worker) -> None:
    (call,) = [call for call in CALLS if call["kind"] == "entity"]
    answer = await worker.run_entity(call["name"], json.dumps(call["input"]))
    for found in (*answer["results"], *call["output"]["results"]):
        found.pop("startTime")
    assert answer == call["output"]
