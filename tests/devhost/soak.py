"""kill -9 at random, under load: ``python -m tests.devhost.soak --kills 200``.

Clients start workflows and raise events, and try again until they are answered. Whatever was acknowledged must show in
the end, every workflow must end as it would without kills, and every activity must have run.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.azurite import running_azurite
from tests.hosts import HostProcess, running_host

APP = Path(__file__).parent / "apps" / "soak"
EVENTS, CLIENTS = 3, 6
ANSWER_LIMIT_SECONDS = 90
LONGEST_LIFE_SECONDS = 1.5
STARTING, UNKNOWN = 503, 404


# What the official extension does under load; what a kill had taken comes back soon, for many kills.
FAULTS = "seed=7,lose-pending=0.08,double=0.02,reorder=0.05,late=0.1,kill=1"


def soak_host(azurite: str, folder: Path, faults: str | None = None) -> HostProcess:
    """A host over the soak's app; each run of an activity leaves a line in ``folder/runs``."""
    options = ("--faults", faults) if faults is not None else ()
    settings = {"SOAK_RUNS": str(folder / "runs")}
    return HostProcess(azurite, folder / "log", app=APP, settings=settings, options=options)


@dataclass
class Client:
    """Takes one workflow after the other through its life, until told to stop."""

    host: HostProcess
    stop: threading.Event
    finished: list[str] = field(default_factory=list)
    error: BaseException | None = None

    def work(self) -> None:
        try:
            while not self.stop.is_set():
                self.finished.append(self._one(f"s-{uuid.uuid4().hex[:12]}"))
        except BaseException as error:  # noqa: BLE001 - handed to the main thread
            self.error = error

    def _one(self, instance: str) -> str:
        news = [f"{instance} news {number}" for number in range(EVENTS)]
        self._accepted(
            f"orchestrators/everything/{instance}", {"news": news}, {202, 409}
        )  # 409: the answer was lost
        if self.host.options:  # an event to a Pending instance may be lost: raise once it is Running
            self._until(lambda: self._is_running(instance))
        for each in news:
            self._accepted(
                f"instances/{instance}/raiseEvent/news", each, {202, 410}
            )  # 410: stored, the answer lost, over
        status = self._until(lambda: self._ended(instance))
        parts = [f"{instance} {number}" for number in range(3)] + [f"{instance} child"]
        assert (status["runtimeStatus"], status["output"]) == ("Completed", [parts, news]), status
        return instance

    def _accepted(self, path: str, body: Any, good: set[int]) -> None:
        def send() -> bool:
            answer = requests.post(f"{self.host.management}/{path}", json=body, timeout=30)
            assert answer.status_code in good | {STARTING}, f"{path}: {answer.status_code} {answer.text}"
            return answer.status_code in good

        self._until(send)

    def _is_running(self, instance: str) -> bool:
        answer = requests.get(f"{self.host.management}/instances/{instance}", timeout=30)
        return answer.status_code != STARTING and answer.json()["runtimeStatus"] != "Pending"

    def _ended(self, instance: str) -> dict[str, Any] | None:
        answer = requests.get(f"{self.host.management}/instances/{instance}", timeout=30)
        if answer.status_code == STARTING:
            return None
        assert answer.status_code != UNKNOWN, f"{instance} was acknowledged and is lost"
        status: dict[str, Any] = answer.json()
        return status if status["runtimeStatus"] not in ("Pending", "Running") else None

    def _until(self, call: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + ANSWER_LIMIT_SECONDS
        while time.monotonic() < deadline:
            try:
                if answer := call():
                    return answer
            except requests.RequestException:
                pass  # killed while it answered, or not up again yet
            time.sleep(0.05)
        raise AssertionError("no answer, or no end")


def soak(host: HostProcess, kills: int, seed: int, tell: Callable[[str], None] = lambda _: None) -> list[str]:
    """Kill a running host so many times. Returns the workflows that ended well; raises AssertionError for others."""
    chance, stop = random.Random(seed), threading.Event()
    clients = [Client(host, stop) for _ in range(CLIENTS)]
    threads = [threading.Thread(target=client.work) for client in clients]
    for thread in threads:
        thread.start()
    try:
        for number in range(kills):
            time.sleep(chance.uniform(0, LONGEST_LIFE_SECONDS))
            host.kill()
            host.start()
            if errors := [client.error for client in clients if client.error]:
                raise errors[0]
            tell(f"{number + 1} kills, {sum(len(client.finished) for client in clients)} workflows done")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if errors := [client.error for client in clients if client.error]:
        raise errors[0]
    finished = [instance for client in clients for instance in client.finished]
    check_runs(host, finished)
    return finished


def check_runs(host: HostProcess, finished: list[str]) -> None:
    """Every activity of every workflow ran at least once."""
    runs = set(Path(host.settings["SOAK_RUNS"]).read_text(encoding="utf-8").splitlines())
    due = {f"{instance} {what}" for instance in finished for what in ("0", "1", "2", "child", "looks")}
    assert due <= runs, f"never ran: {sorted(due - runs)}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="how many (200)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments of the kills (1)")
    parser.add_argument("--faults", nargs="?", const=FAULTS, help=f"as devhost's ({FAULTS})")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_azurite() as azurite,
        running_host(soak_host(azurite, Path(folder), arguments.faults)) as host,
    ):
        finished = soak(host, arguments.kills, arguments.seed, lambda line: print(line, flush=True))  # noqa: T201 - a command prints
    print(f"{arguments.kills} kills; {len(finished)} workflows, each ended as without kills")  # noqa: T201 - a command prints
    return 0


if __name__ == "__main__":
    sys.exit(main())
