"""The proposal with the secret, closed, and purged from the task hub."""

from __future__ import annotations

import pytest

from approvals.model import Outcome
from services.closing import publishing, purging
from tests.unit.http_api.api import Api
from tests.unit.services.upkeep.erasing.world import (
    FIVE_YEARS,
    PURGE_AFTER,
    SECRET,
    NoInstances,
    first_revision,
    keep,
    second_revision,
)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    made = Api()
    made.install(monkeypatch)
    return made


@pytest.fixture
def closed(api: Api) -> str:
    """A proposal in whose every corner somebody has written the secret; approved, published, told, closed."""
    proposal = first_revision(api)
    second_revision(api, proposal)
    publishing.settle_outcome(api.ports, proposal, 2, Outcome.APPROVED, f"all {SECRET}s are well")
    publishing.seal_record(api.ports, proposal, 2)
    publishing.publish_record(api.ports, proposal, 2)
    publishing.tell_people(api.ports, proposal, 2)
    publishing.close_proposal(api.ports, proposal, 2)
    return proposal


@pytest.fixture
def purged(api: Api, closed: str) -> str:
    api.clock.advance(PURGE_AFTER)
    assert purging.run(api.ports, NoInstances(), PURGE_AFTER) == 1
    keep(api, FIVE_YEARS)
    return closed
