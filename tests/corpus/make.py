"""Writes the corpus of this release: ``python -m tests.corpus.make RELEASE``. README.md tells when.

It drives the app of this checkout on devhost with a virtual clock, over HTTP, from 2040 to 2041.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from tests.azurite import running_azurite
from tests.corpus import crashes, past, waiting
from tests.corpus.account import collect
from tests.corpus.archive import FOLDER, PLACES, Entry, Index, World, write, write_index
from tests.corpus.proxy import Proxy
from tests.corpus.writer import NAMES, Writer, host_for, proposal_id
from tests.hosts import ROOT

# Nobody listens there: messages stay undelivered.
NO_MAIL = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": "9", "SMTP_SECURITY": "plain", "MAIL_FROM": "g@example.com"}
# What a corpus must hold of everything that can be stored, and why some of it is not there.
MISSING: dict[str, str] = {}


def play(writer: Writer) -> None:
    """The whole story. The host is killed at its end."""
    calendar: list[tuple[float, int, Callable[[Writer], object]]] = [
        (-427, 9, past.erased),
        (-33, 9, past.purged),
        (-30, 1, past.half_purged),
        (-30, 9, past.silent),
        (-8, 10, waiting.aged),
        (-6, 12, waiting.overdue),
        (-6, 13, waiting.terminated),
        (-2, 10, waiting.reminded),
    ]
    for days, hour, scene in calendar:
        writer.at(days, hour)
        _play(writer, scene)
    writer.at(-1, 14)
    crashes.half_purge(writer, "deciding-reminded")
    writer.host.start()
    writer.at(0, 9)
    crashes.half_erase(writer)
    for scene in (
        *(past.closed, waiting.deciding, waiting.moved, waiting.events, waiting.questions),
        *(waiting.changes, waiting.conditions, waiting.all_to_come, waiting.publications),
    ):
        _play(writer, scene)
    writer.host.stop()
    writer.host.settings |= NO_MAIL
    writer.host.start()
    crashes.prepare(writer)
    [task] = writer.people.status(proposal_id("deciding-overdue"))["tasks"]
    due = datetime.fromisoformat(task["due_at"])
    writer.host.advance_to(due - crashes.SHORTLY)
    waiting.in_trouble(writer)
    crashes.cut_all(writer, due)
    writer.power_cut()


def _play(writer: Writer, scene: Callable[[Writer], object]) -> None:
    print(f"{writer.host.now():%Y-%m-%d %H:%M} {scene.__name__}", flush=True)
    scene(writer)


def stated(entry: Entry, world: World) -> Entry:
    """An entry with the state that its proposal is in."""
    stored = world.blob(f"proposals/{entry.proposal}/proposal.json")
    return replace(entry, state=json.loads(stored)["state"] if stored else "stored")


def main(release: str) -> None:
    folder = FOLDER / release
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True).strip()
    with tempfile.TemporaryDirectory() as logs, running_azurite() as connection, Proxy(connection) as proxy:
        host = host_for(proxy.connection, NAMES, Path(logs) / "host.log")
        try:
            host.start()
            writer = Writer(host, proxy)
            play(writer)
        except BaseException:
            print(host.log.read_text()[-3000:])
            raise
        finally:
            host.stop()
        world = collect(connection, NAMES)
    assert "127.0.0.1" not in json.dumps(world.rows), "an address of this machine is in the hub"
    write(world, folder)
    entries = [stated(entry, world) for entry in sorted(writer.entries, key=lambda entry: entry.name)]
    wire = json.loads((FOLDER / "wire.json").read_text(encoding="utf-8"))
    values = {kind: wire["values"][kind] for kind in PLACES}
    values |= {kind: sorted(wire[kind]) for kind in ("trail", "messages")}
    write_index(folder, Index(release, commit, entries, values, MISSING))
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{folder}: {len(entries)} proposals, {len(world.blobs)} blobs, {size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
