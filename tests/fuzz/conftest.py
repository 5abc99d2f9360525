"""One app on devhost for the whole folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.greenlight import Greenlight, greenlight_host
from tests.fuzz.world import World, make_world
from tests.hosts import running_host


@pytest.fixture(scope="session")
def world(azurite: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_host(greenlight_host(azurite, tmp_path_factory.mktemp("host"))) as host:
        yield make_world(Greenlight(host))
