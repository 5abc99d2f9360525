"""What people do, as requests that can be kept in a corpus and made by a later release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from tests.hosts import HostProcess

Move = dict[str, Any]
LIMIT_SECONDS = 60


def decide(
    proposal: str, by: str, task: str, verdict: str = "approve", revision: int = 1, **more: Any
) -> Move:
    """Decide on a task as it is shown then."""
    body = {"verdict": verdict, "comment": f"{by} says {verdict}", **more}
    path = f"/api/proposals/{proposal}/revisions/{revision}/tasks/{task}/decision"
    return {"by": by, "path": path, "json": body, "task": task}


def hand_over(proposal: str, by: str, task: str, **body: Any) -> Move:
    path = f"/api/proposals/{proposal}/revisions/1/tasks/{task}/assignee"
    return {"by": by, "path": path, "json": body, "task": task}


def ask(proposal: str, by: str, task: str, text: str) -> Move:
    path = f"/api/proposals/{proposal}/revisions/1/tasks/{task}/question"
    return {"by": by, "path": path, "json": {"text": text}, "task": task}


def answer(proposal: str, question: str, text: str) -> Move:
    path = f"/api/proposals/{proposal}/questions/{question}/answer"
    return {"by": "ana", "path": path, "json": {"text": text}}


def withdraw(proposal: str, reason: str = "no longer needed") -> Move:
    return {"by": "ana", "path": f"/api/proposals/{proposal}/withdrawal", "json": {"reason": reason}}


def evidence(proposal: str, by: str, condition: str, action: str, note: str = "") -> Move:
    body = {"condition": condition, "action": action, "note": note}
    return {"by": by, "path": f"/api/proposals/{proposal}/evidence", "json": body}


def raise_event(instance: str, payload: Any) -> Move:
    """The raise-event API; who calls it does not count."""
    path = f"/runtime/webhooks/durabletask/instances/{instance}/raiseEvent/decision"
    return {"by": "olga", "path": path, "json": payload}


def publish(proposal: str) -> Move:
    return {"by": "olga", "path": f"/api/proposals/{proposal}/publication", "json": {}}


def submit(key: str, **changes: Any) -> Move:
    """A process change, without documents; the same key is the same proposal."""
    body = {
        "title": key.replace("-", " ").capitalize(),
        "category": "process-change",
        "department": "engineering",
        "budget": "12000",
        "risk": "low",
        "summary": "Replace the sorting software of hall 2.",
        "fields": {"reason": "The old one smokes."},
    } | changes
    return {"by": "ana", "path": "/api/proposals", "json": body, "headers": {"Idempotency-Key": key}}


def revise(proposal: str, key: str, from_revision: int = 1, **changes: Any) -> Move:
    body = submit(key, **changes)["json"] | {"from_revision": from_revision, "note": "as you asked"}
    return {"by": "ana", "path": f"/api/proposals/{proposal}/revisions", "json": body}


@dataclass
class People:
    """Everybody, at a host."""

    host: HostProcess

    def call(self, method: str, by: str, path: str, **more: Any) -> requests.Response:
        headers = {"X-Greenlight-User": by} | more.pop("headers", {})
        return requests.request(method, self.host.url + path, headers=headers, timeout=LIMIT_SECONDS, **more)

    def do(self, move: Move, etag: str | None = None) -> requests.Response:
        """Make a move; a task's version is read first where it is not given."""
        headers = dict(move.get("headers", {}))
        if task := move.get("task"):
            headers["If-Match"] = etag or self.etag(move["by"], move["path"].split("/")[3], task)
        return self.call("POST", move["by"], move["path"], json=move["json"], headers=headers)

    def must(self, move: Move, etag: str | None = None) -> dict[str, Any]:
        """Make a move that is accepted. Returns the answer."""
        made = self.do(move, etag)
        assert made.ok, f"{move}: {made.status_code} {made.text}"
        found: dict[str, Any] = made.json()
        return found

    def waiting(self, by: str) -> dict[tuple[str, str], str]:
        """The versions of the tasks that wait for somebody, by proposal and task."""
        shown = self.call("GET", by, "/api/inbox")
        assert shown.ok, shown.text
        items = (item for item in shown.json()["items"] if item["kind"] == "decide")
        return {(item["proposal"], item["task"]): item["etag"] for item in items}

    def picture(self, by: str, proposal: str) -> dict[str, Any]:
        shown = self.call("GET", by, f"/api/proposals/{proposal}")
        assert shown.ok, shown.text
        found: dict[str, Any] = shown.json()
        return found

    def status(self, proposal: str) -> dict[str, Any]:
        shown = self.call("GET", "ana", f"/api/proposals/{proposal}/status")
        assert shown.ok, shown.text
        found: dict[str, Any] = shown.json()
        return found

    def etag(self, by: str, proposal: str, task: str) -> str:
        """The version of a task of the latest revision; empty where there is none that is open."""
        shown = self.call("GET", by, f"/api/proposals/{proposal}")
        stages = shown.json()["revisions"][-1]["stages"] if shown.ok else []
        views = (view for stage in stages for view in stage["tasks"])
        found = (view for view in views if view["task"]["task"] == task and view["task"]["state"] == "open")
        return str(next((view["etag"] for view in found), ""))

    def raise_event(self, instance: str, payload: Any, name: str = "decision") -> None:
        move = raise_event(instance, payload)
        made = self.do(move | {"path": move["path"].removesuffix("decision") + name})
        assert made.status_code == 202, made.text
