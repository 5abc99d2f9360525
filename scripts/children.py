"""Child processes, each in a process group of its own: Ctrl-C reaches them through us and in our order."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from scripts.problem import Problem

GRACE = 8.0  # seconds a child has to end by itself


@dataclass(frozen=True)
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path | None


class Children:
    def __init__(self) -> None:
        self._children: list[Child] = []

    def start(
        self,
        name: str,
        command: list[str],
        *,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        log: Path | None = None,
    ) -> None:
        """Its output goes to ``log``, or to ours where there is none."""
        with log.open("wb") if log else nullcontext() as output:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output and subprocess.STDOUT,
                start_new_session=True,
            )
        self._children.append(Child(name, process, log))

    def check(self) -> None:
        """Raises Problem when one of them has ended."""
        for child in self._children:
            code = child.process.poll()
            if code is not None:
                raise Problem(f"{child.name} ended by itself ({_ending(code)}): {_look_at(child)}.")

    def stop(self) -> None:
        """The last started ends first: the host still has its storage while it ends."""
        for child in reversed(self._children):
            _signal_group(child, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(GRACE)
            _signal_group(child, signal.SIGKILL)  # also what the child itself has started and left
            child.process.wait()


def _signal_group(child: Child, number: signal.Signals) -> None:
    with suppress(
        ProcessLookupError, PermissionError
    ):  # the group is empty, or only zombies are left in it (macOS)
        os.killpg(child.process.pid, number)


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def _look_at(child: Child) -> str:
    if not child.log:
        return "its last lines above say why"
    lines = child.log.read_text(errors="replace").strip().splitlines()
    return f"its last line was '{lines[-1]}'" if lines else f"it wrote nothing to {child.log}"
