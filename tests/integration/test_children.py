from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import children
from scripts.children import Children
from scripts.network import is_taken
from scripts.problem import Problem

DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
GRANDCHILD = (
    DEAF
    + "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(600)"
)
CHILD = DEAF + f"import subprocess, sys; subprocess.run([sys.executable, '-c', {GRANDCHILD!r}, sys.argv[1]])"


def wait_until(condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < limit, "it did not happen within 30 seconds"
        time.sleep(0.02)


def test_who_does_not_hear_is_killed_with_what_it_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "GRACE", 0.2)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    started = Children()
    started.start("it", [sys.executable, "-c", CHILD, str(port)])
    wait_until(lambda: is_taken(port))
    started.stop()
    wait_until(lambda: not is_taken(port))


@pytest.mark.parametrize(
    ("program", "text"), [("print('why')", "its last line was 'why'"), ("", "it wrote nothing to")]
)
def test_the_log_of_a_dead_child_is_quoted(tmp_path: Path, program: str, text: str) -> None:
    started = Children()
    started.start("it", [sys.executable, "-c", program], log=tmp_path / "log")

    def has_ended() -> bool:
        started.check()
        return False

    with pytest.raises(Problem, match=rf"it ended by itself \(exit code 0\): {text}"):
        wait_until(has_ended)
    started.stop()
