"""Erasing in the store: nothing of what people wrote is left, everything still answers, and a crash is carried on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.settings import ConfigurationError
from approvals import codec, ids, layout
from approvals.audit import verify_trail
from approvals.codec import utc_text
from approvals.directory import Directory
from approvals.messages import Waiting, reminder
from approvals.model import AuditEntry, Duration, Outcome, Proposal, Submission
from approvals.refusals import Refusal, RefusalKind
from approvals.retention import KEEP, Retention
from scripts import erase as script
from scripts import verify
from services import conditions, erasure, events, publication, retention, revisions, sweep
from services.cases import load
from services.events import Listener, Raised
from services.messages import post
from services.submission import Upload, store_revision
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


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    made = Api()
    made.install(monkeypatch)
    return made


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
    revisions.request_changes(api.ports, proposal, 1)
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
    conditions.open_conditions(api.ports, proposal, 2)
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


@pytest.fixture
def closed(api: Api) -> str:
    """A proposal in whose every corner somebody has written the secret; approved, published, told, closed."""
    proposal = first_revision(api)
    second_revision(api, proposal)
    publication.settle_outcome(api.ports, proposal, 2, Outcome.APPROVED, f"all {SECRET}s are well")
    publication.seal_record(api.ports, proposal, 2)
    publication.publish_record(api.ports, proposal, 2)
    publication.tell_people(api.ports, proposal, 2)
    publication.close_proposal(api.ports, proposal, 2)
    return proposal


@pytest.fixture
def purged(api: Api, closed: str) -> str:
    api.clock.advance(PURGE_AFTER)
    assert retention.run(api.ports, NoInstances(), PURGE_AFTER) == 1
    keep(api, FIVE_YEARS)
    return closed


def grow_old(api: Api) -> None:
    api.clock.advance(timedelta(days=5 * 366))


def secrets(api: Api) -> set[str]:
    """Where the secret still is, of the folders that hold text."""
    return {name for name, blob in api.store.blobs.items() if SECRET.encode() in blob.data or SECRET in name}


def archive(api: Api) -> MemoryStore:
    records = api.ports.records
    assert isinstance(records, MemoryStore)
    return records


# -- what goes and what stays ------------------------------------------------------------------------------


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
    erasure.run(api.ports)
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
    erasure.run(api.ports)
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
    erasure.run(api.ports)
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
    erasure.run(api.ports)
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
    erasure.run(api.ports)
    assert {name: blob for name, blob in api.store.blobs.items() if other in name} == before
    assert any(name.startswith("outbox/") for name in before)


def test_messages_that_were_never_delivered_go_too(api: Api, purged: str) -> None:
    name = layout.undelivered("ben", f"{purged}-r1-line-1-assigned")
    api.store.create(name, b"[]")
    grow_old(api)
    erasure.run(api.ports)
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
    erasure.run(api.ports)
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
        post(api.ports, reminder(person, waits, "UTC", day))
        api.store.create(layout.undelivered(person, f"reminder-{person}-{day.date()}"), b"[]")
    grow_old(api)
    erasure.run(api.ports)
    assert secrets(api) == set()
    left = [name for name in api.store.blobs if "/reminder-" in name]
    assert sorted(left) == [
        f"outbox/dora/reminder-dora-{day.date()}.json",
        f"undelivered/dora/reminder-dora-{day.date()}",
    ]


# -- nothing comes back ------------------------------------------------------------------------------------


def test_repeated_requests_bring_nothing_back(api: Api, purged: str) -> None:
    grow_old(api)
    erasure.run(api.ports)
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
    assert list(sweep.walk(api.ports)) == []
    with pytest.raises(Refusal) as refused:
        publication.seal_record(api.ports, purged, 2)
    assert refused.value.kind is RefusalKind.ERASED
    assert api.store.blobs == before
    assert api.client.started == []


# -- crashes -----------------------------------------------------------------------------------------------


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


def test_killed_after_any_write_it_is_carried_on(api: Api, purged: str) -> None:
    grow_old(api)
    stores = (api.store, archive(api))
    begin = [dict(store.blobs) for store in stores]
    total = writes(api, lambda: erasure.run(api.ports), None)
    end = [snapshot(store) for store in stores]
    assert total > 25
    for kill_at in range(1, total + 1):
        for store, blobs in zip(stores, begin, strict=True):
            store.blobs = dict(blobs)
        assert writes(api, lambda: erasure.run(api.ports), kill_at) == kill_at
        readable = api.get(f"/api/proposals/{purged}", "ana").json
        assert readable["proposal"]["outcome"] == "approved", kill_at
        erasure.run(api.ports)
        assert [snapshot(store) for store in stores] == end, kill_at


def test_what_was_ordered_and_begun_is_carried_on_at_night(api: Api, purged: str) -> None:
    """Also where nothing is erased by itself: once the certificate is written there is no way back."""
    keep(api, ON_REQUEST)
    begin = [dict(store.blobs) for store in (api.store, archive(api))]
    total = writes(api, lambda: erasure.erase(api.ports, [purged], "olga"), None)
    end = [snapshot(store) for store in (api.store, archive(api))]
    carried_on = 0
    for kill_at in range(1, total + 1):
        for store, blobs in zip((api.store, archive(api)), begin, strict=True):
            store.blobs = dict(blobs)
        writes(api, lambda: erasure.erase(api.ports, [purged], "olga"), kill_at)
        keep(api, KEEP)
        erasure.run(api.ports)
        keep(api, ON_REQUEST)
        if api.stored(purged).erased_at is None:  # nothing has begun: whoever ordered it orders it again
            erasure.erase(api.ports, [purged], "olga")
        else:
            carried_on += 1
        assert [snapshot(store) for store in (api.store, archive(api))] == end, kill_at
    assert carried_on > total / 2


def test_one_that_cannot_be_read_does_not_stop_the_others(api: Api, purged: str) -> None:
    day = api.stored(purged).changed_at.date()
    gone, torn = "p-aaaaaaaaaaaa", "p-aaaaaaaaaaab"
    api.store.create(layout.proposal(torn), b"{")
    for proposal in (gone, torn):
        api.store.create(layout.purged_marker(day, proposal), b"")
    grow_old(api)
    with pytest.raises(ExceptionGroup) as raised:
        erasure.run(api.ports)
    assert [error.__notes__ for error in raised.value.exceptions] == [
        [f"while erasing {proposal}"] for proposal in (gone, torn)
    ]
    assert api.stored(purged).erased_at is not None


def test_what_is_owed_to_the_trail_is_paid_before(api: Api, purged: str) -> None:
    """A crash may have left a task that owes a line; afterwards the trail takes no more."""
    for name in (layout.task(purged, 2, "line-1"), layout.proposal(purged)):
        plain = json.loads(api.store.blobs[name].data)
        entry = AuditEntry(f"owed/{name}", api.clock.now(), "ben", "decided", detail={"comment": SECRET})
        plain["unaudited"] = [codec.encode(entry)]
        api.store.replace(name, json.dumps(plain).encode(), api.store.blobs[name].etag)
    grow_old(api)
    erasure.run(api.ports)
    told = [line.split(b'"id":"')[1].split(b'"')[0] for line in trail_of(api, purged).splitlines()]
    assert [name for name in told if name.startswith(b"owed/")] == [
        f"owed/{name}".encode() for name in (layout.task(purged, 2, "line-1"), layout.proposal(purged))
    ]
    assert secrets(api) == set()


def trail_of(api: Api, proposal: str) -> bytes:
    data = api.store.blobs[layout.audit(proposal, erased=True)].data
    assert verify_trail(data).problem is None
    return data


# -- what may be erased ------------------------------------------------------------------------------------


def test_the_policy_of_today_says_when(api: Api, purged: str) -> None:
    closed_at = api.stored(purged).changed_at
    for how, moment in (
        (KEEP, closed_at.replace(year=closed_at.year + 400)),
        (ON_REQUEST, closed_at.replace(year=closed_at.year + 400)),
        (FIVE_YEARS, closed_at.replace(year=closed_at.year + 5) - timedelta(seconds=1)),
    ):
        keep(api, how)
        api.clock.set(moment)
        erasure.run(api.ports)
        assert api.stored(purged).erased_at is None
    api.clock.advance(timedelta(seconds=1))
    erasure.run(api.ports)
    assert api.stored(purged).erased_at is not None


def test_a_run_is_bounded(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "ERASURES_A_RUN", 2)
    keep(api, FIVE_YEARS)
    made = [api.submit(title=f"number {n}") for n in range(3)]
    for proposal in made:
        api.open(proposal)
        api.publish(proposal, Outcome.APPROVED)
    api.clock.advance(PURGE_AFTER)
    retention.run(api.ports, NoInstances(), PURGE_AFTER)
    grow_old(api)
    erasure.run(api.ports)
    assert [api.stored(proposal).erased_at is None for proposal in sorted(made)] == [False, False, True]
    erasure.run(api.ports)
    assert all(api.stored(proposal).erased_at for proposal in made)


def test_nothing_is_erased_of_an_open_proposal(api: Api) -> None:
    keep(api, ON_REQUEST)
    proposal = api.submit(title=SECRET)
    api.open(proposal)
    before = dict(api.store.blobs)
    with pytest.raises(ExceptionGroup) as raised:
        erasure.erase(api.ports, [proposal], "olga")
    [refusal] = raised.value.exceptions
    assert isinstance(refusal, Refusal)
    assert "open proposal: it is deciding" in str(refusal)
    assert refusal.__notes__ == [f"while erasing {proposal}"]
    assert api.store.blobs == before


def test_nothing_is_erased_before_it_is_purged(api: Api, closed: str) -> None:
    keep(api, ON_REQUEST)
    with pytest.raises(Refusal, match="not purged yet"):
        erasure.refuse(api.ports, api.stored(closed))


def test_nothing_is_erased_whose_purge_was_cut_short(api: Api, closed: str) -> None:
    """The purge says that it began before the first instance goes; their histories quote what people wrote."""

    class Dying(NoInstances):
        def status(self, instance: str) -> str | None:
            return "Completed"

        def purge(self, instance: str) -> None:
            raise Killed

    keep(api, ON_REQUEST)
    api.clock.advance(PURGE_AFTER)
    with pytest.raises(Killed):
        retention.run(api.ports, Dying(), PURGE_AFTER)
    assert api.stored(closed).purged_at is not None
    with pytest.raises(Refusal, match="not purged yet"):
        erasure.refuse(api.ports, api.stored(closed))
    assert retention.run(api.ports, NoInstances(), PURGE_AFTER) == 1
    erasure.refuse(api.ports, api.stored(closed))


def test_nothing_is_erased_whose_record_is_not_in_the_archive(api: Api, purged: str) -> None:
    archive(api).delete(layout.published_record(purged, 2, "json"))
    grow_old(api)
    before = dict(api.store.blobs)
    with pytest.raises(ExceptionGroup) as raised:
        erasure.run(api.ports)
    assert "restore that first" in str(raised.value.exceptions[0])
    assert api.store.blobs == before


@pytest.mark.parametrize("missing", ["submission", "trail"])
def test_what_is_not_whole_is_not_erased(api: Api, purged: str, missing: str) -> None:
    api.store.delete(layout.submission(purged, 1) if missing == "submission" else layout.audit(purged))
    grow_old(api)
    with pytest.raises(ExceptionGroup) as raised:
        erasure.run(api.ports)
    assert "is not whole in the store" in str(raised.value.exceptions[0])
    assert api.stored(purged).erased_at is None
    assert layout.document(purged, 1, ids.sha256(DOCUMENT)) in api.store.blobs


def test_a_broken_trail_is_not_erased(api: Api, purged: str) -> None:
    blob = api.store.blobs[layout.audit(purged)]
    api.store.replace(layout.audit(purged), blob.data.replace(b'"ben"', b'"bob"', 1), blob.etag)
    grow_old(api)
    with pytest.raises(ExceptionGroup) as raised:
        erasure.run(api.ports)
    assert "the trail cannot be erased" in str(raised.value.exceptions[0])
    assert api.stored(purged).erased_at is None


# -- names in directories ----------------------------------------------------------------------------------


def test_a_directory_loses_its_names_when_nothing_needs_it(api: Api, purged: str) -> None:
    first = first_directory(api, purged)
    people = api.ports.directory.current().people
    today = replace(api.ports.directory.current(), people=(*people[:-1], replace(people[-1], name="New")))
    api.ports = replace(api.ports, directory=Today(today))
    api.open(api.submit())
    assert erasure.forget_people(api.ports) == [], "the proposal needs it"
    grow_old(api)
    erasure.run(api.ports)
    assert erasure.forget_people(api.ports) == [first]
    kept = stored_directory(api, first)
    assert {person.name for person in kept.people} == {"erased"}
    assert [person.id for person in kept.people] == [person.id for person in people]
    assert stored_directory(api, today.digest()) == today
    assert api.get(f"/api/proposals/{purged}", "ana").json["state"] == "closed"
    writes_before = len(api.store.writes())
    assert erasure.forget_people(api.ports) == [first]
    assert len(api.store.writes()) == writes_before


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


def test_the_directory_of_today_keeps_its_names(api: Api) -> None:
    digest = api.ports.directory.current().digest()
    api.store.create(layout.directory(digest), codec.dumps(api.ports.directory.current()))
    assert erasure.forget_people(api.ports) == []
    assert "erased" not in {person.name for person in stored_directory(api, digest).people}


# -- the command -------------------------------------------------------------------------------------------


def test_the_command_says_what_it_would_do_and_does_it_when_told(
    api: Api, purged: str, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(api, ON_REQUEST)
    before = dict(api.store.blobs)
    assert script.main(["--by", "olga", "--proposal", purged]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{purged}: erase",
        "Nothing is erased yet. Say --yes to erase for good what is marked so.",
    ]
    assert api.store.blobs == before
    assert script.main(["--by", "olga", "--proposal", purged, "--yes"]) == 0
    assert capsys.readouterr().out.splitlines() == [f"{purged}: erase", "erased: 1 of 1"]
    assert secrets(api) == set()
    last = json.loads(trail_of(api, purged).splitlines()[-1])
    assert (last["actor"], last["authenticated"]) == ("olga", False)
    assert script.main(["--by", "olga", "--proposal", purged, "--yes"]) == 0, "once more does no harm"


def test_the_command_erases_what_a_person_submitted(
    api: Api, purged: str, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(api, ON_REQUEST)
    still_open = api.submit()
    assert script.main(["--by", "olga", "--person", "ana", "--yes"]) == 1
    said = capsys.readouterr().out
    assert f"{still_open}: stays. Nothing is erased of an open proposal: it is starting." in said
    assert "erased: 1 of 2" in said
    assert api.stored(purged).erased_at is not None
    assert api.stored(still_open).erased_at is None


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (KEEP, "The policy's [retention] allows its erasure never."),
        (FIVE_YEARS, "The policy's [retention] allows its erasure from 2031-11-23T09:00:00.000000Z on."),
    ],
)
def test_the_command_keeps_to_the_policy(
    api: Api, purged: str, how: Retention, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(api, how)
    assert script.main(["--by", "olga", "--proposal", purged, "--yes"]) == 1
    assert said in capsys.readouterr().out
    assert api.stored(purged).erased_at is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--proposal", "p-aaaaaaaaaaaa"], "say with --by who orders it"),
        (["--proposal", "p-aaaaaaaaaaaa", "--by", "nobody"], "say with --by who orders it"),
        (["--person", "hugo", "--by", "olga"], "'hugo' has submitted nothing"),
    ],
)
def test_what_the_command_cannot_do_it_says(
    api: Api, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert script.main(words) == 1
    assert said in capsys.readouterr().err


def test_an_unknown_proposal_is_not_erased(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    assert script.main(["--by", "olga", "--proposal", "p-aaaaaaaaaaaa", "--yes"]) == 1
    assert "p-aaaaaaaaaaaa: stays. There is no proposal p-aaaaaaaaaaaa." in capsys.readouterr().out


def test_what_fails_on_the_way_is_said(api: Api, purged: str, capsys: pytest.CaptureFixture[str]) -> None:
    keep(api, ON_REQUEST)
    api.store.delete(layout.audit(purged))
    assert script.main(["--by", "olga", "--proposal", purged, "--yes"]) == 1
    assert f"while erasing {purged}: {purged} is not whole in the store" in capsys.readouterr().err


def test_the_command_forgets_people_when_told(
    api: Api, purged: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert script.main(["--people"]) == 0
    assert "Nothing is erased yet" in capsys.readouterr().out
    assert script.main(["--people", "--yes"]) == 0
    assert capsys.readouterr().out == "directories without names: 0\n"


def test_a_wrong_setting_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def wrong() -> None:
        raise ConfigurationError("IDENTITY is wrong")

    monkeypatch.setattr("adapters.bootstrap.ports", wrong)
    assert script.main(["--people"]) == 1
    assert capsys.readouterr().err == "erase: IDENTITY is wrong\n"


def test_the_command_wants_to_know_what(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        script.main(["--by", "olga"])
    assert "one of the arguments --proposal --person --people is required" in capsys.readouterr().err


def test_a_proposal_of_before_was_not_erased(api: Api) -> None:
    plain = codec.encode(api.stored(api.submit()))
    del plain["erased_at"]
    assert codec.decode(Proposal, plain).erased_at is None
