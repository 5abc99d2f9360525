"""A proposal in whose every corner somebody has written a secret, and where the secret still is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from approvals.model import Duration, Submission
from approvals.policy.directory import Directory
from approvals.policy.retention import Retention
from approvals.stored import ids, layout
from approvals.stored.codec import utc_text
from approvals.wire import Raised
from approvals.writing.audit import verify_trail
from services.answering import fulfillment
from services.deciding import events
from services.deciding.events import Listener
from services.store.cases import load
from services.submitting import revising
from tests.fakes import MemoryStore, PolicyToday, example_policy
from tests.unit.http_api.api import PDF, Api, draft

SECRET = "Quokka"
FIVE_YEARS = Retention(Duration(5, "years"))
ON_REQUEST = Retention(erase_on_request=True)
PURGE_AFTER = timedelta(days=30)
DOCUMENT = PDF + SECRET.encode()
KEY = {"Idempotency-Key": "once"}
FIRST = draft(title=f"{SECRET} hall", summary=f"A {SECRET}.", fields={"reason": f"{SECRET}s."}, note=SECRET)


class NoInstances:
    def status(self, instance: str) -> str | None:
        return None

    def purge(self, instance: str) -> None:
        raise AssertionError("there is nothing to purge")


def keep(api: Api, how: Retention) -> None:
    api.ports = replace(api.ports, policy=PolicyToday(replace(example_policy(), retention=how)))


def submit_first(api: Api) -> Any:
    form = {name: value for name, value in FIRST.items() if name != "fields"}
    form |= {"fields.reason": FIRST["fields"]["reason"]}
    files = {"document:description": (f"{SECRET}.pdf", DOCUMENT)}
    return api.post("/api/proposals", "ana", form=form, files=files, headers=KEY)


def first_revision(api: Api) -> str:
    """Asked, answered, handed over, an event refused, changes requested: each with the secret in its words."""
    proposal = str(submit_first(api).json["proposal"])
    api.open(proposal)
    assert api.ask("ben", proposal, text=f"Which {SECRET}?").status == 200
    answer = {"text": f"That {SECRET}."}
    address = f"/api/proposals/{proposal}"
    assert api.post(f"{address}/questions/r1-line-1-q1/answer", "ana", json=answer).status == 200
    task = f"{address}/revisions/1/tasks/line-1"
    version = {"If-Match": api.version(proposal, "line-1")}
    handed = {"to": "dora", "reason": f"{SECRET} knows her"}
    assert api.post(f"{task}/assignee", "ben", json=handed, headers=version).status == 200
    junk = Raised("decision", json.dumps({"by": f"{SECRET} himself", "task": f"the {SECRET}"}))
    events.judge(api.ports, Listener(proposal, 1, "approval"), 0, [junk])
    api.settle(proposal)
    assert api.decide("dora", proposal, "request_changes", "line-1.2", comment=f"no {SECRET}").status == 200
    api.settle(proposal)
    revising.request_changes(api.ports, proposal, 1)
    return proposal


def second_revision(api: Api, proposal: str) -> None:
    """Approved on a condition, whose evidence is refused once."""
    address = f"/api/proposals/{proposal}"
    body = {**FIRST, "budget": "800", "from_revision": 1, "keep": [ids.sha256(DOCUMENT)]}
    assert api.post(f"{address}/revisions", "ana", json=body).status == 202
    api.open(proposal, 2)
    due = utc_text(api.clock.now() + timedelta(days=9))
    ballot = {"verdict": "approve_with_conditions", "comment": f"if {SECRET}"}
    ballot["conditions"] = [{"text": f"show the {SECRET}", "due": due}]  # type: ignore[assignment]  # JSON
    version = {"If-Match": api.version(proposal, "line-1", 2)}
    path = f"{address}/revisions/2/tasks/line-1/decision"
    assert api.post(path, "ben", json=ballot, headers=version).status == 200
    api.settle(proposal, revision=2)
    fulfillment.open_conditions(api.ports, proposal, 2)
    form = {"condition": "line-1-c1", "note": f"the {SECRET}"}
    given = {"document:photo": (f"{SECRET}.png", DOCUMENT + b"photo")}
    for sent in (
        {"form": form, "files": given},
        {"json": {"condition": "line-1-c1", "action": "refuse", "note": f"a wombat, no {SECRET}"}},
        {"form": {**form, "note": f"this {SECRET}"}, "files": given},
        {"json": {"condition": "line-1-c1", "action": "confirm"}},
    ):
        who = "ben" if "json" in sent else "ana"
        assert api.post(f"{address}/evidence", who, **sent).status == 200


def grow_old(api: Api) -> None:
    api.clock.advance(timedelta(days=5 * 366))


def secrets(api: Api) -> set[str]:
    """Where the secret still is, of the folders that hold text."""
    return {name for name, blob in api.store.blobs.items() if SECRET.encode() in blob.data or SECRET in name}


def archive(api: Api) -> MemoryStore:
    records = api.ports.records
    assert isinstance(records, MemoryStore)
    return records


class Killed(BaseException):
    """The process is gone."""


def writes(api: Api, action: Callable[[], object], kill_at: int | None) -> int:
    """How many writes happened to both stores; killed after the ``kill_at``-th."""
    done = 0

    def after(_operation: str, _name: str) -> None:
        nonlocal done
        done += 1
        if done == kill_at:
            raise Killed

    stores = (api.store, archive(api))
    for store in stores:
        store.after = after
    try:
        action()
    except Killed:
        pass
    finally:
        for store in stores:
            store.after = lambda *_: None
    return done


def snapshot(store: MemoryStore) -> dict[str, bytes]:
    return {name: blob.data for name, blob in store.blobs.items()}


def trail_of(api: Api, proposal: str) -> bytes:
    data = api.store.blobs[layout.audit(proposal, erased=True)].data
    assert verify_trail(data).problem is None
    return data


class Today:
    def __init__(self, directory: Directory) -> None:
        self.directory = directory

    def current(self) -> Directory:
        return self.directory


def first_directory(api: Api, proposal: str) -> str:
    found = load(api.store, layout.submission(proposal, 1), Submission)
    assert found is not None
    return found[0].directory


def stored_directory(api: Api, digest: str) -> Directory:
    found = load(api.store, layout.directory(digest), Directory)
    assert found is not None
    return found[0]
