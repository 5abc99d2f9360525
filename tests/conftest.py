"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.azurite import running_azurite


@pytest.fixture(scope="session")
def azurite() -> Iterator[str]:
    """The connection string of an Azurite for the whole run. Use names of your own in it."""
    with running_azurite() as connection:
        yield connection
