"""Greenlight over HTTP, as people and programs use it."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import requests

from approvals.writing.audit import verify_trail
from tests.hosts import HostProcess

T = TypeVar("T")
WAIT_SECONDS = 30
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
FIELDS = {"goal": "Half the errors", "alternatives": "Keep it, or buy one"}


def greenlight_host(azurite: str, folder: Path, **settings: str) -> HostProcess:
    """The app on devhost with a virtual clock, a hub and containers of its own."""
    own = uuid.uuid4().hex[:12]
    host = HostProcess(
        azurite, folder / f"host-{own}.log", options=("--clock", "virtual"), ready="/api/health"
    )
    host.settings = {
        "AzureWebJobsStorage": azurite,
        "TASKHUB_NAME": host.hub,
        "PROPOSALS_CONTAINER": f"greenlight-{own}",
        "RECORDS_CONTAINER": f"greenlight-records-{own}",
        "IDENTITY": "local",
        "CLOCK_URL": f"{host.url}/admin/clock",
        "AZURE_FUNCTIONS_DURABLE_STRICT_TYPING": "1",
        **settings,
    }
    return host


def eventually(look: Callable[[], T | None], what: str) -> T:
    """Poll until ``look`` returns something true. Fails after WAIT_SECONDS."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {WAIT_SECONDS} seconds")


@dataclass
class Greenlight:
    """A client. Methods take who is asking first."""

    host: HostProcess

    def call(self, method: str, who: str | None, path: str, **arguments: Any) -> requests.Response:
        headers = {"X-Greenlight-User": who} if who else {}
        headers |= arguments.pop("headers", {})
        return requests.request(method, self.host.url + path, headers=headers, timeout=60, **arguments)

    def get(self, who: str | None, path: str, **arguments: Any) -> requests.Response:
        return self.call("GET", who, path, **arguments)

    def post(self, who: str | None, path: str, **arguments: Any) -> requests.Response:
        return self.call("POST", who, path, **arguments)

    def body(self, **changes: Any) -> dict[str, Any]:
        return {
            "title": "New sorting hall",
            "category": "software-design",
            "department": "engineering",
            "budget": "12000",
            "risk": "low",
            "summary": "Replace the sorting software of hall 2.",
            "fields": FIELDS,
        } | changes

    def submit(self, who: str = "ana", *, key: str | None = None, design: bytes = PDF, **changes: Any) -> str:
        """Submit with a design document, wait until somebody is asked; returns the proposal's id."""
        answer = self.submit_request(who, key=key, design=design, **changes)
        assert answer.status_code == 202, answer.text
        proposal: str = answer.json()["proposal"]
        self.wait_for_state(who, proposal, "deciding")
        return proposal

    def submit_without_documents(self, who: str = "ana", **changes: Any) -> str:
        """Submit a process change as JSON, wait until somebody is asked; returns the proposal's id."""
        fields = {"reason": "The old one smokes."}
        body = self.body(**{"category": "process-change", "fields": fields, **changes})
        answer = self.post(who, "/api/proposals", json=body)
        assert answer.status_code == 202, answer.text
        proposal: str = answer.json()["proposal"]
        self.wait_for_state(who, proposal, "deciding")
        return proposal

    def submit_request(
        self,
        who: str = "ana",
        *,
        key: str | None = None,
        design: bytes = PDF,
        path: str = "/api/proposals",
        **changes: Any,
    ) -> requests.Response:
        body = self.body(**changes)
        form = {name: value for name, value in body.items() if name != "fields"}
        form |= {f"fields.{name}": value for name, value in body["fields"].items()}
        headers = {"Idempotency-Key": key} if key else {}
        files = {"document:design": ("design.pdf", design, "application/pdf")}
        return self.post(who, path, data=form, files=files, headers=headers)

    def status(self, who: str, proposal: str) -> dict[str, Any]:
        answer = self.get(who, f"/api/proposals/{proposal}/status")
        assert answer.status_code in (200, 202), answer.text
        found: dict[str, Any] = answer.json()
        return found

    def picture(self, who: str, proposal: str) -> dict[str, Any]:
        answer = self.get(who, f"/api/proposals/{proposal}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def wait_for_state(self, who: str, proposal: str, state: str) -> dict[str, Any]:
        """Wait until the status says so; deciding waits for open tasks too."""

        def look() -> dict[str, Any] | None:
            found = self.status(who, proposal)
            ready = found["state"] == state and (state != "deciding" or found["tasks"])
            return found if ready else None

        return eventually(look, f"{proposal} is {state}")

    def wait_for_task(self, who: str, task: str, proposal: str) -> dict[str, Any]:
        """Wait until the task is open in the person's inbox."""

        def look() -> dict[str, Any] | None:
            items = self.get(who, "/api/inbox").json()["items"]
            return next((i for i in items if (i["proposal"], i["task"]) == (proposal, task)), None)

        return eventually(look, f"{task} of {proposal} waits for {who}")

    def decide(
        self, who: str, proposal: str, task: str, verdict: str = "approve", comment: str = "fine", **more: Any
    ) -> requests.Response:
        """Decide on what the inbox shows."""
        item = self.wait_for_task(who, task, proposal)
        path = f"/api/proposals/{proposal}/revisions/{item['revision']}/tasks/{task}/decision"
        body = {"verdict": verdict, "comment": comment, **more}
        return self.post(who, path, json=body, headers={"If-Match": item["etag"]})

    def raise_event(self, instance: str, payload: Any, name: str = "decision") -> requests.Response:
        """The raise-event API."""
        address = f"{self.host.management}/instances/{instance}/raiseEvent/{name}"
        headers = {"Content-Type": "application/json"}
        return requests.post(address, data=json.dumps(payload), headers=headers, timeout=60)

    def approve_all(self, proposal: str) -> None:
        """The software rule: ben, then fay and carl."""
        assert self.decide("ben", proposal, "line-1").status_code == 200
        for who, task in (("fay", "review-1"), ("carl", "review-2")):
            assert self.decide(who, proposal, task).status_code == 200

    def trail(self, who: str, proposal: str) -> list[dict[str, Any]]:
        """The audit entries, checked to be one chain."""
        answer = self.get(who, f"/api/proposals/{proposal}/audit")
        assert answer.status_code == 200, answer.text
        assert verify_trail(answer.content).problem is None
        entries: list[dict[str, Any]] = [json.loads(line) for line in answer.content.splitlines()]
        assert len({entry["id"] for entry in entries}) == len(entries)
        return entries

    def task(self, who: str, proposal: str, task: str) -> dict[str, Any]:
        """A task of the latest revision as shown."""
        for stage in self.picture(who, proposal)["revisions"][-1]["stages"]:
            for view in stage["tasks"]:
                if view["task"]["task"] == task:
                    found: dict[str, Any] = view
                    return found
        raise AssertionError(f"{proposal} has no task {task}")
