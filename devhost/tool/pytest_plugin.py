"""pytest fixtures for Durable Functions apps: ``durable_host`` and ``durable_clock``.

Each test gets a host of its own, with nothing in it. The app is loaded once: from the folder that the option
``durable_app`` names, else from the one where pytest was started.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from devhost.functions.worker import Worker
from devhost.problems import Problem
from devhost.tool.testing import DurableClock, DurableHost, loaded


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("durable_app", "the folder of function_app.py, from pytest's root", default=".")


@pytest.fixture(scope="session")
def durable_app(pytestconfig: pytest.Config) -> Iterator[Worker]:
    """The app's functions, loaded once."""
    folder = Path(pytestconfig.rootpath / str(pytestconfig.getini("durable_app"))).resolve()
    try:
        with loaded(folder) as worker:
            yield worker
    except Problem as problem:
        pytest.fail(f"{problem} Name the app's folder in pytest's settings: durable_app = app", pytrace=False)


@pytest.fixture
def durable_host(durable_app: Worker) -> Iterator[DurableHost]:
    """The app on a host of this test's own, in memory; see `devhost.tool.testing.DurableHost`."""
    with DurableHost(durable_app) as host:
        yield host


@pytest.fixture
def durable_clock(durable_host: DurableHost) -> DurableClock:
    """The clock of ``durable_host``: it jumps when it is told to."""
    return durable_host.clock
