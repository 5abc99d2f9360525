"""Would an instance go on? Its history is replayed by the SDK and walked over as the extension walks.

The extension replays a whole history before it takes new events; so does `Gate.check`. Where it finds a difference, the
episodes one by one tell where it begins. Waits for events and the inputs of activities leave no trace in a history:
a change of these alone is not seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from devhost.functions.worker import Worker
from devhost.protocol.changes import context_of
from devhost.protocol.events import Event, Kind, kind_of, net_time, parse_time
from devhost.protocol.messages import Decision
from devhost.protocol.rows import Instance
from devhost.protocol.walk import Execution, Outcome, Walk
from devhost.replay.histories import Recorded

DECISIONS = frozenset(
    {
        Kind.TaskScheduled,
        Kind.TimerCreated,
        Kind.SubOrchestrationInstanceCreated,
        Kind.EventSent,
        Kind.ExecutionCompleted,
    }
)
NOTHING = "nothing"


@dataclass(frozen=True)
class Difference:
    """An instance goes out of step; ``stored`` is what its history holds there, ``today`` what the code does now.

    ``episode`` counts from 1 and ``moment`` is when it began; both are None where the instance has no history.
    """

    instance: Recorded
    stored: str
    today: str
    episode: int | None = None
    moment: str | None = None

    def __str__(self) -> str:
        where = f" in episode {self.episode}, of {self.moment}" if self.episode is not None else ""
        return (
            f"{self.instance.id} ({self.instance.name}) goes out of step{where}:\n"
            f"  its history: {self.stored}\n  today's code: {self.today}"
        )


@dataclass(frozen=True)
class _Essence:
    """What must be the same of a decision."""

    kind: Kind
    event_id: int
    name: str | None
    instance_id: str | None
    due: str | None
    result: str | None

    @classmethod
    def of(cls, kind: Kind, event_id: int, members: dict[str, Any]) -> _Essence:
        due = members.get("FireAt")
        moment = due if due is None or isinstance(due, str) else net_time(due)
        return cls(
            kind,
            event_id,
            members.get("Name"),
            members.get("InstanceId"),
            None if moment is None else net_time(parse_time(moment)),
            members.get("Result"),
        )

    def __str__(self) -> str:
        what = [self.name, self.instance_id, self.due, self.result]
        return " ".join([self.kind.name, *filter(None, what), f"(number {self.event_id})"])


class Gate:
    """Replays histories against the orchestrators of one app."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    async def check(self, recorded: Recorded) -> Difference | None:
        """Where the instance would go out of step, or None."""
        history = recorded.history
        if not history:
            known = self._worker.knows("orchestrator", recorded.name)
            return None if known else Difference(recorded, NOTHING, f"has no orchestrator '{recorded.name}'")
        if recorded.is_over:
            return await self.first_difference(recorded)
        more = await self._decisions(recorded, history, [])
        if not more:
            return None
        where = await self.first_difference(recorded)
        return where or _difference(recorded, len(list(episodes(history))), history, [], more)

    async def first_difference(self, recorded: Recorded) -> Difference | None:
        """The first episode that decides today what it did not decide then, or None.

        Episodes before a rewind are left out: what they decided was taken back.
        """
        begin = _last_rewind(recorded.history)
        for number, (past, new, stored) in enumerate(episodes(recorded.history), 1):
            if len(past) < begin:
                continue
            theirs = [_Essence.of(kind_of(found), found["EventId"], found) for found in stored]
            ours = await self._decisions(recorded, past, new)
            if ours != theirs:
                return _difference(recorded, number, [*past, *new], theirs, ours)
        return None

    async def _decisions(self, recorded: Recorded, past: list[Event], new: list[Event]) -> list[_Essence]:
        outcome, _ = await walk_over(self._worker, recorded, past, new)
        return [_essence_of(decision) for decision in outcome.decisions]


async def walk_over(
    worker: Worker, recorded: Recorded, past: list[Event], new: list[Event]
) -> tuple[Outcome, str | None]:
    """What the app's code decides on a history; and what the SDK raised, where it did. Changes nothing."""
    history: list[Event] = json.loads(json.dumps([*past, *new]))  # the walk marks events
    started = next(found for found in history if kind_of(found) is Kind.ExecutionStarted)
    moment = parse_time(started["Timestamp"])
    about = Instance(recorded.id, recorded.name, recorded.execution, "Running", moment, moment)
    answer, error = await worker.orchestrate(recorded.name, context_of(about, history, started))
    execution = Execution(recorded.id, recorded.execution, recorded.name, worker.knows)
    return Walk(execution, answer, error).over(history[: len(past)], history[len(past) :]), error


def _last_rewind(history: list[Event]) -> int:
    """Where the episode of the last GenericEvent begins: a rewind makes them of what it takes back, and one more."""
    last = max((n for n, found in enumerate(history) if kind_of(found) is Kind.GenericEvent), default=0)
    return max(n for n in range(last + 1) if kind_of(history[n]) is Kind.OrchestratorStarted)


def _essence_of(decision: Decision) -> _Essence:
    return _Essence.of(decision.kind, decision.event_id, decision.members)


def _difference(
    recorded: Recorded, episode: int, history: list[Event], theirs: list[_Essence], ours: list[_Essence]
) -> Difference:
    same = next(
        (n for n, pair in enumerate(zip(theirs, ours, strict=False)) if pair[0] != pair[1]),
        min(len(theirs), len(ours)),
    )
    stored, today = (str(each[same]) if same < len(each) else NOTHING for each in (theirs, ours))
    begun = next(found for found in reversed(history) if kind_of(found) is Kind.OrchestratorStarted)
    return Difference(recorded, stored, today, episode, begun["Timestamp"])


def episodes(history: list[Event]) -> Iterator[tuple[list[Event], list[Event], list[Event]]]:
    """Each episode as (past, new messages, decisions)."""
    starts = [n for n, found in enumerate(history) if kind_of(found) is Kind.OrchestratorStarted]
    for start, end in zip(starts, [*starts[1:], len(history)], strict=True):
        body = history[start:end]
        new = [found for found in body if kind_of(found) not in DECISIONS | {Kind.OrchestratorCompleted}]
        yield history[:start], new, [found for found in body if kind_of(found) in DECISIONS]
