"""One app on devhost for the whole folder; tests that kill it or need settings of their own start another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.greenlight import Greenlight, greenlight_host
from tests.hosts import running_host


@pytest.fixture(scope="session")
def greenlight(azurite: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Greenlight]:
    """The app with a virtual clock."""
    with running_host(greenlight_host(azurite, tmp_path_factory.mktemp("host"))) as host:
        yield Greenlight(host)
