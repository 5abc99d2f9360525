"""kill -9 at random: a short run of the soak (``make soak`` is the long one)."""

from __future__ import annotations

from pathlib import Path

from tests.devhost.soak import CLIENTS, FAULTS, soak, soak_host
from tests.hosts import running_host


def test_nothing_acknowledged_is_lost(azurite: str, tmp_path: Path) -> None:
    with running_host(soak_host(azurite, tmp_path)) as host:
        finished = soak(host, kills=5, seed=20261124)
    assert len(finished) >= CLIENTS


def test_nothing_acknowledged_is_lost_where_things_go_wrong_as_on_azure(azurite: str, tmp_path: Path) -> None:
    """But for what Azure loses with a 202: events to Pending instances, which nobody may raise."""
    with running_host(soak_host(azurite, tmp_path, FAULTS)) as host:
        finished = soak(host, kills=3, seed=7)
    assert len(finished) >= CLIENTS
    assert "fault: " in host.log.read_text(encoding="utf-8")
