"""Purging and erasing on a whole host: what has ended goes, what waits stays, and nothing that went comes back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from approvals.stored.codec import utc_text
from scripts import verify
from tests.e2e.greenlight import PDF, Greenlight, eventually, greenlight_host
from tests.hosts import ROOT, running_host

CHILDREN = ("", "-screening", "-conditions", "-publication")


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That of config/, with a word about erasure."""
    text = (ROOT / "config" / "policy.toml").read_text(encoding="utf-8")
    path = tmp_path_factory.mktemp("policy") / "policy.toml"
    path.write_text(f'{text}\n[retention]\nerase_after = "40 days"\n', encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def greenlight(azurite: str, policy: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Greenlight]:
    """A host of its own: others' proposals would be purged, too."""
    settings = {"PURGE_AFTER_DAYS": "1", "POLICY_FILE": str(policy)}
    host = greenlight_host(azurite, tmp_path_factory.mktemp("host"), **settings)
    with running_host(host) as running:
        yield Greenlight(running)


def instances(greenlight: Greenlight, proposal: str, revisions: int = 1) -> dict[str, str]:
    """Name without the proposal -> runtime status, of those that are there."""
    names = [f"-r{n}{child}" for n in range(1, revisions + 1) for child in CHILDREN]
    found = {name: greenlight.host.instance(proposal + name) for name in names}
    return {name: str(status["runtimeStatus"]) for name, status in found.items() if status}


def end_of(greenlight: Greenlight, proposal: str, revisions: int = 1) -> None:
    """Wait until every instance has ended."""
    greenlight.wait_for_state("ana", proposal, "closed")
    eventually(
        lambda: set(instances(greenlight, proposal, revisions).values()) == {"Completed"}, "instances end"
    )


def conditional(greenlight: Greenlight) -> str:
    """Approved on a condition that is due in two months."""
    body = greenlight.body(category="process-change", fields={"reason": "Why not?"})
    proposal = str(greenlight.post("ana", "/api/proposals", json=body).json()["proposal"])
    due = utc_text(greenlight.host.now() + timedelta(days=60))
    conditions = [{"text": "show the tests", "due": due}]
    answer = greenlight.decide("ben", proposal, "line-1", "approve_with_conditions", conditions=conditions)
    assert answer.status_code == 200, answer.text
    greenlight.wait_for_state("ana", proposal, "conditions")
    return proposal


def test_what_has_ended_is_purged_and_never_started_again(greenlight: Greenlight) -> None:
    proposal = greenlight.submit(key="purge-me", title="Purge me")
    assert greenlight.decide("ben", proposal, "line-1", "request_changes", "cheaper").status_code == 200
    greenlight.wait_for_state("ana", proposal, "changes_requested")
    [document] = greenlight.picture("ana", proposal)["revisions"][0]["submission"]["documents"]
    revision = greenlight.body(title="Purge me", budget="9000", from_revision=1, keep=[document["sha256"]])
    address = f"/api/proposals/{proposal}"
    assert greenlight.post("ana", f"{address}/revisions", json=revision).status_code == 202
    greenlight.wait_for_state("ana", proposal, "deciding")
    greenlight.approve_all(proposal)
    end_of(greenlight, proposal, 2)
    waiting = greenlight.submit(title="Still waits")
    on_conditions = conditional(greenlight)

    greenlight.host.advance("P2D")
    eventually(lambda: not instances(greenlight, proposal, 2), "purged")
    picture = greenlight.picture("ana", proposal)["proposal"]
    assert picture["purged_at"] is not None
    assert (picture["state"], picture["outcome"]) == ("closed", "approved")
    assert greenlight.get("ana", f"{address}/record").status_code == 200
    assert greenlight.trail("ana", proposal)[-1]["action"] == "closed"

    again = greenlight.submit_request(key="purge-me", title="Purge me")
    assert (again.status_code, again.json()["proposal"], again.json()["outcome"]) == (
        200,
        proposal,
        "approved",
    )
    assert greenlight.post("ana", f"{address}/revisions", json=revision).status_code == 200
    assert greenlight.post("olga", f"{address}/publication").status_code == 409
    assert greenlight.post("ana", f"{address}/withdrawal", json={}).status_code == 409
    for name in ("-r1", "-r2", "-r2-conditions"):
        late = {"task": "line-1", "verdict": "reject", "by": "ben", "comment": "late"}
        assert greenlight.raise_event(proposal + name, late).status_code == 404
    greenlight.host.advance("PT5M")  # the sweep
    assert instances(greenlight, proposal, 2) == {}

    by_hand = f"{greenlight.host.management}/orchestrators/approval/{proposal}-r2"
    body = {"proposal": proposal, "revision": 2, "version": 1}
    assert requests.post(by_hand, json=body, timeout=60).status_code == 202
    eventually(lambda: instances(greenlight, proposal, 2).get("-r2") == "Completed", "ended without effect")
    assert (greenlight.host.instance(f"{proposal}-r2") or {})["output"]["ended"] == "without effect"
    assert greenlight.picture("ana", proposal)["proposal"] == picture

    assert instances(greenlight, waiting)["-r1"] == "Running"
    assert instances(greenlight, on_conditions)["-r1-conditions"] == "Running"
    greenlight.approve_all(waiting)
    assert greenlight.wait_for_state("ana", waiting, "closed")["outcome"] == "approved"
    confirmed = {"condition": "line-1-c1", "action": "confirm"}
    assert (
        greenlight.post("ben", f"/api/proposals/{on_conditions}/evidence", json=confirmed).status_code == 200
    )
    assert greenlight.wait_for_state("ana", on_conditions, "closed")["outcome"] == "approved"


def test_what_was_terminated_without_a_record_is_kept_and_told(greenlight: Greenlight) -> None:
    proposal = greenlight.submit(title="Terminated")
    address = f"{greenlight.host.management}/instances/{proposal}-r1/terminate"
    assert requests.post(address, timeout=60).status_code == 202
    eventually(lambda: instances(greenlight, proposal)["-r1"] == "Terminated", "terminated")
    greenlight.host.advance("P3D")

    def told() -> list[str]:
        items = greenlight.get("olga", "/api/outbox").json()["items"]
        return [item["text"] for item in items if item["proposal"] == proposal and item["kind"] == "trouble"]

    [text] = eventually(told, "operators are told")
    assert f"its instance {proposal}-r1 is Terminated" in text
    assert instances(greenlight, proposal)["-r1"] == "Terminated"


def test_what_is_old_enough_is_erased_and_what_still_waits_is_not(
    greenlight: Greenlight, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proposal = greenlight.submit(title="A quokka", design=PDF + b"% quokka", key="erase-me")
    [document] = greenlight.picture("ana", proposal)["revisions"][0]["submission"]["documents"]
    address = f"/api/proposals/{proposal}"
    assert greenlight.decide("ben", proposal, "line-1", "reject", "no quokkas").status_code == 200
    end_of(greenlight, proposal)
    sealed = greenlight.get("ana", f"{address}/record?format=json").content
    before = greenlight.status("ana", proposal)
    greenlight.host.advance("P2D")
    eventually(lambda: not instances(greenlight, proposal), "purged")
    waiting = conditional(greenlight)
    greenlight.host.advance("P40D")
    eventually(lambda: greenlight.picture("ana", proposal)["proposal"]["erased_at"], "erased")

    picture = greenlight.picture("ana", proposal)
    assert "quokka" not in str(picture)
    assert (picture["proposal"]["outcome"], picture["proposal"]["title"]) == ("rejected", "erased")
    assert picture["revisions"][0]["stages"][0]["tasks"][0]["task"]["decision"]["verdict"] == "reject"
    assert greenlight.status("ana", proposal) == before | {"reason": picture["proposal"]["outcome_reason"]}
    for path in (f"documents/{document['sha256']}", "record", "record?format=json"):
        gone = greenlight.get("ana", f"{address}/{path}")
        assert (gone.status_code, gone.headers["Content-Type"]) == (410, "application/problem+json")
        assert gone.json()["type"] == "/problems/erased"
    for who in ("ana", "ben", "olga"):
        items = greenlight.get(who, "/api/outbox").json()["items"]
        assert [item for item in items if item["proposal"] == proposal] == []
    assert greenlight.trail("ana", proposal)[-1]["action"] == "erased"
    (tmp_path / "audit.jsonl").write_bytes(greenlight.get("ana", f"{address}/audit").content)
    (tmp_path / "record.json").write_bytes(sealed)
    assert verify.main([str(tmp_path / "record.json"), str(tmp_path / "audit.jsonl")]) == 0
    assert "intact by the digests they kept" in capsys.readouterr().out

    again = greenlight.submit_request(title="A quokka", design=PDF + b"% quokka", key="erase-me")
    assert (again.status_code, again.json()["outcome"]) == (200, "rejected")
    assert greenlight.get("ana", f"{address}/documents/{document['sha256']}").status_code == 410
    assert instances(greenlight, waiting)["-r1-conditions"] == "Running"
    assert greenlight.picture("ana", waiting)["proposal"]["erased_at"] is None
