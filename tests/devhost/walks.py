"""Walking over recorded episodes."""

from __future__ import annotations

from devhost.functions.worker import Worker
from devhost.protocol.events import Event, Kind, kind_of
from devhost.protocol.walk import Execution, Outcome, Walk
from tests.devhost.recordings import Episode


def started(episode: Episode) -> Event:
    return next(found for found in episode.sent["history"] if kind_of(found) is Kind.ExecutionStarted)


def walked(episode: Episode, worker: Worker) -> Outcome:
    begun = started(episode)
    whose = begun["OrchestrationInstance"]
    execution = Execution(whose["InstanceId"], whose["ExecutionId"], begun["Name"], worker.knows)
    return Walk(execution, episode.answer, episode.error).over(episode.past, episode.new)
