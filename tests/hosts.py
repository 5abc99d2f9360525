"""devhost as a process of its own: started, asked, killed, started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from tests.azurite import free_ports

ROOT = Path(__file__).parent.parent
START_LIMIT_SECONDS = 40
# Set by Azure, and some of it by containers on a developer's machine: the app would take it for Azure's.
AZURE_MARKS = ("WEBSITE_INSTANCE_ID", "WEBSITE_SITE_NAME", "CONTAINER_NAME")


@dataclass
class HostProcess:
    """devhost over an app's folder. ``settings`` go into its environment."""

    azurite: str
    log: Path
    app: Path = ROOT
    hub: str = field(default_factory=lambda: f"Hub{uuid.uuid4().hex[:12]}")
    settings: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    ready: str = "/admin/host/ping"
    port: int = field(default_factory=lambda: free_ports(1)[0])
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def management(self) -> str:
        return f"{self.url}/runtime/webhooks/durabletask"

    def start(self) -> None:
        """Start it and wait until it answers."""
        environment = {name: value for name, value in os.environ.items() if name not in AZURE_MARKS}
        environment |= {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **self.settings}
        command = [sys.executable, "-m", "devhost", "--app", str(self.app), "--port", str(self.port)]
        command += ["--azurite", self.azurite, "--hub", self.hub, *self.options]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                command, env=environment, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
            )
        self._wait(self.process)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_LIMIT_SECONDS
        while True:
            assert process.poll() is None, f"devhost ended by itself:\n{self.log.read_text()[-4000:]}"
            assert time.monotonic() < deadline, f"devhost does not answer:\n{self.log.read_text()[-4000:]}"
            try:
                if requests.get(self.url + self.ready, timeout=5).status_code < 500:
                    return
            except (requests.ConnectionError, requests.Timeout):  # a busy machine starts it slowly
                time.sleep(0.05)

    def kill(self) -> None:
        """As a power cut would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """As Ctrl-C would."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def advance(self, duration: str) -> str:
        """Let a virtual clock jump by an ISO duration; returns the new moment."""
        answer = requests.post(f"{self.url}/admin/clock", json={"advance": duration}, timeout=120)
        assert answer.status_code == 200, answer.text
        moment: str = answer.json()["now"]
        return moment

    def now(self) -> datetime:
        """The time on the host's clock."""
        answer = requests.get(f"{self.url}/admin/clock", timeout=30)
        answer.raise_for_status()
        return datetime.fromisoformat(answer.json()["now"])

    def advance_to(self, moment: datetime) -> None:
        """Let a virtual clock jump to a moment that lies ahead."""
        self.advance(f"PT{int((moment - self.now()).total_seconds()) + 1}S")

    def instance(self, instance_id: str) -> dict[str, Any] | None:
        """An instance's status, or None where there is none. Raises requests.HTTPError while it starts."""
        answer = requests.get(f"{self.management}/instances/{instance_id}", timeout=30)
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


@contextmanager
def running_host(host: HostProcess) -> Iterator[HostProcess]:
    """A host for as long as the context lasts."""
    try:
        host.start()
        yield host
    finally:
        host.stop()
