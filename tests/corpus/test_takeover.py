"""Today's app takes over what earlier releases left: all goes on, ends as decided, all records and trails verify."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from tests.corpus.archive import Entry, World
from tests.corpus.conftest import Taken
from tests.hosts import ROOT

# The first of them waits for the whole takeover, on a machine that may be busy.
pytestmark = pytest.mark.timeout(600)
OUTCOMES = ("approved", "rejected", "withdrawn", "lapsed")
# What a revision is made of and what was judged: written once.
WRITTEN_ONCE = ("/submission.json", "/erased.json", "/documents/", "/record.")


def test_everybody_can_do_their_part(taken: Taken) -> None:
    assert taken.problems == []


def test_every_open_proposal_ends_as_it_must(taken: Taken) -> None:
    found = {entry.name: taken.proposal(entry) for entry in taken.entries(*OUTCOMES)}
    ends = {name: (proposal["state"], proposal["outcome"]) for name, proposal in found.items()}
    assert ends == {entry.name: ("closed", entry.ends) for entry in taken.entries(*OUTCOMES)}
    assert not [name for name, proposal in found.items() if proposal["publication"] or proposal["unaudited"]]


# What later releases added to proposal.json, as it is where nothing happened.
ADDED = {"generations": {}, "begun": [], "trouble": ""}


def test_what_did_not_go_on_by_itself_does_so_now(taken: Taken) -> None:
    """Its instance was terminated: a release that begins again from the record lets it go on."""
    stayed = taken.entries("stays")
    assert stayed
    for entry in stayed:
        trail = taken.after.blob(f"proposals/{entry.proposal}/audit.jsonl") or b""
        assert "begun_again" in {json.loads(line)["action"] for line in trail.splitlines()}, entry.name


def test_what_is_over_stays_as_it_was(taken: Taken) -> None:
    over = [entry for entry in taken.entries(*OUTCOMES) if entry.state == "closed"]
    assert over
    for entry in over:
        prefix = f"proposals/{entry.proposal}/"
        before, after = taken.before.under(prefix), taken.after.under(prefix)
        was, now = json.loads(before.pop(f"{prefix}proposal.json")), taken.proposal(entry)
        assert {**ADDED, **was, "purged_at": None} == {**ADDED, **now, "purged_at": None}, entry.name
        assert after.keys() - before.keys() == {f"{prefix}proposal.json"}, entry.name
        assert {name: after[name] for name in before} == before, entry.name
    archived = taken.before.under("", "records")
    assert {name: taken.after.blob(name, "records") for name in archived} == archived


def test_what_was_written_once_is_never_written_again(taken: Taken) -> None:
    gone = tuple(f"proposals/{entry.proposal}/" for entry in taken.entries("erased"))
    for name, data in taken.before.under("proposals/").items():
        if not name.startswith(gone) and any(part in name for part in WRITTEN_ONCE):
            assert taken.after.blob(name) == data, name
        if name.endswith("/audit.jsonl") and not name.startswith(gone):
            assert (taken.after.blob(name) or b"").startswith(data), f"{name} does not go on from what it was"


def test_every_instance_of_what_has_ended_has_ended(taken: Taken) -> None:
    kept = {entry.proposal for entry in taken.entries("stays")}
    statuses = {row["PartitionKey"]: row["RuntimeStatus"] for row in taken.after.rows["Instances"]}
    before = {row["PartitionKey"]: row["RuntimeStatus"] for row in taken.before.rows["Instances"]}
    alive = {
        instance: status
        for instance, status in statuses.items()
        if status != "Completed"
        and instance.rpartition("-r")[0] not in kept
        and before.get(instance) != status
    }
    assert alive == {}


def test_every_record_and_trail_verifies(taken: Taken, tmp_path: Path) -> None:
    for entry in taken.entries(*OUTCOMES, "erased", "purged"):
        lines = verified(taken.after, entry, tmp_path)
        actions = {line["action"] for line in lines}
        assert actions >= {"submitted", *entry.says}, entry.name
        assert actions & {"settled", "withdrawn"}, entry.name


def verified(world: World, entry: Entry, folder: Path) -> list[dict[str, Any]]:
    """The lines of a trail that holds, and that the record in the archive is anchored in."""
    proposal = json.loads(world.blob(f"proposals/{entry.proposal}/proposal.json") or b"")
    record = world.blob(f"{entry.proposal}-r{proposal['revision']}.json", "records")
    name = "audit-erased" if proposal["erased_at"] else "audit"
    trail = world.blob(f"proposals/{entry.proposal}/{name}.jsonl")
    assert record is not None, entry.name
    assert trail is not None, entry.name
    (folder / "record.json").write_bytes(record)
    (folder / "audit.jsonl").write_bytes(trail)
    [script] = (ROOT / "scripts").rglob("verify.py")
    verify = runpy.run_path(str(script))["main"]
    assert verify([str(folder / "record.json"), str(folder / "audit.jsonl")]) == 0, entry.name
    lines: list[dict[str, Any]] = [json.loads(line) for line in trail.splitlines()]
    assert len({line["id"] for line in lines}) == len(lines), entry.name
    return lines


def test_a_purge_and_an_erasure_that_were_broken_off_are_finished(taken: Taken) -> None:
    [erased] = taken.entries("erased")
    assert taken.proposal(erased)["erased_at"]
    left = taken.after.under(f"proposals/{erased.proposal}/")
    assert not [
        name for name in left if any(part in name for part in ("/submission.json", "/documents/", "/record."))
    ]
    assert f"proposals/{erased.proposal}/audit.jsonl" not in left
    assert taken.after.under("erasing/") == {}
    [purged] = taken.entries("purged")
    rows = [row for table in taken.after.rows.values() for row in table]
    assert not [row for row in rows if row["PartitionKey"].startswith(purged.proposal)]
    assert [name for name in taken.after.under("purged/") if name.endswith(purged.proposal)]


def test_nothing_waits_for_anybody_any_more(taken: Taken) -> None:
    kept = {entry.proposal for entry in taken.entries("stays")}
    people = {name.split("/")[1] for name in taken.after.under("outbox/")}
    assert people
    for person in people:
        items = taken.people.call("GET", person, "/api/inbox").json()["items"]
        assert {item["proposal"] for item in items} <= kept, person
    assert {name.removeprefix("open/") for name in taken.after.under("open/")} <= kept
    assert taken.after.under("undelivered/") == {}


def test_what_is_old_is_purged_and_can_be_erased(taken: Taken, tmp_path: Path) -> None:
    ended = {entry.proposal for entry in taken.entries(*OUTCOMES, "erased", "purged")}
    instances = [row["PartitionKey"] for row in taken.aged.rows["Instances"]]
    assert [instance for instance in instances if instance.rpartition("-r")[0] in ended] == []
    assert taken.erased
    for entry in taken.erased:
        assert verified(taken.aged, entry, tmp_path)[-1]["action"] == "erased", entry.name
        left = taken.aged.under(f"proposals/{entry.proposal}/")
        gone = ("/submission.json", "/documents/", "/record.", "/audit.jsonl")
        assert not [name for name in left if any(part in name for part in gone)]
        assert taken.aged.blob(f"{entry.proposal}-erased.json", "records")
