"""Every recorded orchestrator input comes out of the engine, where it gets the messages that the extension got."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from devhost.functions.worker import Worker
from devhost.hub.memory import MemoryHub
from devhost.management.views import shown, status_of
from devhost.protocol.events import Kind, kind_of
from tests.devhost.playing import play
from tests.devhost.recordings import HISTORIES, SCENARIOS, normal, workflows_of

# Strings beyond this are shortened in the recordings.
LONGEST = 5000
pytestmark = [
    pytest.mark.filterwarnings("ignore:Potential duplicate Task completion"),
    pytest.mark.filterwarnings("ignore:azure.functions df_loads"),
]


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_devhost_calls_the_orchestrator_as_the_extension_did(
    scenario: str, workers: dict[Path, Worker]
) -> None:
    instances, listener = await play(scenario, workers[workflows_of(scenario)], MemoryHub())
    for instance in instances:
        ours = listener.heard[instance.ours]
        theirs = [call["input"] for call in instance.calls]
        assert len(ours) == len(theirs), scenario
        for number, (mine, recorded) in enumerate(zip(ours, theirs, strict=True)):
            known = {
                name: mine[name] for name in recorded
            }  # of histories/ the history is all that is recorded
            assert normal(_plain(known)) == normal(_plain(recorded)), f"{scenario}, call {number}"


@pytest.mark.parametrize("scenario", HISTORIES)
async def test_status_and_history_are_shown_as_the_extension_showed_them(
    scenario: str, workers: dict[Path, Worker]
) -> None:
    instances, _ = await play(scenario, workers[workflows_of(scenario)], MemoryHub())
    for each in instances:
        assert each.instance is not None
        ours = status_of(each.instance, with_input=True)
        ours["historyEvents"] = shown(each.stored, with_input=True, with_output=True)
        assert normal(_plain(ours)) == normal(_plain(each.shown)), each.id


def _plain(part: Any) -> Any:
    """Long strings shortened as in the recordings; the stacks of .NET exceptions taken out."""
    if isinstance(part, dict):
        return {name: _plain(item) for name, item in part.items()}
    if isinstance(part, list):
        return [_plain(item) for item in part]
    if isinstance(part, str):
        part = part.partition("StackTrace: ")[0]
        if len(part) > LONGEST or part.endswith(" characters)"):
            return "<long>"
    return part


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_orchestrator_started_rises_strictly(scenario: str, workers: dict[Path, Worker]) -> None:
    _, listener = await play(scenario, workers[workflows_of(scenario)], MemoryHub())
    for calls in listener.heard.values():
        for sent in calls:
            moments = [
                found["Timestamp"] for found in sent["history"] if kind_of(found) is Kind.OrchestratorStarted
            ]
            assert moments == sorted(set(moments), key=_ticks)


def _ticks(moment: str) -> str:
    head, _, fraction = moment.rstrip("Z").partition(".")
    return f"{head}.{fraction.ljust(7, '0')}"
