"""The directory of Graph is kept: one thread reads it again, nobody waits for that, and it does not stay for ever."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.graph.source import REST, KeptDirectory, graph_directory
from adapters.graph.supplement import parse_supplement
from approvals.policy.directory import Directory, DirectoryError
from tests.fakes import example_directory
from tests.graph import APP_ID, Answer, Credential, Tenant, instead, oid, serving, user

MINUTE = 60.0


class Graph:
    """A Graph whose readings are numbered, that may fail, and that may be held up by closing ``gate``."""

    def __init__(self) -> None:
        self.now = 5000.0
        self.readings = 0
        self.failure: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Semaphore(0)
        self.source = KeptDirectory(
            self.read, timedelta(minutes=10), timedelta(minutes=60), monotonic=lambda: self.now
        )

    def read(self) -> Directory:
        self.readings += 1
        number = self.readings
        self.begun.release()
        assert self.gate.wait(30)
        if self.failure is not None:
            raise self.failure
        return replace(example_directory(), groups={"number": (str(number),)})

    def number(self) -> int:
        """Which reading is in force."""
        return int(self.source.current().groups["number"][0])

    def pass_time(self, minutes: float) -> None:
        self.now += minutes * MINUTE


@pytest.fixture
def graph() -> Graph:
    return Graph()


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What was logged since the last call."""
    caplog.set_level(logging.INFO, "greenlight.graph")

    def found() -> list[str]:
        messages = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return messages

    return found


def settled(graph: Graph) -> None:
    """Wait until no thread reads any more."""
    until(lambda: not graph.source._reading.locked())


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_nothing_is_read_before_somebody_asks(graph: Graph) -> None:
    assert graph.readings == 0
    assert graph.number() == 1


def test_what_is_young_enough_is_not_read_again(graph: Graph) -> None:
    graph.number()
    graph.pass_time(10)
    assert [graph.number() for _ in range(3)] == [1, 1, 1]
    settled(graph)
    assert graph.readings == 1


def test_what_is_old_is_read_again_by_one_thread_while_everybody_goes_on(graph: Graph) -> None:
    graph.number()
    graph.pass_time(11)
    graph.gate.clear()
    assert [graph.number() for _ in range(5)] == [1, 1, 1, 1, 1]
    assert graph.begun.acquire(timeout=30)
    assert graph.begun.acquire(timeout=30)  # the first reading, and the one that hangs
    assert graph.readings == 2
    graph.gate.set()
    settled(graph)
    assert (graph.number(), graph.readings) == (2, 2)


def test_while_graph_fails_the_one_before_stays_and_each_failure_is_said(
    graph: Graph, lines: Callable[[], list[str]]
) -> None:
    graph.number()
    graph.failure = DirectoryError(["GET /users: 503"])
    graph.pass_time(20)
    assert graph.number() == 1
    settled(graph)
    [line] = lines()
    assert line.startswith(
        "Microsoft Graph cannot be read; the directory of 20 minutes ago stays in force for 40 minutes more: "
    )
    assert "GET /users: 503" in line
    assert (graph.number(), graph.readings) == (1, 2)  # Graph rests
    graph.now += REST.total_seconds()
    assert graph.number() == 1
    settled(graph)
    assert (graph.readings, len(lines())) == (3, 1)


def test_when_graph_is_back_so_is_the_directory(graph: Graph) -> None:
    graph.number()
    graph.failure = DirectoryError(["no"])
    graph.pass_time(20)
    graph.number()
    settled(graph)
    graph.failure = None
    graph.now += REST.total_seconds()
    graph.number()
    settled(graph)
    assert graph.number() == 3


def test_what_is_too_old_is_given_to_nobody(graph: Graph) -> None:
    graph.number()
    graph.failure = DirectoryError(["GET /users: 503"])
    graph.pass_time(60)
    assert graph.number() == 1
    settled(graph)
    graph.pass_time(1)
    for _ in range(3):
        with pytest.raises(DirectoryError, match="GET /users: 503"):
            graph.source.current()
    assert graph.readings == 3  # one in the background, one for the first who got nothing; then Graph rests


def test_who_finds_it_too_old_waits_for_a_new_one(graph: Graph) -> None:
    graph.number()
    graph.pass_time(61)
    assert graph.number() == 2


def test_the_first_reading_is_waited_for_and_made_once(graph: Graph) -> None:
    graph.gate.clear()
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(graph.number())) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert graph.begun.acquire(timeout=30)
    graph.gate.set()
    for thread in threads:
        thread.join(30)
    assert (found, graph.readings) == ([1] * 8, 1)


def test_a_first_reading_that_fails_is_not_repeated_for_everybody(
    graph: Graph, lines: Callable[[], list[str]]
) -> None:
    graph.failure = DirectoryError(["GET /users: 403"])
    for _ in range(3):
        with pytest.raises(DirectoryError, match="GET /users: 403"):
            graph.source.current()
    assert graph.readings == 1
    [line] = lines()
    assert line.startswith("Microsoft Graph cannot be read, and there is no directory of before: ")
    graph.failure = None
    graph.now += REST.total_seconds()
    assert graph.number() == 2


def test_what_nobody_foresaw_is_a_failure_like_others_with_its_traceback(
    graph: Graph, caplog: pytest.LogCaptureFixture
) -> None:
    graph.failure = KeyError("surprise")
    with pytest.raises(DirectoryError, match="KeyError: 'surprise'"):
        graph.source.current()
    [record] = caplog.records
    assert record.exc_info is not None
    graph.failure = None
    graph.now += REST.total_seconds()
    graph.number()
    graph.failure = KeyError("again")
    graph.pass_time(11)
    graph.number()
    settled(graph)
    assert graph.number() == 2


def test_without_a_thread_to_read_it_the_one_before_stays(
    graph: Graph, monkeypatch: pytest.MonkeyPatch, lines: Callable[[], list[str]]
) -> None:
    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    graph.number()
    graph.pass_time(11)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", start)
        assert graph.number() == 1
    assert lines() == ["the directory is not read again: no thread can be started"]
    assert graph.number() == 1
    settled(graph)
    assert graph.number() == 2


# -- with a Graph ----------------------------------------------------------------------------------------


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    found = Tenant()
    found.add(user(1, "ana"), user(2, "ben", manager=oid(1)))
    with serving(found) as served:
        yield served


def kept(tenant: Tenant) -> KeptDirectory:
    text = f'graph = "{tenant.address}"\nrefresh_minutes = 3\n[place]\ntime_zone = "UTC"\ncountry = "DE"\n'
    return graph_directory(lambda: parse_supplement(text), Credential(), APP_ID)


def test_the_directory_of_a_graph(tenant: Tenant) -> None:
    source = kept(tenant)
    assert tenant.asked == []
    assert [person.name for person in source.current().people] == ["Ana", "Ben"]
    assert source.current() is source.current()
    assert tenant.asked == ["GET /users"]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [(Answer(403, {}), "GET /users: 403"), (Answer(200, {"value": [{"id": 1}]}), "1 is not an object id")],
)
def test_what_graph_refuses_or_garbles_is_a_problem_of_the_directory(
    tenant: Tenant, answer: Answer, problem: str
) -> None:
    tenant.faults.append(instead("/users", answer))
    with pytest.raises(DirectoryError, match=problem):
        kept(tenant).current()


def test_whose_id_changes_with_their_nickname_is_said_with_the_way_to_pin_it(
    tenant: Tenant, lines: Callable[[], list[str]]
) -> None:
    source = kept(tenant)
    ana, ben = source.current().people
    tenant.users[oid(1)]["mailNickname"] = "ana.new"
    tenant.add(user(3, "new"))
    source._attempt()
    after = next(person.id for person in source.current().people if person.object_id == oid(1))
    assert after != ana.id
    assert lines() == [
        (
            f"{ana.id} is {after} now, and finds nothing of before; to pin the id, add"
            f" [people.\"{ana.id}\"] object_id = '{oid(1)}'"
        )
    ]
    assert source.current().person(ben.id) == replace(ben, manager=after)
