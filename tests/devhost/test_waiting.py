"""Ways to wait that hang, lose or spin on the official extension do so here, and the log says why."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.hosts import HostProcess, running_host

APP = Path(__file__).parent / "apps" / "waiting"
LIMIT_SECONDS = 8
Status = dict[str, Any]


@pytest.fixture(scope="module")
def host(azurite: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    log = tmp_path_factory.mktemp("waiting") / "log"
    options = ("--clock", "virtual")
    with running_host(HostProcess(azurite, log, app=APP, options=options)) as process:
        yield process


def started(host: HostProcess, name: str, events: list[str]) -> str:
    """Start a workflow; the events come while its activity runs, then that may end."""
    instance = f"w-{name}-{uuid.uuid4().hex[:8]}"
    answer = requests.post(f"{host.management}/orchestrators/{name}/{instance}", timeout=30)
    assert answer.status_code == 202, answer.text
    until(host, instance, lambda status: status["runtimeStatus"] == "Running")
    for text in events:
        decide(host, instance, text)
    assert requests.post(f"{host.url}/api/gates/{instance}", timeout=30).status_code == 204
    return instance


def decide(host: HostProcess, instance: str, text: str) -> None:
    answer = requests.post(
        f"{host.management}/instances/{instance}/raiseEvent/decision", json=text, timeout=30
    )
    assert answer.status_code == 202, answer.text


def until(host: HostProcess, instance: str, is_so: Callable[[Status], bool]) -> Status:
    deadline = time.monotonic() + LIMIT_SECONDS
    while True:
        address = f"{host.management}/instances/{instance}?showHistory=true&showHistoryOutput=true"
        status: Status = requests.get(address, timeout=30).json()
        if is_so(status):
            return status
        assert time.monotonic() < deadline, status
        time.sleep(0.02)


def tells(host: HostProcess, instance: str, why: str) -> bool:
    """Does the log come to say this of the instance?"""
    deadline = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < deadline:
        if any(instance in line and why in line for line in host.log.read_text().splitlines()):
            return True
        time.sleep(0.02)
    return False


def completed(status: Status) -> bool:
    return str(status["runtimeStatus"]) == "Completed"


def looks(status: Status) -> int:
    return sum(found.get("FunctionName") == "look" for found in status["historyEvents"])


def test_a_wait_answered_by_a_used_event_hangs(host: HostProcess) -> None:
    instance = started(host, "waits_twice", ["once"])
    assert tells(host, instance, "out of step")
    host.advance("P60D")
    status = until(host, instance, lambda _: True)
    assert (status["runtimeStatus"], looks(status)) == ("Running", 0)


def test_a_second_event_frees_it(host: HostProcess) -> None:
    instance = started(host, "waits_twice", ["once", "again"])
    assert until(host, instance, completed)["output"] == ["again", "again"]


def test_payloads_taken_from_the_wait_are_lost(host: HostProcess) -> None:
    instance = started(host, "takes_payloads", ["one", "two", "three"])
    assert until(host, instance, completed)["output"] == ["three", "three", "three"]
    assert tells(host, instance, "the SDK keeps only the last")


def test_an_event_that_is_never_forgotten_spins(host: HostProcess) -> None:
    instance = started(host, "never_forgets", ["only one"])
    assert until(host, instance, completed)["output"] == 15
    assert tells(host, instance, "hot loop")


def test_a_timer_kept_beside_a_used_event_hangs_for_good(host: HostProcess) -> None:
    instance = started(host, "keeps_the_timer", ["only one"])
    assert tells(host, instance, "out of step")
    host.advance("P60D")
    status = until(host, instance, lambda _: True)
    assert (status["runtimeStatus"], looks(status)) == ("Running", 1)


def test_the_history_as_the_mailbox_holds(host: HostProcess) -> None:
    instance = started(host, "reads_the_history", ["one", "two"])
    until(host, instance, lambda status: looks(status) == 1)
    decide(host, instance, "three")
    status = until(host, instance, completed)
    assert (status["output"], looks(status)) == (["one", "two", "three"], 2)
