"""The stage stress: seeded, hostile schedules of decisions on many proposals at once, against a running Greenlight.

    python -m scripts.stress --url http://127.0.0.1:7071 --instances 60 --in-flight 12 --seed 1

Decisions come one by one, in bursts, doubled, through the API and through the raise-event API, among events that mean
nothing. Afterwards every proposal must have ended as it was decided, and every decision that was acknowledged must have
become one that counted, or one of which the record says why it did not. Needs IDENTITY=local and the policy and
directory of config/. It runs on whatever host serves the address: that is its point.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from random import Random
from typing import Any

import requests

AUTHOR = "ana"
TIMEOUT_SECONDS = 60
POLL_SECONDS = 0.25
# Events that somebody might raise, and that must neither count nor stop anything.
NOISE: tuple[Any, ...] = (
    None,
    7,
    "approve",
    [],
    {},
    {"task": "nobody-9", "verdict": "approve", "by": "ben"},
    {"task": "line-1", "verdict": "perhaps", "by": "ben"},
    {"task": "line-1", "verdict": "approve", "by": "pete"},
    {"__class__": "X", "__module__": "y", "__data__": "z"},
    {"ring": "line-1"},
)


@dataclass(frozen=True)
class Task:
    """An open approval task, as the API shows it."""

    name: str
    assignee: str
    etag: str


@dataclass
class Case:
    """One proposal on its way: what was acknowledged, and what is wrong."""

    number: int
    reject: bool
    proposal: str = ""
    instance: str = ""
    acknowledged: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)


class Api:
    """The routes that the schedules use."""

    def __init__(self, url: str, key: str | None) -> None:
        self._url, self._key = url.rstrip("/"), key

    def submit(self, case: Case, budget: int) -> None:
        body = {
            "title": f"Stress {case.number}",
            "category": "process-change",
            "department": "engineering",
            "budget": budget,
            "risk": "low",
            "summary": "Made by scripts/stress.py",
            "fields": {"reason": "to see what holds"},
        }
        answer = self._call("POST", "/api/proposals", AUTHOR, json=body)
        answer.raise_for_status()
        case.proposal, case.instance = answer.json()["proposal"], answer.json()["instance"]

    def shown(self, case: Case) -> dict[str, Any]:
        answer = self._call("GET", f"/api/proposals/{case.proposal}", AUTHOR)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def decide(self, case: Case, task: Task, verdict: str) -> int:
        path = f"/api/proposals/{case.proposal}/revisions/1/tasks/{task.name}/decision"
        body = {"verdict": verdict, "comment": f"stress {case.number}"}
        answer = self._call("POST", path, task.assignee, json=body, headers={"If-Match": task.etag})
        if answer.status_code == HTTPStatus.OK:
            case.acknowledged.add(task.name)
        return answer.status_code

    def raise_event(self, case: Case, payload: Any) -> None:
        path = f"/runtime/webhooks/durabletask/instances/{case.instance}/raiseEvent/decision"
        headers = {"x-functions-key": self._key} if self._key else {}
        self._call("POST", path, AUTHOR, json=payload, headers=headers)

    def _call(self, method: str, path: str, person: str, **more: Any) -> requests.Response:
        headers = {"X-Greenlight-User": person} | more.pop("headers", {})
        return requests.request(
            method, f"{self._url}{path}", headers=headers, timeout=TIMEOUT_SECONDS, **more
        )


def open_tasks(shown: dict[str, Any]) -> list[Task]:
    return [
        Task(held["task"]["task"], held["task"]["assignee"], held["etag"])
        for stage in shown["revisions"][-1]["stages"]
        for held in stage["tasks"]
        if held["task"]["state"] == "open"
    ]


def run(api: Api, number: int, seed: int, limit: float) -> Case:
    """One proposal from submission to its end, by the schedule that ``seed`` makes."""
    chance = Random(seed * 100_003 + number)
    case = Case(number, reject=chance.choice([True, False, False, False]))
    api.submit(case, chance.choice([500, 90_000]))
    deadline = time.monotonic() + limit
    shown = api.shown(case)
    while shown["state"] != "closed" and time.monotonic() < deadline:
        tasks = open_tasks(shown)
        if tasks:
            _play(api, case, tasks, chance)
        time.sleep(POLL_SECONDS)
        shown = api.shown(case)
    _judge(case, shown)
    return case


def _play(api: Api, case: Case, tasks: list[Task], chance: Random) -> None:
    """Decide on every open task in a random way, with noise around it, all at once or spaced out."""
    moves: list[Callable[[], object]] = []
    for task in tasks:
        verdict = "reject" if case.reject else "approve"
        payload = {"task": task.name, "verdict": verdict, "by": task.assignee, "comment": "stress"}
        doors: list[Callable[[], object]] = [
            partial(api.decide, case, task, verdict),
            partial(api.raise_event, case, payload),
        ]
        moves += [chance.choice(doors)] * chance.choice([1, 1, 2])
    moves += [partial(api.raise_event, case, chance.choice(NOISE)) for _ in range(chance.randrange(4))]
    chance.shuffle(moves)
    if chance.choice([True, False]):
        with ThreadPoolExecutor(len(moves)) as burst:
            for done in [burst.submit(move) for move in moves]:
                done.result()
        return
    for move in moves:
        move()
        time.sleep(chance.choice([0, 0.1, 0.5]))


def _judge(case: Case, shown: dict[str, Any]) -> None:
    if shown["state"] != "closed":
        case.complaints.append(f"still {shown['state']}")
        return
    wanted = "rejected" if case.reject else "approved"
    outcome = shown["proposal"]["outcome"]
    if outcome != wanted:
        case.complaints.append(f"ended {outcome}, not {wanted}")
    states = {
        held["task"]["task"]: held["task"]["state"]
        for stage in shown["revisions"][-1]["stages"]
        for held in stage["tasks"]
    }
    lost = {
        task: states.get(task)
        for task in case.acknowledged
        if states.get(task) not in {"applied", "not_counted"}
    }
    if lost:
        case.complaints.append(f"acknowledged, and neither applied nor explained: {lost}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Stress a running Greenlight with hostile schedules.")
    parser.add_argument("--url", default="http://127.0.0.1:7071", help="where it runs")
    parser.add_argument("--key", help="the system key of the raise-event API, where the host asks for it")
    parser.add_argument("--instances", type=int, default=60, help="proposals (60)")
    parser.add_argument("--in-flight", type=int, default=12, help="proposals at once (12)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed plays the same schedules")
    parser.add_argument(
        "--limit", type=float, default=300, help="seconds for one proposal before it counts as hung"
    )
    arguments = parser.parse_args()
    api = Api(arguments.url, arguments.key)
    began = time.monotonic()
    with ThreadPoolExecutor(arguments.in_flight) as pool:
        runs = [
            pool.submit(run, api, number, arguments.seed, arguments.limit)
            for number in range(arguments.instances)
        ]
        cases = [each.result() for each in runs]
    wrong = [case for case in cases if case.complaints]
    for case in wrong:
        print(
            f"stress: {case.proposal} (seed {arguments.seed}, number {case.number}): {'; '.join(case.complaints)}"
        )
    acknowledged = sum(len(case.acknowledged) for case in cases)
    print(
        f"stress: {len(cases) - len(wrong)} of {len(cases)} proposals ended as decided, {acknowledged} acknowledged"
        f" decisions, seed {arguments.seed}, {time.monotonic() - began:.1f} s"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
