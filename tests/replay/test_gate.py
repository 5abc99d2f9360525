"""The gate: hubs of devhost and of the official extension, replayed against the code of today and of tomorrow."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from azure.core.credentials import AccessToken

from devhost.functions.worker import Worker
from devhost.hub.hub import Hub
from devhost.hub.storage import SETTING
from devhost.hub.tables import Account, Tables
from devhost.problems import Problem
from devhost.protocol.rows import SENTINEL, Row
from devhost.replay import accounts, export, histories
from devhost.replay.gate import Gate
from devhost.replay.histories import Recorded
from devhost.tool.gate_command import IN_STEP, NOT_TOLD, OUT_OF_STEP, main
from scripts.release.package import for_scheduler
from tests.devhost.inside import loaded
from tests.devhost.recordings import GOLDEN, TypedRow, copy_rows, recorded_rows
from tests.e2e.greenlight import Greenlight, greenlight_host
from tests.hosts import AZURE_MARKS, ROOT, HostProcess, running_host

pytestmark = [
    pytest.mark.filterwarnings("ignore:Potential duplicate Task completion"),
    pytest.mark.filterwarnings("ignore:azure.functions df_loads"),
]
# Without the one whose input is a blob that is not in the recording.
SCENARIOS = sorted(
    path.stem for path in (GOLDEN / "tables").glob("*.json") if path.stem not in ("_hub", "large-input")
)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    """The recorded workflows."""
    with loaded(GOLDEN / "workflows") as found:
        yield found


@pytest.fixture(autouse=True)
def _own_modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every run loads its own app, and leaves neither that nor its settings behind."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    theirs = sys.modules.pop("function_app", None)
    yield
    sys.modules.pop("function_app", None)
    if theirs is not None:
        sys.modules["function_app"] = theirs


def app_with(folder: Path, *changes: tuple[str, str]) -> Path:
    """The recorded workflows as an app, changed."""
    sys.modules.pop("function_app", None)
    text = (GOLDEN / "workflows" / "function_app.py").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    app = folder / uuid.uuid4().hex
    app.mkdir()
    (app / "function_app.py").write_text(text, encoding="utf-8")
    (app / "host.json").write_text('{"version": "2.0"}', encoding="utf-8")
    return app


def under_way(scenario: str) -> dict[str, list[TypedRow]]:
    """A recording's rows as they were before the last episode of each instance; one that is under way, as it is."""
    rows = {title.removesuffix(" after"): found for title, found in recorded_rows(scenario).items()}
    rows = {title: found for title, found in rows.items() if not title.endswith(" before")}
    over = {title.partition(" ")[2] for title, found in rows.items() if _is_over(title, found)}
    return {
        title: _taken_back(found) if title.partition(" ")[2] in over else found
        for title, found in rows.items()
    }


def _is_over(title: str, rows: list[TypedRow]) -> bool:
    return title.startswith("Instances") and rows[0]["RuntimeStatus"][1] != "Running"


def _taken_back(rows: list[TypedRow]) -> list[TypedRow]:
    if "RuntimeStatus" in rows[0]:
        return [{**row, "RuntimeStatus": ("String", "Running")} for row in rows]
    last = max(row["RowKey"][1] for row in rows if row.get("EventType", ("", ""))[1] == "OrchestratorStarted")
    return [row for row in rows if row["RowKey"][1] < last or row["RowKey"][1] == SENTINEL]


def copied(azurite: str, *scenarios: str) -> str:
    """A hub of the extension, as it was in the middle of its scenarios."""
    name = f"Copied{uuid.uuid4().hex[:8]}"

    async def copy() -> None:
        async with Hub(azurite, name):
            for scenario in scenarios:
                await copy_rows(azurite, name, under_way(scenario))

    asyncio.run(copy())
    return name


def rows_of(azurite: str, table: str) -> list[Row]:
    """Every row of a table, ETags included."""

    async def read() -> list[Row]:
        async with Tables(Account.of(azurite)) as tables:
            return [row async for row in tables.rows(table)]

    return asyncio.run(read())


def replayed(app: Path, azurite: str, hub: str, *more: str) -> int:
    return main(["--app", str(app), "--storage", azurite, "--hub", hub, *more])


def test_instances_of_the_extension_go_on_with_the_code_that_they_began_with(
    azurite: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub = copied(azurite, *SCENARIOS)
    before = rows_of(azurite, f"{hub}History"), rows_of(azurite, f"{hub}Instances")
    assert replayed(app_with(tmp_path), azurite, hub) == IN_STEP
    live = {row["PartitionKey"] for row in before[1]}
    assert capsys.readouterr().out == f"{len(live)} replayed, 0 out of step\n"
    assert (rows_of(azurite, f"{hub}History"), rows_of(azurite, f"{hub}Instances")) == before, "it only reads"


async def test_finished_instances_are_compared_too_rewound_ones_from_there_on(
    azurite: str, worker: Worker
) -> None:
    hub = f"Finished{uuid.uuid4().hex[:8]}"
    async with Hub(azurite, hub):
        for scenario in SCENARIOS:
            rows = recorded_rows(scenario)
            await copy_rows(azurite, hub, {title: rows[title] for title in rows if "before" not in title})
    with accounts.opened(azurite) as account:
        recorded = await export.stored(account, hub, lambda instance: instance.is_over)
        live = await export.under_way(account, hub)
    assert len(recorded) == len(SCENARIOS) + 2, "all but one that waits, and three children"
    assert [each.id for each in live] == ["g-long-timer"]
    assert [await Gate(worker).check(each) for each in recorded] == [None] * len(recorded)
    rewound = next(each for each in recorded if each.id == "m-rewind")
    rewound.history[-2]["Result"] = '"another"'
    found = await Gate(worker).check(rewound)
    assert found is not None
    assert found.stored == 'ExecutionCompleted "another" (number 2)'


@dataclass(frozen=True)
class Change:
    """A change of the code under an instance: where it shows, what the history holds there, what is done today."""

    scenario: str
    old: str
    new: str
    episode: int
    stored: str
    today: str


CHANGES = {
    "another activity": Change(
        scenario="chain",
        old='call_activity("say", f"c{i}")',
        new='call_activity("slow", i)',
        episode=1,
        stored="TaskScheduled say (number 0)",
        today="TaskScheduled slow (number 0)",
    ),
    "another activity later": Change(
        scenario="chain",
        old='call_activity("say", f"c{i}")',
        new='call_activity("slow" if i else "say", i)',
        episode=2,
        stored="TaskScheduled say (number 1)",
        today="TaskScheduled slow (number 1)",
    ),
    "one more in front": Change(
        scenario="any-of-event",
        old="    timer = context.create_timer(due)",
        new="    yield context.call_activity(say, 1)\n    timer = context.create_timer(due)",
        episode=1,
        stored="TimerCreated ",
        today="TaskScheduled say (number 0)",
    ),
    "one more after an event": Change(
        scenario="two-events",
        old='    x = yield context.wait_for_external_event("E")',
        new='    x = yield context.wait_for_external_event("E")\n    yield context.call_activity(say, 1)',
        episode=3,
        stored="nothing",
        today="TaskScheduled say (number 1)",
    ),
    "one less": Change(
        scenario="chain",
        old="range(n)",
        new="range(n - 2)",
        episode=2,
        stored="TaskScheduled say (number 1)",
        today='ExecutionCompleted ["hello c0"] (number 1)',
    ),
    "a mistake": Change(
        scenario="any-of-event",
        old="    inp = context.get_input() or {}\n    due",
        new="    inp = context.get_input().no_such\n    due",
        episode=1,
        stored="TimerCreated ",
        today="no_such",
    ),
    "an activity that is gone": Change(
        scenario="chain",
        old='call_activity("say", f"c{i}")',
        new='call_activity("vanished", i)',
        episode=1,
        stored="TaskScheduled say (number 0)",
        today="nothing",
    ),
    "an orchestrator that is gone": Change(
        scenario="long-timer",
        old="def long_deadline(",
        new="def renamed(",
        episode=1,
        stored="TimerCreated ",
        today="known orchestrator functions",
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_that_breaks_an_instance_is_named(
    change: Change, azurite: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub = copied(azurite, change.scenario, "retry")
    assert replayed(app_with(tmp_path, (change.old, change.new)), azurite, hub) == OUT_OF_STEP
    first, stored, today, summary = capsys.readouterr().out.splitlines()
    assert first.startswith(f"g-{change.scenario} (")
    assert f"out of step in episode {change.episode}, of 2026-" in first
    assert change.stored in stored
    assert change.today in today
    assert summary == "2 replayed, 1 out of step"


@pytest.mark.parametrize(
    ("scenario", "old", "new"),
    [
        ("any-of-event", 'call_activity("say", ["approved", ev.result])', 'call_activity("say", "approved")'),
        ("long-timer", "timedelta(days=10)", "timedelta(days=20)"),
        ("chain", "    return out\n", "    yield context.call_activity(say, 1)\n    return out\n"),
    ],
    ids=["an input", "a due time that is far away", "what comes later"],
)
def test_a_change_that_no_history_holds_breaks_nothing(
    scenario: str, old: str, new: str, azurite: str, tmp_path: Path
) -> None:
    assert replayed(app_with(tmp_path, (old, new)), azurite, copied(azurite, scenario)) == IN_STEP


def test_an_instance_that_waits_on_devhost_is_kept_as_a_file_and_replayed_from_there(
    azurite: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app, kept = app_with(tmp_path), tmp_path / "kept"
    with running_host(HostProcess(azurite, tmp_path / "log", app=app)) as host:
        for name, instance, given in (
            ("long_deadline", "a'b #1", None),
            ("chain", "over", {"n": 1}),
            ("entities", "calls", '"tally"'),
        ):
            start = f"{host.management}/orchestrators/{name}/{quote(instance)}"
            assert requests.post(start, json=given, timeout=30).status_code == 202
        eventually(lambda: (host.instance("over") or {})["runtimeStatus"] == "Completed")
        eventually(lambda: (host.instance("calls") or {})["runtimeStatus"] == "Completed")
        eventually(lambda: (host.instance(quote("a'b #1")) or {})["runtimeStatus"] == "Running")
        assert replayed(app, azurite, host.hub, str(kept)) == IN_STEP
    assert capsys.readouterr().out == "1 replayed, 0 out of step\n"
    assert [each.id for each in histories.read(kept)] == ["a'b #1"]
    assert main([str(kept), "--app", str(app_with(tmp_path))]) == IN_STEP
    changed = app_with(tmp_path, ("def long_deadline(", "def renamed("))
    assert main([str(kept), "--app", str(changed)]) == OUT_OF_STEP
    assert replayed(app, azurite, host.hub, str(kept)) == NOT_TOLD, (
        "old histories would be taken for new ones"
    )
    assert "empty it first" in capsys.readouterr().err


def test_proposals_that_wait_for_people_go_on(azurite: str, tmp_path: Path) -> None:
    with running_host(greenlight_host(azurite, tmp_path)) as host:
        greenlight = Greenlight(host)
        first, second = greenlight.submit(), greenlight.submit()
        assert greenlight.decide("ben", second, "line-1").status_code == 200
        greenlight.wait_for_task("fay", "review-1", second)
        environment = {name: value for name, value in os.environ.items() if name not in AZURE_MARKS}
        command = [sys.executable, "-m", "devhost", "gate", "--hub", host.hub, str(tmp_path / "kept")]
        found = subprocess.run(
            command, cwd=ROOT, env=environment | host.settings, capture_output=True, text=True, check=False
        )
    assert (found.returncode, found.stdout) == (IN_STEP, "2 replayed, 0 out of step\n"), found.stderr
    kept = {each.id: each.name for each in histories.read(tmp_path / "kept")}
    assert kept == {f"{first}-r1": "approval", f"{second}-r1": "approval"}


async def test_what_has_not_run_yet_needs_its_orchestrator_and_no_more(worker: Worker) -> None:
    gate = Gate(worker)
    assert await gate.check(Recorded("new", "Chain", "e", [])) is None
    found = await gate.check(Recorded("new", "renamed", "e", []))
    assert found is not None
    assert str(found) == (
        "new (renamed) goes out of step:\n  its history: nothing\n  today's code: has no orchestrator 'renamed'"
    )


async def test_an_episode_that_is_not_stored_to_its_end_is_left_out(azurite: str) -> None:
    rows = recorded_rows("chain")
    sentinel = next(row for row in rows["History g-chain"] if row["RowKey"][1] == SENTINEL)
    sentinel["IsCheckpointComplete"] = ("Boolean", False)
    rows["History g-chain"] = [row for row in rows["History g-chain"] if row["RowKey"][1] != f"{15:016X}"]
    hub = f"Torso{uuid.uuid4().hex[:8]}"
    async with Hub(azurite, hub):
        await copy_rows(azurite, hub, rows)
    with accounts.opened(azurite) as account:
        (found,) = await export.stored(account, hub, lambda _: True)
    assert len(found.history) == 12
    rows["History g-chain"] = [row for row in rows["History g-chain"] if row["RowKey"][1] != f"{5:016X}"]
    async with Hub(azurite, f"{hub}Hole"):
        await copy_rows(azurite, f"{hub}Hole", rows)
    with accounts.opened(azurite) as account, pytest.raises(Problem, match="changes while it is read"):
        await export.stored(account, f"{hub}Hole", lambda _: True)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        '[{"id": "a"}]',
        '[{"id": "a", "name": "b", "execution": "c", "history": [{"EventType": 12}]}]',
    ],
    ids=["no JSON", "no list", "not whole", "no start"],
)
def test_a_file_that_holds_no_histories_is_told(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one.json").write_text(text, encoding="utf-8")
    assert main([str(tmp_path)]) == NOT_TOLD
    assert "one.json is not a list of instances" in capsys.readouterr().err


def test_a_hub_in_the_scheduler_cannot_be_read_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "host.json").write_bytes(for_scheduler((ROOT / "host.json").read_bytes()))
    assert main(["--app", str(tmp_path), "--hub"]) == NOT_TOLD
    assert "azureManaged, which has no tables to read" in capsys.readouterr().err


def test_a_folder_without_histories_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == NOT_TOLD
    assert "holds no *.json" in capsys.readouterr().err


def test_neither_a_folder_nor_a_hub_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([])
    assert "give a folder of histories, or --hub" in capsys.readouterr().err


def test_a_hub_that_is_not_there_is_told(
    azurite: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replayed(app_with(tmp_path), azurite, "NoSuchHub") == NOT_TOLD
    assert "NoSuchHub cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("Blob=1", "connection string"),
        ("AccountName=a;AccountKey=YQ==;TableEndpoint=http://127.0.0.1:1", "cannot be"),
    ],
)
def test_storage_that_cannot_be_used_is_told(
    where: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replayed(app_with(tmp_path), where, "SomeHub") == NOT_TOLD
    assert says in capsys.readouterr().err


async def test_an_accounts_name_is_opened_as_who_is_signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SETTING, raising=False)
    monkeypatch.setenv(f"{SETTING}__accountName", "someaccount")
    with accounts.opened(None) as found:
        assert found.tables.endpoint == "https://someaccount.table.core.windows.net"
        assert found.blobs.url.startswith("https://someaccount.blob.core.windows.net")

    class Signed:
        def get_token(self, *scopes: str) -> AccessToken:
            return AccessToken(f"for {scopes[0]}", 0)

    headers = await accounts.SignedIn("https://a.table.core.windows.net", Signed()).headers("/Tables")
    assert headers["Authorization"] == "Bearer for https://storage.azure.com/.default"
    assert headers["x-ms-date"].endswith("GMT")


def test_the_development_storage_is_the_one_of_azurite() -> None:
    with accounts.opened("UseDevelopmentStorage=true") as found:
        assert found.tables.endpoint == "http://127.0.0.1:10002/devstoreaccount1"


def eventually(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
