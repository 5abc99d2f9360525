"""A worker with the recorded workflows."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from devhost.functions.worker import Worker
from tests.devhost.recordings import GOLDEN


@pytest.fixture(scope="session")
def worker() -> Iterator[Worker]:
    """The workflows of tests/golden, loaded as an app; the module's name is free again afterwards."""
    folder = GOLDEN / "workflows"
    theirs = sys.modules.pop("function_app", None)
    try:
        yield Worker(folder)
    finally:
        sys.modules.pop("function_app", None)
        sys.path.remove(str(folder))
        if theirs is not None:
            sys.modules["function_app"] = theirs
