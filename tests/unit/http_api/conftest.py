"""An API of its own for each test."""

from __future__ import annotations

import pytest

from tests.unit.http_api.api import Api


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    made = Api()
    made.install(monkeypatch)
    return made
