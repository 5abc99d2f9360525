"""The recordings of the official extension, cut into episodes; and what differs from run to run taken out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devhost.hub.tables import Account, Tables
from devhost.protocol.events import Event, Kind, Moment, kind_of
from devhost.protocol.rows import Row

GOLDEN = Path(__file__).parent.parent / "golden"
EXCHANGES = sorted(
    path.stem for path in (GOLDEN / "exchanges").glob("*.json") if path.stem != "activities-and-entities"
)
HISTORIES = sorted(path.stem for path in (GOLDEN / "histories").glob("*.json"))
SCENARIOS = [*EXCHANGES, *HISTORIES]
_SHORTENED = re.compile(r"(\"?)((.)\3+)\.\.\. \((\d+) characters\)")


def workflows_of(scenario: str) -> Path:
    """The app behind a recording."""
    return GOLDEN / ("workflows-2" if scenario in HISTORIES else "workflows")


def recorded(scenario: str) -> dict[str, Any]:
    """A recording with its strings of one letter in full, as they were before they were shortened."""
    folder = "histories" if scenario in HISTORIES else "exchanges"
    found: dict[str, Any] = _in_full(
        json.loads((GOLDEN / folder / f"{scenario}.json").read_text(encoding="utf-8"))
    )
    return found


def _in_full(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _in_full(item) for name, item in part.items()}
    if isinstance(part, list):
        return [_in_full(item) for item in part]
    if isinstance(part, str) and (short := _SHORTENED.fullmatch(part)):
        quote, _, letter, length = short.groups()
        return f"{quote}{letter * (int(length) - 2 * len(quote))}{quote}"
    return part


def recorded_calls(instance: dict[str, Any]) -> list[dict[str, Any]]:
    """Every orchestrator call of a recorded instance, with its whole history."""
    calls: list[dict[str, Any]] = []
    history: list[Event] = []
    for episode in instance["episodes"]:
        if "input" in episode:
            calls.append(episode)
            continue
        new = episode["new events"]
        is_new_execution = any(kind_of(found) is Kind.ExecutionStarted for found in new)
        history = [*([] if is_new_execution else history), *new]
        calls.append({**episode, "input": {"history": history}})
        messages = max(n for n, found in enumerate(history) if kind_of(found) is Kind.OrchestratorStarted) + 1
        history = [*history[:messages], *(found | {"IsPlayed": True} for found in history[messages:])]
    return calls


@dataclass(frozen=True)
class Episode:
    """One orchestrator call: what the extension sent, what the SDK answered, what the extension made of it.

    ``decisions`` are the events that it added before OrchestratorCompleted; None after the last recorded episode.
    """

    name: str
    sent: dict[str, Any]
    answer: dict[str, Any] | None
    error: str | None
    decisions: list[Event] | None

    @property
    def past(self) -> list[Event]:
        return self._cut()[0]

    @property
    def new(self) -> list[Event]:
        return self._cut()[1]

    def _cut(self) -> tuple[list[Event], list[Event]]:
        history: list[Event] = json.loads(json.dumps(self.sent["history"]))
        start = max(n for n, found in enumerate(history) if kind_of(found) is Kind.OrchestratorStarted)
        return history[:start], history[start:]


def episodes(scenario: str) -> Iterator[Episode]:
    """Every recorded call of a scenario, in order, instance by instance."""
    for instance in recorded(scenario)["instances"]:
        calls = recorded_calls(instance)
        for number, call in enumerate(calls):
            following = calls[number + 1]["input"]["history"] if number + 1 < len(calls) else None
            answer, error = call.get("output"), call.get("error")
            if error is not None and "$OutOfProcData$:" in error:
                answer, error = json.loads(error.partition("$OutOfProcData$:")[2]), None
            name = f"{instance['instanceId']} {number}"
            yield Episode(name, call["input"], answer, error, _decisions(call["input"]["history"], following))


def _decisions(history: list[Event], following: list[Event] | None) -> list[Event] | None:
    """What stands in the next call's history behind this call's, up to OrchestratorCompleted."""
    if (
        following is None
        or len(following) <= len(history)
        or _moments(following)[: len(history)] != _moments(history)
    ):
        return None  # the last call, or the next execution after continue-as-new
    added: list[Event] = []
    for found in following[len(history) :]:
        if kind_of(found) is Kind.OrchestratorCompleted:
            return added
        added.append(found)
    return None


def _moments(history: list[Event]) -> list[str]:
    return [str(found["Timestamp"]) for found in history]


TypedRow = dict[str, tuple[str, Any]]


def recorded_rows(file: str) -> dict[str, list[TypedRow]]:
    """Rows by their title, ``<table> <instance>``; each column is (EDM type, value)."""
    found = json.loads((GOLDEN / "tables" / f"{file}.json").read_text(encoding="utf-8"))
    return {title: rows for title, rows in found.items() if isinstance(rows, list)}


async def copy_rows(azurite: str, hub: str, recorded: dict[str, list[TypedRow]]) -> None:
    """Put recorded rows into the tables of a hub that is there."""
    async with Tables(Account.of(azurite)) as tables:
        for title, rows in recorded.items():
            for row in rows:
                await tables.put(f"{hub}{title.split()[0]}", _plain(row))


def _plain(row: TypedRow) -> Row:
    return {name: Moment.of(value) if kind == "DateTime" else value for name, (kind, value) in row.items()}


GUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?")


def normal(value: Any) -> Any:
    """The same value without what no two runs share: GUIDs and moments, in the order of their first appearance."""
    seen: dict[str, str] = {}

    def named(found: re.Match[str], kind: str) -> str:
        return seen.setdefault(
            found[0], f"<{kind} {sum(name.startswith(f'<{kind}') for name in seen.values())}>"
        )

    def walk(part: Any) -> Any:
        if isinstance(part, dict):
            return {walk(key): walk(item) for key, item in part.items()}
        if isinstance(part, list):
            return [walk(item) for item in part]
        if isinstance(part, str):
            part = MOMENT.sub("<moment>", part)
            return GUID.sub(lambda found: named(found, "guid"), part)
        return part

    return walk(value)
