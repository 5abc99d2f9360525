"""The stress must see what goes wrong: it is run against hosts that lose, invent and hang."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scripts import stress
from scripts.stress import Api, Case, Task, run


class Host(Api):
    """A host in memory: one task, which a decision through either door applies, as far as ``broken`` lets it."""

    def __init__(self, broken: str = "") -> None:
        self.broken = broken
        self.verdict: str | None = None
        self.heard: list[Any] = []

    def submit(self, case: Case, budget: int) -> None:
        case.proposal, case.instance = "p-1", f"p-1-r1-{budget}"

    def shown(self, case: Case) -> dict[str, Any]:
        over = self.verdict is not None and self.broken != "hangs"
        state = "open" if self.verdict is None else "recorded" if self.broken == "forgets" else "applied"
        outcome = {"approve": "approved", "reject": "rejected"}.get(self.verdict or "")
        task = {"task": "line-1", "assignee": "ben", "state": state}
        return {
            "state": "closed" if over else "deciding",
            "proposal": {"outcome": "lapsed" if self.broken == "lapses" else outcome},
            "revisions": [{"stages": [{"tasks": [{"task": task, "etag": '"1"'}]}]}],
        }

    def decide(self, case: Case, task: Task, verdict: str) -> int:
        if self.verdict is not None:
            return 409
        self.verdict = verdict
        case.acknowledged.add(task.name)
        return 200

    def raise_event(self, case: Case, payload: Any) -> None:
        self.heard.append(payload)
        valid = isinstance(payload, dict) and payload.get("verdict") in {"approve", "reject"}
        if valid and (payload["task"], payload["by"]) == ("line-1", "ben"):
            self.verdict = self.verdict or payload["verdict"]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stress, "POLL_SECONDS", 0)
    monkeypatch.setattr("time.sleep", lambda _: None)


def complaints(make: Callable[[], Host], limit: float = 30) -> list[str]:
    return [complaint for number in range(12) for complaint in run(make(), number, 1, limit).complaints]


def test_has_nothing_to_say_of_a_good_host() -> None:
    assert complaints(Host) == []


def test_sees_what_hangs() -> None:
    assert complaints(lambda: Host("hangs"), limit=0.01) == ["still deciding"] * 12


def test_sees_a_wrong_end() -> None:
    assert {complaint.partition(",")[0] for complaint in complaints(lambda: Host("lapses"))} == {
        "ended lapsed"
    }


def test_sees_an_acknowledged_decision_that_never_counted() -> None:
    found = complaints(lambda: Host("forgets"))
    assert found
    assert all("neither applied nor explained: {'line-1': 'recorded'}" in complaint for complaint in found)


def test_the_same_seed_plays_the_same_schedule_and_another_one_does_not() -> None:
    def heard(seed: int) -> list[Any]:
        hosts = [Host() for _ in range(12)]
        for number, host in enumerate(hosts):
            run(host, number, seed, 30)
        return [host.verdict for host in hosts] + [sorted(map(repr, host.heard)) for host in hosts]

    assert heard(1) == heard(1)
    assert heard(1) != heard(2)
