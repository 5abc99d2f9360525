"""`devhost history` and `devhost doctor`: what an instance did, what it waits for, what never ends by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from devhost.functions.worker import Worker
from devhost.replay.histories import Recorded
from devhost.replay.reading import diagnose, steps
from devhost.tool.command import main
from devhost.tool.testing import loaded
from tests.devhost.recordings import GOLDEN
from tests.hosts import HostProcess, running_host

pytestmark = [
    pytest.mark.filterwarnings("ignore:Potential duplicate Task completion"),
    pytest.mark.filterwarnings("ignore:azure.functions df_loads"),  # the SDK about its own decoder
]
APP = """
from datetime import timedelta
import azure.durable_functions as df
app = df.DFApp()
@app.orchestration_trigger(context_name="context")
def patient(context):
    yield context.call_activity("look", "x")
    alarm = context.create_timer(context.current_utc_datetime + timedelta(days=2))
    yield context.task_any([context.wait_for_external_event("decision"), alarm])
@app.orchestration_trigger(context_name="context")
def careless(context):
    alarm = context.create_timer(context.current_utc_datetime + timedelta(days=2))
    yield context.task_any([context.call_activity("look", "x"), alarm])
@app.orchestration_trigger(context_name="context")
def thorough(context):
    yield context.call_activity("look", "x")
    yield context.call_activity("look", "again")
@app.activity_trigger(input_name="x")
def look(x: str) -> str:
    return x
"""
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("app")
    (folder / "function_app.py").write_text(APP, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def host(app: Path, azurite: str) -> Iterator[HostProcess]:
    """A host with one instance that waits and one that cannot end."""
    options = ("--clock", "virtual")
    with running_host(HostProcess(azurite, app / "log", app=app, options=options)) as process:
        for name in ("patient", "careless"):
            start = f"{process.management}/orchestrators/{name}/{name}-1"
            assert requests.post(start, json={"n": 1}, timeout=30).status_code == 202
        process.advance("PT1S")
        yield process


def asked(host: HostProcess, app: Path, *command: str) -> int:
    return main([*command, "--app", str(app), "--azurite", host.azurite, "--hub", host.hub])


def test_a_history_is_told_step_by_step_with_what_it_waits_for(
    host: HostProcess, app: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(host, app, "history", "patient-1") == 0
    lines = capsys.readouterr().out.splitlines()
    told = [line.partition("  ")[2] for line in lines[:-1]]
    assert told[0] == 'started as patient with {"n": 1}'
    assert told[1:3] == ["calls activity look (number 0)", 'look returned "x"']
    assert told[3].startswith("sets a timer for ")
    assert lines[-1].startswith("patient-1 (patient) waits for event decision or timer ")


def test_a_history_can_be_had_as_json(
    host: HostProcess, app: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(host, app, "history", "patient-1", "--json") == 0
    found = Recorded(**json.loads(capsys.readouterr().out))
    assert (found.id, found.name, found.is_over) == ("patient-1", "patient", False)
    assert found.history


def test_the_doctor_names_what_hangs_and_not_what_waits(
    host: HostProcess, app: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(host, app, "doctor") == 1
    said = capsys.readouterr().out
    assert "careless-1 (careless)" in said
    assert "cancel the timers that lost" in said
    assert "patient-1" not in said
    assert said.splitlines()[-1] == "2 instances are not over"
    assert asked(host, app, "doctor", "--all") == 1
    assert "patient-1 (patient) waits for event decision" in capsys.readouterr().out


def test_an_instance_that_is_not_there_is_named(
    host: HostProcess, app: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(host, app, "history", "nobody") == 2
    assert f"the task hub {host.hub} has no instance nobody: check the id" in capsys.readouterr().err


@pytest.fixture(scope="module")
def worker(app: Path) -> Iterator[Worker]:
    with loaded(app) as found:
        yield found


def waiting(*more: dict[str, object], name: str = "patient") -> Recorded:
    """An instance that has begun and waits, and then what ``more`` says."""
    moment = "2026-11-24T09:00:00.000000Z"
    about = {"IsPlayed": False, "Timestamp": moment}
    start = {
        **about,
        "EventType": 0,
        "EventId": -1,
        "Name": name,
        "Version": None,
        "Input": None,
        "ParentInstance": None,
        "OrchestrationInstance": {"InstanceId": "i", "ExecutionId": "e"},
    }
    events = [
        {**about, "EventType": 12, "EventId": -1},
        start,
        {**about, "EventType": 4, "EventId": 0, "Name": "look", "Version": "", "Input": None},
        {**about, "EventType": 13, "EventId": -1},
        {**about, "EventType": 12, "EventId": -1, "Timestamp": "2026-11-24T09:00:01.000000Z"},
        {**about, "EventType": 5, "EventId": -1, "TaskScheduledId": 0, "Result": '"x"'},
        {
            **about,
            "EventType": 10,
            "EventId": 1,
            "FireAt": "2026-11-26T09:00:01.000000Z",
        },
        {**about, "EventType": 13, "EventId": -1},
    ]
    return Recorded("i", name, "e", [*events, *({**about, "EventId": -1, **each} for each in more)])


NEW_EPISODE = {"EventType": 12, "Timestamp": "2026-11-24T10:00:00.000000Z"}


async def test_one_that_waits_is_well(worker: Worker) -> None:
    found = await diagnose(worker, waiting(), LONG_AGO)
    assert found.waits_for.startswith("event decision or timer 2026-11-26")
    assert found.troubles == ()


async def test_an_overdue_timer_asks_for_a_host(worker: Worker) -> None:
    found = await diagnose(worker, waiting(), datetime(2027, 1, 1, tzinfo=UTC))
    assert found.troubles == (
        "the timer for 2026-11-26 09:00:01 is overdue: does a host with this task hub run?",
    )


async def test_an_event_of_another_case_is_told(worker: Worker) -> None:
    raised = {"EventType": 15, "Name": "Decision", "Input": '"yes"'}
    found = await diagnose(worker, waiting(NEW_EPISODE, raised), LONG_AGO)
    assert found.troubles == (
        "event Decision came, and it waits for decision: SDK 1.x tells names apart by case. Raise decision.",
    )


async def test_an_event_that_nobody_waits_for_is_told(worker: Worker) -> None:
    raised = {"EventType": 15, "Name": "decided", "Input": '"yes"'}
    found = await diagnose(worker, waiting(NEW_EPISODE, raised), LONG_AGO)
    assert found.troubles == ("event decided came, and nothing waits for an event of that name.",)


async def test_a_poison_payload_is_told(worker: Worker) -> None:
    raised = {
        "EventType": 15,
        "Name": "decision",
        "Input": '{"__class__": "A", "__module__": "m", "__data__": 1}',
    }
    found = await diagnose(worker, waiting(NEW_EPISODE, raised), LONG_AGO)
    assert found.troubles[0].startswith("the payload of event decision holds __class__")
    assert any("fails on this history" in trouble for trouble in found.troubles[1:])


async def test_a_suspended_one_waits_for_somebody(worker: Worker) -> None:
    suspended = {"EventType": 19, "Reason": "holiday"}
    found = await diagnose(worker, waiting(NEW_EPISODE, suspended), LONG_AGO)
    assert found.waits_for == "somebody who resumes it: it is suspended"


async def test_an_orchestrator_that_is_gone_is_told(worker: Worker) -> None:
    begun = await diagnose(worker, waiting(name="gone"), LONG_AGO)
    assert begun.troubles == ("the app has no orchestrator gone: it never goes on",)
    new = await diagnose(worker, Recorded("n", "gone", "e", []), LONG_AGO)
    assert new.troubles == ("the app has no orchestrator gone: it never starts",)
    known = await diagnose(worker, Recorded("n", "patient", "e", []), LONG_AGO)
    assert (known.waits_for, known.troubles) == ("its start", ())


async def test_code_that_goes_another_way_is_told(worker: Worker) -> None:
    other = waiting(name="thorough")
    found = await diagnose(worker, other, LONG_AGO)
    assert any("something else than this history" in trouble for trouble in found.troubles)


def histories(recording: object) -> Iterator[list[dict[str, object]]]:
    """Every history in a recording, wherever it stands."""
    inside: list[object] = []
    if isinstance(recording, dict):
        inside = list(recording.values())
        if isinstance(recording.get("history"), list):
            yield recording["history"]
    elif isinstance(recording, list):
        inside = recording
    for each in inside:
        yield from histories(each)


def test_every_recorded_history_can_be_told() -> None:
    """Of the official extension."""
    told = 0
    for path in sorted((GOLDEN / "exchanges").glob("*.json")):
        for history in histories(json.loads(path.read_text(encoding="utf-8"))):
            told += len([str(line) for line in steps(history)])
    assert told > 100
