"""What the log says of the recordings: nothing where all is well, why where it is not."""

from __future__ import annotations

import logging

import pytest

from devhost.functions.worker import Worker
from devhost.protocol.steps import Note
from tests.devhost.recordings import EXCHANGES, episodes
from tests.devhost.walks import walked

QUIET = [
    scenario
    for scenario in EXCHANGES
    if scenario not in ("fan-out-failure", "long-timer", "stage-burst", "stage-ticks")
]


def notes(scenario: str, worker: Worker) -> list[Note]:
    return [note for episode in episodes(scenario) for note in walked(episode, worker).notes]


@pytest.mark.parametrize("scenario", QUIET)
def test_workflows_that_are_well_are_not_talked_about(scenario: str, worker: Worker) -> None:
    assert notes(scenario, worker) == []


def test_a_compensation_that_waits_for_the_siblings_is_told(worker: Worker) -> None:
    (note,) = notes("fan-out-failure", worker)
    assert note.level == logging.WARNING
    assert note.text.startswith("out of step: the SDK has gone on")
    assert "waits for activity slow and activity flaky (action 1)" in note.text
    assert "Not scheduled until that ends: activity say." in note.text


def test_a_timer_that_nobody_cancelled_is_told(worker: Worker) -> None:
    (note,) = notes("long-timer", worker)
    assert "stays Running until the timer due 2026-11-27" in note.text


@pytest.mark.parametrize("scenario", ["stage-burst", "stage-ticks"])
def test_a_burst_that_reads_the_history_is_only_mentioned(scenario: str, worker: Worker) -> None:
    found = notes(scenario, worker)
    assert {note.level for note in found} == {logging.INFO}
    assert all("several events 'decision'" in note.text for note in found)
