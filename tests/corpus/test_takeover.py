"""Today's app takes over what earlier releases left: all goes on, ends as decided, all records and trails verify."""

from __future__ import annotations

import json
import runpy
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.corpus.account import collect, load
from tests.corpus.archive import Entry, Index, Names, World, read, read_index, releases
from tests.corpus.moves import People
from tests.corpus.writer import host_for
from tests.hosts import ROOT, running_host

ROUNDS = 8
# Nobody has more time than that in the corpus's policy, and every night the retention runs.
WEEKS = 4
OUTCOMES = ("approved", "rejected", "withdrawn", "lapsed")
# What a revision is made of and what was judged: written once.
WRITTEN_ONCE = ("/submission.json", "/erased.json", "/documents/", "/record.")


@dataclass
class Taken:
    """A corpus in the hands of today's app: as it was, and as it is when everybody has done their part."""

    index: Index
    before: World
    after: World
    people: People

    def entries(self, *ends: str) -> list[Entry]:
        return [entry for entry in self.index.proposals if entry.ends in ends]

    def proposal(self, entry: Entry) -> dict[str, Any]:
        return stored(self.after, entry)


def stored(world: World, entry: Entry) -> dict[str, Any]:
    data = world.blob(f"proposals/{entry.proposal}/proposal.json")
    assert data is not None, entry.name
    found: dict[str, Any] = json.loads(data)
    return found


@pytest.fixture(scope="module", params=releases(), ids=lambda folder: folder.name)
def taken(
    request: pytest.FixtureRequest, azurite: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Taken]:
    own = uuid.uuid4().hex[:12]
    names = Names(f"Hub{own}", f"greenlight-{own}", f"greenlight-records-{own}")
    index, before = read_index(request.param), read(request.param)
    load(before, azurite, names)
    host = host_for(azurite, names, tmp_path_factory.mktemp("takeover") / "host.log")
    with running_host(host):
        people = People(host)
        play(people, index)
        yield Taken(index, before, collect(azurite, names), people)


def play(people: People, index: Index) -> None:
    """First the sweep heals what was broken off, then everybody does their part, then time passes."""
    people.host.advance("PT10M")
    left = {entry.proposal: list(entry.moves) for entry in index.proposals if entry.moves}
    for _ in range(ROUNDS):
        for moves in left.values():
            move = moves[0]
            if "task" not in move or people.etag(move["by"], move["path"].split("/")[3], move["task"]):
                people.must(moves.pop(0))
        left = {proposal: moves for proposal, moves in left.items() if moves}
        people.host.advance("PT1M")
    assert left == {}, "nobody was asked to do this"
    for _ in range(WEEKS):
        people.host.advance("P7D")


def test_every_open_proposal_ends_as_it_must(taken: Taken) -> None:
    found = {entry.name: taken.proposal(entry) for entry in taken.entries(*OUTCOMES)}
    ends = {name: (proposal["state"], proposal["outcome"]) for name, proposal in found.items()}
    assert ends == {entry.name: ("closed", entry.ends) for entry in taken.entries(*OUTCOMES)}
    assert not [name for name, proposal in found.items() if proposal["publication"] or proposal["unaudited"]]


def test_what_is_over_stays_as_it_was(taken: Taken) -> None:
    over = [entry for entry in taken.entries(*OUTCOMES) if entry.state == "closed"]
    assert over
    for entry in (*over, *taken.entries("stays")):
        prefix = f"proposals/{entry.proposal}/"
        before, after = taken.before.under(prefix), taken.after.under(prefix)
        was, now = json.loads(before.pop(f"{prefix}proposal.json")), taken.proposal(entry)
        assert {**was, "purged_at": None} == {**now, "purged_at": None}, entry.name
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


def test_every_record_and_trail_verifies(
    taken: Taken, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [script] = (ROOT / "scripts").rglob("verify.py")
    verify = runpy.run_path(str(script))["main"]
    entries = taken.entries(*OUTCOMES, "erased", "purged")
    for entry in entries:
        proposal = taken.proposal(entry)
        record = taken.after.blob(f"{entry.proposal}-r{proposal['revision']}.json", "records")
        name = "audit-erased" if proposal["erased_at"] else "audit"
        trail = taken.after.blob(f"proposals/{entry.proposal}/{name}.jsonl")
        assert record is not None, entry.name
        assert trail is not None, entry.name
        (tmp_path / "record.json").write_bytes(record)
        (tmp_path / "audit.jsonl").write_bytes(trail)
        assert verify([str(tmp_path / "record.json"), str(tmp_path / "audit.jsonl")]) == 0, (
            entry.name,
            capsys.readouterr().out,
        )
        lines = [json.loads(line) for line in trail.splitlines()]
        assert len({line["id"] for line in lines}) == len(lines), entry.name
        actions = {line["action"] for line in lines}
        assert actions >= {"submitted", *entry.says}, entry.name
        assert actions & {"settled", "withdrawn"}, entry.name


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
    assert {name.removeprefix("open/") for name in taken.after.under("open/")} == kept
    assert taken.after.under("undelivered/") == {}
