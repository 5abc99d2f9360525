"""Where the SDK and the extension are out of step: told in the log, because nothing else tells it.

The SDK believes that an action is over and goes on; the extension, which replays the action list, still waits for it.
Then nothing behind it is scheduled, and no timer behind it ever fires. The other cases below are its relatives.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

from devhost.protocol.events import Kind
from devhost.protocol.framework import Framework
from devhost.protocol.futures import Future, UnknownFunction

TIMER, EVENT, ANY, ALL = 5, 6, 11, 12
NAMES = {
    0: "activity",
    1: "activity",
    2: "sub-orchestration",
    3: "sub-orchestration",
    TIMER: "timer",
    EVENT: "event",
}
OTHERS = {4: "continue-as-new", 7: "call of entity", 8: "HTTP call", 9: "signal to entity"}


@dataclass
class Step:
    """An action that the walk has invoked, and what it awaits for it."""

    action: dict[str, Any]
    future: Future
    parts: list[Step] = field(default_factory=list)

    @property
    def all_parts(self) -> list[Step]:
        """Itself, or what it is made of."""
        return [found for part in self.parts for found in part.all_parts] or [self]


@dataclass(frozen=True)
class Note:
    """Something that a person should know; ``level`` is logging's."""

    text: str
    level: int = logging.WARNING


def notes_of(framework: Framework, answer: dict[str, Any], steps: list[Step]) -> list[Note]:
    """What a person should know about this episode; empty where all is well."""
    if framework.is_completed or framework.is_suspended or not answer:
        return []
    notes = [
        Note(
            f"{part.future.error} It is never called, and the orchestrator waits for it for ever.",
            logging.ERROR,
        )
        for step in steps
        for part in step.all_parts
        if isinstance(part.future.error, UnknownFunction)
    ]
    notes += [Note(_crowded(name), logging.INFO) for name in sorted(framework.crowded)]
    notes += [Note(_phantom(name)) for step in steps for name in _phantom_waits(step)]
    waiting = next((step for step in steps if not step.future.done), None)
    if waiting is not None:
        notes += [Note(text) for text in _behind(answer, steps.index(waiting), waiting)]
    elif framework.has_returned and not framework.is_over and not framework.continues:
        notes.append(Note(_open_tasks(framework)))
    return notes


def _behind(answer: dict[str, Any], position: int, waiting: Step) -> list[str]:
    later = answer["actions"][0][position + 1 :]
    stays = f"the extension still waits for {describe(waiting.action)} (action {position + 1})"
    if later:
        what = ", ".join(describe(action) for action in later[:3])
        more = f" and {len(later) - 3} more" if len(later) > 3 else ""  # noqa: PLR2004 - as many as are named
        hangs = "The instance hangs if it never ends; it would on Azure too."
        return [
            f"out of step: the SDK has gone on, {stays}. Not scheduled until that ends: {what}{more}. {hangs}"
        ]
    if answer["isDone"]:
        return [
            f"out of step: the orchestrator has returned, {stays}. The instance stays Running until that ends."
        ]
    return []


def _open_tasks(framework: Framework) -> str:
    timers = [
        f"the timer due {made.members['FireAt']:%Y-%m-%d %H:%M:%S}"
        for made in framework.open_decisions.values()
        if made.kind is Kind.TimerCreated
    ]
    others = [
        str(made.members["Name"])
        for made in framework.open_decisions.values()
        if made.kind is not Kind.TimerCreated
    ]
    return (
        f"the orchestrator has returned, but the instance stays Running until {', '.join([*timers, *others])} ends:"
        " cancel the timers that lost, await what was started."
    )


def _crowded(name: str) -> str:
    return (
        f"several events '{name}' came while nobody waited for them: of these the SDK keeps only the last, and gives"
        " that to every later wait. Read them from the history instead of from the wait."
    )


def _phantom_waits(step: Step) -> list[str]:
    """Waits that Python saw answered (it cancelled the timer beside them), with no event left for them here."""
    if step.action["actionType"] != ANY or not any(_is_cancelled(part.action) for part in step.parts):
        return []
    return [
        part.action["externalEventName"]
        for part in step.parts
        if part.action["actionType"] == EVENT and not part.future.done
    ]


def _is_cancelled(action: dict[str, Any]) -> bool:
    return action["actionType"] == TIMER and bool(action.get("isCanceled"))


def _phantom(name: str) -> str:
    return (
        f"a wait for '{name}' was answered by an event that the SDK had used before: it never forgets the last event"
        " that came while nobody waited, so every later wait of that name ends at once (a hot loop)."
    )


def describe(action: dict[str, Any]) -> str:
    """An action in words."""
    kind = action["actionType"]
    if kind in (ANY, ALL):
        return (" or " if kind == ANY else " and ").join(describe(part) for part in action["compoundActions"])
    name = action.get("functionName") or action.get("externalEventName") or action.get("fireAt")
    name = name or action.get("instanceId") or ""
    return f"{NAMES.get(kind) or OTHERS.get(kind, 'action')} {name}".strip()
