"""``make cost``: the storage requests of one approval with one approver, counted, by the meters of docs/cost.md.

The counts go into bench/cost.json, their prices into the page.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from devhost.protocol.events import Kind, kind_of
from devhost.replay.accounts import opened
from devhost.replay.export import stored
from devhost.replay.histories import Recorded
from scripts.cost import PRICES, prices, table
from tests.azurite import running_azurite
from tests.e2e.greenlight import Greenlight, eventually, greenlight_host
from tests.hosts import running_host

COUNTS = Path(__file__).parent / "cost.json"
REQUEST = re.compile(r'"([A-Z]+) /devstoreaccount1/(\S*) HTTP/1\.1" \d+ ')
# What scripts.cost prints, in the page.
TABLE = re.compile(r"\| Meter \| In one approval .*?\| \*\*Total\*\* .*?\n", re.DOTALL)
METERS = ("blob-write", "blob-read", "table", "queue")
# Each is a message in one of the official engine's queues.
MESSAGES = frozenset(
    {
        Kind.ExecutionStarted,
        Kind.TaskScheduled,
        Kind.TaskCompleted,
        Kind.TaskFailed,
        Kind.SubOrchestrationInstanceCompleted,
        Kind.SubOrchestrationInstanceFailed,
        Kind.TimerCreated,
        Kind.EventRaised,
    }
)
TRIES = 5


def main() -> None:
    argparse.ArgumentParser(prog="python -m bench.cost", description=__doc__).parse_args()
    counts, recorded = measure()
    COUNTS.write_text(json.dumps(counts) + "\n", encoding="utf-8")
    page = PRICES.read_text(encoding="utf-8")
    priced = table({name: Decimal(count) for name, count in counts.items()}, prices(page))
    PRICES.write_text(TABLE.sub(lambda _: priced, page), encoding="utf-8")
    print(priced, end="")
    events = [kind_of(found) for each in recorded for found in each.history]
    print(
        f"{len(recorded)} instances, {events.count(Kind.OrchestratorStarted)} episodes,"
        f" {sum(kind in MESSAGES for kind in events)} messages: the official engine reads a history an episode, and"
        " puts and deletes each message"
    )


def measure() -> tuple[dict[str, int], list[Recorded]]:
    """Take one approval through its life, after another that warms everything up; its counts and histories."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "access.log"
        with running_azurite(log) as azurite, running_host(greenlight_host(azurite, Path(folder))) as host:
            greenlight = Greenlight(host)
            approved(greenlight)
            for _ in range(TRIES):
                host.advance("PT1M")  # the sweep has run, and is not due for as long as this takes
                begun, minute = len(log.read_text()), host.now().minute
                proposal = approved(greenlight)
                requests = log.read_text()[begun:]
                if host.now().minute == minute:
                    break
            else:
                raise SystemExit("cost: this machine is too busy: no approval ended between two sweeps.")
            with opened(azurite) as storage:
                found = asyncio.run(stored(storage, host.hub, lambda instance: instance.is_over))
    counted = Counter(meters(requests, host.hub))
    mine = [each for each in found if each.id.startswith(proposal)]
    return {meter: counted[meter] for meter in METERS}, mine


def approved(greenlight: Greenlight) -> str:
    """Submit with a document, open the inbox, approve. How far it is, only the host is asked, which costs nothing."""
    form = {
        "title": "Wider shelves",
        "category": "process-change",
        "department": "engineering",
        "budget": "10",
    }
    form |= {"risk": "low", "summary": "Make them wider.", "fields.reason": "They are full."}
    document = {"document:description": ("shelves.txt", b"Wider shelves, please.", "text/plain")}
    answer = greenlight.post("ana", "/api/proposals", data=form, files=document)
    answer.raise_for_status()
    proposal: str = answer.json()["proposal"]
    engine = greenlight.host
    eventually(
        lambda: "line-1" in str((engine.instance(f"{proposal}-r1") or {}).get("customStatus")), "asked"
    )
    (task,) = (
        item for item in greenlight.get("ben", "/api/inbox").json()["items"] if item["proposal"] == proposal
    )
    path = f"/api/proposals/{proposal}/revisions/1/tasks/{task['task']}/decision"
    body = {"verdict": "approve", "comment": "fine"}
    greenlight.post("ben", path, json=body, headers={"If-Match": task["etag"]}).raise_for_status()
    eventually(
        lambda: (engine.instance(f"{proposal}-r1") or {}).get("runtimeStatus") == "Completed", "approved"
    )
    return proposal


def meters(log: str, hub: str) -> Iterator[str]:
    """What each request of an access log counts as; the host's own lease is not the approval's."""
    for method, path in REQUEST.findall(log):
        if f"{hub.lower()}-applease" in path:
            continue
        if path.startswith((hub, "$batch", "Tables")):
            yield "table"  # a batch is one request
        elif method == "PUT" or "comp=list" in path:
            yield "blob-write"
        else:
            yield "blob-read"  # and every other operation; deleting is free


if __name__ == "__main__":
    main()
