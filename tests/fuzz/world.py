"""What a fuzzed request can hit: proposals in every state, and real names in the place of made-up ones."""

from __future__ import annotations

import random
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from approvals.stored import ids
from tests.e2e.greenlight import FIELDS, PDF, Greenlight

AUTHOR, MANAGER = "ana", "ben"
# Fewer are nothing to a proposal, have left, are unknown or nobody: they get no further than the door.
INVOLVED = (AUTHOR, MANAGER, "fay", "kim", "olga")
PEOPLE = (*INVOLVED * 3, AUTHOR, AUTHOR, "hugo", "pete", "zoe", None)
# What a body may name, and what of it exists.
REAL: dict[str, tuple[Any, ...]] = {
    "category": ("software-design", "process-change"),
    "department": ("engineering",),
    "budget": ("900", 12.5),
    "prepared_by": ([], ["ben"]),
    "fields": (FIELDS, {"reason": "Things get lost."}),
    "from_revision": (1,),
    "keep": ([], [ids.sha256(PDF)]),
    "condition": ("review-1-c1",),
    "to": ("dora", "eli"),
}


@dataclass(frozen=True)
class Target:
    """A proposal and one of its tasks."""

    proposal: str
    task: str


@dataclass(frozen=True)
class World:
    greenlight: Greenlight
    targets: tuple[Target, ...]

    def aim(self, chance: random.Random, path: MutableMapping[str, Any]) -> Target | None:
        """Put real names into a path that is well-formed; returns what it is about."""
        if not ids.PROPOSAL_PATTERN.match(str(path.get("proposal"))):
            return None
        target = chance.choice(self.targets)
        real = {
            "proposal": target.proposal,
            "revision": 1,
            "task": target.task,
            "question": ids.question_id(1, target.task, "1"),
            "sha256": ids.sha256(PDF),
        }
        path.update({name: real[name] for name in path})
        return target

    def etag(self, target: Target) -> str:
        """The version of the task as it is shown now."""
        [first, *_] = self.greenlight.picture(AUTHOR, target.proposal)["revisions"]
        views = [view for stage in first["stages"] for view in stage["tasks"]]
        return next(str(view["etag"]) for view in views if view["task"]["task"] == target.task)


def realistic(chance: random.Random, body: Mapping[str, Any]) -> dict[str, Any]:
    """A body that names what exists."""
    return {**body, **{name: chance.choice(REAL[name]) for name in body if name in REAL}}


def make_world(greenlight: Greenlight) -> World:
    """Proposals that wait for a decision, for a revision, for evidence, and for nothing any more."""
    open_ones = [Target(_submit(greenlight, f"To decide {n}"), "line-1") for n in range(4)]
    decided = [
        _decided(greenlight, *way) for way in (("request_changes", "changes_requested"), ("reject", "closed"))
    ]
    for target in open_ones:
        _ask(greenlight, target)
    return World(greenlight, (*open_ones, *decided, _conditional(greenlight)))


def _submit(greenlight: Greenlight, title: str) -> str:
    """Its id comes from the key, so that it is the same in every run."""
    return greenlight.submit(AUTHOR, key=title.replace(" ", "-"), title=title)


def _ask(greenlight: Greenlight, target: Target) -> None:
    item = greenlight.wait_for_task(MANAGER, target.task, target.proposal)
    path = f"/api/proposals/{target.proposal}/revisions/1/tasks/{target.task}/question"
    answer = greenlight.post(MANAGER, path, json={"text": "How much?"}, headers={"If-Match": item["etag"]})
    assert answer.status_code == 200, answer.text


def _decided(greenlight: Greenlight, verdict: str, state: str) -> Target:
    proposal = _submit(greenlight, f"Decided: {verdict}")
    assert greenlight.decide(MANAGER, proposal, "line-1", verdict).status_code == 200
    greenlight.wait_for_state(AUTHOR, proposal, state)
    return Target(proposal, "line-1")


def _conditional(greenlight: Greenlight) -> Target:
    proposal = _submit(greenlight, "On a condition")
    assert greenlight.decide(MANAGER, proposal, "line-1").status_code == 200
    due = (greenlight.host.now() + timedelta(days=900)).isoformat()
    condition = {"text": "A second offer", "due": due}
    verdict = "approve_with_conditions"
    answer = greenlight.decide("fay", proposal, "review-1", verdict, conditions=[condition])
    assert answer.status_code == 200, answer.text
    assert greenlight.decide("carl", proposal, "review-2").status_code == 200
    greenlight.wait_for_state(AUTHOR, proposal, "conditions")
    return Target(proposal, "review-1")
