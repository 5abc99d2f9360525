"""How long a stored decision took until it had its effect, and whether that was in time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from approvals.metrics import APPLIED_WITHIN
from approvals.verdicts import Verdict
from tests.fakes import ListMeter
from tests.watching import eventful


@pytest.mark.parametrize(
    ("late", "in_time"), [(0, "yes"), (APPLIED_WITHIN - 1, "yes"), (APPLIED_WITHIN + 1, "no")]
)
def test_the_time_from_a_decision_to_its_effect(late: int, in_time: str) -> None:
    meter = ListMeter()
    with eventful(meter) as way:
        world = way.world
        world.submit()
        world.host.run(until=world.clock.now() + timedelta(minutes=1))
        world.decide("p1", "line-1", Verdict.APPROVE, ring=False)
        world.clock.advance(timedelta(seconds=late))
        world.ring("line-1")
        world.host.run(until=world.clock.now() + timedelta(minutes=1))
    found = [
        (round(value), said) for name, value, said in meter.measured if name == "greenlight.time_to_apply"
    ]
    assert found == [(late, {"stage": "line", "in_time": in_time})]
