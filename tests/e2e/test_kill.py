"""kill -9 at random while people submit and decide: what was acknowledged is applied, nothing is doubled."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from tests.e2e.greenlight import Greenlight, eventually, greenlight_host
from tests.hosts import running_host

KILLS = 5
PROPOSALS = 6
SEED = 20261124
STEPS = (("ben", "line-1", "api"), ("fay", "review-1", "raise-event"), ("carl", "review-2", "api"))


class Staff:
    """Somebody for each proposal, who submits and decides on it, and tries again when nobody answers."""

    def __init__(self, greenlight: Greenlight, number: int) -> None:
        self.greenlight, self.key = greenlight, f"kill-{number}"
        self.proposal = ""
        self.acknowledged: list[str] = []
        self.error: BaseException | None = None

    def work(self) -> None:
        try:
            self.proposal = self._until_answered(self._submit)
            for who, task, door in STEPS:
                self._until_answered(lambda who=who, task=task, door=door: self._decide(who, task, door))  # type: ignore[misc]  # binds the loop's values
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            self.error = error

    def _until_answered(self, call: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            try:
                if answer := call():
                    return answer
            except requests.ConnectionError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"{self.key}: no answer")

    def _submit(self) -> str | None:
        answer = self.greenlight.submit_request(key=self.key, title=self.key)
        return str(answer.json()["proposal"]) if answer.status_code == 202 else None

    def _decide(self, who: str, task: str, door: str) -> bool:
        if door == "raise-event":
            answer = self.greenlight.get("ana", f"/api/proposals/{self.proposal}/status")
            status = answer.json() if answer.status_code == 202 else {"tasks": []}
            if task not in [each["task"] for each in status["tasks"]]:
                return False
            payload = {"task": task, "verdict": "approve", "by": who, "comment": "killed?"}
            accepted = self.greenlight.raise_event(f"{self.proposal}-r1", payload).status_code == 202
        else:
            inbox = self.greenlight.get(who, "/api/inbox")
            items = inbox.json()["items"] if inbox.status_code == 200 else []
            item = next((i for i in items if (i["proposal"], i["task"]) == (self.proposal, task)), None)
            if item is None:
                return self._is_stored(task)  # or the answer was lost
            path = f"/api/proposals/{self.proposal}/revisions/1/tasks/{task}/decision"
            body = {"verdict": "approve", "comment": "killed?"}
            answer = self.greenlight.post(who, path, json=body, headers={"If-Match": item["etag"]})
            accepted = answer.status_code == 200
        if accepted:
            self.acknowledged.append(task)
        return accepted

    def _is_stored(self, task: str) -> bool:
        answer = self.greenlight.get("ana", f"/api/proposals/{self.proposal}")
        stages = answer.json()["revisions"][-1]["stages"] if answer.status_code == 200 else []
        views = [view["task"] for stage in stages for view in stage["tasks"]]
        return any(view["task"] == task and view["decision"] is not None for view in views)


def test_random_kills_lose_nothing_and_double_nothing(azurite: str, tmp_path: Path) -> None:
    rng = random.Random(SEED)
    with running_host(greenlight_host(azurite, tmp_path)) as host:
        greenlight = Greenlight(host)
        staff = [Staff(greenlight, number) for number in range(PROPOSALS)]
        threads = [threading.Thread(target=each.work) for each in staff]
        for thread in threads:
            thread.start()
        for _ in range(KILLS):
            time.sleep(rng.uniform(0.2, 1.2))
            host.kill()
            host.start()
        while any(thread.is_alive() for thread in threads):
            host.advance("PT2M")  # the sweep rings for what a kill made deaf
            time.sleep(0.3)
        assert [each.error for each in staff] == [None] * PROPOSALS
        host.advance("PT3M")
        for each in staff:
            check(greenlight, each)


def check(greenlight: Greenlight, each: Staff) -> None:
    over = greenlight.wait_for_state("ana", each.proposal, "closed")
    assert over["outcome"] == "approved"
    entries = greenlight.trail("ana", each.proposal)
    for task in each.acknowledged:
        assert greenlight.task("ana", each.proposal, task)["task"]["state"] == "applied"
    assert [entry["action"] for entry in entries].count("decided") == len(STEPS)
    assert [entry["action"] for entry in entries].count("closed") == 1
    titles = [item["title"] for item in greenlight.get("ana", "/api/proposals").json()["items"]]
    assert titles.count(each.key) == 1
    eventually(
        lambda: (greenlight.host.instance(f"{each.proposal}-r1") or {})["runtimeStatus"] == "Completed",
        "ends",
    )
