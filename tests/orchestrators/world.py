"""A whole Greenlight in memory on virtual time: real use cases, real orchestrators, a dictionary as storage."""

from __future__ import annotations

import asyncio
import inspect
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest

import activities.approval
import activities.approval_tasks
import activities.conditions
import activities.escalation
import activities.publication
import activities.revisions
import activities.screening
import activities.wired
import orchestrators.approval
import orchestrators.conditions
import orchestrators.publication
import orchestrators.screening
import services.store.cases
import services.submitting.submission
from approvals.draft import Draft
from approvals.model import Duration, Holder, Need, Proposal, Route, Seat, Stage, TaskState
from approvals.policy.directory import Directory, Person
from approvals.ports import Ports
from approvals.stored import layout
from approvals.verdicts import Verdict
from approvals.wire import VERSION
from approvals.writing.audit import AuditLine, parse_trail, verify_trail
from services.deciding import assignment, decide
from services.deciding.decide import Ballot
from services.store.cases import TaskRef, load_proposal, load_tasks, task_version
from services.submitting import revising, submission
from services.upkeep import noticing, sweeping
from tests.fakes import FixedClock, MemoryStore, example_policy, fake_ports
from tests.orchestrators.simulation import Orchestrator, Simulation

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
AUTHOR = "author"
PEOPLE = tuple(f"p{n}" for n in range(16))

ACTIVITY_MODULES: tuple[ModuleType, ...] = (
    activities.approval,
    activities.approval_tasks,
    activities.conditions,
    activities.escalation,
    activities.publication,
    activities.revisions,
    activities.screening,
)
ORCHESTRATORS: dict[str, Orchestrator] = {
    "approval": orchestrators.approval.run,
    "screening": orchestrators.screening.run,
    "conditions": orchestrators.conditions.run,
    "publication": orchestrators.publication.run,
}


class StorageFault(Exception):
    """A storage error, before or after the write happened."""


def person(name: str, **changes: Any) -> Person:
    values: dict[str, Any] = {
        "id": name,
        "name": name.upper(),
        "mail": f"{name}@example.com",
        "manager": None,
        "department": "engineering",
        "roles": (),
        "time_zone": "UTC",
        "country": "DE",
        "subdivision": None,
        "active": True,
        "object_id": None,
    }
    return Person(**values | changes)


DIRECTORY = Directory((person(AUTHOR), *(person(name) for name in PEOPLE)), {}, ())


def stage(
    name: str, need: Need, chains: list[list[str]], quorum: int | None = None, *, raise_event: bool = True
) -> Stage:
    required = {Need.ANY: 1, Need.ALL: len(chains), Need.QUORUM: quorum}[need]
    assert required is not None
    return Stage(
        name=name,
        title=name.capitalize(),
        need=need,
        quorum=required,
        seats=tuple(
            Seat(f"{name}-{n}", tuple(Holder(who, "the test asks") for who in chain))
            for n, chain in enumerate(chains, start=1)
        ),
        respond_within=Duration(2, "days"),
        remind_every=Duration(1, "days"),
        verdicts=tuple(Verdict),
        again_when=None,
        raise_event=raise_event,
    )


def user_function(module: ModuleType, name: str) -> Callable[[dict[str, Any]], Any]:
    function = getattr(module, name)._function.get_user_function()
    if inspect.iscoroutinefunction(function):
        return lambda request: asyncio.run(function(request))
    return function  # type: ignore[no-any-return]  # the SDK's builders are not typed


def all_activities() -> dict[str, Callable[[dict[str, Any]], Any]]:
    found = {}
    for module in ACTIVITY_MODULES:
        for name, value in vars(module).items():
            if hasattr(value, "_function"):
                found[name] = user_function(module, name)
    return found


@dataclass
class World:
    """A proposal under way. ``faults`` is how often a storage call inside an activity fails."""

    route: Route
    rng: random.Random
    faults: float = 0.0
    runs: int = VERSION  # the version of the orchestration
    clock: FixedClock = field(default_factory=lambda: FixedClock(START))
    ports: Ports = field(init=False)
    host: Simulation = field(init=False)
    proposal: str = field(init=False)
    directory: Directory = DIRECTORY
    notes: list[str] = field(default_factory=list)
    inside: bool = False  # an activity is running: faults may strike

    def __post_init__(self) -> None:
        self.ports = fake_ports(example_policy(), self.directory, clock=self.clock)
        store = self.store
        store.before = self._maybe_fail
        store.after = self._maybe_fail
        activities_ = {name: self._retried(function) for name, function in all_activities().items()}
        self.host = Simulation(self.clock, activities_, ORCHESTRATORS)

    @property
    def store(self) -> MemoryStore:
        store = self.ports.store
        assert isinstance(store, MemoryStore)
        return store

    def _maybe_fail(self, operation: str, name: str) -> None:
        if self.inside and self.rng.random() < self.faults:
            raise StorageFault(f"{operation} {name}")

    def _retried(self, function: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
        def call(request: dict[str, Any]) -> Any:
            for attempt in range(3):
                self.inside = True
                try:
                    return function(request)
                except StorageFault:
                    if attempt == 2:
                        raise
                finally:
                    self.inside = False
            raise AssertionError

        return call

    # -- moves -------------------------------------------------------------------------------------------

    def submit(self) -> str:
        stored = submission.submit(self.ports, AUTHOR, draft(), (), "key")
        self.proposal = stored.proposal
        self.start(stored)
        return stored.proposal

    def start(self, stored: Proposal) -> None:
        """Today's app starts what is begun again, whatever began it."""
        if stored.instance not in self.host.instances:
            version = VERSION if stored.generation() > 1 else self.runs
            request = {"proposal": stored.proposal, "revision": stored.revision, "version": version}
            self.host.start("approval", stored.instance, request)

    def current(self) -> Proposal:
        return load_proposal(self.store, self.proposal)[0]

    def tasks(self, revision: int = 1) -> list[Any]:
        return load_tasks(self.store, self.proposal, revision)

    def trail(self) -> tuple[AuditLine, ...]:
        """The audit trail, whose chain holds."""
        blob = self.store.blobs[layout.audit(self.proposal)]
        assert verify_trail(blob.data).problem is None
        return parse_trail(blob.data)

    def version(self, task: str) -> str:
        """The version of a task of the current revision, as shown."""
        tasks = {each.task: each for each in self.tasks(self.current().revision)}
        return task_version(tasks[task])

    def held(self) -> dict[str, str]:
        """By person, the first task that waits for them."""
        held: dict[str, str] = {}
        for task in self.tasks(self.current().revision):
            if task.state is TaskState.OPEN:
                held.setdefault(task.assignee, task.task)
        return held

    def held_by(self, who: str) -> str | None:
        return self.held().get(who)

    def decide(
        self, who: str, task: str, verdict: Verdict, comment: str = "because", *, ring: bool = True
    ) -> None:
        """Through the API's gate, with the version as shown."""
        revision = self.current().revision
        version = self.version(task)
        conditions: tuple[decide.ConditionDraft, ...] = ()
        if verdict is Verdict.APPROVE_WITH_CONDITIONS:
            conditions = (decide.ConditionDraft("show the tests", self.clock.now() + timedelta(days=5)),)
        ballot = Ballot(verdict, comment, conditions)
        decide.decide(self.ports, who, TaskRef(self.proposal, revision, task), ballot, version)
        if ring:
            self.ring(task)

    def ring(self, task: str = "") -> None:
        self.raise_event({"ring": task})

    def raise_event(self, payload: Any, name: str = "decision") -> None:
        instance = self.current().instance
        self.host.raise_event(instance, name, payload)

    def hand_over(self, who: str, task: str, to: str) -> None:
        revision = self.current().revision
        version = self.version(task)
        assignment.hand_over(self.ports, who, TaskRef(self.proposal, revision, task), to, "", version)
        self.ring(task)

    def withdraw(self) -> None:
        revising.withdraw(self.ports, AUTHOR, self.proposal, "changed my mind")
        self.ring()

    def revise(self) -> None:
        old = self.current()
        changed = draft(budget=2000)
        stored = revising.revise(self.ports, AUTHOR, self.proposal, old.revision, changed, (), ())
        self.start(stored)
        self.host.raise_event(old.instance, "decision", {"ring": ""})

    def run_publication_again(self) -> None:
        stored = self.current()
        about: dict[str, Any] = {"proposal": stored.proposal, "revision": stored.revision}
        if self.runs > 1:
            about |= {"version": self.runs, "claim": stored.claim}
        self.host.start("publication", f"{stored.orchestration()}-publication", about)
        self.host.run()

    def notice(self, *, everything: bool = True) -> list[Proposal]:
        """As the sweep does it: what lost its instance goes on as a new generation."""
        begun = list(noticing.owed(self.ports, SimulatedHub(self.host), everything=everything))
        for each in begun:
            self.start(each)
        return begun

    def sweep(self) -> None:
        for chore in sweeping.walk(self.ports):
            if chore.kind == "start":
                self.start(chore.proposal)
            else:
                self.host.raise_event(chore.proposal.instance, "decision", {"ring": chore.task})


@dataclass
class SimulatedHub:
    """`Hub` over the simulation."""

    host: Simulation

    def status(self, instance: str) -> str | None:
        found = self.host.instances.get(instance)
        return found.status if found else None

    def purge(self, instance: str) -> None:
        self.host.lose(instance)

    def stopped(self) -> dict[str, str]:
        found = {name: each.status for name, each in self.host.instances.items()}
        return {name: status for name, status in found.items() if status not in ("Running", "Completed")}

    def terminate(self, instance: str, reason: str) -> None:
        self.host.terminate(instance)


def draft(budget: int = 1000) -> Draft:
    category, fields = example_category()
    return Draft("A bridge", category, "engineering", Decimal(budget), "low", "Over the stream.", fields)


def example_category() -> tuple[str, dict[str, str]]:
    """A category that asks for the least."""
    categories = example_policy().categories
    name = min(categories, key=lambda each: (len(categories[each].documents), each))
    return name, dict.fromkeys(categories[name].fields, "yes")


@contextmanager
def world(route: Route, seed: int = 0, faults: float = 0.0, runs: int = VERSION) -> Iterator[World]:
    """A World whose activities and routing are its own for as long as the context lasts."""
    with pytest.MonkeyPatch.context() as patch:
        made = World(route, random.Random(seed), faults, runs)
        patch.setattr(activities.wired, "ports", lambda: made.ports)
        patch.setattr(services.submitting.submission, "ORCHESTRATION_VERSION", runs)
        for module in (services.store.cases, services.submitting.submission):
            patch.setattr(module, "route", lambda *_: made.route)
        yield made
