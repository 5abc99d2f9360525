"""Two hosts on one hub: the second is refused with a sentence; one that was killed leaves no lock behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.azurite import free_ports
from tests.hosts import ROOT, HostProcess, running_host

APP = Path(__file__).parent / "apps" / "month"
LIMIT_SECONDS = 60


def refused(azurite: str, hub: str) -> subprocess.CompletedProcess[str]:
    """Start a second host, and wait for its end."""
    command = [sys.executable, "-m", "devhost", "--app", str(APP), "--port", str(free_ports(1)[0])]
    command += ["--azurite", azurite, "--hub", hub]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
    )


@pytest.mark.parametrize("hub", ["OneHost", "onehost"])
def test_a_second_host_is_refused(azurite: str, tmp_path: Path, hub: str) -> None:
    with running_host(HostProcess(azurite, tmp_path / "log", app=APP, hub="OneHost")) as first:
        second = refused(azurite, hub)
        assert second.returncode == 1
        assert first.url in second.stderr
        assert "--hub" in second.stderr
        assert "Traceback" not in second.stderr
        answer = requests.post(f"{first.management}/orchestrators/month/still-served-{hub}", timeout=30)
        assert answer.status_code == 202


def test_a_killed_host_is_replaced_at_once(azurite: str, tmp_path: Path) -> None:
    hub = "KilledHost"
    with running_host(HostProcess(azurite, tmp_path / "log", app=APP, hub=hub)) as first:
        assert requests.post(f"{first.management}/orchestrators/month/kept", timeout=30).status_code == 202
        first.kill()
        with running_host(HostProcess(azurite, tmp_path / "log", app=APP, hub=hub)) as second:
            found = second.instance("kept")
            assert found is not None
            assert found["runtimeStatus"] in ("Pending", "Running")
