"""Metrics by OpenTelemetry. Without a receiver (`adapters.telemetry`) a measurement costs next to nothing."""

from __future__ import annotations

from opentelemetry import metrics

from approvals.metrics import METRICS, Kind, Metric

# In seconds: from a quarter of an hour to a month, for people decide in hours and days.
HOUR, DAY = 3600, 86400
TIMES = (
    HOUR / 4,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    8 * HOUR,
    DAY,
    2 * DAY,
    3 * DAY,
    5 * DAY,
    7 * DAY,
    14 * DAY,
    30 * DAY,
)


class OtelMeter:
    """Every metric as an instrument of ``meter``; by default of the process's own."""

    def __init__(self, meter: metrics.Meter | None = None) -> None:
        made = meter or metrics.get_meter("greenlight")
        self._counters = {
            metric: made.create_counter(metric.name, metric.unit, metric.text)
            for metric in METRICS
            if metric.kind is Kind.COUNT
        }
        self._spreads = {
            metric: made.create_histogram(
                metric.name, metric.unit, metric.text, explicit_bucket_boundaries_advisory=TIMES
            )
            for metric in METRICS
            if metric.kind is Kind.SPREAD
        }
        self._levels = {
            metric: made.create_gauge(metric.name, metric.unit, metric.text)
            for metric in METRICS
            if metric.kind is Kind.LEVEL
        }

    def measure(self, metric: Metric, value: float, **attributes: str) -> None:
        match metric.kind:
            case Kind.COUNT:
                self._counters[metric].add(value, attributes)
            case Kind.SPREAD:
                self._spreads[metric].record(value, attributes)
            case Kind.LEVEL:
                self._levels[metric].set(value, attributes)
