"""Workers with the recorded workflows."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from devhost.functions.worker import Worker
from tests.devhost.recordings import GOLDEN


def _load(folder: Path) -> Worker:
    """An app as a worker; the module's name and the path are free again afterwards."""
    theirs, path = sys.modules.pop("function_app", None), list(sys.path)
    try:
        return Worker(folder)
    finally:
        sys.modules.pop("function_app", None)
        sys.path[:] = path
        if theirs is not None:
            sys.modules["function_app"] = theirs


@pytest.fixture(scope="session")
def worker() -> Worker:
    """The workflows behind ``exchanges``."""
    return _load(GOLDEN / "workflows")


@pytest.fixture(scope="session")
def workers(worker: Worker) -> dict[Path, Worker]:
    """The workflows behind every recording, by `workflows_of` it."""
    second = GOLDEN / "workflows-2"
    return {worker.folder: worker, second: _load(second)}
