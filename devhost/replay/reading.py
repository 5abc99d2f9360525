"""An instance's history for people: step by step, and what it waits for. Reads, and changes nothing."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from devhost.functions.worker import Worker
from devhost.protocol.events import Event, Kind, kind_of, parse_time
from devhost.replay.gate import walk_over
from devhost.replay.histories import Recorded

LONGEST_TEXT = 120
# Keys by which the SDK takes a payload for one of its own objects: it imports what they name.
POISON = ("__class__", "__module__", "__data__")


@dataclass(frozen=True)
class Line:
    """One step: when, and what happened."""

    moment: str
    text: str

    def __str__(self) -> str:
        return f"{self.moment}  {self.text}"


# How each kind of event is told; ``{about}`` is the function that an end belongs to, ``{due}`` a timer's moment.
SENTENCES = {
    Kind.ExecutionStarted: "started as {Name} with {Input}",
    Kind.TaskScheduled: "calls activity {Name} (number {EventId})",
    Kind.TaskCompleted: "{about} returned {Result}",
    Kind.TaskFailed: "{about} failed: {Reason}",
    Kind.SubOrchestrationInstanceCreated: "starts {Name} as {InstanceId}",
    Kind.SubOrchestrationInstanceCompleted: "{about} returned {Result}",
    Kind.SubOrchestrationInstanceFailed: "{about} failed: {Reason}",
    Kind.TimerCreated: "sets a timer for {due} (number {EventId})",
    Kind.TimerFired: "the timer for {due} fired",
    Kind.EventRaised: "event {Name} came with {Input}",
    Kind.EventSent: "sends a message to {InstanceId}",
    Kind.ExecutionSuspended: "suspended: {Reason}",
    Kind.ExecutionResumed: "resumed: {Reason}",
    Kind.ExecutionTerminated: "terminated: {Input}",
    Kind.ExecutionCompleted: "ends as {OrchestrationStatus} with {Result}",
}


def steps(history: list[Event]) -> Iterator[Line]:
    """The history without its bookkeeping, with what each end belongs to."""
    names = {found["EventId"]: str(found["Name"]) for found in history if found.get("Name")}
    for found in history:
        sentence = SENTENCES.get(kind_of(found))
        if sentence is None:
            continue
        facts = {key: _short(value) for key, value in found.items()}
        facts["about"] = names.get(found.get("TaskScheduledId", 0), "?")
        facts["due"] = _moment(found["FireAt"]) if found.get("FireAt") else "?"
        yield Line(_moment(found["Timestamp"]), sentence.format_map(defaultdict(lambda: "nothing", facts)))


@dataclass(frozen=True)
class Diagnosis:
    """Where a live instance stands: what it waits for, and ``troubles`` that will not end by themselves."""

    waits_for: str
    troubles: tuple[str, ...]


async def diagnose(worker: Worker, recorded: Recorded, now: datetime) -> Diagnosis:
    """Replay an instance that is not over against the app's code, and say what it waits for and what is wrong."""
    if not recorded.history:
        known = worker.knows("orchestrator", recorded.name)
        missing = () if known else (f"the app has no orchestrator {recorded.name}: it never starts",)
        return Diagnosis("its start", missing)
    if not worker.knows("orchestrator", recorded.name):
        return Diagnosis("nothing", (f"the app has no orchestrator {recorded.name}: it never goes on",))
    outcome, error = await walk_over(worker, recorded, recorded.history, [])
    troubles = [*_poison(recorded.history), *(note.text for note in outcome.notes)]
    if error is not None:
        troubles.append(f"the code of today fails on this history: {_short(error)}")
    elif outcome.decisions:
        what = ", ".join(
            f"{made.kind.name} {made.members.get('Name') or ''}".strip() for made in outcome.decisions[:3]
        )
        troubles.append(f"the code of today does something else than this history: {what}")
    if _is_suspended(recorded.history):
        return Diagnosis("somebody who resumes it: it is suspended", tuple(troubles))
    for made in outcome.open_decisions.values():
        fire_at = made.members.get("FireAt")
        if made.kind is Kind.TimerCreated and isinstance(fire_at, datetime) and fire_at < now:
            troubles.append(
                f"the timer for {_moment_of(fire_at)} is overdue: does a host with this task hub run?"
            )
    waited = outcome.waits_for
    if waited is None and outcome.open_decisions:
        waited = "what it started and did not await"
    troubles += _unclaimed(recorded.history, outcome.awaited) if error is None else ()
    return Diagnosis(waited or "nothing that its history shows", tuple(troubles))


def _is_suspended(history: list[Event]) -> bool:
    last = [kind_of(e) for e in history if kind_of(e) in (Kind.ExecutionSuspended, Kind.ExecutionResumed)]
    return bool(last) and last[-1] is Kind.ExecutionSuspended


def _poison(history: list[Event]) -> Iterator[str]:
    for found in history:
        if kind_of(found) is Kind.EventRaised and any(key in (found.get("Input") or "") for key in POISON):
            yield (
                f"the payload of event {found['Name']} holds {POISON[0]} or the like: the SDK takes it for an object"
                " of its own and fails on it. Check payloads before you raise them."
            )


def _unclaimed(history: list[Event], awaited: frozenset[str]) -> Iterator[str]:
    """Events of names that the code has not waited for, often for a difference in case."""
    for name in sorted({str(found["Name"]) for found in history if kind_of(found) is Kind.EventRaised}):
        meant = next((other for other in awaited if other.lower() == name.lower()), None)
        if meant is None:
            yield f"event {name} came, and nothing waits for an event of that name."
        elif name not in awaited:
            yield f"event {name} came, and it waits for {meant}: SDK 1.x tells names apart by case. Raise {meant}."


def _short(text: object) -> str:
    if text is None:
        return "nothing"
    flat = " ".join(str(text).split())
    return flat if len(flat) <= LONGEST_TEXT else f"{flat[:LONGEST_TEXT]}... ({len(flat)} characters)"


def _moment(text: str) -> str:
    return _moment_of(parse_time(text))


def _moment_of(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def as_json(found: Recorded) -> str:
    """The whole history, for other tools."""
    return json.dumps(vars(found), indent=1)
