"""Histories as files: JSON lists of instances, each with the events that the extension would send to a worker."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from devhost.problems import Problem
from devhost.protocol.events import Event, Kind, kind_of


@dataclass(frozen=True)
class Recorded:
    """An instance of the orchestrator ``name``; ``history`` is empty where it has not run yet."""

    id: str
    name: str
    execution: str
    history: list[Event]

    @property
    def is_over(self) -> bool:
        return any(kind_of(found) is Kind.ExecutionCompleted for found in self.history)


def read(folder: Path) -> list[Recorded]:
    """Every instance of every ``*.json`` in a folder. Raises Problem."""
    files = sorted(folder.glob("*.json"))
    if not files:
        raise Problem(f"{folder} holds no *.json: export histories into it with --hub first.")
    return [found for path in files for found in _instances(path)]


def _instances(path: Path) -> list[Recorded]:
    try:
        found = _recorded(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Problem(
            f"{path} is not a list of instances with id, name, execution and history"
            f" ({type(error).__name__}: {error}): export it again with --hub."
        ) from None
    return found


def _recorded(content: Any) -> list[Recorded]:
    """Raises ValueError, TypeError or KeyError for what is not a list of instances."""
    if not isinstance(content, list):
        raise TypeError("it is not a list")
    found = [Recorded(**each) for each in content]
    for each in found:
        kinds = [Kind(event["EventType"]) for event in each.history]
        if kinds and (kinds[0] is not Kind.OrchestratorStarted or Kind.ExecutionStarted not in kinds):
            raise ValueError("a history begins with OrchestratorStarted and ExecutionStarted")
    return found


def write(folder: Path, instances: Iterable[Recorded]) -> None:
    """One file for each instance, into a folder without histories. Raises Problem."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.glob("*.json")):
        raise Problem(
            f"{folder} holds histories already, of instances that may be over by now: empty it first."
        )
    for each in instances:
        path = folder / f"{quote(each.id, safe='')}.json"
        path.write_text(json.dumps([vars(each)], indent=1) + "\n", encoding="utf-8")
