"""``--watch``: the host in a process of its own, started again when a file of the app changes."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

SYSTEM_KEY = "DEVHOST_SYSTEM_KEY"
PAUSE_SECONDS, STOP_SECONDS = 0.5, 15
WATCHED = frozenset({".py", ".json", ".toml"})
SKIPPED = frozenset({"node_modules", "__pycache__", "tests", "venv"})
State = dict[Path, int]


def watch(app: Path, arguments: list[str]) -> int:
    """Run the host until Ctrl-C or SIGTERM. One that ends by itself is started again after the next change."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    os.environ.setdefault(SYSTEM_KEY, secrets.token_urlsafe(24))  # addresses that were given out stay good
    state = state_of(app)
    process = _start(arguments)
    while not stop.wait(PAUSE_SECONDS):
        current = state_of(app)
        if current != state:
            print(f"devhost: {changed(state, current)} changed, starting again", flush=True)  # noqa: T201 - a command
            state = current
            _end(process)
            process = _start(arguments)
    _end(process)
    return 0


def state_of(app: Path) -> State:
    """When each file of the app was changed. Links to folders are not followed."""
    found: State = {}
    for folder, inner, names in os.walk(app):
        inner[:] = [name for name in inner if not name.startswith(".") and name not in SKIPPED]
        for path in (Path(folder, name) for name in names):
            if path.suffix in WATCHED:
                with suppress(
                    OSError
                ):  # gone since it was listed: editors write a file beside, and rename it
                    found[path] = path.stat().st_mtime_ns
    return found


def changed(before: State, after: State) -> str:
    """The name of a file that differs."""
    names = sorted(path.name for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    return names[0] + (f" and {len(names) - 1} more" if names[1:] else "")


def _start(arguments: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "devhost", *arguments])  # noqa: S603 - itself


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
