"""Erasing in the store: nothing of what people wrote is left, and everything still answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from approvals.model import Submission
from approvals.refusals import Refusal, RefusalKind
from approvals.stored import ids, layout
from approvals.stored.codec import utc_text
from approvals.writing.audit import verify_trail
from approvals.writing.messages import Reader, Waiting, reminder
from scripts import verify
from services.closing import publishing
from services.store.cases import load
from services.store.outbox import post
from services.submitting.submission import Upload, store_revision
from services.upkeep import erasing, sweeping
from tests.unit.http_api.api import Api
from tests.unit.services.upkeep.erasing.world import (
    DOCUMENT,
    FIRST,
    SECRET,
    archive,
    grow_old,
    secrets,
    submit_first,
)

# -- what goes and what stays --------------------------------------------------------------------------


def test_the_secret_is_everywhere_before(api: Api, purged: str) -> None:
    """Or the test after this one would prove nothing."""
    shapes = {name.replace(purged, "P").partition("tasks/")[0] for name in secrets(api)}
    base = {f"proposals/P/r{n}/{name}" for n in (1, 2) for name in ("submission.json", "")}
    assert base | {"proposals/P/proposal.json", "proposals/P/audit.jsonl"} <= shapes
    for part in (
        "questions/",
        "events/",
        "conditions/",
        "documents/",
        "record.json",
        "record.html",
        "outbox/",
    ):
        assert any(part in name for name in secrets(api)), part


def test_nothing_that_people_wrote_is_left(api: Api, purged: str) -> None:
    kept = dict(archive(api).blobs)
    grow_old(api)
    erasing.run(api.ports)
    assert secrets(api) == set()
    assert api.stored(purged).erased_at == api.clock.now()
    digests = (ids.sha256(DOCUMENT), ids.sha256(DOCUMENT + b"photo"))
    assert [n for n in api.store.blobs if n.startswith("documents/") or n.rpartition("/")[2] in digests] == []
    assert list(api.store.names(layout.PURGED)) == []
    certificate = archive(api).blobs.pop(layout.certificate(purged))
    assert json.loads(certificate.data)["by"] == ids.SYSTEM
    assert archive(api).blobs == kept, "the archive is not touched"


def test_state_outcome_and_dates_still_answer(api: Api, purged: str) -> None:
    before = api.get(f"/api/proposals/{purged}", "ana").json
    grow_old(api)
    erasing.run(api.ports)
    for who in ("ana", "ben", "dora", "olga"):
        found = api.get(f"/api/proposals/{purged}", who).json
        assert SECRET not in json.dumps(found)
    assert found["state"] == "closed"
    for name in ("outcome", "created_at", "changed_at", "author", "revision", "purged_at"):
        assert found["proposal"][name] == before["proposal"][name]
    assert (found["proposal"]["title"], found["proposal"]["outcome_reason"]) == ("erased", "erased")
    [stage] = found["revisions"][1]["stages"]
    assert stage["state"] == "approved"
    decision = stage["tasks"][0]["task"]["decision"]
    assert (decision["verdict"], decision["by"], decision["comment"]) == (
        "approve_with_conditions",
        "ben",
        "erased",
    )
    assert found["revisions"][0]["submission"]["draft"]["summary"] == "erased"
    assert [line["entry"]["action"] for line in found["timeline"][:-1]] == [
        line["entry"]["action"] for line in before["timeline"]
    ]
    assert found["timeline"][-1]["entry"]["action"] == "erased"
    status = api.get(f"/api/proposals/{purged}/status", "ana")
    assert (status.status, status.json["outcome"], status.json["reason"]) == (200, "approved", "erased")
    [item] = api.get("/api/proposals", "ana").json["items"]
    assert (item["title"], item["outcome"]) == ("erased", "approved")
    assert api.get(f"/api/proposals/{purged}", "hugo").status == 404


def test_what_is_gone_is_gone_and_what_never_was_is_not(api: Api, purged: str) -> None:
    grow_old(api)
    erasing.run(api.ports)
    address = f"/api/proposals/{purged}"
    for path in (
        f"documents/{ids.sha256(DOCUMENT)}",
        f"documents/{ids.sha256(DOCUMENT + b'photo')}",
        "record",
        "record?format=json",
    ):
        answer = api.get(f"{address}/{path}", "ana")
        assert (answer.status, answer.json["type"]) == (410, "/problems/erased"), path
        assert answer.json["erased_at"] == utc_text(api.clock.now())
    assert api.get(f"{address}/documents/{'0' * 64}", "ana").status == 404
    assert api.get(f"{address}/record", "hugo").status == 404


def test_trail_and_archived_record_still_verify(
    api: Api, purged: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grow_old(api)
    erasing.run(api.ports)
    trail = api.get(f"/api/proposals/{purged}/audit", "ana").content
    assert verify_trail(trail).problem is None
    (tmp_path / "audit.jsonl").write_bytes(trail)
    sealed = archive(api).blobs[layout.published_record(purged, 2, "json")].data
    assert SECRET.encode() in sealed
    (tmp_path / "record.json").write_bytes(sealed)
    assert verify.main([str(tmp_path / "record.json"), str(tmp_path / "audit.jsonl")]) == 0
    said = capsys.readouterr().out
    certificate = json.loads(archive(api).blobs[layout.certificate(purged)].data)
    assert f"lines {certificate['lines']}\n" in said
    assert f"SHA-256 {certificate['trail_head']}:" in said


def test_other_proposals_are_not_touched(api: Api, purged: str) -> None:
    other = api.submit(title=f"Another {SECRET}")
    api.open(other)
    before = {name: blob for name, blob in api.store.blobs.items() if other in name}
    grow_old(api)
    erasing.run(api.ports)
    assert {name: blob for name, blob in api.store.blobs.items() if other in name} == before
    assert any(name.startswith("outbox/") for name in before)


def test_messages_that_were_never_delivered_go_too(api: Api, purged: str) -> None:
    name = layout.undelivered("ben", f"{purged}-r1-line-1-assigned")
    api.store.create(name, b"[]")
    grow_old(api)
    erasing.run(api.ports)
    assert name not in api.store.blobs


def test_a_revision_that_never_became_the_current_one_goes_too(api: Api, purged: str) -> None:
    """Its author crashed between storing and committing it; then the proposal ended as it was."""
    found = load(api.store, layout.submission(purged, 2), Submission)
    assert found is not None
    upload = Upload("later.pdf", "description", "application/pdf", DOCUMENT + b"later")
    parts = (found[0].draft, (upload.reference(),), (upload,))
    assert store_revision(api.ports, purged, 3, "ana", *parts)
    assert layout.submission(purged, 3) in secrets(api)
    grow_old(api)
    erasing.run(api.ports)
    assert secrets(api) == set()
    assert [name for name in api.store.blobs if name.startswith("documents/")] == []


def test_reminders_that_name_it_go_too(api: Api, purged: str) -> None:
    """A reminder's id names no proposal; it may list several, of others too."""
    other = api.submit()
    day = api.stored(purged).created_at
    about, also = (
        Waiting(proposal, 1, "line-1", title, day)
        for proposal, title in ((purged, f"{SECRET} hall"), (other, "Other"))
    )
    alone, listed, spared = ("kim", [about]), ("hugo", [also, about]), ("dora", [also])
    for person, waits in (alone, listed, spared):
        post(api.ports, reminder(person, waits, Reader("UTC", str, api.ports.texts), day))
        api.store.create(layout.undelivered(person, f"reminder-{person}-{day.date()}"), b"[]")
    grow_old(api)
    erasing.run(api.ports)
    assert secrets(api) == set()
    left = [name for name in api.store.blobs if "/reminder-" in name]
    assert sorted(left) == [
        f"outbox/dora/reminder-dora-{day.date()}.json",
        f"undelivered/dora/reminder-dora-{day.date()}",
    ]


# -- nothing comes back --------------------------------------------------------------------------------


def test_repeated_requests_bring_nothing_back(api: Api, purged: str) -> None:
    grow_old(api)
    erasing.run(api.ports)
    api.client.started.clear()
    before = dict(api.store.blobs)
    again = submit_first(api)
    assert (again.status, again.json["proposal"], again.json["outcome"]) == (200, purged, "approved")
    address = f"/api/proposals/{purged}"
    body = {**FIRST, "budget": "800", "from_revision": 1, "keep": [ids.sha256(DOCUMENT)]}
    assert api.post(f"{address}/revisions", "ana", json=body).status == 409
    version = {"If-Match": api.version(purged, "line-1", 2)}
    ballot = {"verdict": "reject", "comment": SECRET}
    late = api.post(f"{address}/revisions/2/tasks/line-1/decision", "ben", json=ballot, headers=version)
    assert late.status == 409
    assert list(sweeping.walk(api.ports)) == []
    with pytest.raises(Refusal) as refused:
        publishing.seal_record(api.ports, purged, 2)
    assert refused.value.kind is RefusalKind.ERASED
    assert api.store.blobs == before
    assert api.client.started == []
