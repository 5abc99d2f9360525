"""What the official extension does under load, on purpose and reproducible: the switch ``--faults``.

Each decision depends on the seed, the fault, the instance and how many such decisions there were for it: the same
messages to the same instances meet the same faults, however instances take turns.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from random import Random
from typing import Any

from devhost.engine.clock import Cancellable
from devhost.engine.dispatch import Dispatcher
from devhost.engine.engine import Engine
from devhost.problems import Problem
from devhost.protocol.events import Kind, kind_of
from devhost.protocol.messages import Decision, Posted
from devhost.protocol.rows import Instance

log = logging.getLogger("devhost")
# Officially a queue is polled at least this far apart; what has come in between shares an episode.
POLLING_SECONDS = 0.05
SHORTEST_HOLD_SECONDS, LONGEST_HOLD_SECONDS = 0.05, 0.3


@dataclass(frozen=True)
class Faults:
    """Shares from 0 to 1 of what is concerned; ``kill`` is in seconds.

    ``lose_pending``: events to Pending instances that are lost with a 202. ``double``: messages delivered twice.
    ``reorder``: messages that later ones overtake. ``late``: timers up to a second early or late. ``kill``: how long
    what the last host had taken stays invisible after a start.
    """

    seed: int = 0
    lose_pending: float = 0.0
    double: float = 0.0
    reorder: float = 0.0
    late: float = 0.0
    kill: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Faults:
        """Of ``seed=7,lose-pending=0.08,double=0.02``. Raises Problem."""
        found: dict[str, Any] = {}
        known = {field.name.replace("_", "-") for field in fields(cls)}
        for part in filter(None, (each.strip() for each in text.split(","))):
            name, _, value = part.partition("=")
            if name not in known:
                raise Problem(f"--faults knows {', '.join(sorted(known))}, not {name!r}.")
            found[name.replace("-", "_")] = _number(name, value)
        return cls(**found)


def _number(name: str, text: str) -> float:
    limit = {"kill": 3600.0, "seed": float(2**53)}.get(name, 1.0)
    try:
        number = float(text) if name != "seed" else int(text)
    except ValueError:
        number = -1.0
    if 0 <= number <= limit:
        return number
    what = {"kill": "seconds, at most 3600", "seed": "a whole number, not below zero"}
    raise Problem(f"--faults {name} must be {what.get(name, 'a share from 0 to 1')}, not {text!r}.")


class Chance:
    """The dice of one run."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._thrown: Counter[tuple[str, str]] = Counter()

    def of(self, fault: str, instance_id: str) -> Random | None:
        """Does this fault happen now? If so, the dice for how."""
        self._thrown[fault, instance_id] += 1
        dice = Random(f"{self._faults.seed} {fault} {instance_id} {self._thrown[fault, instance_id]}")
        return dice if dice.random() < getattr(self._faults, fault) else None


class FaultyEngine(Engine):
    """An engine on which things go wrong as they do on Azure under load."""

    gather_seconds = POLLING_SECONDS

    def __init__(self, *arguments: Any, faults: Faults, max_activities: int, **more: Any) -> None:
        super().__init__(*arguments, max_activities=max_activities, **more)
        self._faults, self._chance = faults, Chance(faults)
        self.dispatcher = FaultyDispatcher(self._chance, self, self.entities, max_activities)
        self._invisible: list[Cancellable] = []

    async def send(self, instance_id: str, kind: Kind, **members: Any) -> None:
        """Deliver a client's message, or lose it."""
        instance = self.instances.get(instance_id)
        is_pending = instance is not None and instance.status == "Pending"
        if kind is Kind.EventRaised and is_pending and self._chance.of("lose_pending", instance_id):
            log.info("fault: the event '%s' to %s, which is Pending, is lost", members["Name"], instance_id)
            return
        await super().send(instance_id, kind, **members)

    def deliver(self, instance_id: str, posted: Posted) -> None:
        """Deliver a message once or twice, now or after later ones."""
        name = kind_of(posted.event).name
        if self._chance.of("double", instance_id):
            log.info("fault: %s is delivered to %s twice", name, instance_id)
            super().deliver(instance_id, Posted(dict(posted.event), posted.execution_id, once=posted.once))
        if dice := self._chance.of("reorder", instance_id):
            log.info("fault: %s is delivered to %s after later messages", name, instance_id)
            hold = dice.uniform(SHORTEST_HOLD_SECONDS, LONGEST_HOLD_SECONDS)
            self.spawn(self._deliver_after(hold, instance_id, posted))
        else:
            super().deliver(instance_id, posted)

    async def _deliver_after(self, seconds: float, instance_id: str, posted: Posted) -> None:
        await asyncio.sleep(seconds)
        super().deliver(instance_id, posted)

    def redo(self, call: Callable[[], object]) -> None:
        """What the last host had taken from a queue is visible again after a while."""
        due = self.clock.now() + timedelta(seconds=self._faults.kill)
        self._invisible.append(self.clock.call_at(due, lambda: _ignore(call())))

    async def stop(self) -> None:
        """Let go of everything, what is invisible too."""
        for each in self._invisible:
            each.cancel()
        await super().stop()


def _ignore(_: object) -> None:
    """A callback returns nothing."""


class FaultyDispatcher(Dispatcher):
    """Timers that come early or late."""

    def __init__(self, chance: Chance, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._chance = chance

    def visible(self, instance: Instance, decision: Decision, created: datetime) -> datetime:
        """When a timer fires: up to a second off, though not before it was created."""
        due = super().visible(instance, decision, created)
        if dice := self._chance.of("late", instance.id):
            due = max(created, due + timedelta(seconds=dice.uniform(-1, 1)))
            log.info("fault: timer %d of %s fires at %s", decision.event_id, instance.id, due)
        return due
