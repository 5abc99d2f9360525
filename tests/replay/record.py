"""Writes the histories of the present version of the orchestration again: ``python -m tests.replay.record``.

Run it for a new version, before that is released. What an earlier version left stays: that is what is in flight.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from approvals.wire import VERSION
from devhost.replay.accounts import opened
from devhost.replay.export import stored
from tests.azurite import running_azurite
from tests.e2e.greenlight import Greenlight, greenlight_host
from tests.hosts import running_host

HISTORIES = Path(__file__).parent / "histories"


def approved(greenlight: Greenlight) -> str:
    proposal = greenlight.submit(title="Approved")
    greenlight.raise_event(f"{proposal}-r1", {"task": "line-1", "verdict": "approve", "by": "ana"})
    greenlight.raise_event(f"{proposal}-r1", "no decision")
    greenlight.approve_all(proposal)
    return proposal


def lapsed(greenlight: Greenlight) -> str:
    proposal = greenlight.submit(title="Lapsed")
    greenlight.host.advance("P40D")
    return proposal


def revised(greenlight: Greenlight) -> str:
    proposal = greenlight.submit(title="Revised")
    greenlight.decide("ben", proposal, "line-1", "request_changes", "again, please")
    greenlight.wait_for_state("ana", proposal, "changes_requested")
    body = greenlight.body(from_revision=1, keep=[])
    assert greenlight.post("ana", f"/api/proposals/{proposal}/revisions", json=body).status_code == 202
    return proposal


def conditional(greenlight: Greenlight) -> str:
    proposal = greenlight.submit(title="Conditional")
    greenlight.decide("ben", proposal, "line-1")
    greenlight.decide("carl", proposal, "review-2")
    due = (greenlight.host.now() + timedelta(days=900)).isoformat()
    condition = {"text": "Show it", "due": due}
    verdict = ("fay", proposal, "review-1", "approve_with_conditions", "if")
    assert greenlight.decide(*verdict, conditions=[condition]).status_code == 200
    greenlight.wait_for_state("ana", proposal, "conditions")
    confirmed = {"condition": "review-1-c1", "action": "confirm"}
    assert greenlight.post("fay", f"/api/proposals/{proposal}/evidence", json=confirmed).status_code == 200
    return proposal


STORIES: dict[str, Callable[[Greenlight], str]] = {
    "approved": approved,
    "lapsed": lapsed,
    "revised": revised,
    "conditional": conditional,
}


def main() -> None:
    with running_azurite() as connection, tempfile.TemporaryDirectory() as folder:
        for story, play in STORIES.items():
            with running_host(greenlight_host(connection, Path(folder))) as host:
                greenlight = Greenlight(host)
                proposal = play(greenlight)
                greenlight.wait_for_state("ana", proposal, "closed")  # the revision has no document: rejected
                host.advance("PT1M")
                with opened(connection) as storage:
                    recorded = asyncio.run(stored(storage, host.hub, lambda instance: instance.is_over))
            mine = [each for each in recorded if each.id.startswith(proposal)]
            path = HISTORIES / f"version-{VERSION}" / f"{story}.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps([vars(each) for each in mine], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
