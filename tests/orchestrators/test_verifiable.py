"""Whatever happens to a proposal, its sealed record and its trail pass the offline verifier."""

from __future__ import annotations

from pathlib import Path

import pytest

from approvals.stored import layout
from scripts import verify
from tests.orchestrators.test_schedules import play


@pytest.mark.parametrize("seed", range(5000, 5020))
def test_every_schedule_leaves_evidence_that_holds(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = play(seed).world
    record, trail = tmp_path / "record.json", tmp_path / "audit.jsonl"
    record.write_bytes(made.store.blobs[layout.record(made.proposal, made.current().revision, "json")].data)
    trail.write_bytes(made.store.blobs[layout.audit(made.proposal)].data)
    assert verify.main([str(record), str(trail)]) == 0, capsys.readouterr().out
