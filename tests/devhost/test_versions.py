"""Versions of orchestrations: who gets which, and what becomes of instances of another one."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from devhost.engine.clock import VirtualClock
from devhost.functions.config import read_config
from devhost.functions.worker import Worker
from devhost.problems import Problem
from devhost.protocol.versions import Failure, Match, Versions, compare
from tests.devhost.inside import APPS, Inside, hosting, loaded

pytestmark = [
    pytest.mark.filterwarnings("ignore:Potential duplicate Task completion"),
    pytest.mark.filterwarnings("ignore:azure.functions df_loads"),
]


@contextmanager
def app_of(folder: Path, **settings: Any) -> Iterator[Worker]:
    """The app, as a host of these settings runs it."""
    target = folder / uuid.uuid4().hex
    shutil.copytree(APPS / "versions", target)
    text = json.dumps({"version": "2.0", "extensions": {"durableTask": settings}})
    (target / "host.json").write_text(text, encoding="utf-8")
    with loaded(target) as worker:
        yield worker


async def raised(inside: Inside, instance: str, payload: Any) -> None:
    async with inside.client.post(
        f"{inside.management}/instances/{instance}/raiseEvent/E", json=payload
    ) as answer:
        assert answer.status == 202


async def kinds(inside: Inside, instance: str) -> list[str]:
    found = await inside.status(instance, showHistory="true")
    return [each["EventType"] for each in found["historyEvents"]]


async def start_of_version(inside: Inside, name: str, instance: str, version: str) -> None:
    address = f"{inside.management}/orchestrators/{name}/{instance}?version={version}"
    async with inside.client.post(address) as answer:
        assert answer.status == 202


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (None, "1.0"),
        ("", "0"),
        ("  ", "a"),
        ("2.1", "2.10"),
        ("2.9", "10.0"),
        ("2.1", "2.1.0"),
        ("1.2.3", "1.2.3.4"),
        ("10", "2"),  # one number is no version of .NET's: texts
        ("2025-01-01", "2025-06-01"),
        ("alpha", "Beta"),
    ],
)
def test_versions_have_an_order(older: str | None, newer: str | None) -> None:
    assert compare(older, newer) < 0 < compare(newer, older)


@pytest.mark.parametrize(
    ("one", "other"), [(None, ""), ("1.0", "1.0"), ("2.01", "2.1"), ("RC", "rc"), (None, " ")]
)
def test_versions_that_are_the_same(one: str | None, other: str | None) -> None:
    assert compare(one, other) == compare(other, one) == 0


@pytest.mark.parametrize(
    ("match", "accepted"),
    [
        (Match.NONE, [None, "1.0", "2.0", "3.0"]),
        (Match.STRICT, ["2.0"]),
        (Match.CURRENT_OR_OLDER, [None, "1.0", "2.0"]),
    ],
)
def test_what_a_host_of_version_2_runs(match: Match, accepted: list[str | None]) -> None:
    assert [each for each in (None, "1.0", "2.0", "3.0") if Versions("2.0", match).accepts(each)] == accepted


def test_a_host_without_a_version_runs_what_has_none() -> None:
    assert [each for each in (None, "", "1.0") if Versions().accepts(each)] == [None, ""]
    assert [each for each in (None, "", "1.0") if Versions(match=Match.STRICT).accepts(each)] == [None, ""]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, Versions()),
        ({"defaultVersion": "2.1"}, Versions("2.1")),
        ({"defaultVersion": 2}, Versions("2")),
        ({"defaultVersion": " "}, Versions()),
        (
            {"versionMatchStrategy": "strict", "versionFailureStrategy": "FAIL"},
            Versions(match=Match.STRICT, failure=Failure.FAIL),
        ),
    ],
)
def test_host_json_says_it(settings: dict[str, Any], expected: Versions, tmp_path: Path) -> None:
    text = json.dumps({"extensions": {"durableTask": settings}})
    (tmp_path / "host.json").write_text(text, encoding="utf-8")
    assert read_config(tmp_path).versions == expected


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"defaultVersion": ["2.1"]}, "defaultVersion must be a text like"),
        ({"defaultVersion": True}, "defaultVersion must be a text like"),
        ({"versionMatchStrategy": "Newest"}, "must be one of None, Strict, CurrentOrOlder, not 'Newest'"),
        ({"versionFailureStrategy": 3}, "must be one of Reject, Fail, not 3"),
    ],
)
def test_settings_that_say_nothing_are_told(settings: dict[str, Any], told: str, tmp_path: Path) -> None:
    text = json.dumps({"extensions": {"durableTask": settings}})
    (tmp_path / "host.json").write_text(text, encoding="utf-8")
    with pytest.raises(Problem, match=told):
        read_config(tmp_path)


async def test_new_instances_and_children_get_the_hosts_version_unless_one_is_given(
    tmp_path: Path, azurite: str
) -> None:
    with app_of(tmp_path, defaultVersion="2.0") as app:
        async with hosting(app, azurite) as inside:
            await inside.start("versions_of_children", "plain")
            await start_of_version(inside, "versions_of_children", "given", "1.0")
            await inside.host.engine.quiet()
            assert (await inside.status("plain"))["output"] == ["2.0", "2.0", "1.5"]
            assert (await inside.status("given"))["output"] == ["1.0", "2.0", "1.5"]


async def test_an_instance_of_a_newer_version_is_left_alone_and_its_messages_kept(
    tmp_path: Path, azurite: str, caplog: pytest.LogCaptureFixture
) -> None:
    """As on the official extension: a host of 2.0, one of 1.0, one without a version, one of 2.0 again."""
    hub = f"Versions{uuid.uuid4().hex[:8]}"
    large = "x" * 70_000
    with app_of(tmp_path, defaultVersion="2.0") as newer:
        async with hosting(newer, azurite, hub=hub) as inside:
            await inside.start("waits", "takes-event")
            await inside.start("waits", "is-terminated")
            await inside.start("waits", "is-large")
            await inside.host.engine.quiet()
            before = await kinds(inside, "takes-event")
    with app_of(tmp_path, defaultVersion="1.0") as older:
        async with hosting(older, azurite, hub=hub) as inside:
            await raised(inside, "takes-event", 1)
            await raised(inside, "is-large", large)
            assert (await inside.status("takes-event"))["runtimeStatus"] == "Running"
            await start_of_version(inside, "version", "not-begun", "2.0")
            await inside.host.engine.quiet()
            assert (await inside.status("not-begun"))["runtimeStatus"] == "Pending"
    with app_of(tmp_path) as without:
        async with hosting(without, azurite, hub=hub, clock=(clock := VirtualClock())) as inside:
            async with inside.client.post(
                f"{inside.management}/instances/is-terminated/terminate?reason=so"
            ) as answer:
                assert answer.status == 202
            await clock.advance(timedelta(minutes=2), inside.host.engine.quiet)  # its timer is due: not here
            assert await kinds(inside, "takes-event") == before
            assert (await inside.status("is-terminated"))["runtimeStatus"] == "Running"
    assert "waits takes-event is of version 2.0 and this host of 1.0: it is left alone" in caplog.text
    with app_of(tmp_path, defaultVersion="2.0") as newer:
        async with hosting(newer, azurite, hub=hub) as inside:
            await inside.host.engine.quiet()
            assert (await inside.status("takes-event"))["output"] == ["2.0", 1]
            assert (await inside.status("is-large"))["output"] == ["2.0", large]
            terminated = await inside.status("is-terminated")
            assert (terminated["runtimeStatus"], terminated["output"]) == ("Terminated", "so")
            assert (await inside.status("not-begun"))["output"] == "2.0"
        async with hosting(newer, azurite, hub=hub) as inside:  # what was kept was taken once
            await inside.host.engine.quiet()
            assert (await kinds(inside, "takes-event")).count("EventRaised") == 1


async def test_an_older_instance_runs_on(tmp_path: Path, azurite: str) -> None:
    hub = f"Versions{uuid.uuid4().hex[:8]}"
    with app_of(tmp_path) as without:
        async with hosting(without, azurite, hub=hub) as inside:
            await inside.start("waits", "old")
            await inside.host.engine.quiet()
    with app_of(tmp_path, defaultVersion="2.0") as newer:
        async with hosting(newer, azurite, hub=hub) as inside:
            await raised(inside, "old", 1)
            await inside.host.engine.quiet()
            assert (await inside.status("old"))["output"] == [None, 1]


async def test_the_strategy_fail_ends_it_with_its_next_message(tmp_path: Path, azurite: str) -> None:
    hub = f"Versions{uuid.uuid4().hex[:8]}"
    with app_of(tmp_path, defaultVersion="2.0") as newer:
        async with hosting(newer, azurite, hub=hub) as inside:
            await inside.start("waits", "event")
            await inside.start("waits", "timer")
            await inside.host.engine.quiet()
    with app_of(tmp_path, defaultVersion="1.0", versionFailureStrategy="Fail") as older:
        async with hosting(older, azurite, hub=hub, clock=(clock := VirtualClock())) as inside:
            assert (await inside.status("event"))["runtimeStatus"] == "Running"
            await raised(inside, "event", 1)
            await clock.advance(timedelta(minutes=2), inside.host.engine.quiet)
            for instance, message in (("event", "EventRaised"), ("timer", "TimerFired")):
                found = await inside.status(instance, showHistory="true")
                assert (found["runtimeStatus"], found["output"]) == ("Failed", None)
                assert [each["EventType"] for each in found["historyEvents"]][-2:] == [
                    message,
                    "ExecutionCompleted",
                ]
                assert found["historyEvents"][-1]["FailureDetails"]["ErrorType"] == "VersionMismatch"
