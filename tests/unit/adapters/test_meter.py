"""Metrics as the SDK's reader sees them: what is counted, beside what, and that a repeat is not counted again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader, NumberDataPoint

from adapters.meter import OtelMeter
from approvals.metrics import METRICS
from approvals.model import Outcome
from approvals.stored import layout
from approvals.verdicts import Verdict
from services.closing import publishing
from services.deciding.stages import settle_stage
from services.store.outbox import retry_undelivered
from tests.fakes import ListNotifier
from tests.orchestrators.world import World
from tests.unit.http_api.api import Api, DurableClient
from tests.watching import eventful
from timers import sweep as timer

Said = frozenset[tuple[str, Any]]


@dataclass
class Measured:
    """A meter, and what its reader finds."""

    reader: InMemoryMetricReader
    provider: MeterProvider
    meter: OtelMeter

    def points(self, name: str) -> dict[Said, NumberDataPoint | HistogramDataPoint]:
        data = self.reader.get_metrics_data()
        metrics = [
            metric
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
        ]
        found: dict[Said, NumberDataPoint | HistogramDataPoint] = {}
        for metric in metrics:
            for point in metric.data.data_points:
                assert isinstance(point, NumberDataPoint | HistogramDataPoint)
                found[frozenset((point.attributes or {}).items())] = point
        return found

    def values(self, name: str) -> dict[Said, float]:
        points = self.points(name).items()
        return {said: point.value for said, point in points if isinstance(point, NumberDataPoint)}


@pytest.fixture
def measured() -> Iterator[Measured]:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    yield Measured(reader, provider, OtelMeter(provider.get_meter("greenlight")))
    provider.shutdown()


def beside(**said: str) -> Said:
    return frozenset(said.items())


def test_a_proposals_way_in_numbers(measured: Measured) -> None:
    with eventful(measured.meter) as made:
        made.play()
    line = {"stage": "line"}
    telephone = beside(verdict="approve", door="raise-event", **line)
    api = beside(verdict="reject", door="api", **line)
    assert measured.values("greenlight.submitted") == {beside(revision="first"): 1}
    assert measured.values("greenlight.decided") == {telephone: 1, api: 1}
    assert measured.values("greenlight.overdue") == {beside(then="escalated", **line): 1}
    times = measured.points("greenlight.time_to_decide")
    quick, late = times[beside(verdict="approve", **line)], times[beside(verdict="reject", **line)]
    assert isinstance(quick, HistogramDataPoint)
    assert isinstance(late, HistogramDataPoint)
    assert quick.count == late.count == 1
    assert 0 <= quick.sum < 120
    assert 0 < late.sum <= timedelta(hours=1).total_seconds(), (
        "the successor was asked when the first was late"
    )


def play_again(made: World) -> None:
    """Every step that is repeated after a crash, once more."""
    revision, stages = made.current().revision, ("line",)
    for stage in stages:
        settle_stage(made.ports, made.proposal, revision, stage, 0, (), made.clock.now())
    publishing.settle_outcome(made.ports, made.proposal, revision, Outcome.APPROVED, "")
    publishing.close_proposal(made.ports, made.proposal, revision)
    made.sweep()


def test_a_repeat_counts_nothing(measured: Measured) -> None:
    names = [metric.name for metric in METRICS if metric.name != "greenlight.undelivered"]
    with eventful(measured.meter) as made:
        made.play()
        before = {name: measured.values(name) for name in names}
        play_again(made.world)
        assert {name: measured.values(name) for name in names} == before


def test_a_decision_that_is_sent_twice_counts_once(measured: Measured) -> None:
    with eventful(measured.meter) as way:
        made = way.world
        made.submit()
        made.host.run(until=made.clock.now() + timedelta(minutes=1))
        made.decide("p1", "line-1", Verdict.APPROVE, ring=False)
        made.decide("p1", "line-1", Verdict.APPROVE)
        made.host.run(until=made.clock.now() + timedelta(minutes=1))
        [found] = measured.values("greenlight.decided").values()
        assert found == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_while_the_trail_is_written_counts_once_at_most(when: str, measured: Measured) -> None:
    class Crash(Exception):
        pass

    with eventful(measured.meter) as way:
        made = way.world
        made.submit()
        made.host.run(until=made.clock.now() + timedelta(minutes=1))
        made.decide("p1", "line-1", Verdict.APPROVE, ring=False)
        harmless = getattr(made.store, when)

        def crash(operation: str, name: str) -> None:
            if (operation, name) == ("append", layout.audit(made.proposal)):
                raise Crash

        setattr(made.store, when, crash)
        with pytest.raises(Crash):
            settle_stage(made.ports, made.proposal, 1, "line", 0, (), made.clock.now())
        setattr(made.store, when, harmless)
        settle_stage(made.ports, made.proposal, 1, "line", 0, (), made.clock.now())
        expected = {"before": [1], "after": []}[when]  # written, and the answer lost: nobody counts it
        assert list(measured.values("greenlight.decided").values()) == expected


def test_a_task_that_nobody_answers_is_overdue(measured: Measured) -> None:
    with eventful(measured.meter) as way:
        way.world.submit()
        way.world.host.run()
    assert measured.values("greenlight.overdue") == {
        beside(stage="line", then="escalated"): 1,
        beside(stage="line", then="expired"): 1,
    }


def test_a_later_revision_is_told_from_the_first(measured: Measured) -> None:
    with eventful(measured.meter) as way:
        made = way.world
        made.submit()
        made.host.run(until=made.clock.now() + timedelta(minutes=1))
        made.decide("p1", "line-1", Verdict.REQUEST_CHANGES)
        made.host.run(until=made.clock.now() + timedelta(minutes=1))
        made.revise()
        made.host.run(until=made.clock.now() + timedelta(minutes=1))
    assert measured.values("greenlight.submitted") == {
        beside(revision="first"): 1,
        beside(revision="later"): 1,
    }


def test_a_publication_that_fails_is_counted_where_it_is_news(measured: Measured) -> None:
    api = Api()
    api.ports = replace(api.ports, meter=measured.meter)
    with pytest.MonkeyPatch.context() as patch:
        api.install(patch)
        proposal = api.submit()
        api.open(proposal)
        publishing.report_failure(api.ports, proposal, "seal_record", "full")
        assert measured.values("greenlight.publication_failed") == {}, "nothing is being published"
        publishing.settle_outcome(api.ports, proposal, 1, Outcome.REJECTED, "")
        for step in ("seal_record", "seal_record", "publish_record"):
            publishing.report_failure(api.ports, proposal, step, "full")
    assert measured.values("greenlight.publication_failed") == {
        beside(step="seal_record"): 1,
        beside(step="publish_record"): 1,
    }


def test_messages_that_are_not_delivered_are_a_level(measured: Measured) -> None:
    notifier = ListNotifier()
    notifier.broken = True
    with eventful(measured.meter, notifier) as way:
        made = way.world
        made.submit()
        made.host.run(until=made.clock.now() + timedelta(minutes=1))
        made.clock.advance(timedelta(minutes=5))
        retry_undelivered(made.ports, 10)
        assert measured.values("greenlight.undelivered") == {frozenset(): 2}
        notifier.broken = False
        retry_undelivered(made.ports, 10)
        assert measured.values("greenlight.undelivered") == {frozenset(): 0}


def test_what_the_sweep_does_is_counted(measured: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api()
    api.ports = replace(api.ports, meter=measured.meter)
    api.install(monkeypatch)
    monkeypatch.setattr(timer, "ports", lambda: api.ports)
    api.submit()
    api.clock.advance(timedelta(minutes=5))
    swept: Any = timer.sweep
    asyncio.run(swept._function.get_user_function().client_function(None, DurableClient()))
    assert measured.values("greenlight.chores") == {beside(chore="start"): 1}


def test_without_a_receiver_nothing_happens() -> None:
    meter = OtelMeter()
    for metric in METRICS:
        meter.measure(metric, 1, **dict.fromkeys(metric.attributes, "x"))
