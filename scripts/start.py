"""Starts Greenlight on this machine, Azurite, then the app, and ends both together. `make start` calls it.

The app runs under Azure Functions Core Tools where `func` is on the PATH, under devhost otherwise.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import time
from http import HTTPStatus
from pathlib import Path
from types import FrameType

from scripts import azurite, settings
from scripts.children import Children
from scripts.network import ask, is_taken
from scripts.problem import ROOT, Problem

AZURITE_START_LIMIT = 30.0  # seconds; it takes less than one
SAY_AGAIN_AFTER = 30.0  # seconds; Core Tools downloads its extensions the first time


class Stop:
    """Set by Ctrl-C, SIGTERM or a closed terminal. A flag, not an exception: nothing is left half started."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


def main() -> int:
    arguments = _arguments()
    stop = Stop()
    children = Children()
    try:
        _run(arguments.app, arguments.port, children, stop)
    except Problem as problem:
        print(f"start: {problem}", file=sys.stderr)
        return 1
    finally:
        children.stop()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Start Greenlight on this machine.")
    parser.add_argument("--port", type=_port, default=7071, help="where the app listens (7071)")
    parser.add_argument(
        "--app", type=Path, default=ROOT, help="the folder that holds host.json (this checkout)"
    )
    return parser.parse_args()


def _port(text: str) -> int:
    if text.isdecimal() and 0 < int(text) < 65536:  # noqa: PLR2004 - the range of TCP ports
        return int(text)
    message = f"{text!r} is not a port: give a number from 1 to 65535, as in 'make start PORT=7072'"
    raise argparse.ArgumentTypeError(message)


def _run(app: Path, port: int, children: Children, stop: Stop) -> None:
    """Returns once a stop was asked for.

    Raises Problem, whose text is one sentence for the user, when something is in the way or a child has died.
    """
    values = settings.read(app)
    if is_taken(port):
        raise Problem(
            f"port {port} is taken by another program: end that, or choose another port, for example"
            f" 'make start PORT={_next_free()}'."
        )
    storage = _start_storage(app, values["AzureWebJobsStorage"], children, stop)
    host, command = _host_command(app, port)
    children.start(host, command, cwd=app, env=_environment())
    _wait_for_app(host, port, children, stop)
    if not stop.asked:
        print(_what_next(port, host, storage), flush=True)
    while not stop.asked:
        children.check()
        time.sleep(0.1)


def _next_free() -> int:
    return next(port for port in range(7072, 8072) if not is_taken(port))


def _start_storage(app: Path, connection: str, children: Children, stop: Stop) -> str:
    """Returns what the storage is, for the greeting."""
    ports = azurite.expected_ports(connection)
    if ports is None:
        return "the storage of local.settings.json"
    if azurite.is_running(ports):
        return f"the Azurite that was already on port {ports.blob}"
    folder = app / ".greenlight" / "azurite"
    children.start("Azurite", azurite.command(ports, folder), log=app / ".greenlight" / "azurite.log")
    limit = time.monotonic() + AZURITE_START_LIMIT
    while not stop.asked and not azurite.answers(ports):
        children.check()
        if time.monotonic() > limit:
            raise Problem("Azurite does not answer: its messages are in .greenlight/azurite.log.")
        time.sleep(0.05)
    return f"Azurite on port {ports.blob}, its files in .greenlight/azurite"


def _host_command(app: Path, port: int) -> tuple[str, list[str]]:
    func = shutil.which("func")
    if func:
        return "Azure Functions Core Tools", [func, "start", "--port", str(port)]
    return "devhost", [sys.executable, "-m", "devhost", "--app", str(app), "--port", str(port)]


def _environment() -> dict[str, str]:
    """This Python first, for Core Tools takes the one on the PATH; and devhost from this checkout.

    Without CONTAINER_NAME: containers on a developer's machine set it too, and the app would take it for Azure's.
    """
    own = Path(sys.executable).parent
    inherited = {name: value for name, value in os.environ.items() if name != "CONTAINER_NAME"}
    return inherited | {
        "PATH": f"{own}{os.pathsep}{os.environ.get('PATH', '')}",
        "VIRTUAL_ENV": sys.prefix,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")])),
    }


def _wait_for_app(host: str, port: int, children: Children, stop: Stop) -> None:
    say_at = time.monotonic() + SAY_AGAIN_AFTER
    while not stop.asked and ask(port, "/api/health").status != HTTPStatus.OK:
        children.check()
        if time.monotonic() > say_at:
            print(
                f"start: still waiting for {host} to answer /api/health with 200", file=sys.stderr, flush=True
            )
            say_at += SAY_AGAIN_AFTER
        time.sleep(0.05)


def _what_next(port: int, host: str, storage: str) -> str:
    url = f"http://127.0.0.1:{port}"
    return f"""
Greenlight is running: {url} ({host}; {storage})

  The page      {url}/  choose who you are at the top right: Ana submits, Ben, Fay and Carl decide
  The API       README.md walks from a submission to its record with curl; {url}/api/openapi.json describes it.
                The header 'X-Greenlight-User: PERSON' says who you are: a person of config/directory.toml
  Is it well?   {url}/api/health
  Messages      on the page; nothing is sent from this machine
  Stop          Ctrl-C; what was submitted stays in .greenlight/ for the next start
"""


if __name__ == "__main__":
    sys.exit(main())
