"""`make start` with real processes on free ports; a small program stands in for the host of the app."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts import azurite
from scripts.network import ask, is_taken
from scripts.problem import ROOT, Problem

HOST = f"""#!{sys.executable}
import http.server, json, os, sys
arguments = sys.argv[1:]
if os.environ.get("HOST_FAILS") == "at once":
    sys.exit(3)
with open("host.txt", "w") as file:
    json.dump({{"arguments": arguments, "pid": os.getpid(), "venv": os.environ["VIRTUAL_ENV"]}}, file)

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/api/health" else 404)
        self.end_headers()

http.server.HTTPServer(("127.0.0.1", int(arguments[arguments.index("--port") + 1])), Handler).serve_forever()
"""


@dataclass
class App:
    """A folder with settings that name free ports, and a PATH on which the host is a stand-in."""

    folder: Path
    port: int
    storage: azurite.Ports
    environment: dict[str, str]

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "scripts.start", "--app", str(self.folder), "--port", str(self.port)],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self) -> tuple[int, str]:
        process = self.start()
        _, errors = process.communicate(timeout=60)
        return process.returncode, errors

    def write_settings(self, content: str) -> None:
        (self.folder / "local.settings.json").write_text(content)

    def host(self) -> dict[str, object]:
        found: dict[str, object] = json.loads((self.folder / "host.txt").read_text())
        return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def connection_string(ports: azurite.Ports) -> str:
    endpoints = {"Blob": ports.blob, "Queue": ports.queue, "Table": ports.table}
    addresses = [
        f"{name}Endpoint=http://127.0.0.1:{port}/devstoreaccount1" for name, port in endpoints.items()
    ]
    return ";".join(
        ["DefaultEndpointsProtocol=http", "AccountName=devstoreaccount1", "AccountKey=eA==", *addresses]
    )


@pytest.fixture
def app(tmp_path: Path) -> App:
    folder = tmp_path / "app"
    programs = tmp_path / "bin"
    folder.mkdir()
    programs.mkdir()
    (programs / "func").write_text(HOST)
    (programs / "func").chmod(0o755)
    node = shutil.which("node")
    assert node
    (programs / "node").symlink_to(node)
    ports = azurite.Ports(free_port(), free_port(), free_port())
    example = {"Values": {"AzureWebJobsStorage": connection_string(ports)}}
    (folder / "local.settings.json.example").write_text(json.dumps(example))
    return App(folder, free_port(), ports, os.environ | {"PATH": str(programs)})


@pytest.fixture
def running(app: App) -> Iterator[tuple[App, subprocess.Popen[str], str]]:
    process = app.start()
    yield app, process, read_greeting(process)
    if process.poll() is None:
        process.terminate()
        process.communicate(timeout=60)


def read_greeting(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            return "".join(lines)
    message = f"it ended without a greeting: {''.join(lines)}{process.communicate()[1]}"
    raise AssertionError(message)


def wait_until(condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < limit, "it did not happen within 30 seconds"
        time.sleep(0.02)


def nothing_listens(app: App) -> bool:
    return not any(is_taken(port) for port in (app.port, *app.storage))


def test_greeting_says_where_how_and_who(running: tuple[App, subprocess.Popen[str], str]) -> None:
    app, _, greeting = running
    assert f"http://127.0.0.1:{app.port}" in greeting
    assert f"Azurite on port {app.storage.blob}" in greeting
    assert "X-Greenlight-User" in greeting
    assert (app.folder / "local.settings.json").read_bytes() == (
        app.folder / "local.settings.json.example"
    ).read_bytes()
    assert (app.folder / ".greenlight" / "azurite" / "__azurite_db_blob__.json").exists()


def test_core_tools_get_the_port_and_this_python(running: tuple[App, subprocess.Popen[str], str]) -> None:
    app, _, greeting = running
    assert "Core Tools" in greeting
    assert app.host()["arguments"] == ["start", "--port", str(app.port)]
    assert app.host()["venv"] == sys.prefix


def test_devhost_runs_where_core_tools_are_missing(app: App) -> None:
    (Path(app.environment["PATH"]) / "func").unlink()
    (app.folder / "devhost.py").write_text(HOST)  # `-m` looks into the folder of the app first
    process = app.start()
    greeting = read_greeting(process)
    process.terminate()
    process.communicate(timeout=60)
    assert "devhost" in greeting
    assert app.host()["arguments"] == ["--app", str(app.folder), "--port", str(app.port)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything(
    running: tuple[App, subprocess.Popen[str], str], number: signal.Signals
) -> None:
    app, process, _ = running
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert nothing_listens(app)


def test_a_stop_before_the_app_answers_ends_azurite_too(app: App) -> None:
    (Path(app.environment["PATH"]) / "func").write_text(f"#!{sys.executable}\nimport time\ntime.sleep(600)\n")
    process = app.start()
    wait_until(lambda: azurite.answers(app.storage))
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert nothing_listens(app)


def test_a_dying_app_ends_azurite_and_says_so(running: tuple[App, subprocess.Popen[str], str]) -> None:
    app, process, _ = running
    pid = app.host()["pid"]
    assert isinstance(pid, int)
    os.kill(pid, signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Core Tools ended by itself (SIGKILL)" in errors
    assert nothing_listens(app)


def test_an_app_that_cannot_start_is_reported(app: App) -> None:
    app.environment["HOST_FAILS"] = "at once"
    code, errors = app.run()
    assert code == 1
    assert errors == (
        "start: Azure Functions Core Tools ended by itself (exit code 3): its last lines above say why.\n"
    )
    assert nothing_listens(app)


def test_a_taken_port_is_one_sentence_with_a_way_out(app: App) -> None:
    with socket.create_server(("127.0.0.1", app.port)):
        code, errors = app.run()
    assert code == 1
    assert errors.startswith(
        f"start: port {app.port} is taken by another program: end that, or choose another"
    )
    assert "'make start PORT=" in errors
    assert errors.count("\n") == 1
    assert nothing_listens(app)


def test_a_taken_storage_port_is_one_sentence(app: App) -> None:
    with socket.create_server(("127.0.0.1", app.storage.queue)):
        code, errors = app.run()
    assert code == 1
    assert errors.startswith(f"start: port {app.storage.queue} is taken, but not by an Azurite")
    assert errors.count("\n") == 1


@pytest.mark.parametrize("checks_version", [False, True])
def test_an_azurite_that_is_there_already_is_used_if_it_can_be(app: App, checks_version: bool) -> None:
    command = azurite.command(app.storage, app.folder / "other")
    with subprocess.Popen([part for part in command if not checks_version or "Version" not in part]) as other:
        wait_until(lambda: azurite.answers(app.storage))
        try:
            if checks_version:
                code, errors = app.run()
                assert code == 1
                assert "--skipApiVersionCheck" in errors
            else:
                process = app.start()
                assert "the Azurite that was already on port" in read_greeting(process)
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=60)
                assert not is_taken(app.port)
            assert azurite.answers(app.storage), "it belongs to somebody else and must go on"
        finally:
            other.terminate()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is not JSON"),
        ("[]", "needs an object 'Values'"),
        ('{"Values": {"AzureWebJobsStorage": 1}}', "needs an object 'Values'"),
        ('{"Values": {}}', "names no AzureWebJobsStorage"),
        ('{"IsEncrypted": true, "Values": {"AzureWebJobsStorage": "x"}}', "func settings decrypt"),
        ('{"Values": {"AzureWebJobsStorage": "AccountName=devstoreaccount1"}}', "BlobEndpoint"),
    ],
)
def test_settings_that_cannot_work_are_one_sentence(app: App, content: str, sentence: str) -> None:
    app.write_settings(content)
    code, errors = app.run()
    assert code == 1
    assert errors.startswith("start: ")
    assert sentence in errors
    assert errors.count("\n") == 1


def test_other_storage_needs_no_azurite(app: App) -> None:
    app.write_settings(
        '{"Values": {"AzureWebJobsStorage": "AccountName=other;AccountKey=eA==;EndpointSuffix=example.net"}}'
    )
    process = app.start()
    greeting = read_greeting(process)
    process.terminate()
    process.communicate(timeout=60)
    assert "the storage of local.settings.json" in greeting
    assert not (app.folder / ".greenlight").exists()


def test_the_port_must_be_a_port(app: App) -> None:
    app.port = 70000
    code, errors = app.run()
    assert code == 2
    assert "'70000' is not a port: give a number from 1 to 65535" in errors


def test_the_default_connection_means_the_default_ports() -> None:
    assert azurite.expected_ports("UseDevelopmentStorage=true") == (10000, 10001, 10002)


def test_an_azurite_on_another_machine_is_not_ours_to_start() -> None:
    ports = azurite.Ports(1, 2, 3)
    assert azurite.expected_ports(connection_string(ports)) == ports
    assert azurite.expected_ports(connection_string(ports).replace("127.0.0.1", "storage")) is None


def test_a_missing_endpoint_is_a_problem() -> None:
    with pytest.raises(Problem, match="TableEndpoint"):
        azurite.expected_ports(connection_string(azurite.Ports(1, 2, 3)).split(";TableEndpoint")[0])


def test_nothing_answers_where_nothing_listens() -> None:
    assert ask(free_port(), "/").status == 0
