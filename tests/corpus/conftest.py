"""Every corpus in the hands of today's app, played to its end once for all that look at it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from devhost.replay.accounts import opened
from devhost.replay.export import stored
from devhost.replay.histories import Recorded
from tests.corpus.account import collect, load
from tests.corpus.archive import Entry, Index, Names, World, read, read_index, releases
from tests.corpus.moves import People
from tests.corpus.writer import environment, erase_command, host_for
from tests.hosts import ROOT, running_host

ROUNDS = 14
# Nobody has more time than that in the corpus's policy, and every night the retention runs.
WEEKS = 4

# Everything that has ended is purged by then.
PURGED = "P40D"
# Erasing takes a second for each on a busy machine: one in so many.
ERASED = 6


@dataclass
class Taken:
    """A corpus as it was, as it is when everybody has done their part, and long after, some of it erased (``aged``).

    ``left`` are the histories that it had, ``histories`` those of when everybody was done.
    """

    index: Index
    before: World
    after: World
    aged: World
    left: list[Recorded]
    histories: list[Recorded]
    people: People
    problems: list[str]
    erased: list[Entry]

    def entries(self, *ends: str) -> list[Entry]:
        return [entry for entry in self.index.proposals if entry.ends in ends]

    def proposal(self, entry: Entry) -> dict[str, Any]:
        """As it is stored at the end."""
        data = self.after.blob(f"proposals/{entry.proposal}/proposal.json")
        assert data is not None, entry.name
        found: dict[str, Any] = json.loads(data)
        return found


@pytest.fixture(scope="session", params=releases(), ids=lambda folder: folder.name)
def taken(
    request: pytest.FixtureRequest, azurite: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Taken]:
    own = uuid.uuid4().hex[:12]
    names = Names(f"Hub{own}", f"greenlight-{own}", f"greenlight-records-{own}")
    index, before = read_index(request.param), read(request.param)
    load(before, azurite, names)
    left = histories(azurite, names.hub)
    host = host_for(azurite, names, tmp_path_factory.mktemp("takeover") / "host.log")
    with running_host(host):
        people = People(host)
        problems = play(people, index)
        after, played = collect(azurite, names), histories(azurite, names.hub)
        host.advance(PURGED)
        erased = [entry for entry in index.proposals if entry.moves or entry.ends == "purged"][::ERASED]
        command = erase_command(*(entry.proposal for entry in erased))
        subprocess.run(command, cwd=ROOT, env=environment(host), check=True, stdout=subprocess.DEVNULL)
        aged = collect(azurite, names)
        yield Taken(index, before, after, aged, left, played, people, problems, erased)


def histories(connection: str, hub: str) -> list[Recorded]:
    """Of every instance of a hub."""
    with opened(connection) as storage:
        return asyncio.run(stored(storage, hub, lambda _: True))


def play(people: People, index: Index) -> list[str]:
    """First the sweep heals what was broken off, then everybody does their part, then time passes.

    Returns what could not be done.
    """
    people.host.advance("PT10M")
    left = {entry.name: list(entry.moves) for entry in index.proposals if entry.moves}
    problems: list[str] = []
    for _ in range(ROUNDS):
        waiting = {by: people.waiting(by) for by in {moves[0]["by"] for moves in left.values()}}
        for name, moves in left.items():
            move = moves[0]
            etag = (
                waiting[move["by"]].get((move["path"].split("/")[3], move["task"]))
                if "task" in move
                else None
            )
            if "task" not in move or etag:
                answer = people.do(moves.pop(0), etag)
                problems += [] if answer.ok else [f"{name}: {move} was answered {answer.text}"]
        left = {name: moves for name, moves in left.items() if moves}
        people.host.advance("PT1M")
        if not left:
            break
    for _ in range(WEEKS):
        people.host.advance("P7D")
    return problems + [f"{name}: nobody was asked for {moves[0]}" for name, moves in left.items()]
