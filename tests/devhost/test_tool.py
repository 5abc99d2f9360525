"""devhost as a person meets it: options, banner, log, storage on demand, restart on change."""

from __future__ import annotations

import asyncio
import io
import logging
import re
import subprocess
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import requests

from devhost.hub import storage
from devhost.problems import Problem
from devhost.tool import console, watch
from devhost.tool.command import main
from tests.azurite import free_ports
from tests.devhost.inside import APPS, hosting, loaded
from tests.hosts import ROOT, HostProcess, running_host

LIMIT_SECONDS = 30
APP = """
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
@app.route(route="word")
def word(req: func.HttpRequest) -> str:
    return "{word}"
"""

SLEEPER = """
import logging, time
import azure.functions as func
import azure.durable_functions as df
app = df.DFApp()
@app.orchestration_trigger(context_name="context")
def night(context):
    yield context.call_activity("sleep", "x")
@app.activity_trigger(input_name="x")
def sleep(x: str) -> str:
    logging.info("falling asleep")
    time.sleep(600)
"""


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["start", "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    for option in (
        "--app",
        "--port",
        "--azurite",
        "--hub",
        "--clock",
        "--enable-auth",
        "--watch",
        "--verbose",
    ):
        assert option in said


TALKER = """
import logging
import azure.functions as func
import azure.durable_functions as df
app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
@app.orchestration_trigger(context_name="context")
def talks(context):
    logging.info("begins")
    yield context.call_activity("echo", "a")
    logging.info("between")
    yield context.call_activity("echo", "b")
    logging.info("ends")
@app.activity_trigger(input_name="x")
def echo(x: str) -> str:
    logging.info("heard %s", x)
    return x
"""


@pytest.mark.parametrize(("options", "times"), [((), [1, 1, 1]), (("--verbose",), [3, 2, 1])])
def test_an_orchestrator_is_silent_while_it_replays(
    options: tuple[str, ...], times: list[int], azurite: str, tmp_path: Path
) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "function_app.py").write_text(TALKER, encoding="utf-8")
    with running_host(HostProcess(azurite, tmp_path / "log", app=app, options=options)) as host:
        requests.post(f"{host.management}/orchestrators/talks/a", timeout=30)
        deadline = time.monotonic() + LIMIT_SECONDS
        while (host.instance("a") or {})["runtimeStatus"] != "Completed":
            assert time.monotonic() < deadline
            time.sleep(0.05)
    said = host.log.read_text(encoding="utf-8")
    assert [said.count(f"root: {what}\n") for what in ("begins", "between", "ends")] == times
    assert said.count("root: heard a\n") == said.count("root: heard b\n") == 1
    assert "\x1b[" not in said, "colours are for terminals"


@pytest.mark.parametrize("port", ["none", "0", "65536", "-1"])
def test_a_port_that_is_none_is_told(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--port", port])
    assert ended.value.code == 2
    assert "1 to 65535" in capsys.readouterr().err or port == "-1"


def refused(*options: str) -> str:
    """What devhost says when it does not start."""
    command = [sys.executable, "-m", "devhost", *options]
    found = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=LIMIT_SECONDS
    )
    assert found.returncode == 1
    assert "Traceback" not in found.stderr
    return found.stderr


def test_what_is_in_the_way_is_one_sentence(tmp_path: Path) -> None:
    said = refused("--app", str(tmp_path))
    assert said.startswith("devhost: ")
    assert "no function_app.py" in said


def test_storage_that_cannot_be_used_is_told(azurite: str) -> None:
    closed = re.sub(r":\d+/", ":1/", azurite)
    said = refused("--app", str(APPS / "kinds"), "--azurite", closed, "--port", str(free_ports(1)[0]))
    assert said.startswith("devhost: the storage cannot be used: ClientConnectorError")
    another = re.sub(r"AccountKey=[^;]+", "AccountKey=YW5vdGhlcg==", azurite)
    said = refused("--app", str(APPS / "kinds"), "--azurite", another, "--port", str(free_ports(1)[0]))
    assert said.startswith("devhost: the storage cannot be used: StorageError: storage answered 403")


def test_a_taken_port_is_told(azurite: str, tmp_path: Path) -> None:
    with running_host(HostProcess(azurite, tmp_path / "log", app=APPS / "kinds")) as host:
        said = refused("--app", str(APPS / "kinds"), "--port", str(host.port), "--azurite", azurite)
    assert f"port {host.port} is taken" in said
    assert "--port" in said


async def test_the_banner_lists_what_there_is(azurite: str) -> None:
    with loaded(APPS / "hostile") as app:
        async with hosting(app, azurite, hub="BannerHub") as inside:
            plain = console.banner_text(inside.host, "http://here:1", None, colours=False)
            painted = console.banner_text(inside.host, "http://here:1", "secret", colours=True)
    assert "echo: [GET,POST] http://here:1/api/echo/{kind:int?}" in plain
    assert "hourly: timerTrigger" in plain
    assert "one: activityTrigger" in plain
    assert "http://here:1/runtime/webhooks/durabletask" in plain
    assert "BannerHub" in plain
    assert "secret" not in plain
    assert "System key: secret" in painted
    assert console.GREEN in painted


def test_log_lines_are_short_and_coloured_where_they_can_be() -> None:
    record = logging.LogRecord("devhost", logging.ERROR, "x", 1, "%s is %s", ("it", "wrong"), None)
    plain = console.Formatter(colours=False).format(record)
    assert plain.endswith(" ERRO it is wrong")
    assert console.Formatter(colours=True).format(record) == f"{console.RED}{plain}{console.PLAIN}"
    theirs = logging.LogRecord("my.app", logging.INFO, "x", 1, "hello", (), None)
    assert console.Formatter(colours=True).format(theirs).endswith(" INFO my.app: hello")


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert console.has_colours(Terminal())
    assert not console.has_colours(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not console.has_colours(Terminal())


def test_stopping_does_not_wait_for_what_is_taken_up_again_anyway(azurite: str, tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "function_app.py").write_text(SLEEPER, encoding="utf-8")
    with running_host(HostProcess(azurite, tmp_path / "log", app=app)) as host:
        assert requests.post(f"{host.management}/orchestrators/night/n", timeout=10).status_code == 202
        deadline = time.monotonic() + LIMIT_SECONDS
        while "falling asleep" not in host.log.read_text(encoding="utf-8"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert host.process is not None
        host.process.terminate()
        assert host.process.wait(10) == 0


# -- storage -------------------------------------------------------------------------------------------------


async def test_azurite_is_started_where_nobody_serves_the_development_storage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = dict(zip(("Blob", "Queue", "Table"), free_ports(3), strict=True))
    monkeypatch.setattr(storage, "PORTS", ports)
    monkeypatch.delenv(storage.SETTING, raising=False)
    monkeypatch.chdir(ROOT)
    async with storage.open_storage("auto", tmp_path) as connection:
        assert str(ports["Table"]) in connection
        assert await _is_open(ports["Blob"])
        async with storage.open_storage("auto", tmp_path) as again:  # it is served by now
            assert again == connection
    assert not await _is_open(ports["Blob"])
    assert (tmp_path / ".devhost" / "azurite").is_dir()


async def _is_open(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def test_a_missing_azurite_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ports = dict(zip(("Blob", "Queue", "Table"), free_ports(3), strict=True))
    monkeypatch.setattr(storage, "PORTS", ports)
    monkeypatch.setenv(storage.SETTING, storage.SHORT)
    monkeypatch.chdir(tmp_path)
    async with AsyncExitStack() as stack:
        with pytest.raises(Problem, match="npm install azurite"):
            await stack.enter_async_context(storage.open_storage("auto", tmp_path))
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(Problem, match=r"Node\.js is not on the PATH"):
            await stack.enter_async_context(storage.open_storage("auto", tmp_path))


# -- --watch -------------------------------------------------------------------------------------------------


def word(host: HostProcess) -> str:
    try:
        return requests.get(f"{host.url}/api/word", timeout=5).text
    except requests.ConnectionError:
        return ""


def says(host: HostProcess, expected: str) -> bool:
    deadline = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < deadline:
        if word(host) == expected:
            return True
        time.sleep(0.05)
    return False


def test_a_change_restarts_the_host_also_after_one_that_broke_it(azurite: str, tmp_path: Path) -> None:
    app = tmp_path / "app"
    (app / "part").mkdir(parents=True)
    file = app / "function_app.py"
    file.write_text(APP.format(word="one"), encoding="utf-8")
    options = ("--watch", "--enable-auth")
    with running_host(HostProcess(azurite, tmp_path / "log", app=app, options=options)) as host:
        assert says(host, "one")
        file.write_text("broken(", encoding="utf-8")
        assert says(host, "")
        file.write_text(APP.format(word="two"), encoding="utf-8")
        assert says(host, "two")
        (app / "part" / "more.py").write_text("", encoding="utf-8")
        deadline = time.monotonic() + LIMIT_SECONDS
        while "more.py changed, starting again" not in host.log.read_text(encoding="utf-8"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert says(host, "two")
        keys = re.findall(r"System key: (.+)", host.log.read_text(encoding="utf-8"))
        assert len(keys) > 1
        assert len(set(keys)) == 1, "addresses that were given out stay good"
    assert word(host) == ""


def test_what_is_watched(tmp_path: Path) -> None:
    for name in ("a.py", "host.json", "notes.txt", ".hidden/b.py", "node_modules/c.json", "part/d.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "part" / "round").symlink_to(tmp_path)
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere.py")
    state = watch.state_of(tmp_path)
    assert sorted(path.name for path in state) == ["a.py", "d.toml", "host.json"]
    assert watch.changed(state, {}) == "a.py and 2 more"
    assert (
        watch.changed(state, {path: time for path, time in state.items() if path.suffix != ".py"}) == "a.py"
    )
