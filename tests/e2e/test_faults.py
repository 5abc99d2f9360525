"""The stage stress where things go wrong as on Azure: lost, doubled and overtaken messages, timers off their time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scripts import stress
from tests.e2e.greenlight import greenlight_host
from tests.hosts import running_host

FAULTS = "seed=7,lose-pending=0.5,double=0.05,reorder=0.1,late=0.3"
PROPOSALS, LIMIT_SECONDS = 6, 150


@pytest.mark.slow
def test_every_proposal_ends_as_it_was_decided(azurite: str, tmp_path: Path) -> None:
    host = greenlight_host(azurite, tmp_path)
    host.options = ("--faults", FAULTS)
    del host.settings["CLOCK_URL"]
    with running_host(host), ThreadPoolExecutor(PROPOSALS) as pool:
        api = stress.Api(host.url, None)
        runs = [pool.submit(stress.run, api, number, 7, LIMIT_SECONDS) for number in range(PROPOSALS)]
        cases = [each.result() for each in runs]
    assert [case.complaints for case in cases] == [[]] * PROPOSALS
    assert "fault: " in host.log.read_text(encoding="utf-8")
