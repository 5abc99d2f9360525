"""Where a corpus is written: a release at its storage, behind a proxy that can break it off."""

from __future__ import annotations

import base64
import hashlib
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from tests.corpus import moves
from tests.corpus.archive import FOLDER, Entry, Names
from tests.corpus.moves import Move, People
from tests.corpus.proxy import Fault, Proxy
from tests.hosts import AZURE_MARKS, ROOT, HostProcess

# The virtual clock goes on from the latest moment that the hub holds, but never back: a world is written in the far
# future, so that it goes on from there whenever the test runs.
TODAY = datetime(
    2041, 3, 13, 9, tzinfo=UTC
)  # a Wednesday without a holiday near it, but for Berlin's on the 8th
NAMES = Names("GreenlightCorpus", "greenlight", "greenlight-records")
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def host_for(connection: str, names: Names, log: Path, **settings: str) -> HostProcess:
    """The app on devhost with a virtual clock and the policy of the corpus."""
    host = HostProcess(connection, log, hub=names.hub, options=("--clock", "virtual"), ready="/api/health")
    host.settings = {
        "AzureWebJobsStorage": connection,
        "TASKHUB_NAME": names.hub,
        "PROPOSALS_CONTAINER": names.proposals,
        "RECORDS_CONTAINER": names.records,
        "IDENTITY": "local",
        "CLOCK_URL": f"{host.url}/admin/clock",
        "POLICY_FILE": str(FOLDER / "policy.toml"),
        "DIRECTORY_FILE": str(FOLDER / "directory.toml"),
        "PYTHON_THREADPOOL_THREAD_COUNT": "16",
        "AZURE_FUNCTIONS_DURABLE_STRICT_TYPING": "1",
        **settings,
    }
    return host


def environment(host: HostProcess) -> dict[str, str]:
    """What a script of the app sees that works on the host's storage."""
    inherited = {name: value for name, value in os.environ.items() if name not in AZURE_MARKS}
    return inherited | {"PYTHONPATH": str(ROOT)} | host.settings


def erase_command(*proposals: str) -> list[str]:
    """The script that erases proposals, wherever it lies."""
    [script] = (ROOT / "scripts").rglob("erase.py")
    module = ".".join(script.relative_to(ROOT).with_suffix("").parts)
    named = (f"--proposal={proposal}" for proposal in proposals)
    return [sys.executable, "-m", module, "--by", "olga", *named, "--yes"]


def proposal_id(key: str, author: str = "ana") -> str:
    """The id that a submission with this Idempotency-Key gets."""
    digest = hashlib.sha256(f"{author}\n{key}".encode()).digest()
    return "p-" + base64.b32encode(digest).decode().lower()[:12]


@dataclass
class Writer:
    """What scenes are made with. ``key`` of a proposal is its name in the index."""

    host: HostProcess
    proxy: Proxy
    entries: list[Entry] = field(default_factory=list)

    @property
    def people(self) -> People:
        return People(self.host)

    def at(self, days: float, hour: int = 9, minute: int = 0) -> None:
        """Let the time go on to a moment so many days before or after TODAY."""
        day = TODAY.replace(hour=0) + timedelta(days=days)
        self.host.advance_to(day + timedelta(hours=hour, minutes=minute))

    def settle(self, duration: str = "PT1S") -> None:
        """Wait until nothing is left to do at this moment."""
        self.host.advance(duration)

    def do(self, *made: Move) -> None:
        """Moves one after the other, each with what follows from it."""
        for move in made:
            self.people.must(move)
            self.settle()

    def submit(self, name: str, *, documents: bool = False, **changes: Any) -> str:
        """Submit and let it get as far as it gets: a process change, or with ``documents`` a software design."""
        move = moves.submit(name, **changes)
        if documents:
            self.submit_design(name, PDF + name.encode(), **changes)
        else:
            self.people.must(move)
        self.settle()
        return proposal_id(name)

    def submit_design(self, name: str, design: bytes, **changes: Any) -> None:
        fields = {"goal": "Half the errors", "alternatives": "Keep it, or buy one"}
        move = moves.submit(name, category="software-design", fields={}, **changes)
        form = {key: value for key, value in move["json"].items() if key != "fields"}
        form |= {f"fields.{key}": value for key, value in fields.items()}
        files = {"document:design": (f"{name}.pdf", design, "application/pdf")}
        made = self.people.call(
            "POST", "ana", "/api/proposals", data=form, files=files, headers=move["headers"]
        )
        assert made.status_code == 202, made.text

    def due(self, days: int) -> str:
        return (self.host.now() + timedelta(days=days)).isoformat()

    def add(
        self, name: str, what: str, ends: str, then: list[Move] | None = None, says: list[str] | None = None
    ) -> None:
        """Put a proposal into the index; its state is filled in when the world is whole."""
        self.entries.append(Entry(name, proposal_id(name), what, "", then or [], ends, says or []))

    def cut(self, pattern: str, action: Callable[[], object]) -> Fault:
        """Do something that stops at a request of the host to its storage, and leave it there."""
        fault = self.proxy.hold(pattern)
        self.begin(action)
        fault.wait()
        return fault

    def begin(self, action: Callable[[], object]) -> None:
        """Do something that may never come to its end."""

        def run() -> None:
            with suppress(requests.RequestException, AssertionError):
                action()

        threading.Thread(target=run, daemon=True).start()

    def power_cut(self) -> None:
        """Kill the host, and with it everything that is on its way."""
        self.host.kill()
        self.proxy.lose_held()
